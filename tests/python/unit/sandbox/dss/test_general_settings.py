"""General settings in the shape of DSS 14 and of DSS 15."""

import json
from typing import Any

import pytest
from dataikuapi.utils import DataikuException

from sandbox.dss.instance.schema import UnknownPlaceError

VERSIONS = pytest.mark.parametrize("version", ["14", "15"])


def _saved(dss: Any, change: Any) -> dict[str, Any]:
    settings = dss.client.get_general_settings()
    change(settings.get_raw())
    settings.save()
    return dict(dss.client.get_general_settings().get_raw())


@VERSIONS
def test_a_document_that_was_read_can_be_saved_and_stays_the_same(start_dss: Any, version: str) -> None:
    dss = start_dss(version)
    before = dss.client.get_general_settings().get_raw()

    assert _saved(dss, lambda _raw: None) == before


def _keys(value: Any) -> int:
    if isinstance(value, dict):
        return len(value) + sum(map(_keys, value.values()))
    return sum(map(_keys, value)) if isinstance(value, list) else 0


def _text(dss: Any) -> str:
    """Return the document as DSS sends it."""
    return str(dss.client._perform_http("GET", "/admin/general-settings").text)


@VERSIONS
def test_a_large_document_is_kept_byte_for_byte_with_what_only_this_dss_knows(start_dss: Any, version: str) -> None:
    dss = start_dss(version)
    inside = "containerSettings.executionConfigs[].onlyHere"
    dss.backend.general_settings.know(["zebra", "apple", inside], [])
    configs = [
        {"onlyHere": {"b": 1.5, "a": [12345678901234567890, 1.0, 0.1, None]}, "name": f"Größe {number}"}
        for number in range(20)
    ]

    def change(raw: dict[str, Any]) -> None:
        raw["zebra"] = {"z": True, "a": {}}
        raw["apple"] = "ä"
        raw["containerSettings"]["executionConfigs"] = configs

    saved = _saved(dss, change)
    before = _text(dss)
    _saved(dss, lambda _raw: None)

    assert _text(dss) == before
    assert _keys(saved) >= 300
    assert list(saved)[-2:] == ["zebra", "apple"]
    assert saved["containerSettings"]["executionConfigs"][0]["onlyHere"] == configs[0]["onlyHere"]
    assert json.dumps(configs[0], ensure_ascii=False, separators=(",", ":"))[:-1] in before


@VERSIONS
def test_keeps_the_order_in_which_fields_were_saved_and_adds_the_missing_ones(start_dss: Any, version: str) -> None:
    dss = start_dss(version)
    document = {"sparkSettings": {"sparkEnabled": True}, "useImplicitK8sCluster": True}
    dss.client._perform_empty("PUT", "/admin/general-settings", body=document)

    saved = dss.client.get_general_settings().get_raw()

    assert list(saved)[:2] == ["sparkSettings", "useImplicitK8sCluster"]
    assert "containerSettings" in saved
    assert next(iter(saved["sparkSettings"])) == "sparkEnabled"


def test_a_dss_can_be_made_to_know_more_and_less(dss: Any) -> None:
    runtime = "containerSettings.executionConfigs[].kubernetesRuntimeConfig"
    fields = dss.backend.general_settings
    config = {"name": "std", "workloadType": "ANY", "kubernetesRuntimeConfig": {"nodeSelector": "nodeSelector: {}"}}

    def change(raw: dict[str, Any]) -> None:
        raw["containerSettings"]["executionConfigs"] = [config]

    def saved() -> dict[str, Any]:
        return dict(_saved(dss, change)["containerSettings"]["executionConfigs"][0])

    by_itself = saved()
    fields.know([f"{runtime}.nodeSelector"], ["containerSettings.executionConfigs[].workloadType"])
    changed = saved()
    fields.know_by_itself()

    assert "nodeSelector" not in by_itself["kubernetesRuntimeConfig"]
    assert changed["kubernetesRuntimeConfig"]["nodeSelector"] == "nodeSelector: {}"
    assert "workloadType" in by_itself
    assert "workloadType" not in changed
    assert saved() == by_itself


@pytest.mark.parametrize(
    ("known", "unknown"),
    [
        (["nowhere.field"], []),
        ([], ["nowhere"]),
        (["containerSettings.executionConfigs.name"], []),
        (["containerSettings.executionConfigs[]"], []),
        (["defaultK8sClusterId.field"], []),
        ([""], []),
    ],
)
def test_refuses_to_know_what_leads_nowhere(dss: Any, known: list[str], unknown: list[str]) -> None:
    before = _text(dss)

    with pytest.raises(UnknownPlaceError):
        dss.backend.general_settings.know(["new", *known], unknown)
    dss.client._perform_empty("PUT", "/admin/general-settings", body={**json.loads(before), "new": 1})
    assert _text(dss) == before


