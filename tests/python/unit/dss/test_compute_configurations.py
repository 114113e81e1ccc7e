from __future__ import annotations

import copy
from dataclasses import replace

import pytest
import yaml

from gke_clusters.dss.build_configurations import has_build_configurations
from gke_clusters.dss.compute_configurations import (
    ComputeConfiguration,
    PodResources,
    may_be_dropped,
    put_container_configuration,
    put_spark_configuration,
    set_default_cluster,
    set_default_container_configuration,
    set_default_spark_configuration,
    set_internal_metastore,
)
from gke_clusters.dss.pod_placement import PodPlacement
from gke_clusters.errors import DssRefused

URL = "europe-west1-docker.pkg.dev/my-project/dss"
GPU_NODES = PodPlacement(
    {"cloud.google.com/gke-nodepool": "gpu"}, ({"key": "dedicated", "operator": "Equal", "value": "gpu"},)
)


def flat():
    return {"containerSettings": {"executionConfigs": []}, "sparkSettings": {"executionConfigs": []}}


def split():
    return {
        "containerSettings": {"buildConfigs": [], "executionConfigs": []},
        "sparkSettings": {"executionConfigs": []},
    }


def wanted(name="gke", **fields):
    return ComputeConfiguration(name, fields.pop("repository_url", URL), **fields)


def container(document, name="gke"):
    return next(each for each in document["containerSettings"]["executionConfigs"] if each["name"] == name)


def spark(document, name="gke"):
    return next(each for each in document["sparkSettings"]["executionConfigs"] if each["name"] == name)


def build(document, name):
    return next(each for each in document["containerSettings"]["buildConfigs"] if each["name"] == name)


def test_tells_the_shape_by_the_document():
    assert has_build_configurations(split())
    assert not has_build_configurations(flat())


class TestInTheFlatShape:
    def test_a_container_configuration_names_its_registry_itself(self):
        document = flat()

        put_container_configuration(document, wanted())

        assert container(document)["repositoryURL"] == URL
        assert container(document)["type"] == "KUBERNETES"
        assert container(document)["prePushMode"] == "NONE"

    def test_pods_run_in_a_namespace_of_their_user(self):
        document = flat()

        put_container_configuration(document, wanted())

        assert container(document)["kubernetesNamespace"] == "dssns-${dssUserLogin}"
        assert container(document)["createNamespace"] is True

    def test_a_script_runs_before_each_push(self):
        document = flat()

        put_container_configuration(document, wanted(pre_push_script="/dss/login"))
        put_spark_configuration(document, wanted(pre_push_script="/dss/login"))

        for pushing in (container(document), spark(document)["kubernetesSettings"]):
            assert (pushing["prePushMode"], pushing["prePushScript"]) == ("CUSTOM", "/dss/login")

    def test_spark_is_managed_and_makes_its_service_accounts(self):
        document = flat()

        put_spark_configuration(document, wanted())

        kubernetes = spark(document)["kubernetesSettings"]
        assert document["sparkSettings"]["sparkEnabled"] is True
        assert kubernetes["managedKubernetes"] is True
        assert kubernetes["authenticationMode"] == "DYNAMIC_SERVICE_ACCOUNT"
        assert kubernetes["managedNamespace"] == "dssns-${dssUserLogin}"
        assert kubernetes["repositoryURL"] == URL

    def test_nodes_are_chosen_in_the_words_of_kubernetes(self):
        document = flat()

        put_container_configuration(document, wanted(placement=GPU_NODES))

        assert yaml.safe_load(container(document)["nodeSelector"]) == {
            "nodeSelector": {"cloud.google.com/gke-nodepool": "gpu"}
        }
        assert yaml.safe_load(container(document)["tolerations"])["tolerations"][0]["key"] == "dedicated"

    def test_nothing_is_optional(self):
        assert not may_be_dropped(flat(), ("containerSettings", "executionConfigs", "nodeSelector"))


