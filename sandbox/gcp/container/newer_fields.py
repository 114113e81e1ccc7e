"""Fields of the v1 REST API that the installed `google-cloud-container` does not know yet.

Source: the discovery document of Container v1, revision 20261027,
https://container.googleapis.com/$discovery/rest?version=v1. A release of the client that has caught up makes an entry
redundant, never wrong: the client's own field is looked up first.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class NewerField:
    """One field.

    Attributes:
        kind: `bool`, `int32`, `int64`, `string`, `map` (of strings), or the names of `NEWER_MESSAGES`.
        repeated: whether it is a list.
        choices: the values of an enum, in the order of their numbers; the field is an enum when there are any.
    """

    kind: str = "string"
    repeated: bool = False
    choices: tuple[str, ...] = ()


_BOOL = NewerField("bool")
_STRING = NewerField()
_STRINGS = NewerField(repeated=True)
_INT32 = NewerField("int32")
_INT64 = NewerField("int64")

NEWER_MESSAGES: Mapping[str, Mapping[str, NewerField]] = {
    "WizSensorConfig": {
        "apiKeySecretUri": _STRING,
        "enabled": _BOOL,
        "proxySecretUri": _STRING,
        "registrySecretUri": _STRING,
    },
    "AutoprovisioningRestrictionConfig": {
        "authorizedServiceAccounts": _STRINGS,
        "serviceAccountPermissionCheck": NewerField(
            choices=("PERMISSION_CHECK_MODE_UNSPECIFIED", "DISABLED", "ENABLED")
        ),
    },
    "AmbientNetworkingConfig": {"enabled": _BOOL},
    "ReservedResourcesConfig": {
        "cpuReservedMillicore": _INT64,
        "effectiveCpuReservedMillicore": _INT64,
        "effectiveMemoryReservedMib": _INT64,
        "memoryReservedMib": _INT64,
    },
    "EtcHostsEntry": {"host": _STRING, "ip": _STRING},
    "ResolvedConfEntry": {"key": _STRING, "value": _STRINGS},
    "KernelCommandlineOverrides": {
        "initOnAlloc": NewerField(choices=("INIT_ON_ALLOC_UNSPECIFIED", "INIT_ON_ALLOC_OFF")),
        "specRstackOverflow": NewerField(choices=("SPEC_RSTACK_OVERFLOW_UNSPECIFIED", "SPEC_RSTACK_OVERFLOW_OFF")),
    },
    "LRUGen": {"enabled": _BOOL, "minTtlMs": _INT32},
    "KernelOverrides": {
        "kernelCommandlineOverrides": NewerField("KernelCommandlineOverrides"),
        "lruGen": NewerField("LRUGen"),
    },
    "AutopilotConfig": {"enabled": _BOOL},
    "ParentProductConfig": {"labels": NewerField("map"), "productName": _STRING},
}

NEWER_FIELDS: Mapping[str, Mapping[str, NewerField]] = {
    "AddonsConfig": {"wizSensorConfig": NewerField("WizSensorConfig")},
    "ClusterAutoscaling": {"autoprovisioningRestrictionConfig": NewerField("AutoprovisioningRestrictionConfig")},
    "NetworkConfig": {"ambientNetworkingConfig": NewerField("AmbientNetworkingConfig")},
    "AcceleratorConfig.GPUDriverInstallationConfig": {"specificVersion": _STRING},
    "GPUDriverInstallationConfig": {"specificVersion": _STRING},
    "EphemeralStorageLocalSsdConfig": {"ephemeralCapacityGb": _INT64},
    "NodeKubeletConfig": {
        "containerLogMaxWorkers": _INT32,
        "containerLogMonitorInterval": _STRING,
        "reservedResourcesConfig": NewerField("ReservedResourcesConfig"),
        "reservedSystemCpus": _STRING,
    },
    "LinuxNodeConfig": {
        "additionalEtcHosts": NewerField("EtcHostsEntry", repeated=True),
        "additionalEtcResolvConf": NewerField("ResolvedConfEntry", repeated=True),
        "additionalEtcSystemdResolvedConf": NewerField("ResolvedConfEntry", repeated=True),
        "kernelOverrides": NewerField("KernelOverrides"),
        "timeZone": _STRING,
    },
    "NodePool": {"autopilotConfig": NewerField("AutopilotConfig")},
    "AdditionalPodNetworkConfig": {"networkAttachment": _STRING},
    "NodeNetworkConfig": {
        "datapathProvider": NewerField(
            choices=(
                "DATAPATH_PROVIDER_UNSPECIFIED",
                "LEGACY_DATAPATH",
                "ADVANCED_DATAPATH",
                "MIGRATE_TO_ADVANCED_DATAPATH",
                "MIGRATE_TO_LEGACY_DATAPATH",
            )
        ),
        "network": _STRING,
    },
    "Cluster": {"parentProductConfig": NewerField("ParentProductConfig")},
    "ClusterUpdate": {
        "desiredAmbientNetworkingConfig": NewerField("AmbientNetworkingConfig"),
        "desiredParentProductConfig": NewerField("ParentProductConfig"),
    },
    "UpdateNodePoolRequest": {
        "nodeConfigUpdateMode": NewerField(
            choices=("NODE_CONFIG_UPDATE_MODE_UNSPECIFIED", "LIVE_UPDATE_WITHOUT_DRAIN")
        ),
    },
}
