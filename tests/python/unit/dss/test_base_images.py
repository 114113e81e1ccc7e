from __future__ import annotations

import pytest

from gke_clusters.dss.base_images import ImagePush, executor_push, is_free_for, pushes_to, set_pre_push_script

URL = "us-docker.pkg.dev/p/dss"
SCRIPT = "/dss/gke-clusters/registry-login/us-docker.pkg.dev+p+dss/login"
ELSEWHERE = {"repositoryURL": "docker.io/p"}


def flat(**fields):
    return {
        "containerSettings": {
            "executionConfigs": [
                {"name": "gke", "repositoryURL": URL, "baseImageType": "EXEC", "prePushMode": "NONE", **fields},
                {"name": "other", **ELSEWHERE},
                {"name": "local", "type": "DOCKER"},
            ]
        },
        "sparkSettings": {
            "executionConfigs": [
                {"name": "spark", "kubernetesSettings": {"managedKubernetes": True, "repositoryURL": f"{URL}/spark"}},
                {"name": "yarn", "kubernetesSettings": {"managedKubernetes": False, "repositoryURL": URL}},
                {"name": "plain"},
            ]
        },
    }


def with_builds():
    push = {"repositoryURL": URL}
    return {
        "containerSettings": {
            "buildConfigs": [
                {"name": "gke", "baseImageType": "EXEC", "dockerBuilderConfig": {"pushConfigs": [push, ELSEWHERE]}},
                {"name": "in-cluster", "imageBuilderType": "X", "dockerBuilderConfig": {"pushConfigs": [push]}},
                {"name": "empty", "imageBuilderType": "DOCKER"},
            ],
            "executionConfigs": [{"name": "gke", "imageBuildConfig": "gke"}],
        }
    }


def test_finds_the_configurations_that_push_to_a_repository_or_below_it():
    found = pushes_to(flat(), {URL})

    assert [each.configuration for each in found] == [
        "containerized execution configuration gke",
        "Spark configuration spark",
    ]
    assert [each.image_type for each in found] == ["EXEC", "SPARK"]


def test_finds_the_build_configurations_of_dss_15():
    assert [each.configuration for each in pushes_to(with_builds(), {URL})] == ["build configuration gke"]


@pytest.mark.parametrize(("kept", "image_type"), [("SPARK", "SPARK"), ("CDE", "CDE"), (None, "SPARK")])
def test_what_a_build_configuration_is_for_follows_from_it_or_from_who_uses_it(kept, image_type):
    document = with_builds()
    build = document["containerSettings"]["buildConfigs"][0]
    build["baseImageType"] = kept
    document["sparkSettings"] = {"executionConfigs": [{"name": "s", "imageBuildConfig": "gke"}]}

    [found] = pushes_to(document, {URL})
    assert found.image_type == image_type
    del document["sparkSettings"]
    build["baseImageType"] = None
    assert pushes_to(document, {URL})[0].image_type == "EXEC"


@pytest.mark.parametrize("place", ["build", "docker", "push"])
def test_the_base_image_is_found_wherever_a_build_configuration_names_it(place):
    document = with_builds()
    build = document["containerSettings"]["buildConfigs"][0]
    docker = build["dockerBuilderConfig"]
    {"build": build, "docker": docker, "push": docker["pushConfigs"][0]}[place]["baseImage"] = "own:1"

    assert pushes_to(document, {URL})[0].base_image == "own:1"


@pytest.mark.parametrize("url", ["us-docker.pkg.dev/p/ds", "us-docker.pkg.dev/p/dss2", "docker.io"])
def test_a_repository_is_not_another_whose_name_begins_alike(url):
    document = {"containerSettings": {"executionConfigs": [{"name": "gke", "repositoryURL": URL}]}}

    assert pushes_to(document, {url}) == []


def test_nothing_pushes_where_nothing_is_configured():
    assert pushes_to({}, {URL}) == []


@pytest.mark.parametrize(
    ("image_type", "name"),
    [
        ("EXEC", "dku-exec-base-abc:dss-14.2.0"),
        ("SPARK", "dku-spark-base-abc:dss-14.2.0"),
        ("CDE", "dku-cde-base-abc:dss-14.2.0"),
        ("", "dku-exec-base-abc:dss-14.2.0"),
    ],
)
def test_names_the_image_as_dss_does(image_type, name):
    assert ImagePush("x", image_type, f"{URL}/").target("ABC", "14.2.0") == f"{URL}/{name}"


def test_an_image_that_the_configuration_names_is_taken():
    assert ImagePush("x", "EXEC", URL, "mine:1").target("abc", "14.2.0") == f"{URL}/mine:1"


def test_the_script_runs_before_pushes_to_the_repository_and_to_no_other():
    document = flat()

    set_pre_push_script(document, {URL}, SCRIPT)

    found = [(push.pre_push_mode, push.pre_push_script) for push in pushes_to(document, {URL})]
    assert found == [("CUSTOM", SCRIPT)] * 2
    assert pushes_to(document, {"docker.io/p"}) == [
        ImagePush("containerized execution configuration other", "EXEC", "docker.io/p")
    ]


@pytest.mark.parametrize(
    "fields", [{"prePushMode": "CUSTOM", "prePushScript": "/opt/mine/a/login"}, {"prePushMode": "ECR"}]
)
def test_what_an_administrator_set_stays(fields):
    document = flat(**fields)

    set_pre_push_script(document, {URL}, SCRIPT)

    config = document["containerSettings"]["executionConfigs"][0]
    assert {key: config[key] for key in fields} == fields
    assert not is_free_for(pushes_to(document, {URL})[0], SCRIPT)


def test_the_script_of_another_repository_gives_way():
    older = SCRIPT.replace("us-docker", "europe-docker")
    document = flat(prePushMode="CUSTOM", prePushScript=older)

    set_pre_push_script(document, {URL}, SCRIPT)

    assert document["containerSettings"]["executionConfigs"][0]["prePushScript"] == SCRIPT


def test_the_image_for_containers_is_that_of_the_first_push_of_its_type():
    spark = {"name": "s", "kubernetesSettings": {"managedKubernetes": True, "repositoryURL": "r/spark"}}
    containers = {"executionConfigs": [{"name": "none"}, {"name": "k8s", "repositoryURL": "r/exec"}]}

    assert executor_push({"sparkSettings": {"executionConfigs": [spark]}}) is None
    found = executor_push({"containerSettings": containers, "sparkSettings": {"executionConfigs": [spark]}})
    assert found.target("id", "14.2.0") == "r/exec/dku-exec-base-id:dss-14.2.0"