class TestInTheSplitShape:
    def test_a_script_is_asked_for_beside_the_registry(self):
        document = split()

        put_container_configuration(document, wanted(pre_push_script="/dss/login"))

        pushes = build(document, "gke")["dockerBuilderConfig"]["pushConfigs"]
        assert pushes == [{"repositoryURL": URL, "prePushMode": "CUSTOM", "prePushScript": "/dss/login"}]

    def test_a_build_configuration_of_its_own_is_turned_to_another_registry(self):
        document = split()
        put_container_configuration(document, wanted(repository_url="old/one"))

        put_container_configuration(document, wanted())

        assert build(document, "gke")["dockerBuilderConfig"]["pushConfigs"] == [{"repositoryURL": URL}]

    def test_a_container_configuration_names_a_build_configuration_that_pushes_there(self):
        document = split()

        put_container_configuration(document, wanted())

        pushes = build(document, container(document)["imageBuildConfig"])["dockerBuilderConfig"]["pushConfigs"]
        assert pushes == [{"repositoryURL": URL}]
        assert "repositoryURL" not in container(document)

    def test_pods_are_described_in_the_runtime_part(self):
        document = split()

        put_container_configuration(document, wanted(placement=GPU_NODES))

        runtime = container(document)["kubernetesRuntimeConfig"]
        assert runtime["kubernetesNamespace"] == "dssns-${dssUserLogin}"
        assert "gke-nodepool" in runtime["nodeSelector"]

    def test_spark_has_a_build_configuration_of_its_own(self):
        document = split()

        put_container_configuration(document, wanted())
        put_spark_configuration(document, wanted())

        assert spark(document)["imageBuildConfig"] == "gke-spark"
        assert build(document, "gke-spark")["baseImageType"] == "SPARK"
        assert build(document, "gke")["baseImageType"] == "EXEC"

    def test_a_build_configuration_that_pushes_there_already_is_used_on(self):
        document = split()
        document["containerSettings"]["buildConfigs"] = [
            {"name": "shared", "dockerBuilderConfig": {"pushConfigs": [{"repositoryURL": URL}]}}
        ]
        document["containerSettings"]["executionConfigs"] = [{"name": "gke", "imageBuildConfig": "shared"}]

        put_container_configuration(document, wanted())

        assert container(document)["imageBuildConfig"] == "shared"
        assert [each["name"] for each in document["containerSettings"]["buildConfigs"]] == ["shared"]

    def test_a_build_configuration_that_others_need_is_not_turned_to_another_registry(self):
        document = split()
        document["containerSettings"]["buildConfigs"] = [
            {"name": "gke", "dockerBuilderConfig": {"pushConfigs": [{"repositoryURL": "elsewhere/x"}]}}
        ]
        document["containerSettings"]["executionConfigs"] = [{"name": "other", "imageBuildConfig": "gke"}]

        with pytest.raises(DssRefused, match=r"gke pushes to elsewhere/x, which other needs"):
            put_container_configuration(document, wanted())

    @pytest.mark.parametrize("url", [URL, "elsewhere/x"])
    def test_a_build_configuration_of_no_type_that_spark_uses_is_not_taken_for_containers(self, url):
        document = split()
        document["containerSettings"]["buildConfigs"] = [
            {"name": "gke", "dockerBuilderConfig": {"pushConfigs": [{"repositoryURL": url}]}}
        ]
        document["sparkSettings"]["executionConfigs"] = [{"name": "gke", "imageBuildConfig": "gke"}]

        with pytest.raises(DssRefused, match="gke says no type of images, and gke needs SPARK images of it"):
            put_container_configuration(document, wanted())

    @pytest.mark.parametrize(
        ("theirs", "words"),
        [
            ({"baseImageType": "SPARK"}, "gke builds SPARK images with DOCKER"),
            ({"imageBuilderType": "DKU_IN_CLUSTER"}, "gke builds EXEC images with DKU_IN_CLUSTER"),
        ],
    )
    def test_a_build_configuration_of_other_images_is_not_taken(self, theirs, words):
        document = split()
        document["containerSettings"]["buildConfigs"] = [{"name": "gke", **theirs}]

        with pytest.raises(DssRefused, match=words):
            put_container_configuration(document, wanted())

    def test_a_build_configuration_of_other_images_that_is_named_is_not_used_on(self):
        document = split()
        document["containerSettings"]["buildConfigs"] = [
            {
                "name": "shared",
                "baseImageType": "SPARK",
                "dockerBuilderConfig": {"pushConfigs": [{"repositoryURL": URL}]},
            }
        ]
        document["containerSettings"]["executionConfigs"] = [{"name": "gke", "imageBuildConfig": "shared"}]

        put_container_configuration(document, wanted())

        assert container(document)["imageBuildConfig"] == "gke"

    def test_several_destinations_stay_beside_a_new_one(self):
        document = split()
        theirs = [{"repositoryURL": "one/x"}, {"repositoryURL": "two/y"}]
        document["containerSettings"]["buildConfigs"] = [
            {"name": "gke", "dockerBuilderConfig": {"pushConfigs": copy.deepcopy(theirs)}}
        ]

        put_container_configuration(document, wanted())

        assert build(document, "gke")["dockerBuilderConfig"]["pushConfigs"] == [*theirs, {"repositoryURL": URL}]

    def test_what_is_unconfirmed_is_optional_and_the_rest_is_not(self):
        assert may_be_dropped(split(), ("containerSettings", "kubernetesRuntimeConfig", "nodeSelector"))
        assert not may_be_dropped(split(), ("containerSettings", "executionConfigs", "imageBuildConfig"))


