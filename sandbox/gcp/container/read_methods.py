"""The methods that only look: clusters, node pools, operations, versions, subnetworks. And cancelling an operation."""

from sandbox.gcp.container import versions
from sandbox.gcp.container.documents import Json
from sandbox.gcp.container.engine import Engine
from sandbox.gcp.container.methods import Caller, Method
from sandbox.gcp.container.state import ClusterRecord
from sandbox.gcp.container.validation import check_location
from sandbox.gcp.errors import failed_precondition, invalid_argument
from sandbox.gcp.locations import AUTO_MODE_RANGES


def record_of(engine: Engine, caller: Caller) -> ClusterRecord:
    """Return the cluster that a call is about.

    Raises:
        GoogleError: 404, there is none.
    """
    return engine.clusters.find(caller.project, caller.target.location, caller.target.cluster)


def _list_clusters(engine: Engine, caller: Caller, _body: Json) -> Json:
    _check_listed_location(caller)
    found = engine.clusters.of(caller.project, caller.target.location)
    return _listed(caller, "clusters", [(record.location, record.shown()) for record in found])


def _get_cluster(engine: Engine, caller: Caller, _body: Json) -> Json:
    return record_of(engine, caller).shown()


def _list_pools(engine: Engine, caller: Caller, _body: Json) -> Json:
    record = record_of(engine, caller)
    pools = [record.shown_pool(pool) for pool in record.resource["nodePools"]]
    return {"nodePools": pools} if pools else {}


def _get_pool(engine: Engine, caller: Caller, _body: Json) -> Json:
    record = record_of(engine, caller)
    return record.shown_pool(record.pool(caller.target.pool))


def _list_operations(engine: Engine, caller: Caller, _body: Json) -> Json:
    _check_listed_location(caller)
    found = engine.operations.of(caller.project, caller.target.location)
    shown = [(operation.location, operation.resource(engine.clock.speed)) for operation in found]
    return _listed(caller, "operations", shown)


def _listed(caller: Caller, name: str, found: list[tuple[str, Json]]) -> Json:
    """Return a list's answer, which lacks what is in the zones that a fault takes away, and in their regions."""
    missing: list[str] = caller.effect.get("missing_zones", [])
    hidden = {*missing, *(zone.rpartition("-")[0] for zone in missing)}
    items = [shown for location, shown in found if location not in hidden]
    answer: Json = {name: items} if items else {}
    return answer | {"missingZones": missing} if missing else answer


def _get_operation(engine: Engine, caller: Caller, _body: Json) -> Json:
    target = caller.target
    return engine.operations.find(caller.project, target.location, target.operation).resource(engine.clock.speed)


def _cancel_operation(engine: Engine, caller: Caller, _body: Json) -> Json:
    target = caller.target
    operation = engine.operations.find(caller.project, target.location, target.operation)
    # UPGRADE_NODES is the only type that the reference calls cancellable.
    if operation.type != "UPGRADE_NODES" or operation.status == "DONE":
        raise failed_precondition(f"Operation {operation.name} cannot be cancelled.")
    operation.status = "ABORTING"
    operation.cancelled.set()
    return {}


def _server_config(_engine: Engine, caller: Caller, _body: Json) -> Json:
    check_location(caller.target.location)
    return versions.server_config()


def _usable_subnetworks(_engine: Engine, caller: Caller, _body: Json) -> Json:
    project = caller.project.id
    found = [
        {
            "subnetwork": f"projects/{project}/regions/{region}/subnetworks/default",
            "network": f"projects/{project}/global/networks/default",
            "ipCidrRange": block,
        }
        for region, block in AUTO_MODE_RANGES.items()
    ]
    try:
        start = int(caller.query.get("pageToken") or 0)
        size = int(caller.query.get("pageSize") or len(found))
    except ValueError:
        raise invalid_argument("Invalid page size or page token.") from None
    if start < 0 or size < 1:
        raise invalid_argument("Invalid page size or page token.")
    answer: Json = {"subnetworks": found[start : start + size]}
    return answer | {"nextPageToken": str(start + size)} if start + size < len(found) else answer


def _upgrade_info(engine: Engine, caller: Caller, _body: Json) -> Json:
    record = record_of(engine, caller)
    channel = record.resource.get("releaseChannel", {}).get("channel", "")
    target = versions.default_version(channel)
    return {"minorTargetVersion": target, "patchTargetVersion": target, "autoUpgradeStatus": ["ACTIVE"]}


def _autopilot_compatibility(engine: Engine, caller: Caller, _body: Json) -> Json:
    record_of(engine, caller)
    return {"summary": "The cluster is compatible with Autopilot."}


def _check_listed_location(caller: Caller) -> None:
    if caller.target.location != "-":
        check_location(caller.target.location)


_GET, _LIST = "container.clusters.get", "container.clusters.list"
_OPERATIONS = "container.operations"

METHODS = {
    ("GET", "clusters", ""): Method(_LIST, _list_clusters, response="ListClustersResponse"),
    ("GET", "cluster", ""): Method(_GET, _get_cluster, response="Cluster"),
    ("GET", "nodePools", ""): Method(_GET, _list_pools, response="ListNodePoolsResponse"),
    ("GET", "nodePool", ""): Method(_GET, _get_pool, response="NodePool"),
    ("GET", "operations", ""): Method(f"{_OPERATIONS}.list", _list_operations, response="ListOperationsResponse"),
    ("GET", "operation", ""): Method(f"{_OPERATIONS}.get", _get_operation),
    ("POST", "operation", "cancel"): Method(
        "container.clusters.update", _cancel_operation, request="CancelOperationRequest", response=""
    ),
    ("GET", "serverConfig", ""): Method(_LIST, _server_config, response="ServerConfig"),
    ("GET", "usableSubnetworks", ""): Method(_LIST, _usable_subnetworks, response="ListUsableSubnetworksResponse"),
    ("GET", "cluster", "fetchClusterUpgradeInfo"): Method(_GET, _upgrade_info, response="ClusterUpgradeInfo"),
    ("GET", "nodePool", "fetchNodePoolUpgradeInfo"): Method(_GET, _upgrade_info, response="NodePoolUpgradeInfo"),
    ("GET", "cluster", "checkAutopilotCompatibility"): Method(
        _GET, _autopilot_compatibility, response="CheckAutopilotCompatibilityResponse"
    ),
}
