"""CustomResourceDefinitions and their objects."""

import pytest

from sandbox.kubernetes.embedded import custom_resources, discovery, openapi_documents, openapi_protobuf
from sandbox.kubernetes.embedded.custom_validation import schema_causes
from sandbox.kubernetes.embedded.deletion import Deletion
from sandbox.kubernetes.embedded.kinds import BUILT_IN
from sandbox.kubernetes.embedded.statuses import StatusError
from sandbox.kubernetes.embedded.store import Object
from tests.python.unit.sandbox.kubernetes.embedded.conftest import Cluster

SIZE = {"type": "integer", "minimum": 1}
DEFINITION: Object = {
    "metadata": {"name": "things.example.com"},
    "spec": {
        "group": "example.com",
        "scope": "Namespaced",
        "names": {"plural": "things", "kind": "Thing"},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "properties": {"spec": {"type": "object", "required": ["size"], "properties": {"size": SIZE}}},
                    }
                },
            }
        ],
    },
}
CRD = "apiextensions.k8s.io/v1"


@pytest.fixture
def served(cluster: Cluster) -> Cluster:
    item = cluster.create(CRD, "customresourcedefinitions", DEFINITION)
    custom_resources.follow(cluster.registry, cluster.kind(CRD, "customresourcedefinitions"), item)
    return cluster


def thing(size: object) -> Object:
    return {"metadata": {"name": "t"}, "spec": {"size": size, "extra": 1}}


def test_serves_and_prunes_what_a_definition_describes(served: Cluster) -> None:
    assert served.create("example.com/v1", "things", thing(2))["spec"] == {"size": 2}
    assert "example.com" in served.catalogue.groups()
    listed = discovery.resource_list(served.catalogue, "example.com", "v1")
    assert listed is not None
    assert [one["name"] for one in listed["resources"]] == ["things"]


@pytest.mark.parametrize(
    ("size", "message"),
    [
        (0, "should be greater than or equal to 1"),
        ("many", "must be of type integer"),
        (True, "must be of type integer"),
    ],
)
def test_refuses_what_the_schema_does_not_allow(served: Cluster, size: object, message: str) -> None:
    with pytest.raises(StatusError, match=message) as error:
        served.create("example.com/v1", "things", thing(size))
    assert error.value.code == 422


def test_forgets_its_objects_with_the_definition(served: Cluster) -> None:
    served.create("example.com/v1", "things", thing(2))
    kind = served.kind(CRD, "customresourcedefinitions")
    outcome = served.registry.delete(kind, "", "things.example.com", Deletion())
    custom_resources.forget(served.registry, kind, outcome)
    assert served.catalogue.find("example.com", "v1", "things") is None
    assert not served.store.items(("example.com", "things"))


def test_names_every_mistake_of_a_value() -> None:
    schema = {"type": "object", "required": ["a"], "properties": {"b": {"enum": ["x"]}, "c": {"pattern": "^y$"}}}
    assert {cause.field for cause in schema_causes(schema, {"b": "z", "c": "z"})} == {"a", "b", "c"}


def test_tells_clients_which_writes_validate_fields(served: Cluster) -> None:
    document = openapi_documents.version_3([one for one in served.catalogue if one.custom])
    parameters = document["paths"]["/apis/example.com/v1/namespaces/{namespace}/things/{name}"]["patch"]["parameters"]
    assert "fieldValidation" in {one["name"] for one in parameters}
    assert document["components"]["schemas"]["com.example.v1.Thing"]["properties"]["spec"]["required"] == ["size"]


def test_every_reference_of_the_documents_leads_somewhere() -> None:
    document = openapi_documents.version_2(BUILT_IN)
    assert openapi_protobuf.encode(document)
    wanted: set[str] = set()

    def walk(value: object) -> None:
        if isinstance(value, dict):
            if isinstance(value.get("$ref"), str):
                wanted.add(value["$ref"].removeprefix("#/definitions/"))
            for below in value.values():
                walk(below)
        elif isinstance(value, list):
            for below in value:
                walk(below)

    walk(document)
    assert wanted
    assert wanted <= document["definitions"].keys()
