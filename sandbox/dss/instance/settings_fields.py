"""The table of general settings that the sandbox knows: one for DSS 14 and older, one for DSS 15.

DSS 15 took registries and base images out of the execution configs, into build configs that these name.
Documentation: https://doc.dataiku.com/dss/latest/containers/index.html
"""

from collections.abc import Mapping
from typing import Literal

from sandbox.dss.instance.schema import Choice, Fields, Items, Schema, Value

Version = Literal["14", "15"]

_YES_NO = Value(initial=False)
_TEXT = Value(initial="")
_ANYTHING = Value()
_LIST = Value(initial=[])
_PAIRS = Items(Fields({"key": _TEXT, "value": _TEXT}))
_PROPERTIES = Items(Fields({"key": _TEXT, "value": _TEXT, "isFinal": _YES_NO, "secret": _YES_NO}))
_PRE_PUSH: Mapping[str, Schema] = {
    "prePushMode": Choice(("NONE", "ECR", "ACR", "CUSTOM")),
    "prePushScript": _ANYTHING,
}
_KUBECONFIG: Mapping[str, Schema] = {"kubeCtlContext": _TEXT, "kubeConfigPath": _TEXT}
_RESOURCES = Fields(
    {
        "memRequestMB": Value(-1),
        "memLimitMB": Value(-1),
        "cpuRequest": Value(-1),
        "cpuLimit": Value(-1),
        "customRequests": _PAIRS,
        "customLimits": _PAIRS,
    }
)
_DOCKER: Mapping[str, Schema] = {"dockerNetwork": Value("host"), "dockerResources": _LIST, "dockerTLSVerify": _YES_NO}
_NAMESPACE: Mapping[str, Schema] = {
    "kubernetesNamespace": Value("default"),
    "createNamespace": _YES_NO,
    "ensureNamespaceCompliance": _YES_NO,
}
_CONTAINER_CONFIG: Mapping[str, Schema] = {
    "name": _TEXT,
    "type": Choice(("KUBERNETES", "DOCKER")),
    "usableBy": Choice(("ALL", "ALLOWED")),
    "allowedGroups": _LIST,
    "workloadType": Value("ANY"),
    "properties": _PROPERTIES,
    "isFinal": _YES_NO,
}

_CONTAINER_CONFIG_14 = Fields(
    {
        **_CONTAINER_CONFIG,
        "repositoryURL": _ANYTHING,
        **_PRE_PUSH,
        "baseImageType": Value("EXEC"),
        "baseImage": _ANYTHING,
        **_NAMESPACE,
        **_KUBECONFIG,
        "kubernetesResources": _RESOURCES,
        "nodeSelector": _TEXT,
        "affinity": _TEXT,
        "tolerations": _TEXT,
        "hostPathVolumes": _LIST,
        "imagePullSecretName": _ANYTHING,
        **_DOCKER,
    }
)
_CONTAINER_CONFIG_15 = Fields(
    {
        **_CONTAINER_CONFIG,
        "imageBuildConfig": _ANYTHING,
        "kubernetesRuntimeConfig": Fields(
            {
                **_NAMESPACE,
                "namespaceLabels": _LIST,
                "kubernetesResources": _RESOURCES,
                "hostPathVolumes": _LIST,
                "enableCustomSHM": _YES_NO,
                "customSHMValueMB": Value(0),
            }
        ),
        "dockerRuntimeConfig": Fields(_DOCKER),
        "DKU_TMPDIR": _TEXT,
    }
)
_BUILD_CONFIG_15 = Fields(
    {
        "name": _TEXT,
        "baseImageType": Value("EXEC"),
        "imageBuilderType": Value("DOCKER"),
        "dockerBuilderConfig": Fields(
            {
                "dockerTLSVerify": _YES_NO,
                # Not confirmed: a default that is added to what has no name, which no reader may take for a loss.
                "pushConfigs": Items(Fields({"repositoryURL": _ANYTHING, "prePushMode": Choice(("NONE",))})),
            }
        ),
        "dkuInClusterBuilderConfig": _ANYTHING,
        "openshiftBuilderConfig": _ANYTHING,
        "properties": _PROPERTIES,
        "isFinal": _YES_NO,
    }
)

