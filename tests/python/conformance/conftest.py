"""The servers of the conformance suite, started once for each worker."""

from collections.abc import Iterator

import pytest

from tests.python.conformance.servers import ASSETS, Server, running


def pytest_report_header() -> str:
    if ASSETS:
        return f"conformance: the embedded server against the real one of {ASSETS}"
    return "conformance: the embedded server alone; KUBEBUILDER_ASSETS names no real kube-apiserver and etcd"


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Server]]:
    with running(tmp_path_factory.mktemp("conformance")) as found:
        yield found
