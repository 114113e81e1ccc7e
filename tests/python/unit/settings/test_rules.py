from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gke_clusters.settings import rules


@pytest.mark.parametrize("name", ["a", "my-cluster", "a" * 40, "c1"])
def test_takes_a_name_that_gke_takes(name):
    assert rules.gke_name(name) == name


@pytest.mark.parametrize(
    ("name", "corrected"),
    [
        ("My_Cluster", "my-cluster"),
        ("1st-cluster", "st-cluster"),
        ("trailing-", "trailing"),
        ("two words", "two-words"),
        ("Été", "ete"),
        ("a" * 41, "a" * 40),
        ("a" * 39 + "_b", "a" * 39),
        ("", ""),
        ("123", ""),
        ("日本", ""),
    ],
)
def test_offers_the_corrected_name_for_one_that_gke_refuses(name, corrected):
    assert rules.corrected_cluster_name(name) == corrected
    with pytest.raises(ValueError, match="refused by GKE") as refused:
        rules.gke_name(name)
    assert (f'Use "{corrected}" instead' in str(refused.value)) == bool(corrected)


@pytest.mark.parametrize(
    ("check", "text"),
    [
        (rules.project_id, "my-project-1"),
        (rules.project_id, "example.com:my-project"),
        (rules.project_id, "123456789012"),
        (rules.network_tag, "dss-gke-cluster"),
        (rules.machine_type, "n2-custom-4-8192-ext"),
        (rules.machine_type, "hyperdisk-balanced"),
        (rules.kubernetes_version, "latest"),
        (rules.kubernetes_version, "-"),
        (rules.kubernetes_version, "1.33"),
        (rules.kubernetes_version, "1.33.5-gke.1080000"),
        (rules.service_account, "nodes@acme-data.iam.gserviceaccount.com"),
        (rules.node_service_account, "default"),
        (rules.network, "default"),
        (rules.network, "projects/host/global/networks/shared"),
        (rules.subnetwork, "projects/host/regions/europe-west1/subnetworks/shared"),
        (rules.kubernetes_key, "team"),
        (rules.kubernetes_key, "example.com/Team_1"),
    ],
)
def test_takes_a_value_that_google_takes(check, text):
    assert check(text) == text


@pytest.mark.parametrize(
    ("check", "text"),
    [
        (rules.project_id, "My Project"),
        (rules.project_id, "a" * 31),
        (rules.network_tag, "Tag"),
        (rules.network_tag, "1tag"),
        (rules.machine_type, "n2 highmem"),
        (rules.machine_type, "3"),
        (rules.kubernetes_version, "v1.33"),
        (rules.service_account, "nodes"),
        (rules.service_account, "default"),
        (rules.network, "projects/host/networks/shared"),
        (rules.network, "a/b"),
        (rules.subnetwork, "Sub_net"),
        (rules.kubernetes_key, ""),
        (rules.kubernetes_key, "-a"),
        (rules.kubernetes_key, "a" * 64),
        (rules.kubernetes_key, "/a"),
        (rules.kubernetes_key, "UPPER/a"),
    ],
)
def test_refuses_a_value_that_google_refuses(check, text):
    with pytest.raises(ValueError, match="refused by"):
        check(text)


@pytest.mark.parametrize("host", ["www", "compute"])
def test_takes_the_path_of_a_network_from_its_address(host):
    prefix = f"https://{host}.googleapis.com/compute/v1/"

    assert rules.network(prefix + "projects/p/global/networks/n") == "projects/p/global/networks/n"
    assert rules.subnetwork(prefix + "projects/p/regions/r/subnetworks/s") == "projects/p/regions/r/subnetworks/s"


@pytest.mark.parametrize(
    "labels", [{"team": "ds"}, {"env": ""}, {"a" * 63: "1-_"}, {"équipe": "日本"}, {"tier": "²"}, {"tier": "ⅳ"}]
)
def test_takes_resource_labels_that_google_takes(labels):
    assert rules.resource_labels(labels) == labels


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ({"Team": "ds"}, 'the key "Team"'),
        ({"1team": "ds"}, 'the key "1team"'),
        ({"a" * 64: "ds"}, "the key"),
        ({"a.b": "ds"}, 'the key "a.b"'),
        ({"team": "DS"}, 'the value "DS" of team'),
        ({"team": "a" * 64}, "of team"),
    ],
)
def test_refuses_resource_labels_that_google_refuses(labels, message):
    with pytest.raises(ValueError, match=message):
        rules.resource_labels(labels)


def test_takes_node_labels_up_to_the_limit_of_gke():
    labels = {f"k{number:02}": "v" * 61 for number in range(16)}

    assert rules.node_labels(labels) == labels
    with pytest.raises(ValueError, match="at most 1024 characters"):
        rules.node_labels({**labels, "x": ""})


def test_refuses_the_value_of_a_node_label_that_kubernetes_refuses():
    with pytest.raises(ValueError, match='the value "a b" of tier'):
        rules.node_labels({"tier": "a b"})


@given(st.text(st.characters(categories=["Lu", "Lt", "P", "S", "Z"], exclude_characters="-_"), min_size=1))
@example("X")
def test_refuses_capital_letters_and_marks_in_a_resource_label(text):
    with pytest.raises(ValueError, match="the value"):
        rules.resource_labels({"team": f"a{text}"})
    with pytest.raises(ValueError, match="the key"):
        rules.resource_labels({f"a{text}": ""})


@given(st.text())
def test_the_corrected_name_is_one_that_gke_takes(name):
    corrected = rules.corrected_cluster_name(name)

    assert not corrected or rules.gke_name(corrected) == corrected


def test_offers_no_name_where_nothing_of_it_is_left():
    with pytest.raises(ValueError, match=r"not ending with a hyphen$"):
        rules.gke_name("123")


@pytest.mark.parametrize(
    ("check", "rule"),
    [
        (rules.project_id, "at most 30"),
        (rules.network_tag, "at most 63"),
        (rules.machine_type, "begin with a letter"),
        (rules.kubernetes_version, "1.33.5-gke.1080000"),
        (rules.service_account, "name@project.iam.gserviceaccount.com"),
        (rules.network, "projects/PROJECT/global/networks/NAME"),
        (rules.subnetwork, "projects/PROJECT/regions/REGION/subnetworks/NAME"),
    ],
)
def test_says_what_google_takes_instead(check, rule):
    with pytest.raises(ValueError, match=f'^"Not OK!" is refused by Google: .*{rule}'):
        check("Not OK!")


@pytest.mark.parametrize(("length", "shown"), [(80, "x" * 80), (81, "x" * 80 + "...")])
def test_quotes_eighty_characters_of_a_text(length, shown):
    assert rules.quoted("x" * length) == f'"{shown}"'
