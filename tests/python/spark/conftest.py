"""Spark, and a cluster that the plugin started and registered, for each shape of the general settings."""

import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.python.integration.conftest import Dss, Sandbox, inline, plugin_archive
from tests.python.spark.registered import Registered, read
from tests.python.spark.stage import Stage
from tests.python.spark.submission import Spark

# Fixtures of the integration tests that hold here, too.
__all__ = ["inline", "plugin_archive"]

REGISTRY = "us-central1-docker.pkg.dev/sandbox-project/dss"
POOL = "spark"
NAME = "compute"
_TAINT = {"key": "dedicated", "value": "spark", "effect": "NO_SCHEDULE"}


@pytest.fixture(scope="session")
def spark() -> Spark:
    """Spark as its package on PyPI brings it; without it, or without Java, these tests are skipped."""
    found = find_spec("pyspark")
    if found is None or found.origin is None:
        pytest.skip("pyspark is not installed: make spark-test")
    if shutil.which("java") is None:
        pytest.skip("java is not installed")
    return Spark(Path(found.origin).parent)


@pytest.fixture(scope="session", params=["14", "15"], ids=lambda version: f"DSS {version}")
def stage(
    spark: Spark, request: Any, tmp_path_factory: pytest.TempPathFactory, plugin_archive: Path, inline: Any
) -> Iterator[Stage]:
    """A DSS whose plugin created a cluster and registered it, for Spark on a node pool of its own."""
    sandbox = Sandbox(tmp_path_factory.mktemp("spark"), "--dss-version", request.param)
    dss = Dss(sandbox)
    dss.install(plugin_archive)
    with pytest.MonkeyPatch.context() as environment:
        # The credential helper of the kubeconfig asks the metadata server of the sandbox.
        for name, value in sandbox.exports.items():
            environment.setenv(name, value)
        yield Stage(sandbox, dss, spark, _register(sandbox, dss, inline))
    left = sandbox.stop()
    assert not left, left


def _register(sandbox: Sandbox, dss: Dss, inline: Any) -> Registered:
    pools = [{"nodePoolName": "base", "numNodes": 1}, {"nodePoolName": POOL, "numNodes": 2, "nodepoolTaints": [_TAINT]}]
    connection = inline({"projectId": sandbox.project, "zone": "us-central1-a"})
    config = {"connectionInfo": connection, "nodePools": [inline(pool) for pool in pools]}
    dss.cluster(NAME, "create-gke-cluster", config).start()
    macro = dss.client.create_project("SPARK", "SPARK", "admin").get_macro("pyrunnable_gke-clusters_register-cluster")
    macro.run(params={"clusterId": NAME, "registryUrl": REGISTRY, "nodePool": POOL}, wait=True)
    return read(dss, sandbox, cluster=NAME, configuration=NAME)