@pytest.mark.parametrize("make", [flat, split])
class TestInBothShapes:
    @pytest.mark.parametrize("put", [put_container_configuration, put_spark_configuration])
    @pytest.mark.parametrize(
        "choice",
        [
            wanted(),
            wanted(placement=GPU_NODES, resources=PodResources(1024, 2048, 1, 2, gpus=1)),
            wanted(pre_push_script="/dss/login"),
        ],
    )
    def test_the_second_time_changes_nothing(self, make, put, choice):
        document = make()
        put(document, choice)
        first = copy.deepcopy(document)

        put(document, choice)

        assert document == first

    def test_other_configurations_and_unknown_fields_stay_as_they_are(self, make):
        document = make()
        theirs = {"name": "theirs", "type": "DOCKER", "mystery": {"x": [1]}}
        document["containerSettings"]["executionConfigs"].append(copy.deepcopy(theirs))
        document["unknown"] = 5

        put_container_configuration(document, wanted())
        put_spark_configuration(document, wanted())

        assert container(document, "theirs") == theirs
        assert document["unknown"] == 5

    def test_an_update_leaves_what_it_does_not_name(self, make):
        document = make()
        document["containerSettings"]["executionConfigs"] = [
            {"name": "gke", "usableBy": "ALLOWED", "allowedGroups": ["data"], "hostPathVolumes": ["/x"]}
        ]

        put_container_configuration(document, wanted())

        assert container(document)["usableBy"] == "ALLOWED"
        assert container(document)["allowedGroups"] == ["data"]
        assert container(document)["hostPathVolumes"] == ["/x"]

    def test_a_limit_that_is_not_named_stays(self, make):
        document = make()
        put_container_configuration(document, wanted(resources=PodResources(memory_limit_mb=2048, cpu_limit=2)))

        put_container_configuration(document, wanted(resources=PodResources(memory_limit_mb=4096)))

        place = container(document)
        resources = place.get("kubernetesRuntimeConfig", place)["kubernetesResources"]
        assert (resources["memLimitMB"], resources["cpuLimit"]) == (4096, 2)

    def test_resources_are_set_only_where_asked(self, make):
        document = make()
        put_container_configuration(document, wanted(resources=PodResources(cpu_request=2, gpus=1)))
        asked = copy.deepcopy(document)

        put_container_configuration(document, wanted())

        assert document == asked

    def test_gpus_are_taken_back_where_none_are_asked_for(self, make):
        document = make()
        put_container_configuration(document, wanted(resources=PodResources(gpus=1)))

        put_container_configuration(document, wanted(resources=PodResources(memory_limit_mb=2048, gpus=0)))

        place = container(document)
        resources = place.get("kubernetesRuntimeConfig", place)["kubernetesResources"]
        assert (resources["customLimits"], resources["memLimitMB"]) == ([], 2048)

    def test_other_limits_of_a_pod_stay_beside_its_gpus(self, make):
        document = make()
        put_container_configuration(document, wanted(resources=PodResources(gpus=1)))
        place = container(document)
        resources = place.get("kubernetesRuntimeConfig", place)["kubernetesResources"]
        resources["customLimits"].append({"key": "example.com/fpga", "value": "1"})

        put_container_configuration(document, wanted(resources=PodResources(gpus=2)))

        place = container(document)
        limits = place.get("kubernetesRuntimeConfig", place)["kubernetesResources"]["customLimits"]
        assert sorted((each["key"], each["value"]) for each in limits) == [
            ("example.com/fpga", "1"),
            ("nvidia.com/gpu", "2"),
        ]

    def test_spark_selects_its_nodes_by_properties_and_bears_their_taints(self, make):
        document = make()
        put_spark_configuration(document, wanted())
        spark(document)["conf"] = [
            {"key": "spark.executor.memory", "value": "4g"},
            {"key": "spark.kubernetes.node.selector.cloud.google.com/gke-nodepool", "value": "old"},
        ]

        put_spark_configuration(document, wanted(placement=GPU_NODES))

        assert {each["key"]: each["value"] for each in spark(document)["conf"]} == {
            "spark.executor.memory": "4g",
            "spark.kubernetes.node.selector.cloud.google.com/gke-nodepool": "gpu",
        }
        template = yaml.safe_load(spark(document)["kubernetesSettings"]["executorPodTemplate"])
        assert template["spec"]["tolerations"][0]["value"] == "gpu"

    def test_any_node_takes_pods_again_where_a_placement_is_taken_away(self, make):
        document = make()
        put_container_configuration(document, wanted(placement=GPU_NODES))
        put_spark_configuration(document, wanted(placement=GPU_NODES))

        put_container_configuration(document, wanted(placement=PodPlacement()))
        put_spark_configuration(document, wanted(placement=PodPlacement()))

        pods = container(document).get("kubernetesRuntimeConfig", container(document))
        assert (pods["nodeSelector"], pods["tolerations"]) == ("", "")
        assert spark(document)["conf"] == []
        assert spark(document)["kubernetesSettings"]["executorPodTemplate"] == ""

    def test_a_placement_stays_where_none_is_named(self, make):
        document = make()
        put_container_configuration(document, wanted(placement=GPU_NODES))
        put_spark_configuration(document, wanted(placement=GPU_NODES))
        placed = copy.deepcopy(document)

        put_container_configuration(document, wanted())
        put_spark_configuration(document, wanted())

        assert document == placed

    def test_nodes_without_taints_need_no_template_of_the_pod(self, make):
        document = make()

        put_spark_configuration(document, wanted(placement=PodPlacement({"disk": "ssd"})))

        assert "executorPodTemplate" not in spark(document)["kubernetesSettings"]

    def test_defaults_that_not_every_version_has_are_optional(self, make):
        for place in (
            ("sparkSettings", "configForInteractive"),
            ("sparkSettings", "configForJupyter"),
            ("containerSettings", "defaultExecutionConfigForVisualRecipesWorkloads"),
        ):
            assert may_be_dropped(make(), place)
        assert not may_be_dropped(make(), ("containerSettings", "defaultExecutionConfig"))

    def test_defaults_and_metastore_are_set(self, make):
        document = make()

        set_default_container_configuration(document, "gke")
        set_default_spark_configuration(document, "gke-spark")
        set_default_cluster(document, "my-cluster")
        set_internal_metastore(document)

        assert document["containerSettings"]["defaultExecutionConfig"] == "gke"
        assert document["containerSettings"]["defaultExecutionConfigForVisualRecipesWorkloads"] == "gke"
        assert document["sparkSettings"]["configForInteractive"] == "gke-spark"
        assert document["sparkSettings"]["configForJupyter"] == "gke-spark"
        assert document["defaultK8sClusterId"] == "my-cluster"
        assert document["metastoreCatalogsSettings"]["synchronizeTo"]["flavor"] == "DSS_INTERNAL"


def test_a_script_that_runs_before_pushes_stays():
    with_script = ComputeConfiguration("gke", "us-docker.pkg.dev/p/r", pre_push_script="/dss/login")
    document = {"containerSettings": {}, "sparkSettings": {}}
    put_container_configuration(document, with_script)
    put_spark_configuration(document, with_script)

    put_container_configuration(document, replace(with_script, pre_push_script=None))
    put_spark_configuration(document, replace(with_script, pre_push_script=None))

    [config] = document["containerSettings"]["executionConfigs"]
    [spark] = document["sparkSettings"]["executionConfigs"]
    for pushing in (config, spark["kubernetesSettings"]):
        assert (pushing["prePushMode"], pushing["prePushScript"]) == ("CUSTOM", "/dss/login")
