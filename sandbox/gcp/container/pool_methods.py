"""The methods that make, change and delete node pools."""

from collections.abc import Callable

from sandbox.gcp.container import pool_updates, validation
from sandbox.gcp.container.cluster_updates import check_node_version
from sandbox.gcp.container.documents import Json, get
from sandbox.gcp.container.engine import Engine
from sandbox.gcp.container.methods import Caller, Method
from sandbox.gcp.container.pool_defaults import complete_autoscaling, complete_pool, context_of
from sandbox.gcp.container.read_methods import record_of
from sandbox.gcp.errors import GoogleError, already_exists, invalid_argument


def _create(engine: Engine, caller: Caller, body: Json) -> Json:
    record = record_of(engine, caller)
    given = body.get("nodePool", {})
    if get(record.resource, "autopilot.enabled"):
        raise _managed_by_autopilot()
    validation.check_pool(given, record.location)
    if given.get("version"):
        check_node_version(record.resource, given["version"])
    caller.require_act_as(given.get("config", {}))
    if any(pool["name"] == given["name"] for pool in record.resource["nodePools"]):
        raise already_exists(f"{record.path}/nodePools/{given['name']}")
    pool = complete_pool(given, context_of(record.resource))
    operation = engine.begin(record, "CREATE_NODE_POOL", caller.effect, given["name"])
    engine.work.create_pool(record, pool, operation)
    return operation.resource(engine.clock.speed)


def _delete(engine: Engine, caller: Caller, _body: Json) -> Json:
    record = record_of(engine, caller)
    if get(record.resource, "autopilot.enabled"):
        raise _managed_by_autopilot()
    pool = record.pool(caller.target.pool)
    operation = engine.begin(record, "DELETE_NODE_POOL", caller.effect, pool["name"])
    engine.work.delete_pool(record, pool, operation)
    return operation.resource(engine.clock.speed)


def _update(engine: Engine, caller: Caller, body: Json) -> Json:
    record = record_of(engine, caller)
    pool = record.pool(caller.target.pool)
    wanted = pool_updates.wanted_fields(body)
    pool_updates.check(record.resource, wanted)
    kind = pool_updates.operation_type(wanted)
    operation = engine.begin(record, kind, caller.effect, pool["name"])
    operation.nodes = record.node_count(pool["name"])
    operation.shows_progress = kind == "UPGRADE_NODES"
    engine.work.change(record, operation, lambda: pool_updates.apply(record.resource, pool, wanted), pool)
    return operation.resource(engine.clock.speed)


def _set_size(engine: Engine, caller: Caller, body: Json) -> Json:
    record = record_of(engine, caller)
    pool, size = record.pool(caller.target.pool), int(body.get("nodeCount", 0))
    validation.check_size(size)

    operation = engine.begin(record, "SET_NODE_POOL_SIZE", caller.effect, pool["name"])
    engine.work.resize_pool(record, pool, size, operation)
    return operation.resource(engine.clock.speed)


def _set_autoscaling(engine: Engine, caller: Caller, body: Json) -> Json:
    pool = record_of(engine, caller).pool(caller.target.pool)
    wanted = body.get("autoscaling", {})
    validation.check_autoscaling(wanted)

    def apply() -> None:
        pool["autoscaling"] = complete_autoscaling(wanted, pool["config"])

    return _change(engine, caller, "UPDATE_CLUSTER", apply)


def _set_management(engine: Engine, caller: Caller, body: Json) -> Json:
    pool = record_of(engine, caller).pool(caller.target.pool)

    def apply() -> None:
        pool["management"] = body.get("management", {})

    return _change(engine, caller, "SET_NODE_POOL_MANAGEMENT", apply)


def _roll_back(engine: Engine, caller: Caller, _body: Json) -> Json:
    return _change(engine, caller, "UPGRADE_NODES", lambda: None)


def _complete_upgrade(engine: Engine, caller: Caller, _body: Json) -> Json:
    record_of(engine, caller).pool(caller.target.pool)
    return {}


def _change(engine: Engine, caller: Caller, kind: str, apply: Callable[[], None]) -> Json:
    record = record_of(engine, caller)
    pool = record.pool(caller.target.pool)
    operation = engine.begin(record, kind, caller.effect, pool["name"])
    engine.work.change(record, operation, apply, pool)
    return operation.resource(engine.clock.speed)


def _managed_by_autopilot() -> GoogleError:
    return invalid_argument("Autopilot node pools cannot be accessed or modified.")


_UPDATE = "container.clusters.update"

METHODS = {
    ("POST", "nodePools", ""): Method(_UPDATE, _create, request="CreateNodePoolRequest"),
    ("DELETE", "nodePool", ""): Method(_UPDATE, _delete),
    ("PUT", "nodePool", ""): Method(_UPDATE, _update, request="UpdateNodePoolRequest"),
    ("POST", "nodePool", "setSize"): Method(_UPDATE, _set_size, request="SetNodePoolSizeRequest"),
    ("POST", "nodePool", "setAutoscaling"): Method(_UPDATE, _set_autoscaling, request="SetNodePoolAutoscalingRequest"),
    ("POST", "nodePool", "setManagement"): Method(_UPDATE, _set_management, request="SetNodePoolManagementRequest"),
    ("POST", "nodePool", "rollback"): Method(_UPDATE, _roll_back, request="RollbackNodePoolUpgradeRequest"),
    ("POST", "nodePool", "completeUpgrade"): Method(
        _UPDATE, _complete_upgrade, request="CompleteNodePoolUpgradeRequest", response=""
    ),
}
