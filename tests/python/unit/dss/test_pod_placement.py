from __future__ import annotations

import pytest
import yaml

from gke_clusters.dss.pod_placement import POOL_LABEL, PodPlacement, place_containers, place_spark
from gke_clusters.errors import DssRefused

BORNE = {"key": "dedicated", "operator": "Equal", "value": "gpu", "effect": "NoSchedule"}
THEIRS = {"key": "theirs", "operator": "Exists"}
GPU = PodPlacement({POOL_LABEL: "gpu"}, (BORNE,))
PLAIN = PodPlacement({POOL_LABEL: "cpu"})
ANY = PodPlacement()


def read(text, field):
    return yaml.safe_load(text)[field]


def test_labels_and_tolerations_of_an_administrator_stay_with_a_placement_and_without():
    pods = {
        "nodeSelector": yaml.safe_dump({"nodeSelector": {"disk": "ssd"}}),
        "tolerations": yaml.safe_dump({"tolerations": [THEIRS]}),
    }

    place_containers(pods, GPU)
    placed = dict(pods)
    place_containers(pods, ANY)

    assert read(placed["nodeSelector"], "nodeSelector") == {"disk": "ssd", POOL_LABEL: "gpu"}
    assert read(placed["tolerations"], "tolerations") == [THEIRS, BORNE]
    assert read(pods["nodeSelector"], "nodeSelector") == {"disk": "ssd"}
    assert read(pods["tolerations"], "tolerations") == [THEIRS]


def test_a_pool_without_taints_leaves_no_toleration_of_the_one_before():
    pods, config, kubernetes = {}, {}, {}
    place_containers(pods, GPU)
    place_spark(config, kubernetes, GPU)

    place_containers(pods, PLAIN)
    place_spark(config, kubernetes, PLAIN)

    assert pods["tolerations"] == ""
    assert [each["value"] for each in config["conf"]] == ["cpu"]
    assert kubernetes["executorPodTemplate"] == ""


def test_nothing_is_written_where_nothing_was_placed():
    pods = {"nodeSelector": "nodeSelector: {disk: ssd}", "tolerations": "not read"}
    config, kubernetes = {"conf": [{"key": "k", "value": "v"}]}, {"executorPodTemplate": "not: [read"}

    place_containers(pods, ANY)
    place_spark(config, kubernetes, ANY)

    assert pods == {"nodeSelector": "nodeSelector: {disk: ssd}", "tolerations": "not read"}
    assert (config, kubernetes) == (
        {"conf": [{"key": "k", "value": "v"}]},
        {"executorPodTemplate": "not: [read"},
    )


def test_a_template_of_an_administrator_gets_the_tolerations_and_loses_them_again():
    theirs = {"kind": "Pod", "metadata": {"labels": {"a": "b"}}, "spec": {"priority": 1, "tolerations": [THEIRS]}}
    config, kubernetes = {}, {"executorPodTemplate": yaml.safe_dump(theirs)}

    place_spark(config, kubernetes, GPU)
    placed = yaml.safe_load(kubernetes["executorPodTemplate"])
    place_spark(config, kubernetes, ANY)

    assert placed == {**theirs, "spec": {"priority": 1, "tolerations": [THEIRS, BORNE]}}
    assert yaml.safe_load(kubernetes["executorPodTemplate"]) == theirs


def test_the_text_of_a_template_stays_where_it_says_so_already():
    text = "# ours\nspec:\n  tolerations: [{key: dedicated, operator: Equal, value: gpu, effect: NoSchedule}]\n"
    config, kubernetes = {}, {"executorPodTemplate": text}

    place_spark(config, kubernetes, GPU)

    assert kubernetes["executorPodTemplate"] == text


def test_properties_of_spark_for_other_labels_stay():
    theirs = {"key": "spark.kubernetes.node.selector.disk", "value": "ssd"}
    config = {"conf": [theirs]}

    place_spark(config, {}, GPU)
    place_spark(config, {}, ANY)

    assert config["conf"] == [theirs]


OTHERS = {"key": "team", "operator": "Equal", "value": "x", "effect": "NoSchedule"}


def test_what_an_administrator_tolerates_stays_where_the_pool_is_the_same():
    pods = {
        "nodeSelector": yaml.safe_dump({"nodeSelector": {POOL_LABEL: "gpu"}}),
        "tolerations": yaml.safe_dump({"tolerations": [OTHERS]}),
    }
    config = {"conf": [{"key": f"spark.kubernetes.node.selector.{POOL_LABEL}", "value": "gpu"}]}
    kubernetes = {"executorPodTemplate": yaml.safe_dump({"spec": {"tolerations": [OTHERS]}})}

    place_containers(pods, GPU)
    place_spark(config, kubernetes, GPU)

    assert read(pods["tolerations"], "tolerations") == [OTHERS, BORNE]
    assert read(kubernetes["executorPodTemplate"], "spec") == {"tolerations": [OTHERS, BORNE]}


@pytest.mark.parametrize(
    ("pods", "what"),
    [
        ({"nodeSelector": "nodeSelector: gpu"}, "node selector"),
        ({"nodeSelector": "disktype: ssd"}, "node selector"),
        ({"nodeSelector": "nodeSelector: [gpu]"}, "node selector"),
        ({"tolerations": "tolerations: {key: a}"}, "tolerations"),
        ({"tolerations": "tolerations: [a]"}, "tolerations"),
        ({"tolerations": "- key: a"}, "tolerations"),
    ],
)
def test_nodes_that_are_mistyped_are_refused(pods, what):
    before = dict(pods)

    with pytest.raises(DssRefused, match=f"The {what} of the configuration cannot be read"):
        place_containers(pods, GPU)

    assert pods == before


@pytest.mark.parametrize("text", ["spec: [1]", "spec: a", "spec: {tolerations: {key: a}}", "spec: {tolerations: [1]}"])
def test_a_template_that_is_mistyped_is_refused(text):
    with pytest.raises(DssRefused, match="executor pod template of the configuration cannot be read"):
        place_spark({}, {"executorPodTemplate": text}, GPU)


@pytest.mark.parametrize("text", ["spec: [", "just words"])
def test_what_cannot_be_read_is_refused(text):
    with pytest.raises(DssRefused, match="executor pod template of the configuration cannot be read"):
        place_spark({}, {"executorPodTemplate": text}, GPU)
    with pytest.raises(DssRefused, match="node selector of the configuration cannot be read"):
        place_containers({"nodeSelector": text}, GPU)