@VERSIONS
def test_drops_unknown_fields_without_a_word(start_dss: Any, version: str) -> None:
    def change(raw: dict[str, Any]) -> None:
        raw["nonsense"] = 1
        raw["containerSettings"]["nonsense"] = 1
        raw["sparkSettings"]["executionConfigs"] = [{"name": "s", "nonsense": 1, "kubernetesSettings": {"nonsense": 1}}]

    assert "nonsense" not in str(_saved(start_dss(version), change))


_RESOURCES = {
    "memRequestMB": 4096,
    "memLimitMB": 8192,
    "cpuRequest": 1,
    "cpuLimit": 2,
    "customRequests": [],
    "customLimits": [{"key": "nvidia.com/gpu", "value": "1"}],
}
_NAMESPACE = {
    "kubernetesNamespace": "dssns-${dssUserLogin}",
    "createNamespace": True,
    "ensureNamespaceCompliance": True,
}
_EXECUTION = {"type": "KUBERNETES", "usableBy": "ALLOWED", "allowedGroups": ["data"], "workloadType": "ANY"}
_SPARK = {
    "description": "for tests",
    "conf": [{"key": "spark.executor.memory", "value": "4g", "isFinal": False, "secret": False}],
    "cloudCredentialsSettings": {
        "enabled": True,
        "gcp": {"mode": "FIRST_MATCH", "connections": ["gcs"]},
        "aws": {"mode": "NONE"},
        "azure": {"mode": "ANY_MATCH"},
    },
}
_SPARK_PODS = {
    "managedKubernetes": True,
    "managedNamespace": "dssns-${dssUserLogin}",
    "createNamespace": True,
    "ensureNamespaceCompliance": True,
    "authenticationMode": "DYNAMIC_SERVICE_ACCOUNT",
    "executorPodTemplate": "",
    "executorPodTemplateContainerName": "",
    "kubeCtlContext": "",
    "kubeConfigPath": "",
}
_IN_BOTH: dict[str, Any] = {
    "defaultK8sClusterId": "one",
    "useImplicitK8sCluster": True,
    "k8sPoliciesSettings": {
        "policies": [
            {
                "namespacePattern": ".*",
                "dynamicClustersPattern": "gke-.*",
                "applyToDefaultCluster": True,
                "items": [{"yaml": "kind: ResourceQuota"}],
            }
        ]
    },
    "metastoreCatalogsSettings": {
        "synchronizeTo": {
            "flavor": "AWS_GLUE",
            "glueCredentialsMode": "FROM_CONNECTION",
            "glueCredentialsBearingConnection": "s3",
        }
    },
    "containerSettings": {
        "defaultExecutionConfig": "std",
        "defaultExecutionConfigForVisualRecipesWorkloads": "std",
        "defaultExecutionConfigForExporters": "std",
        "cdeEnabled": True,
        "executionConfigsGenericOverrides": {"kubernetesNamespace": "ns"},
    },
    "sparkSettings": {
        "sparkEnabled": True,
        "configForInteractive": "spark",
        "configForJupyter": "spark",
        "configForSEK": "spark",
        "useNativeProcessors": True,
        "engineCreationSettings": {
            "executionEngine": "SPARK_SUBMIT",
            "executionConfig": "spark",
            "useGlobalMetastore": True,
        },
        "interactiveExecutionEngine": "SPARK_SUBMIT",
        "environmentVariables": [{"key": "a", "value": "b"}],
        "additionalSparkSubmitJars": ["x.jar"],
        "executionConfigsGenericOverrides": [{"key": "spark.ui.enabled", "value": "false"}],
    },
}
_OF_14 = {
    "containerSettings": {
        "executionConfigs": [
            {
                "name": "std",
                **_EXECUTION,
                "repositoryURL": "europe-west1-docker.pkg.dev/p/r",
                "prePushMode": "CUSTOM",
                "prePushScript": "/opt/push.sh",
                "baseImageType": "EXEC",
                "baseImage": "image:tag",
                **_NAMESPACE,
                "kubeCtlContext": "",
                "kubeConfigPath": "",
                "kubernetesResources": _RESOURCES,
                "nodeSelector": "nodeSelector: {}",
                "affinity": "affinity: {}",
                "tolerations": "tolerations: []",
                "hostPathVolumes": [],
                "imagePullSecretName": "pull",
                "dockerNetwork": "host",
                "dockerResources": [],
                "dockerTLSVerify": False,
                "properties": [{"key": "dku.cde.xmx", "value": "2g", "isFinal": False, "secret": False}],
                "isFinal": True,
            }
        ]
    },
    "sparkSettings": {
        "executionConfigs": [
            {
                "name": "spark",
                **_SPARK,
                "kubernetesSettings": {
                    **_SPARK_PODS,
                    "baseImageType": "SPARK",
                    "baseImage": "image:tag",
                    "repositoryURL": "europe-west1-docker.pkg.dev/p/r",
                    "prePushMode": "NONE",
                    "dockerTLSVerify": False,
                },
            }
        ]
    },
}
_OF_15 = {
    "containerSettings": {
        "buildConfigs": [
            {
                "name": "gar",
                "baseImageType": "EXEC",
                "imageBuilderType": "DOCKER",
                "dockerBuilderConfig": {
                    "dockerTLSVerify": False,
                    "pushConfigs": [{"repositoryURL": "europe-west1-docker.pkg.dev/p/r"}],
                },
                "properties": [],
                "isFinal": False,
            }
        ],
        "executionConfigs": [
            {
                "name": "std",
                **_EXECUTION,
                "imageBuildConfig": "gar",
                "properties": [],
                "isFinal": False,
                "kubernetesRuntimeConfig": {
                    **_NAMESPACE,
                    "namespaceLabels": [],
                    "kubernetesResources": _RESOURCES,
                    "hostPathVolumes": [],
                    "enableCustomSHM": True,
                    "customSHMValueMB": 64,
                },
                "dockerRuntimeConfig": {"dockerNetwork": "host", "dockerResources": [], "dockerTLSVerify": False},
            }
        ],
    },
    "sparkSettings": {
        "executionConfigs": [{"name": "spark", **_SPARK, "imageBuildConfig": "gar", "kubernetesSettings": _SPARK_PODS}]
    },
}


