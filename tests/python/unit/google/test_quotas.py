"""The wordings are those of https://github.com/kubeflow/kubeflow/issues/842 (2018), cloud-ops-sandbox#44,
kubeflow/examples#597 (a project's quota), hivemq-mqtt-tensorflow-kafka#48 (two at once) and
kubernetes-sigs/sig-storage-local-static-provisioner#526 (a machine's), names made up.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gke_clusters.errors import QuotaExceeded, Shortage
from gke_clusters.google.quotas import EVERYWHERE, PoolFootprint, account_for, explain, read_shortages, vcpus

ADDRESSES = (
    "Insufficient regional quota to satisfy request: resource \"IN_USE_ADDRESSES\": request requires '5.0' and is short"
    " '1.0'. project has a quota of '4.0' with '4.0' available. View and manage quotas at"
    " https://console.cloud.google.com/iam-admin/quotas?usage=USED&project=p."
)
TWO = (
    "\n\t(1) insufficient regional quota to satisfy request: resource \"CPUS\": request requires '72.0' and is short"
    " '48.0'. project has a quota of '24.0' with '24.0' available. View and manage quotas at https://x?project=p"
    "\n\t(2) insufficient regional quota to satisfy request: resource \"IN_USE_ADDRESSES\": request requires '9.0' and"
    " is short '1.0'. project has a quota of '8.0' with '7.0' available. View and manage quotas at https://x?project=p"
)
POOL = PoolFootprint("workers", zones=3, nodes_per_zone=3, machine_type="n2-highmem-8", disk_gb=100)


class TestReading:
    def test_reads_what_is_asked_short_limit_and_available(self) -> None:
        assert read_shortages(ADDRESSES, region="us-east1") == (
            Shortage("IN_USE_ADDRESSES", asked=5, short=1, limit=4, available=4, place="us-east1"),
        )

    def test_reads_several_that_are_joined(self) -> None:
        assert read_shortages(TWO) == (
            Shortage("CPUS", asked=72, short=48, limit=24, available=24),
            Shortage("IN_USE_ADDRESSES", asked=9, short=1, limit=8, available=7),
        )

    def test_reads_the_older_wording(self) -> None:
        text = (
            "Insufficient regional quota to satisfy request for resource: \"CPUS\". The request requires '2.0' and is"
            " short '1.0'. The regional quota is '32.0' with '1.0' available."
        )
        assert read_shortages(text) == (Shortage("CPUS", asked=2, short=1, limit=32, available=1),)

    def test_says_that_a_quota_of_the_project_is_for_all_regions(self) -> None:
        text = (
            "Insufficient project quota to satisfy request: resource \"CPUS_ALL_REGIONS\": request requires '16.0' and"
            " is short '4.0'."
        )
        assert read_shortages(text, region="us-east1") == (
            Shortage("CPUS_ALL_REGIONS", asked=16, short=4, place=EVERYWHERE),
        )

    @pytest.mark.parametrize(
        ("where", "place"),
        [("  Limit: 8.0 in region europe-central2.", "europe-central2"), (" Limit: 8.0 globally.", EVERYWHERE)],
    )
    def test_reads_what_a_machine_that_was_not_made_says(self, where: str, place: str) -> None:
        text = f"Instance 'gke-e2e-default-pool-eed1856c-xwl9' creation failed: Quota 'CPUS' exceeded.{where}"
        assert read_shortages(text, region="us-east1") == (Shortage("CPUS", limit=8, place=place),)

    def test_takes_the_region_asked_for_where_a_machine_names_none(self) -> None:
        assert read_shortages("Quota 'CPUS' exceeded.  Limit: 8.0", region="r")[0].place == "r"

    def test_says_each_quota_once(self) -> None:
        assert len(read_shortages(f"{TWO}\n{TWO}")) == 2

    def test_reads_the_violations_of_a_quota_failure(self) -> None:
        details = [
            {
                "violations": [
                    {"subject": "project:p", "description": ADDRESSES},
                    {
                        "quotaMetric": "compute.googleapis.com/cpus",
                        "quotaValue": "24",
                        "quotaDimensions": {"region": "r"},
                    },
                    {"quotaMetric": "compute.googleapis.com/gpus"},
                    "nonsense",
                ]
            }
        ]
        assert [(item.resource, item.limit, item.place) for item in read_shortages("", details, "here")] == [
            ("IN_USE_ADDRESSES", 4, "here"),
            ("compute.googleapis.com/cpus", 24, "r"),
            ("compute.googleapis.com/gpus", None, "here"),
        ]

    def test_reads_the_metadata_of_an_error_info(self) -> None:
        metadata = {"quota_metric": "m", "quota_limit_value": "10", "quota_location": "global"}
        assert read_shortages("", [{"reason": "X", "metadata": metadata}]) == (Shortage("m", limit=10, place="global"),)

    def test_reads_nothing_out_of_other_details(self) -> None:
        assert read_shortages("", [{"violations": "x", "metadata": {"a": "b"}}, {"metadata": 1}]) == ()

    def test_takes_no_rate_of_requests_for_a_quota_of_machines(self) -> None:
        text = "Quota exceeded for quota metric 'Read requests' and limit 'Read requests per minute'."
        assert read_shortages(text) == ()

    @given(st.text(), st.lists(st.dictionaries(st.sampled_from(["violations", "metadata"]), st.text() | st.none())))
    def test_reads_any_text_without_failing(self, text: str, details: list[dict[str, object]]) -> None:
        read_shortages(f"resource \"X\": request requires '{text}' and is short '{text}'. {text}", details)


class TestShowing:
    def test_shows_a_shortage_in_plain_words(self) -> None:
        shortage = Shortage("CPUS", asked=72, short=48.5, limit=1024, available=24, place="us-east1")
        words = "CPUS in us-east1: 72 asked for, 48.5 missing, the quota is 1,024, 24 of it free"
        assert str(shortage) == words

    def test_shows_a_quota_without_numbers_as_used_up(self) -> None:
        assert str(Shortage("CPUS")) == "CPUS: used up"

    def test_the_message_has_the_shortages_and_the_reckoning_in_rows(self) -> None:
        failure = QuotaExceeded("The quota is too small.")
        failure.shortages = (Shortage("CPUS", asked=72),)
        account_for(failure, [POOL])
        assert str(failure).startswith(
            "The quota is too small.\n"
            "- CPUS: 72 asked for\n"
            "- node pool workers: 3 zones × 3 nodes × 8 vCPUs = 72 vCPUs of CPUS\n"
        )


class TestReckoning:
    @pytest.mark.parametrize(
        ("quota", "line"),
        [
            ("SSD_TOTAL_GB", "node pool workers: 3 zones × 3 nodes × 100 GB = 900 GB of SSD_TOTAL_GB"),
            ("N2_CPUS", "node pool workers: 3 zones × 3 nodes × 8 vCPUs = 72 vCPUs of N2_CPUS"),
            ("IN_USE_ADDRESSES", "node pool workers: 3 zones × 3 nodes × 1 address = 9 addresses of IN_USE_ADDRESSES"),
            ("INSTANCES", "node pool workers: 3 zones × 3 nodes = 9 machines of INSTANCES"),
        ],
    )
    def test_multiplies_zones_nodes_and_what_a_node_takes(self, quota: str, line: str) -> None:
        assert explain([Shortage(quota)], [POOL]) == (line,)

    def test_multiplies_gpus(self) -> None:
        pool = PoolFootprint("g", 1, 1, "n1-standard-4", 100, gpus_per_node=1, gpu_model="nvidia-tesla-t4")
        line = "node pool g: 1 zone × 1 node × 1 GPU = 1 GPU of NVIDIA_T4_GPUS"
        assert explain([Shortage("NVIDIA_T4_GPUS")], [POOL, pool]) == (line,)

    def test_adds_up_several_node_pools(self) -> None:
        other = PoolFootprint("gpu", 1, 2, "n1-standard-4", 500)
        assert explain([Shortage("SSD_TOTAL_GB")], [POOL, other])[1:] == (
            "node pool gpu: 1 zone × 2 nodes × 500 GB = 1,000 GB of SSD_TOTAL_GB",
            "all node pools together: 1,900 GB of SSD_TOTAL_GB",
        )

    @pytest.mark.parametrize(
        ("quota", "counted"),
        [
            ("N1_CPUS", "other"),
            ("N2_CPUS", "workers"),
            ("PREEMPTIBLE_CPUS", "other"),
            ("DISKS_TOTAL_GB", "other"),
            ("SSD_TOTAL_GB", "workers"),
            ("IN_USE_ADDRESSES", "workers"),
            ("PREEMPTIBLE_NVIDIA_T4_GPUS", "other"),
            ("GPUS_ALL_REGIONS", "other"),
        ],
    )
    def test_counts_only_the_node_pools_that_the_quota_is_about(self, quota: str, counted: str) -> None:
        other = PoolFootprint(
            "other",
            1,
            1,
            "n1-standard-4",
            100,
            disk_type="pd-standard",
            gpus_per_node=2,
            gpu_model="nvidia-tesla-t4",
            spot=True,
            external_addresses=False,
        )
        lines = explain([Shortage(quota)], [POOL, other])
        assert [line.split(":")[0] for line in lines] == [f"node pool {counted}"]

    def test_counts_all_node_pools_where_the_quota_seems_to_be_about_none(self) -> None:
        assert explain([Shortage("E2_CPUS")], [POOL])

    @pytest.mark.parametrize("quota", ["FORWARDING_RULES", "CLUSTERS"])
    def test_says_nothing_of_a_quota_that_counts_something_else(self, quota: str) -> None:
        assert explain([Shortage(quota)], [POOL]) == ()

    def test_leaves_out_a_machine_type_that_does_not_say_its_vcpus(self) -> None:
        assert explain([Shortage("CPUS")], [PoolFootprint("x", 1, 1, "e2-medium", 100)]) == ()

    def test_leaves_out_a_node_pool_that_begins_without_nodes(self) -> None:
        assert explain([Shortage("CPUS")], [PoolFootprint("x", 3, 0, "n2-highmem-8", 100)]) == ()


@pytest.mark.parametrize(
    ("machine_type", "count"),
    [
        ("n2-highmem-8", 8),
        ("e2-custom-4-8192", 4),
        ("custom-2-4096", 2),
        ("n2-custom-8-81920-ext", 8),
        ("c3-standard-88-lssd", 88),
        ("g2-standard-48", 48),
        ("e2-medium", None),
        ("f1-micro", None),
        ("a2-highgpu-1g", None),
        ("", None),
    ],
)
def test_reads_the_vcpus_that_the_name_of_a_machine_type_says(machine_type: str, count: int | None) -> None:
    assert vcpus(machine_type) == count
