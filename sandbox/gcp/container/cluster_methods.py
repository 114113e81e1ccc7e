"""The methods that make, change and delete clusters."""

from collections.abc import Callable
from datetime import timedelta

from sandbox.clock import Clock
from sandbox.gcp.container import cluster_updates, validation
from sandbox.gcp.container.cluster_defaults import Place, complete_cluster, label_fingerprint
from sandbox.gcp.container.documents import Json, get
from sandbox.gcp.container.engine import Engine
from sandbox.gcp.container.methods import Caller, Method
from sandbox.gcp.container.read_methods import record_of
from sandbox.gcp.container.state import ClusterRecord
from sandbox.gcp.errors import failed_precondition

# https://cloud.google.com/kubernetes-engine/docs/concepts/alpha-clusters
_ALPHA_LIFETIME = timedelta(days=30)
Translation = Callable[[Json], Json]


def _create(engine: Engine, caller: Caller, body: Json) -> Json:
    location = caller.target.location
    given = body.get("cluster", {})
    validation.check_cluster(given, location)
    for config in _node_configs(given):
        caller.require_act_as(config)
    place = Place(caller.project, location, engine.next_number(), engine.new_id())
    record = ClusterRecord(caller.project, complete_cluster(given, place))
    created = Clock.now()
    record.resource["createTime"] = created.isoformat(timespec="seconds")
    if get(record.resource, "enableKubernetesAlpha"):
        record.resource["expireTime"] = (created + _ALPHA_LIFETIME).isoformat(timespec="seconds")
    engine.clusters.add(record)
    operation = engine.begin(record, "CREATE_CLUSTER", caller.effect)
    # The first answer of a creation carries no progress yet.
    answer = operation.resource(engine.clock.speed)
    engine.work.create_cluster(record, operation)
    return answer


def _node_configs(given: Json) -> list[Json]:
    defaults = get(given, "autoscaling.autoprovisioningNodePoolDefaults", {})
    return [pool.get("config", {}) for pool in given.get("nodePools", [])] or [given.get("nodeConfig", defaults)]


def _delete(engine: Engine, caller: Caller, _body: Json) -> Json:
    record = record_of(engine, caller)
    operation = engine.begin(record, "DELETE_CLUSTER", caller.effect)
    engine.work.delete_cluster(record, operation)
    return operation.resource(engine.clock.speed)


def _update(engine: Engine, caller: Caller, body: Json) -> Json:
    return _apply_update(engine, caller, body.get("update", {}))


def _apply_update(engine: Engine, caller: Caller, update: Json) -> Json:
    record = record_of(engine, caller)
    cluster_updates.check(record.resource, update)
    validation.check_autoscaling(update.get("desiredNodePoolAutoscaling", {}))
    kind = cluster_updates.operation_type(update)
    return _change(engine, caller, kind, lambda: cluster_updates.apply(record.resource, update))


def _change(engine: Engine, caller: Caller, kind: str, apply: Callable[[], None]) -> Json:
    record = record_of(engine, caller)
    operation = engine.begin(record, kind, caller.effect)
    operation.nodes = record.node_count()
    operation.shows_progress = kind == "UPGRADE_NODES"
    engine.work.change(record, operation, apply)
    return operation.resource(engine.clock.speed)


def _translated(translate: Translation) -> Callable[[Engine, Caller, Json], Json]:
    """Return a method that says in its own words what a ClusterUpdate can say too."""
    return lambda engine, caller, body: _apply_update(engine, caller, translate(body))


def _renamed(name: str, desired: str) -> Translation:
    return lambda body: {desired: body[name]} if name in body else {}


def _set_labels(engine: Engine, caller: Caller, body: Json) -> Json:
    record = record_of(engine, caller)
    labels = body.get("resourceLabels", {})
    validation.check_resource_labels(labels)
    if body.get("labelFingerprint", "") != record.resource["labelFingerprint"]:
        raise failed_precondition("Labels could not be set due to fingerprint mismatch.")

    def apply() -> None:
        record.resource |= {"resourceLabels": labels, "labelFingerprint": label_fingerprint(labels)}

    return _change(engine, caller, "SET_LABELS", apply)


