"""What a cluster leaves behind in Compute Engine when it is deleted with volumes and load balancers in it."""

import subprocess
import time

import pytest

_CLAIM = {
    "metadata": {"name": "data"},
    "spec": {"storageClassName": "standard", "accessModes": ["ReadWriteOnce"], "resources": {"requests": {}}},
}
_CLAIM["spec"]["resources"]["requests"]["storage"] = "3Gi"
_SERVICE = {"metadata": {"name": "web"}, "spec": {"type": "LoadBalancer", "ports": [{"port": 80}]}}
_OPEN_DNS = {"dnsEndpointConfig": {"allowExternalTraffic": True}}
_DEADLINE_SECONDS = 60
# A load balancer goes 0.4 s after it was asked to.
_QUICK_SECONDS = 0.3
_TRIES = 20
_GCLOUD_SECONDS = 150


@pytest.fixture
def compute(sandbox):
    """Read a path of Compute in the project."""

    def read(path, token=None):
        return sandbox.call(f"{sandbox.compute_url}/compute/v1/projects/{sandbox.project}{path}", token=token)

    return read


@pytest.fixture
def delete(sandbox):
    """Delete at a path of Compute in the project."""

    def ask(path):
        return sandbox.call(f"{sandbox.compute_url}/compute/v1/projects/{sandbox.project}{path}", "DELETE")

    return ask


@pytest.fixture
def left(sandbox, compute, cluster):
    """The names of the disk and of the load balancer that a deleted cluster left."""
    name, call = cluster
    uid = call("services/web").json()["metadata"]["uid"]
    sandbox.delete_cluster("us-east4-a", name)
    (disk,) = _volumes_of(compute, name)
    return disk["name"], f"a{uid.replace('-', '')}"[:32]


@pytest.fixture
def furnish(sandbox, unique_name):
    """Make clusters with a bound claim and a service that has its address: the name, and how to speak to it."""

    def make():
        name = unique_name("left")
        made = sandbox.create_cluster(
            "us-east4-a", name, controlPlaneEndpointsConfig=_OPEN_DNS, resourceLabels={"team": "ds"}
        )
        endpoint = made["controlPlaneEndpointsConfig"]["dnsEndpointConfig"]["endpoint"]

        def call(path, method="GET", **how):
            address = f"https://{endpoint}/api/v1/namespaces/default/{path}"
            return sandbox.call(address, method, verify=sandbox.exports["SSL_CERT_FILE"], **how)

        assert call("persistentvolumeclaims", "POST", json=_CLAIM).status_code == 201
        assert call("services", "POST", json=_SERVICE).status_code == 201
        _wait_for(lambda: call("persistentvolumeclaims/data").json()["status"].get("phase") == "Bound")
        _wait_for(lambda: call("services/web").json()["status"]["loadBalancer"].get("ingress"))
        return name, call

    return make


@pytest.fixture
def cluster(furnish):
    """One of them."""
    return furnish()


def _wait_for(holds):
    deadline = time.monotonic() + _DEADLINE_SECONDS
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _volumes_of(compute, name):
    expression = f"(labels.goog-gke-volume:*) (labels.goog-k8s-cluster-name={name})"
    return compute(f"/zones/us-east4-a/disks?filter={expression}").json()["items"]


def test_a_cluster_that_is_deleted_leaves_disks_and_load_balancers(sandbox, compute, cluster):
    name, call = cluster
    uid = call("services/web").json()["metadata"]["uid"]
    balancer = f"a{uid.replace('-', '')}"[:32]
    sandbox.delete_cluster("us-east4-a", name)

    (disk,) = _volumes_of(compute, name)
    assert (disk["sizeGb"], disk["labels"]["team"]) == ("3", "ds")
    in_zone = compute("/aggregated/disks").json()["items"]["zones/us-east4-a"]["disks"]
    assert disk["name"] in [each["name"] for each in in_zone]
    for kind in ("forwardingRules", "targetPools"):
        found = compute(f"/regions/us-east4/{kind}").json()["items"]
        assert balancer in [each["name"] for each in found]
        assert compute(f"/regions/us-east4/{kind}/{balancer}").status_code == 200
        everywhere = compute(f"/aggregated/{kind}").json()["items"]
        assert everywhere["global"]["warning"]["code"] == "NO_RESULTS_ON_PAGE"
        assert balancer in [each["name"] for each in everywhere["regions/us-east4"][kind]]
    firewalls = compute("/global/firewalls").json()["items"]
    assert f"k8s-fw-{balancer}" in [each["name"] for each in firewalls]


def test_what_is_deleted_in_the_cluster_first_is_not_left(sandbox, compute, cluster):
    name, call = cluster
    call("persistentvolumeclaims/data", "DELETE")
    call("services/web", "DELETE")
    _wait_for(lambda: call("services/web").status_code == 404)
    _wait_for(lambda: not _volumes_of(compute, name))
    rules = compute("/regions/us-east4/forwardingRules").json()["items"]
    assert "default/web" not in [rule["description"] for rule in rules if name in str(rule)]
    sandbox.delete_cluster("us-east4-a", name)


