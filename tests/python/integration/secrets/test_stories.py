"""No key and no token comes out of a story again: not in logs, answers, data, errors, files or process arguments."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from gke_clusters.google.permissions import IMPERSONATION_PERMISSION, PERMISSIONS
from tests.python.integration.secrets.actions import ATTACH, failure_of, forget, preset_of
from tests.python.integration.secrets.keys import given
from tests.python.integration.secrets.search import Witness, traces_of_key

ALLOWED_WHILE_RUNNING = {"token", "key.json"}

# All of them share the sandbox that they search.
pytestmark = pytest.mark.xdist_group("secrets")


class TestWorkingCredentials:
    def test_a_key_in_a_preset_is_nowhere_but_in_its_file_until_the_stop(
        self, witness: Witness, make: Any, new_key: Any, unique_name: Any
    ) -> None:
        key = new_key()
        traces = traces_of_key(key)
        preset = preset_of(witness, unique_name("preset"), given(json.dumps(key)))
        cluster = make(connectionInfo=preset, deleteLoadBalancers=True, deleteVolumes=True)
        cluster.start()
        forget(cluster)
        cluster.start()
        with witness.sandbox.permissions(
            key["client_email"], [one for one in PERMISSIONS if one != "container.clusters.delete"]
        ):
            assert "container.clusters.delete" in failure_of(cluster.stop, terminate=False)
        cluster.get_settings()
        assert witness.leaks(traces, ALLOWED_WHILE_RUNNING) == []
        assert any("key.json" in place for place in witness.leaks(traces))
        cluster.stop(terminate=False)
        assert witness.leaks(traces) == []

    def test_a_key_given_as_a_path_is_copied_nowhere_while_it_impersonates(
        self, witness: Witness, make: Any, new_key: Any, tmp_path: Path
    ) -> None:
        key, target = new_key([IMPERSONATION_PERMISSION]), new_key()
        path = witness.plant(tmp_path / "key.json", json.dumps(key, indent=2))
        cluster = make(secret=given(str(path), impersonatedServiceAccount=target["client_email"]))
        cluster.start()
        cluster.get_settings()
        assert witness.leaks(traces_of_key(key), {"token"}) == []
        cluster.stop(terminate=False)
        assert witness.leaks(traces_of_key(key)) == []

    def test_tokens_that_end_in_the_midst_of_a_start_are_not_told(self, witness: Witness, make: Any) -> None:
        cluster = make()
        with witness.sandbox.faults({"service": "container", "times": 99, "effect": {"expire_tokens": True}}):
            cluster.start()
        assert witness.leaks(allowed={"token"}) == []
        cluster.stop(terminate=False)
        assert witness.leaks() == []

    def test_application_default_credentials_stay_in_their_file(
        self, witness: Witness, make: Any, new_key: Any, unique_name: Any
    ) -> None:
        key, name = new_key(), unique_name("other")
        home = witness.state / "dss" / "home"
        path = witness.plant(home / ".config/gcloud/application_default_credentials.json", json.dumps(key))
        witness.sandbox.create_cluster("us-central1-a", name)
        cluster, nobody = make(ATTACH, clusterId=name), make(ATTACH, clusterId="nobody")
        try:
            cluster.start()
            assert key["client_email"] in failure_of(nobody.start)
            cluster.get_settings()
            assert witness.leaks(traces_of_key(key), {"token"}) == []
            cluster.stop(terminate=False)
        finally:
            path.unlink()
        assert witness.leaks(traces_of_key(key)) == []


class TestFailingStories:
    @pytest.mark.parametrize(
        ("fault", "words"),
        [
            ({"service": "container", "method": "POST", "effect": {"operation": "stockout"}}, "enough resources"),
            (
                {"service": "container", "effect": {"status": 403, "permission": "container.clusters.get"}},
                "clusters.get",
            ),
            ({"service": "metadata", "path": "*/token", "times": 99, "effect": {"status": 404}}, "token"),
        ],
        ids=["stockout", "permission", "metadata server"],
    )
    def test_a_start_that_fails_tells_no_token(
        self, fault: Mapping[str, Any], words: str, witness: Witness, make: Any
    ) -> None:
        cluster = make()
        with witness.sandbox.faults(fault):
            assert words in failure_of(cluster.start)
        assert witness.leaks() == []

    def test_a_cluster_that_is_kept_after_fallback_zones_leaves_no_token_on_the_host(
        self, witness: Witness, make: Any
    ) -> None:
        cluster = make(fallbackZones=["us-central1-b"], keepFailedCluster=True)
        lack = {"service": "container", "method": "POST", "times": 2, "effect": {"operation": "stockout"}}
        with witness.sandbox.faults(lack):
            assert "kept for inspection" in failure_of(cluster.start)
        assert witness.leaks() == []

    def test_a_refused_impersonation_tells_no_token_of_the_one_that_asked(self, witness: Witness, make: Any) -> None:
        cluster = make(secret={"impersonatedServiceAccount": "nobody@sandbox-project.iam.gserviceaccount.com"})
        assert "serviceAccountTokenCreator" in failure_of(cluster.start)
        assert witness.leaks() == []