def _set_maintenance(engine: Engine, caller: Caller, body: Json) -> Json:
    record = record_of(engine, caller)
    policy = body.get("maintenancePolicy", {})
    known = get(record.resource, "maintenancePolicy.resourceVersion")
    if policy.get("resourceVersion") not in (None, known):
        raise failed_precondition("The resource version of the maintenance policy is not the current one.")
    apply = lambda: cluster_updates.set_maintenance(record.resource, policy)  # noqa: E731 - as in the methods below
    return _change(engine, caller, "UPDATE_CLUSTER", apply)


def _set_network_policy(engine: Engine, caller: Caller, body: Json) -> Json:
    record = record_of(engine, caller)
    policy = body.get("networkPolicy", {})
    return _change(
        engine, caller, "UPDATE_CLUSTER", lambda: cluster_updates.set_network_policy(record.resource, policy)
    )


def _set_legacy_abac(engine: Engine, caller: Caller, body: Json) -> Json:
    record = record_of(engine, caller)
    enabled = bool(body.get("enabled"))
    return _change(engine, caller, "UPDATE_CLUSTER", lambda: cluster_updates.set_legacy_abac(record.resource, enabled))


def _without_effect(engine: Engine, caller: Caller, _body: Json) -> Json:
    """Run an operation that changes nothing which a client of the sandbox could see."""
    return _change(engine, caller, "UPDATE_CLUSTER", lambda: None)


_UPDATE = "container.clusters.update"

METHODS = {
    ("POST", "clusters", ""): Method("container.clusters.create", _create, request="CreateClusterRequest"),
    ("DELETE", "cluster", ""): Method("container.clusters.delete", _delete),
    ("PUT", "cluster", ""): Method(_UPDATE, _update, request="UpdateClusterRequest"),
    ("POST", "cluster", "setResourceLabels"): Method(_UPDATE, _set_labels, request="SetLabelsRequest"),
    ("POST", "cluster", "setMaintenancePolicy"): Method(
        _UPDATE, _set_maintenance, request="SetMaintenancePolicyRequest"
    ),
    ("POST", "cluster", "setNetworkPolicy"): Method(_UPDATE, _set_network_policy, request="SetNetworkPolicyRequest"),
    ("POST", "cluster", "setLegacyAbac"): Method(_UPDATE, _set_legacy_abac, request="SetLegacyAbacRequest"),
    ("POST", "cluster", "setMasterAuth"): Method(_UPDATE, _without_effect, request="SetMasterAuthRequest"),
    ("POST", "cluster", "startIpRotation"): Method(_UPDATE, _without_effect, request="StartIPRotationRequest"),
    ("POST", "cluster", "completeIpRotation"): Method(_UPDATE, _without_effect, request="CompleteIPRotationRequest"),
    ("POST", "cluster", "setLocations"): Method(
        _UPDATE, _translated(_renamed("locations", "desiredLocations")), request="SetLocationsRequest"
    ),
    ("POST", "cluster", "setAddons"): Method(
        _UPDATE, _translated(_renamed("addonsConfig", "desiredAddonsConfig")), request="SetAddonsConfigRequest"
    ),
    ("POST", "cluster", "setLogging"): Method(
        _UPDATE, _translated(_renamed("loggingService", "desiredLoggingService")), request="SetLoggingServiceRequest"
    ),
    ("POST", "cluster", "setMonitoring"): Method(
        _UPDATE,
        _translated(_renamed("monitoringService", "desiredMonitoringService")),
        request="SetMonitoringServiceRequest",
    ),
    ("POST", "cluster", "updateMaster"): Method(
        _UPDATE, _translated(_renamed("masterVersion", "desiredMasterVersion")), request="UpdateMasterRequest"
    ),
}