_SPARK_KUBERNETES: Mapping[str, Schema] = {
    "managedKubernetes": _YES_NO,
    "managedNamespace": _ANYTHING,
    "createNamespace": _YES_NO,
    "ensureNamespaceCompliance": _YES_NO,
    "authenticationMode": Choice(("BUILTIN", "DYNAMIC_SERVICE_ACCOUNT")),
    "executorPodTemplate": _TEXT,
    "executorPodTemplateContainerName": _TEXT,
    **_KUBECONFIG,
}
_SPARK_IMAGE_14: Mapping[str, Schema] = {
    "baseImageType": Value("SPARK"),
    "baseImage": _ANYTHING,
    "repositoryURL": _ANYTHING,
    **_PRE_PUSH,
    "dockerTLSVerify": _YES_NO,
}
_CLOUD: Mapping[str, Schema] = {"mode": Choice(("NONE", "ANY_MATCH", "FIRST_MATCH"))}
_SPARK_CONFIG: Mapping[str, Schema] = {
    "name": _TEXT,
    "description": _TEXT,
    "conf": _PROPERTIES,
    "cloudCredentialsSettings": Fields(
        {
            "enabled": _YES_NO,
            "gcp": Fields({**_CLOUD, "connections": _LIST}),
            "aws": Fields(_CLOUD),
            "azure": Fields(_CLOUD),
        }
    ),
}
_SPARK_CONFIG_14 = Fields({**_SPARK_CONFIG, "kubernetesSettings": Fields({**_SPARK_KUBERNETES, **_SPARK_IMAGE_14})})
_SPARK_CONFIG_15 = Fields(
    {**_SPARK_CONFIG, "imageBuildConfig": _ANYTHING, "kubernetesSettings": Fields(_SPARK_KUBERNETES)}
)


def _settings(container: Mapping[str, Schema], spark_config: Schema) -> Fields:
    return Fields(
        {
            "defaultK8sClusterId": _ANYTHING,
            "useImplicitK8sCluster": _YES_NO,
            "containerSettings": Fields(
                {
                    **container,
                    "defaultExecutionConfig": _ANYTHING,
                    "defaultExecutionConfigForVisualRecipesWorkloads": _ANYTHING,
                    "defaultExecutionConfigForExporters": _ANYTHING,
                    "cdeEnabled": _YES_NO,
                    "executionConfigsGenericOverrides": Value(initial={}),
                }
            ),
            "k8sPoliciesSettings": Fields(
                {
                    "policies": Items(
                        Fields(
                            {
                                "namespacePattern": _ANYTHING,
                                "dynamicClustersPattern": _ANYTHING,
                                "applyToDefaultCluster": _YES_NO,
                                "items": Items(Fields({"yaml": _TEXT})),
                            }
                        )
                    )
                }
            ),
            "sparkSettings": Fields(
                {
                    "sparkEnabled": _YES_NO,
                    "executionConfigs": Items(spark_config),
                    "executionConfigsGenericOverrides": _PAIRS,
                    "configForInteractive": _ANYTHING,
                    "configForJupyter": _ANYTHING,
                    "configForSEK": _ANYTHING,
                    "useNativeProcessors": _ANYTHING,
                    "engineCreationSettings": Fields(
                        {
                            "executionEngine": _ANYTHING,
                            "executionConfig": _ANYTHING,
                            "useGlobalMetastore": _ANYTHING,
                        }
                    ),
                    "interactiveExecutionEngine": _ANYTHING,
                    "environmentVariables": _LIST,
                    "additionalSparkSubmitJars": _LIST,
                    "livy": _ANYTHING,
                    "databricksSettings": _ANYTHING,
                }
            ),
            "metastoreCatalogsSettings": Fields(
                {
                    "synchronizeTo": Fields(
                        {
                            "flavor": Choice(("HIVESERVER2", "DSS_INTERNAL", "AWS_GLUE")),
                            "glueCredentialsMode": Choice(("DEFAULT", "FROM_CONNECTION")),
                            "glueCredentialsBearingConnection": _ANYTHING,
                        }
                    )
                }
            ),
            "impersonation": Fields({"enabled": _YES_NO, "userRules": _LIST, "groupRules": _LIST}),
        }
    )


KNOWN_FIELDS: Mapping[Version, Fields] = {
    "14": _settings({"executionConfigs": Items(_CONTAINER_CONFIG_14)}, _SPARK_CONFIG_14),
    "15": _settings(
        {"buildConfigs": Items(_BUILD_CONFIG_15), "executionConfigs": Items(_CONTAINER_CONFIG_15)}, _SPARK_CONFIG_15
    ),
}
