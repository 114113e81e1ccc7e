from __future__ import annotations

import pytest

from gke_clusters.errors import SettingsError
from gke_clusters.settings.register import parse_register

GIVEN = {"clusterId": "my-cluster", "registryUrl": "europe-west1-docker.pkg.dev/my-project/dss"}


def problems(**fields):
    with pytest.raises(SettingsError) as refused:
        parse_register({**GIVEN, **fields})
    assert refused.value.remedy == "Correct these fields and run the macro again."
    return {problem.label: problem.message for problem in refused.value.problems}


def test_needs_a_cluster_and_a_registry_and_takes_the_rest_from_the_form():
    settings = parse_register(GIVEN)

    assert settings.name == "my-cluster"
    assert settings.namespace == "dssns-${dssUserLogin}"
    assert (settings.with_containers, settings.with_spark) == (True, True)
    assert (settings.make_default, settings.make_default_cluster, settings.preview) == (False, False, False)
    assert (settings.gpus, settings.memory_limit_mb, settings.cpu_limit) == (None, None, None)


def test_names_both_when_both_are_missing():
    with pytest.raises(SettingsError) as refused:
        parse_register({})

    found = {problem.label: problem.message for problem in refused.value.problems}
    assert found == {"Cluster": "is required", "Image registry": "is required"}


def test_the_configurations_may_have_a_name_of_their_own():
    assert parse_register({**GIVEN, "configurationName": "gke"}).name == "gke"


@pytest.mark.parametrize(
    ("entered", "meant"),
    [
        ("https://gcr.io/my-project/", "gcr.io/my-project"),
        ("127.0.0.1:5000/p/r", "127.0.0.1:5000/p/r"),
        ("eu.gcr.io/example.com/my-project", "eu.gcr.io/example.com/my-project"),
    ],
)
def test_takes_a_registry_without_its_scheme(entered, meant):
    assert parse_register({**GIVEN, "registryUrl": entered}).registry_url == meant


@pytest.mark.parametrize("entered", ["Europe-docker.pkg.dev/P/r", "a b", "host//x", "host:port/x", "host/x:tag"])
def test_refuses_what_no_image_reference_begins_with(entered):
    assert "give host and path in lowercase" in problems(registryUrl=entered)["Image registry"]


@pytest.mark.parametrize("namespace", ["dssns-${dssUserLogin}", "${ns}", "spark", "a-${x.y}-b"])
def test_takes_a_namespace_with_variables(namespace):
    assert parse_register({**GIVEN, "namespace": namespace}).namespace == namespace


@pytest.mark.parametrize("namespace", ["Spark", "a_b", "-a", "a-", "x" * 64, "${}"])
def test_refuses_a_namespace_that_kubernetes_refuses(namespace):
    assert "is refused by Kubernetes" in problems(namespace=namespace)["Namespace"]


def test_refuses_limits_below_their_requests():
    found = problems(memoryRequestMb=2048, memoryLimitMb=1024, cpuRequest="2", cpuLimit=0.5)

    assert found["Memory limit (MB)"] == "1024 is less than the request, 2048"
    assert found["CPU limit"] == "0.5 is less than the request, 2.0"


def test_takes_a_limit_alone():
    assert parse_register({**GIVEN, "memoryLimitMb": 1024}).memory_limit_mb == 1024


def test_refuses_more_gpus_than_a_node_can_have():
    assert problems(gpus=17)["GPUs of a container"] == "must be 16 or less"


@pytest.mark.parametrize(
    ("request_name", "limit_name"), [("memoryRequestMb", "memoryLimitMb"), ("cpuRequest", "cpuLimit")]
)
def test_takes_a_limit_as_large_as_the_request(request_name, limit_name):
    settings = parse_register({**GIVEN, request_name: 2, limit_name: 2})

    assert 2 in (settings.memory_limit_mb, settings.cpu_limit)
