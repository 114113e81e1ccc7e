import pytest

from sandbox.refusals import planned


@pytest.mark.parametrize(
    ("path", "resource"),
    [
        ("/v1/projects/p/locations/us-central1-a/clusters", "projects/p"),
        ("/v1/projects/p/locations/us-central1-a/clusters/c", "projects/p/locations/us-central1-a/clusters/c"),
        (
            "/v1/projects/p/locations/us-central1/clusters/c/nodePools/n:setSize",
            "projects/p/locations/us-central1/clusters/c/nodePools/n",
        ),
        ("/compute/v1/projects/p/global/networks", "projects/p"),
        ("/v1/projects/p:testIamPermissions", "projects/p"),
        ("/storage/v1/b/bucket", "storage/v1/b/bucket"),
    ],
)
def test_a_missing_permission_is_about_the_resource_of_the_path(path, resource):
    error = planned({"status": 403, "permission": "container.clusters.get"}, path, "container")
    assert error.details[0]["metadata"] == {"permission": "container.clusters.get", "resource": resource}


def test_a_quota_keeps_the_status_that_was_asked_for():
    assert planned({"status": 429, "quota": "CPUS"}, "/v1/projects/p", "compute").code == 429


def test_a_status_alone_has_a_sentence_of_its_own():
    assert planned({"status": 503}, "/", "iam").message == "The service is currently unavailable."
