"""Starting, adopting, attaching and stopping clusters, as an administrator does from DSS."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from gke_clusters.google.permissions import PERMISSIONS

LIST_NODES = """
import sys, kubernetes
kubernetes.config.load_kube_config(sys.argv[1])
print(*sorted(node.metadata.name for node in kubernetes.client.CoreV1Api().list_node().items))
"""
CREATE, ATTACH = "create-gke-cluster", "attach-gke-cluster"
DNS = {"controlPlaneEndpointsConfig": {"dnsEndpointConfig": {"allowExternalTraffic": True}}}


@pytest.fixture(scope="session")
def create_config(inline):
    """The dialog as the seed of the reference architecture fills it in, one node to be quick."""
    return {
        "connectionInfo": inline({"projectId": "sandbox-project", "zone": "us-central1-a"}),
        "nodePools": [inline({"machineType": "n2-highmem-8", "numNodes": 1})],
    }


@pytest.fixture
def attach_config(inline):
    return {"connectionInfo": inline({"projectId": "sandbox-project", "zone": "us-central1-a"})}


@pytest.fixture
def running(dss, create_config, unique_name):
    """A DSS cluster that was created and runs; stopped at the end."""
    cluster = dss.cluster(unique_name("story"), CREATE, create_config)
    cluster.start()
    yield cluster
    if cluster.get_status().status["state"] == "RUNNING":
        cluster.stop(terminate=True)


@pytest.fixture(scope="class")
def settled(dss, create_config, unique_name):
    """A DSS cluster that runs, for tests that only look at it."""
    cluster = dss.cluster(unique_name("settled"), CREATE, create_config)
    cluster.start()
    yield cluster
    cluster.stop(terminate=True)


@pytest.fixture
def existing(sandbox, unique_name):
    """Make clusters as somebody else does; they are deleted at the end."""
    made = []

    def make(location, **fields):
        name = unique_name("other")
        made.append((location, name))
        return sandbox.create_cluster(location, name, **fields)

    yield make
    for location, name in made:
        if truth(sandbox, name):
            sandbox.delete_cluster(location, name)


def truth(sandbox, name):
    """Return what really exists under a name."""
    return [cluster for cluster in sandbox.clusters() if cluster["name"] == name]


def changes(sandbox, name):
    """Return the methods of the changes of this cluster that GKE was asked for, in order."""
    return [
        seen["method"]
        for seen in sandbox.requests(service="container")
        if seen["method"] != "GET" and name in json.dumps([seen["path"], seen["body"]])
    ]


def overrides(cluster):
    return cluster.get_settings().get_raw()["containerSettings"]["executionConfigsGenericOverrides"]


def nodes(cluster, sandbox):
    command = [sys.executable, "-c", LIST_NODES, overrides(cluster)["kubeConfigPath"]]
    return subprocess.run(command, env=sandbox.env, capture_output=True, text=True, check=True).stdout.split()


def forget(cluster):
    """Let DSS take the cluster for stopped although nothing was deleted, as after a crash of DSS."""
    settings = cluster.get_settings()
    data = settings.get_raw().pop("data")
    settings.get_raw()["data"] = None
    settings.save()
    cluster.stop(terminate=False)
    return data


def failure_of(action, **arguments):
    """Return the message of the failure that DSS shows."""
    with pytest.raises(Exception, match="Cluster operation failed") as caught:
        action(**arguments)
    return caught.value.args[0].replace("\\n", "\n").replace('\\"', '"')


@pytest.mark.xdist_group("a cluster that runs")
class TestRunningCluster:
    def test_gives_dss_a_cluster_whose_nodes_answer(self, settled, sandbox):
        assert settled.get_status().status["state"] == "RUNNING"
        assert len(nodes(settled, sandbox)) == 1

    def test_enables_spark_and_names_the_context(self, settled, sandbox):
        raw = settled.get_settings().get_raw()
        assert raw["sparkSettings"]["sparkEnabled"] is True
        assert overrides(settled)["kubeCtlContext"] == f"gke_sandbox-project_us-central1-a_{raw['name']}"

    def test_saves_what_a_stop_needs_and_no_secret(self, settled, sandbox):
        raw = settled.get_settings().get_raw()
        (there,) = truth(sandbox, raw["name"])
        saved = raw["data"]["cluster"]
        assert {key: saved[key] for key in ("name", "location", "id", "selfLink", "createTime")} == {
            key: there[key] for key in ("name", "location", "id", "selfLink", "createTime")
        }
        assert raw["data"]["project"] == "sandbox-project"
        assert "ya29." not in json.dumps(raw)

    def test_keeps_files_with_secrets_private(self, settled):
        folder = Path(overrides(settled)["kubeConfigPath"]).parent
        open_to_others = [path for path in folder.rglob("*") if path.is_file() and path.stat().st_mode & 0o077]
        assert [path.name for path in open_to_others if "ya29." in path.read_text()] == []
        assert Path(overrides(settled)["kubeConfigPath"]).stat().st_mode & 0o777 == 0o600

    def test_tells_the_log_of_the_cluster_what_it_does(self, settled):
        log = (Path(overrides(settled)["kubeConfigPath"]).parent.parent / "log" / "cluster.log").read_text()
        for words in ("Starting", "CREATE_CLUSTER", "is ready for DSS"):
            assert words in log
        assert "ya29." not in log


class TestCreate:
    def test_stops_by_deleting_the_cluster(self, running, sandbox):
        running.stop(terminate=False)
        assert running.get_status().status["state"] == "NONE"
        assert truth(sandbox, running.cluster_id) == []
        assert changes(sandbox, running.cluster_id) == ["POST", "DELETE"]

    def test_stops_what_was_started_even_if_the_form_says_otherwise_now(self, running, sandbox, inline):
        settings = running.get_settings()
        settings.get_raw()["params"]["config"]["connectionInfo"] = inline({"projectId": "acme-data", "zone": "x"})
        settings.save()
        running.stop(terminate=False)
        assert truth(sandbox, running.cluster_id) == []

    def test_counts_a_cluster_that_is_gone_as_stopped(self, running, sandbox):
        sandbox.delete_cluster("us-central1-a", running.cluster_id)
        running.stop(terminate=False)
        assert running.get_status().status["state"] == "NONE"

    def test_refuses_to_stop_a_cluster_that_replaced_the_one_it_started(self, running, sandbox):
        sandbox.delete_cluster("us-central1-a", running.cluster_id)
        replacement = sandbox.create_cluster("us-central1-a", running.cluster_id)
        message = failure_of(running.stop, terminate=False)
        assert replacement["id"] in message
        assert [cluster["id"] for cluster in truth(sandbox, running.cluster_id)] == [replacement["id"]]
        sandbox.delete_cluster("us-central1-a", running.cluster_id)
        running.stop(terminate=False)

    def test_adopts_the_cluster_that_an_earlier_start_created(self, running, sandbox):
        forget(running)
        running.start()
        assert running.get_status().status["state"] == "RUNNING"
        assert changes(sandbox, running.cluster_id) == ["POST"]

    def test_creates_once_when_the_answer_to_the_creation_is_lost(self, sandbox, dss, create_config, unique_name):
        cluster = dss.cluster(unique_name("lost"), CREATE, create_config)
        lost = {"service": "container", "method": "POST", "path": "*/clusters", "effect": {"reset": "after"}}
        with sandbox.faults(lost):
            cluster.start()
        assert changes(sandbox, cluster.cluster_id) == ["POST"]
        cluster.stop(terminate=True)

    def test_outlives_a_control_plane_that_blinks_in_the_review_of_access(
        self, sandbox, dss, create_config, unique_name
    ):
        cluster = dss.cluster(unique_name("blink"), CREATE, create_config)
        review = {"service": "kubernetes", "method": "POST", "path": "*selfsubjectaccessreviews*"}
        with sandbox.faults(review | {"times": 1, "effect": {"status": 503}}):
            cluster.start()
        assert changes(sandbox, cluster.cluster_id) == ["POST"]
        cluster.stop(terminate=True)

    def test_says_at_a_stop_without_data_which_cluster_may_be_left(self, running, sandbox):
        folder = Path(overrides(running)["kubeConfigPath"]).parent
        forget(running)
        log = (folder.parent / "log" / "cluster.log").read_text()
        assert f"gcloud container clusters delete {running.cluster_id} --location us-central1-a" in log
        assert not (folder / "kube_config").exists()
        assert changes(sandbox, running.cluster_id) == ["POST"]
        running.start()

    def test_leaves_a_foreign_cluster_of_that_name_alone(self, sandbox, dss, create_config, existing):
        foreign = existing("us-central1-a")
        cluster = dss.cluster(foreign["name"], CREATE, create_config)
        message = failure_of(cluster.start)
        assert "Attach GKE cluster" in message
        assert [there["id"] for there in truth(sandbox, foreign["name"])] == [foreign["id"]]
        assert changes(sandbox, foreign["name"]) == ["POST"]
        assert cluster.get_status().status["state"] == "NONE"

    @pytest.mark.parametrize("endpoint", ["private", "dns"])
    def test_reaches_the_endpoint_that_was_chosen(self, endpoint, sandbox, dss, create_config, unique_name):
        cluster = dss.cluster(unique_name(endpoint), CREATE, create_config | {"controlPlaneEndpoint": endpoint})
        cluster.start()
        (there,) = truth(sandbox, cluster.cluster_id)
        endpoints = {
            "private": there["privateClusterConfig"]["privateEndpoint"],
            "dns": there["controlPlaneEndpointsConfig"]["dnsEndpointConfig"]["endpoint"],
        }
        kubeconfig = Path(overrides(cluster)["kubeConfigPath"]).read_text()
        assert f"server: https://{endpoints[endpoint]}" in kubeconfig
        assert nodes(cluster, sandbox)
        cluster.stop(terminate=True)

    def test_works_as_a_service_account_whose_key_the_preset_holds(
        self, sandbox, dss, create_config, inline, unique_name
    ):
        email = f"{unique_name('key')}@sandbox-project.iam.gserviceaccount.com"
        key = sandbox.service_account_key(email, ["*"])
        secret = {"credentialsMode": "service-account-key", "serviceAccountKey": json.dumps(key)}
        connection = inline({"projectId": "sandbox-project", "zone": "us-central1-a"}, secret)
        cluster = dss.cluster(unique_name("key"), CREATE, create_config | {"connectionInfo": connection})
        cluster.start()
        assert nodes(cluster, sandbox)
        cluster.stop(terminate=True)
        callers = {seen["principal"] for seen in sandbox.requests() if cluster.cluster_id in seen["path"]}
        assert email in callers
        assert sandbox.host_email not in callers


class TestFailures:
    @pytest.mark.parametrize(
        ("fault", "words"),
        [
            ({"operation": "quota"}, "quota"),
            ({"operation": "stockout"}, "does not have enough resources"),
        ],
    )
    def test_a_failed_creation_is_explained_and_leaves_nothing(
        self, fault, words, sandbox, dss, create_config, unique_name
    ):
        cluster = dss.cluster(unique_name("failed"), CREATE, create_config)
        with sandbox.faults({"service": "container", "method": "POST", "path": "*/clusters", "effect": fault}):
            message = failure_of(cluster.start)
        assert words in message.lower()
        assert "What to do" in message
        assert "Traceback" not in message
        assert truth(sandbox, cluster.cluster_id) == []
        assert cluster.get_status().status["state"] == "NONE"
        cluster.start()
        cluster.stop(terminate=True)

    def test_a_missing_permission_is_named_with_the_identity(self, sandbox, dss, create_config, unique_name):
        cluster = dss.cluster(unique_name("forbidden"), CREATE, create_config)
        held = [permission for permission in PERMISSIONS if permission != "container.clusters.create"]
        with sandbox.permissions(sandbox.host_email, held):
            message = failure_of(cluster.start)
        assert "container.clusters.create" in message
        assert sandbox.host_email in message
        assert truth(sandbox, cluster.cluster_id) == []

    def test_a_creation_that_may_not_be_looked_up_leaves_nothing(self, sandbox, dss, create_config, unique_name):
        cluster = dss.cluster(unique_name("unseen"), CREATE, create_config)
        held = [permission for permission in PERMISSIONS if permission != "container.operations.list"]
        lost = {"service": "container", "method": "POST", "path": "*/clusters", "effect": {"reset": "after"}}
        with sandbox.permissions(sandbox.host_email, held), sandbox.faults(lost):
            message = failure_of(cluster.start)
        assert "container.operations.list" in message
        assert truth(sandbox, cluster.cluster_id) == []

    def test_a_metadata_server_that_does_not_answer_is_told_with_the_remedy(
        self, sandbox, dss, create_config, unique_name
    ):
        cluster = dss.cluster(unique_name("nometa"), CREATE, create_config)
        with sandbox.faults({"service": "metadata", "times": 1000, "effect": {"reset": "before"}}):
            message = failure_of(cluster.start)
        assert "What to do" in message
        assert "Traceback" not in message
        assert truth(sandbox, cluster.cluster_id) == []

    def test_a_key_that_cannot_be_read_is_told_without_showing_it(
        self, sandbox, dss, create_config, inline, unique_name, tmp_path
    ):
        broken = '{"type": "service_account", "private_key": "-----BEGIN PRIVATE KEY-----TOPSECRET'
        for key in (str(tmp_path / "absent.json"), broken):
            secret = {"credentialsMode": "service-account-key", "serviceAccountKey": key}
            connection = inline({"projectId": "sandbox-project", "zone": "us-central1-a"}, secret)
            cluster = dss.cluster(unique_name("nokey"), CREATE, create_config | {"connectionInfo": connection})
            message = failure_of(cluster.start)
            assert "key" in message
            assert "TOPSECRET" not in message
            assert "Traceback" not in message


class TestLackOfMachines:
    @pytest.fixture
    def lacking(self, sandbox):
        """Let creations of clusters find no machines: in the zone us-central1-a, unless the effect says otherwise."""

        def strike(zone="us-central1-a", **effect):
            fault = {"service": "container", "method": "POST", "path": f"*/{zone}/clusters", "effect": effect}
            return sandbox.faults(fault)

        return strike

    def test_a_start_ends_in_the_first_zone_that_has_machines(self, lacking, sandbox, dss, create_config, unique_name):
        config = create_config | {"fallbackZones": ["us-central1-b", "europe-west1-b"]}
        cluster = dss.cluster(unique_name("fallback"), CREATE, config)
        with lacking(operation="stockout"):
            cluster.start()
        (there,) = truth(sandbox, cluster.cluster_id)
        assert there["location"] == "us-central1-b"
        assert changes(sandbox, cluster.cluster_id) == ["POST", "DELETE", "POST"]
        assert len(nodes(cluster, sandbox)) == 1
        cluster.stop(terminate=True)
        assert truth(sandbox, cluster.cluster_id) == []

    def test_a_failed_cluster_that_was_kept_is_replaced_by_the_next_start(
        self, lacking, sandbox, dss, create_config, unique_name
    ):
        cluster = dss.cluster(unique_name("kept"), CREATE, create_config | {"keepFailedCluster": True})
        with lacking(operation="quota"):
            message = failure_of(cluster.start)
        assert f"gcloud container clusters describe {cluster.cluster_id} --location us-central1-a" in message
        (kept,) = truth(sandbox, cluster.cluster_id)
        assert kept["status"] == "ERROR"
        cluster.start()
        (there,) = truth(sandbox, cluster.cluster_id)
        assert (there["status"], there["id"] == kept["id"]) == ("RUNNING", False)
        cluster.stop(terminate=True)

    def test_a_cluster_that_runs_without_all_nodes_of_a_pool_is_told_and_deleted(
        self, lacking, sandbox, dss, create_config, inline, unique_name
    ):
        pools = [inline({"numNodes": 1}), inline({"nodePoolName": "more", "numNodes": 2})]
        cluster = dss.cluster(unique_name("partial"), CREATE, create_config | {"nodePools": pools})
        with lacking(operation="partial"):
            message = failure_of(cluster.start)
        assert "came up without all nodes of more" in message
        assert '"Best-effort creation"' in message
        assert truth(sandbox, cluster.cluster_id) == []

    def test_a_pool_begins_with_the_machines_that_there_are_where_that_is_ticked(
        self, lacking, sandbox, dss, create_config, inline, unique_name
    ):
        pool = inline({"numNodes": 2, "bestEffortProvisioning": True, "minProvisionNodes": 1})
        cluster = dss.cluster(unique_name("effort"), CREATE, create_config | {"nodePools": [pool]})
        with lacking(operation="partial"):
            cluster.start()
        assert len(nodes(cluster, sandbox)) in (1, 2)
        cluster.stop(terminate=True)


class TestBadInput:
    def test_every_wrong_field_is_told_by_its_label_before_any_call(
        self, sandbox, dss, create_config, inline, unique_name
    ):
        name = unique_name("wrong")
        wrong = create_config | {
            "podIpRange": "10.0.0.0/33",
            "creationSettingsValve": "{not json",
            "nodePools": [
                inline({"nodePoolName": "p", "numNodesAutoscaling": True, "minNumNodes": 5, "maxNumNodes": 2}),
                inline({"nodePoolName": "p", "numNodes": -1}),
            ],
        }
        before = len(sandbox.requests(service="container"))
        message = failure_of(dss.cluster(name, CREATE, wrong).start)
        for label in (
            "Pod address range",
            "Expert settings (JSON)",
            "Maximum number of nodes in each zone",
            "Name of the pool",
            "Number of nodes in each zone",
        ):
            assert label in message
        assert len(sandbox.requests(service="container")) == before

    def test_a_name_that_gke_refuses_is_answered_with_one_that_it_takes(self, sandbox, dss, create_config, unique_name):
        name = unique_name("My_Cluster")
        message = failure_of(dss.cluster(name, CREATE, create_config).start)
        assert name.lower().replace("_", "-") in message
        assert truth(sandbox, name) == []

    def test_a_zone_that_does_not_exist_is_refused_before_anything_is_created(
        self, sandbox, dss, create_config, inline, unique_name
    ):
        config = create_config | {"connectionInfo": inline({"projectId": "sandbox-project", "zone": "us-central1-z"})}
        cluster = dss.cluster(unique_name("nowhere"), CREATE, config)
        message = failure_of(cluster.start)
        assert "Zone" in message
        assert "us-central1-z" in message
        assert changes(sandbox, cluster.cluster_id) == []


class TestAttach:
    def test_uses_a_cluster_without_changing_it(self, sandbox, dss, attach_config, existing, unique_name):
        other = existing("europe-west1-b")
        cluster = dss.cluster(
            unique_name("attach"), ATTACH, attach_config | {"clusterId": other["name"], "location": "europe-west1-b"}
        )
        cluster.start()
        assert nodes(cluster, sandbox)
        cluster.stop(terminate=True)
        assert changes(sandbox, other["name"]) == ["POST"]

    def test_finds_a_cluster_whose_location_was_given_wrongly_and_says_so(
        self, sandbox, dss, attach_config, existing, unique_name
    ):
        other = existing("europe-west1")
        cluster = dss.cluster(unique_name("attach"), ATTACH, attach_config | {"clusterId": other["name"]})
        cluster.start()
        assert overrides(cluster)["kubeCtlContext"].split("_")[2] == "europe-west1"
        log = (Path(overrides(cluster)["kubeConfigPath"]).parent.parent / "log" / "cluster.log").read_text()
        assert f"{other['name']} is not in us-central1-a but in europe-west1" in log
        cluster.stop(terminate=True)

    def test_names_the_clusters_that_exist_when_there_is_none_of_that_name(
        self, dss, attach_config, existing, unique_name
    ):
        other = existing("us-east1-b")
        message = failure_of(dss.cluster(unique_name("attach"), ATTACH, attach_config | {"clusterId": "nobody"}).start)
        assert f"{other['name']} (us-east1-b)" in message

    def test_says_how_to_open_a_dns_endpoint_that_is_closed(self, dss, attach_config, existing, unique_name):
        other = existing("us-central1-a")
        config = attach_config | {"clusterId": other["name"], "isDnsEndpoint": True}
        message = failure_of(dss.cluster(unique_name("attach"), ATTACH, config).start)
        assert "DNS" in message
        assert "--enable-dns-access" in message