def _lost(wanted: Any, found: Any, place: str = "") -> list[str]:
    """Name the places of a document at which another has something else."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        return [lost for key, value in wanted.items() for lost in _lost(value, found.get(key), f"{place}.{key}")]
    if isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        return [lost for one, other in zip(wanted, found, strict=True) for lost in _lost(one, other, f"{place}[]")]
    return [] if wanted == found else [place]


@pytest.mark.parametrize(("version", "shape"), [("14", _OF_14), ("15", _OF_15)])
def test_keeps_every_field_that_this_dss_is_known_to_have(start_dss: Any, version: str, shape: Any) -> None:
    wanted = {key: {**value, **shape.get(key, {})} if key in shape else value for key, value in _IN_BOTH.items()}

    saved = _saved(start_dss(version), lambda raw: raw.update(wanted))

    assert _lost(wanted, saved) == []


@pytest.mark.parametrize(("version", "shape"), [("15", _OF_14), ("14", _OF_15)])
def test_loses_what_only_the_other_dss_has(start_dss: Any, version: str, shape: Any) -> None:
    lost = {
        place.rpartition(".")[2] for place in _lost(shape, _saved(start_dss(version), lambda raw: raw.update(shape)))
    }

    only_in_14 = {"repositoryURL", "prePushMode", "prePushScript", "baseImageType", "baseImage", "nodeSelector"}
    only_in_15 = {"buildConfigs", "imageBuildConfig", "kubernetesRuntimeConfig", "dockerRuntimeConfig"}
    assert lost >= (only_in_14 if version == "15" else only_in_15)
    assert not lost & {"name", "type", "usableBy", "allowedGroups", "managedNamespace", "authenticationMode", "conf"}


@VERSIONS
def test_keeps_the_default_cluster_and_the_defaults_of_execution(start_dss: Any, version: str) -> None:
    def change(raw: dict[str, Any]) -> None:
        raw["defaultK8sClusterId"] = "one"
        raw["containerSettings"]["defaultExecutionConfig"] = "std"
        raw["containerSettings"]["defaultExecutionConfigForVisualRecipesWorkloads"] = "std"
        raw["metastoreCatalogsSettings"]["synchronizeTo"]["flavor"] = "DSS_INTERNAL"

    raw = _saved(start_dss(version), change)

    assert raw["defaultK8sClusterId"] == "one"
    assert raw["containerSettings"]["defaultExecutionConfig"] == "std"
    assert raw["containerSettings"]["defaultExecutionConfigForVisualRecipesWorkloads"] == "std"
    assert raw["metastoreCatalogsSettings"]["synchronizeTo"]["flavor"] == "DSS_INTERNAL"


def test_dss_14_has_flat_execution_configs(start_dss: Any) -> None:
    config = {
        "name": "std",
        "repositoryURL": "r/p",
        "prePushMode": "NONE",
        "kubernetesResources": {"cpuRequest": 2, "customLimits": [{"key": "nvidia.com/gpu", "value": "1"}]},
        "nodeSelector": "nodeSelector:\n  a: b",
        "imageBuildConfig": "none",
    }

    raw = _saved(start_dss("14"), lambda raw: raw["containerSettings"]["executionConfigs"].append(config))

    (kept,) = raw["containerSettings"]["executionConfigs"]
    assert "buildConfigs" not in raw["containerSettings"]
    assert "imageBuildConfig" not in kept
    assert kept["repositoryURL"] == "r/p"
    assert kept["nodeSelector"] == "nodeSelector:\n  a: b"
    assert (kept["type"], kept["usableBy"], kept["workloadType"]) == ("KUBERNETES", "ALL", "ANY")
    assert kept["kubernetesResources"] == {
        "memRequestMB": -1,
        "memLimitMB": -1,
        "cpuRequest": 2,
        "cpuLimit": -1,
        "customRequests": [],
        "customLimits": [{"key": "nvidia.com/gpu", "value": "1"}],
    }


def test_dss_15_splits_them_into_build_and_execution_configs(start_dss: Any) -> None:
    def change(raw: dict[str, Any]) -> None:
        raw["containerSettings"]["buildConfigs"].append(
            {"name": "gar", "type": "X", "dockerBuilderConfig": {"pushConfigs": [{"repositoryURL": "r/p"}]}}
        )
        raw["containerSettings"]["executionConfigs"].append(
            {
                "name": "std",
                "imageBuildConfig": "gar",
                "repositoryURL": "lost",
                "kubernetesRuntimeConfig": {"kubernetesNamespace": "ns"},
            }
        )

    raw = _saved(start_dss("15"), change)

    (build,) = raw["containerSettings"]["buildConfigs"]
    (kept,) = raw["containerSettings"]["executionConfigs"]
    assert "type" not in build
    assert build["imageBuilderType"] == "DOCKER"
    assert build["dockerBuilderConfig"]["pushConfigs"] == [{"repositoryURL": "r/p", "prePushMode": "NONE"}]
    assert "repositoryURL" not in kept
    assert kept["imageBuildConfig"] == "gar"
    assert kept["kubernetesRuntimeConfig"]["kubernetesNamespace"] == "ns"
    assert kept["kubernetesRuntimeConfig"]["enableCustomSHM"] is False


def test_refuses_the_whole_document_for_an_unknown_build_config(start_dss: Any) -> None:
    dss = start_dss("15")
    settings = dss.client.get_general_settings()
    settings.get_raw()["defaultK8sClusterId"] = "one"
    settings.get_raw()["containerSettings"]["executionConfigs"].append({"name": "std", "imageBuildConfig": "nope"})

    with pytest.raises(DataikuException, match="references an unknown image build configuration"):
        settings.save()
    assert "defaultK8sClusterId" not in dss.client.get_general_settings().get_raw()


def test_spark_configs_lose_their_registry_in_dss_15(start_dss: Any) -> None:
    config = {"name": "spark", "kubernetesSettings": {"repositoryURL": "r/p", "managedNamespace": "ns"}}

    def change(raw: dict[str, Any]) -> None:
        raw["sparkSettings"]["executionConfigs"].append(config)

    kept = [_saved(start_dss(version), change)["sparkSettings"]["executionConfigs"][-1] for version in ("14", "15")]

    assert kept[0]["kubernetesSettings"]["repositoryURL"] == "r/p"
    assert "repositoryURL" not in kept[1]["kubernetesSettings"]
    assert kept[1]["kubernetesSettings"]["managedNamespace"] == "ns"
    assert kept[1]["kubernetesSettings"]["authenticationMode"] == "BUILTIN"


def test_an_unknown_word_falls_back_to_the_default(dss: Any) -> None:
    def change(raw: dict[str, Any]) -> None:
        raw["metastoreCatalogsSettings"]["synchronizeTo"]["flavor"] = "SOMETHING"

    assert _saved(dss, change)["metastoreCatalogsSettings"]["synchronizeTo"]["flavor"] == "HIVESERVER2"


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("containerSettings", [], "Expected an object at containerSettings"),
        ("containerSettings", {"executionConfigs": {}}, r"Expected a list at containerSettings\.executionConfigs"),
        ("containerSettings", {"executionConfigs": [1]}, r"containerSettings\.executionConfigs\[0\]"),
    ],
)
def test_refuses_a_value_of_the_wrong_kind(dss: Any, key: str, value: Any, reason: str) -> None:
    settings = dss.client.get_general_settings()
    settings.get_raw()[key] = value

    with pytest.raises(DataikuException, match=reason):
        settings.save()


def test_says_which_dss_it_is(start_dss: Any) -> None:
    info = start_dss("14").client.get_instance_info()

    assert info.node_type == "DESIGN"
    assert info.raw["dssVersion"].startswith("14.")


def test_base_images_are_pushed_through_both_calls(dss: Any) -> None:
    assert dss.client.push_base_images().wait_for_result()["messages"]["error"] is False
    assert dss.client.get_general_settings().push_container_exec_base_images()["hasResult"] is True
    assert dss.client.get_auth_info()["authIdentifier"] == "admin"