def test_nodes_have_boot_disks_that_go_with_them(sandbox, compute, unique_name):
    name = unique_name("boot")
    sandbox.create_cluster("us-east4-b", name)
    (disk,) = compute(f"/zones/us-east4-b/disks?filter=labels.goog-k8s-cluster-name={name}").json()["items"]
    assert disk["users"][0].endswith(f"/instances/{disk['name']}")
    assert compute(f"/zones/us-east4-b/disks/{disk['name']}").json() == disk
    sandbox.delete_cluster("us-east4-b", name)
    assert compute(f"/zones/us-east4-b/disks/{disk['name']}").status_code == 404


@pytest.mark.parametrize(
    ("path", "permission"),
    [
        ("/zones/us-east4-a/disks", "compute.disks.list"),
        ("/aggregated/disks", "compute.disks.list"),
        ("/regions/us-east4/forwardingRules", "compute.forwardingRules.list"),
        ("/aggregated/forwardingRules", "compute.forwardingRules.list"),
        ("/global/forwardingRules", "compute.globalForwardingRules.list"),
        ("/regions/us-east4/backendServices", "compute.regionBackendServices.list"),
        ("/global/firewalls", "compute.firewalls.list"),
    ],
)
def test_a_list_asks_for_its_permission(sandbox, compute, path, permission):
    email = sandbox.host_email
    with sandbox.permissions(email, []):
        denied = compute(path, token=sandbox.access_token(email))
    with sandbox.permissions(email, [permission]):
        allowed = compute(path, token=sandbox.access_token(email))
    assert (denied.status_code, permission in denied.text) == (403, True)
    assert allowed.status_code == 200


def test_what_was_merely_asked_to_go_is_left(sandbox, compute, furnish):
    quick, tries = False, 0
    # Where the machine takes too long, the load balancer rightly goes before the cluster does, which proves nothing.
    while not quick:
        tries += 1
        assert tries <= _TRIES
        name, call = furnish()
        uid = call("services/web").json()["metadata"]["uid"]
        begin = time.monotonic()
        call("services/web", "DELETE")
        deletion = sandbox.call(f"{sandbox._place(None, 'us-east4-a')}/clusters/{name}", "DELETE")
        quick = time.monotonic() - begin < _QUICK_SECONDS
        sandbox._finish(sandbox._place(None, "us-east4-a"), deletion)
    names = [each["name"] for each in compute("/regions/us-east4/forwardingRules").json()["items"]]
    assert f"a{uid.replace('-', '')}"[:32] in names


@pytest.mark.gcloud
def test_gcloud_deletes_what_is_left(sandbox, compute, left):
    disk, balancer = left
    for command in (["disks", "delete", disk, "--zone", "us-east4-a"], _rule(balancer)):
        done = subprocess.run(
            ["gcloud", "compute", *command, "--quiet"],
            check=False,
            env=sandbox.env,
            capture_output=True,
            text=True,
            timeout=_GCLOUD_SECONDS,
        )
        assert (done.returncode, "Deleted [" in done.stderr) == (0, True), done.stderr

    assert compute(f"/zones/us-east4-a/disks/{disk}").status_code == 404
    assert compute(f"/regions/us-east4/forwardingRules/{balancer}").status_code == 404


def _rule(balancer):
    return ["forwarding-rules", "delete", balancer, "--region", "us-east4"]


def test_the_other_parts_of_a_load_balancer_go_after_its_forwarding_rule(compute, delete, left):
    _, balancer = left
    pool = f"/regions/us-east4/targetPools/{balancer}"

    refused = delete(pool)
    assert (refused.status_code, "already being used by" in refused.text) == (400, True)
    assert delete(f"/regions/us-east4/forwardingRules/{balancer}").json()["status"] == "DONE"
    assert delete(pool).json()["status"] == "DONE"
    firewall = delete(f"/global/firewalls/k8s-fw-{balancer}").json()
    assert compute(f"/global/operations/{firewall['name']}").json() == firewall
    assert compute(f"/zones/us-east4-a/operations/{firewall['name']}").status_code == 404
    assert delete(pool).status_code == 404


def test_a_disk_in_use_is_not_deleted(sandbox, compute, delete, unique_name):
    name = unique_name("used")
    sandbox.create_cluster("us-east4-b", name)
    (disk,) = compute(f"/zones/us-east4-b/disks?filter=labels.goog-k8s-cluster-name={name}").json()["items"]

    refused = delete(f"/zones/us-east4-b/disks/{disk['name']}")

    assert refused.json()["error"]["errors"][0]["reason"] == "resourceInUseByAnotherResource"
    assert delete("/zones/us-east4-b/disks/none").status_code == 404
    sandbox.delete_cluster("us-east4-b", name)
