import pytest

from sandbox.gcp.compute.filters import matches
from sandbox.gcp.errors import GoogleError

ZONE = {"name": "us-east1-b", "status": "UP", "region": "https://x/regions/us-east1", "deprecated": {"state": "NO"}}


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "name=us-east1-b",
        'name = "us-east1-b"',
        "(name = us-east1-b) (status = UP)",
        "name=us-east1-b AND status=UP",
        "name=us-east1-*",
        "name!=us-west1-b",
        "name eq us-east1-.",
        'name eq ".*(us-east1).*"',
        "name ne us-west.*",
        "region:us-east1",
        "status:*",
        "deprecated.state=NO",
    ],
)
def test_passes(expression):
    assert matches(ZONE, expression)


@pytest.mark.parametrize(
    "expression",
    [
        "name=us-east1",
        "name=us-east1-.",
        "name eq us-east1",
        "name=us-east1-b status=DOWN",
        "name!=us-east1-*",
        "region:us-west1",
        "missing:*",
        "missing.deeper=x",
    ],
)
def test_does_not_pass(expression):
    assert not matches(ZONE, expression)


@pytest.mark.parametrize("expression", ["name", "= x", "name >> x"])
def test_unreadable_filter_is_refused(expression):
    with pytest.raises(GoogleError, match="filter"):
        matches(ZONE, expression)


def test_a_label_can_be_asked_for_by_its_mere_presence():
    disk = {"name": "pvc-1", "labels": {"goog-gke-volume": ""}}
    assert matches(disk, "labels.goog-gke-volume:*")
    assert not matches(ZONE, "labels.goog-gke-volume:*")
