import pytest

from sandbox.gcp.errors import GoogleError
from sandbox.gcp.partial_answers import partial

ANSWER = {
    "clusters": [
        {"name": "a", "status": "RUNNING", "masterAuth": {"clusterCaCertificate": "x", "username": "u"}},
        {"name": "b", "status": "ERROR"},
    ],
    "nextPageToken": "2",
}


@pytest.mark.parametrize(
    ("fields", "kept"),
    [
        ("nextPageToken", {"nextPageToken": "2"}),
        ("clusters/name", {"clusters": [{"name": "a"}, {"name": "b"}]}),
        ("clusters.name", {"clusters": [{"name": "a"}, {"name": "b"}]}),
        (
            "clusters(name,masterAuth/username), nextPageToken",
            {"clusters": [{"name": "a", "masterAuth": {"username": "u"}}, {"name": "b"}], "nextPageToken": "2"},
        ),
        ("*/status", {"clusters": [{"status": "RUNNING"}, {"status": "ERROR"}], "nextPageToken": "2"}),
        ("absent", {}),
    ],
)
def test_keeps_what_is_named(fields, kept):
    assert partial(ANSWER, {"fields": fields}) == kept


def test_the_system_parameter_means_the_same():
    assert partial(ANSWER, {"$fields": "nextPageToken"}) == {"nextPageToken": "2"}


def test_keeps_everything_unless_asked():
    assert partial(ANSWER, {"alt": "json"}) == ANSWER


@pytest.mark.parametrize("fields", ["clusters(name", "clusters)", ",", "a//b", "a b?", "clusters(", "a,"])
def test_refuses_what_cannot_be_read(fields):
    with pytest.raises(GoogleError, match="Invalid field selection") as refused:
        partial(ANSWER, {"fields": fields})
    assert refused.value.code == 400
