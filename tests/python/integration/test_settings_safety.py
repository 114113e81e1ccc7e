"""General settings that many others have a hand in: nothing but ours is changed, and what others save stays.

The stories are told in this process, on a running DSS of either shape whose settings have fields that nobody knows.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonpatch
import pytest

from gke_clusters.dss.base_image_push import BaseImagePush
from gke_clusters.dss.clusters import DssCluster
from gke_clusters.dss.stored_documents import change_document
from gke_clusters.errors import DssRefused
from gke_clusters.lifecycle.bucket_access import BucketAccess
from gke_clusters.lifecycle.gcs_connection import create_gcs_connection
from gke_clusters.lifecycle.progress import Progress
from gke_clusters.lifecycle.projects import use_cluster_in_projects
from gke_clusters.lifecycle.registration import register_cluster
from gke_clusters.settings.gcs_connection import parse_gcs_connection
from gke_clusters.settings.register import parse_register
from gke_clusters.settings.use_in_projects import parse_use_in_projects
from tests.python.integration.conftest import Sandbox
from tests.python.integration.shared_settings import (
    KNOWN,
    NAME,
    PATH,
    RUNNING,
    Disturbed,
    Instance,
    Storage,
    Story,
    Watched,
    edit_of,
    filled,
    no_google,
    outcomes,
    register,
    safe_moments,
    set_up,
    text_of,
    without_ours,
)
from tests.python.unit.lifecycle import registries

# One sandbox of DSS 14 for all of them.
pytestmark = pytest.mark.xdist_group("settings safety")

KEYS = 300
# Of each shape, and of each of two beginnings: a hundred of a registration, some of the longer story.
TRIES = {"register": 25, "set_up": 5}
STORIES = {"register": register, "set-up": set_up}


def keys_of(value: Any) -> int:
    if isinstance(value, dict):
        return len(value) + sum(map(keys_of, value.values()))
    return sum(map(keys_of, value)) if isinstance(value, list) else 0


@pytest.fixture(scope="module")
def older(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    running = Sandbox(tmp_path_factory.mktemp("safety"), "--dss-version", "14")
    yield running
    running.stop()


@pytest.fixture(params=["15", "14"])
def dss(request: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Disturbed]:
    """A DSS of each shape, with settings of more than 300 keys."""
    sandbox: Sandbox = request.getfixturevalue("sandbox" if request.param == "15" else "older")
    monkeypatch.setenv("DIP_HOME", str(tmp_path))
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    (tmp_path / "install.ini").write_text("[general]\ninstallid = ABC\n")
    client = Watched(sandbox.dss_url, sandbox.dss_api_key)
    found = client.get_general_settings().get_raw()
    with sandbox.settings_fields(known=KNOWN):
        client._perform_empty("PUT", PATH, body=filled(json.loads(json.dumps(found))))
        before = client.get_general_settings().get_raw()
        assert keys_of(before) >= KEYS
        yield Disturbed(sandbox, client, Instance(client), before)
        client._perform_empty("PUT", PATH, body=found)


def test_a_preview_of_everything_changes_nothing(dss: Disturbed) -> None:
    before = dss.text()

    page = dss.tell(lambda instance: set_up(instance, preview=True))

    assert "would change" in outcomes(page)
    assert not {"changed", "failed"} & set(outcomes(page))
    assert "PUT" not in dss.client.seen
    assert dss.text() == before


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
def test_what_is_not_ours_stays_byte_for_byte_and_a_second_time_changes_nothing(dss: Disturbed, story: Story) -> None:
    first = dss.tell(story)
    made = dss.text()
    second = dss.tell(story)

    assert "changed" in outcomes(first)
    assert "failed" not in outcomes(first)
    assert without_ours(json.loads(made)) == without_ours(dss.before)
    assert set(outcomes(second)) <= {"done", "skipped"}
    assert dss.text() == made


@pytest.mark.parametrize("known_already", [False, True], ids=["the first time", "an update"])
@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
def test_an_edit_of_others_survives_at_any_moment_but_between_our_read_and_our_write(
    dss: Disturbed, story: Story, known_already: bool
) -> None:
    if known_already:
        dss.put(registered_elsewhere(dss))
    start = json.loads(dss.text())
    dss.tell(story)
    moments, made = [*safe_moments(dss.client.seen)], json.loads(dss.text())
    rng = random.Random(f"{story.__name__} {known_already} {'buildConfigs' in start['containerSettings']}")
    lost = []

    for _try in range(TRIES[story.__name__]):
        moment, patch = rng.choice(moments), edit_of(rng, start)
        dss.put(start)
        with dss.sandbox.edits({**moment, "patch": patch}):
            page = dss.tell(story)
        if dss.text() != text_of(jsonpatch.apply_patch(made, patch)) or "failed" in outcomes(page):
            lost.append((moment, patch))

    assert not lost


def registered_elsewhere(dss: Disturbed) -> dict[str, Any]:
    """Settings in which our configurations are there, and go to another registry."""
    fields = {"clusterId": NAME, "registryUrl": f"{registries.URL}/old"}
    cluster = DssCluster(NAME, "type", "RUNNING", {}, {}, RUNNING["data"])
    register_cluster(parse_register(fields), cluster, dss.instance.general_settings, no_google, Progress())
    document: dict[str, Any] = dss.client.get_general_settings().get_raw()
    for settings in (document["containerSettings"], document["sparkSettings"]):
        settings["executionConfigs"][-1]["mystery"] = "ours, and theirs to set"
    return document


@pytest.mark.parametrize("moment", ["after", "before"])
def test_an_edit_between_our_read_and_our_write_is_lost_and_nothing_else_is(dss: Disturbed, moment: str) -> None:
    """A limit of DSS, which compares nothing before it overwrites: docs/reference-architecture.md."""
    dss.tell(register)
    made = dss.text()
    dss.put(dss.before)
    theirs = [{"op": "replace", "path": "/area07/text", "value": "theirs"}]
    method = {"after": "GET", "before": "PUT"}[moment]

    with dss.sandbox.edits({moment: f"{method} {PATH}", "patch": theirs}):
        page = dss.tell(register)

    assert dss.client.seen == ["GET", "PUT", "GET"]
    assert outcomes(page) == ["changed"] * 4
    assert dss.text() == made


def test_a_field_that_is_needed_and_not_kept_is_said_and_all_but_the_edit_of_others_is_as_it_was(
    dss: Disturbed,
) -> None:
    theirs = [{"op": "replace", "path": "/containerSettings/executionConfigs/1/mystery", "value": "theirs"}]
    needed = "sparkSettings.executionConfigs[].kubernetesSettings.managedKubernetes"

    dss.sandbox._ask("POST", "/dss/settings-fields", json={"unknown": [needed]})
    before = json.loads(dss.text())
    with dss.sandbox.edits({"after": f"PUT {PATH}", "patch": theirs}):
        page = dss.tell(register)

    assert outcomes(page) == ["failed"]
    assert f"DSS did not keep sparkSettings.executionConfigs[{NAME}].kubernetesSettings.managedKubernetes" in page
    assert dss.text() == text_of(jsonpatch.apply_patch(before, theirs))


@pytest.mark.parametrize("dss", ["15"], indirect=True)
def test_a_build_configuration_that_does_not_exist_leaves_the_document_as_it_was(dss: Disturbed) -> None:
    before = dss.text()

    def edit(document: dict[str, Any]) -> None:
        document["useImplicitK8sCluster"] = True
        document["containerSettings"]["executionConfigs"][0]["imageBuildConfig"] = "there-is-none"

    with pytest.raises(DssRefused) as refused:
        change_document(dss.instance.general_settings, edit)

    assert "references an unknown image build configuration: there-is-none" in str(refused.value.verbatim)
    assert dss.text() == before


@pytest.mark.parametrize(
    ("effect", "said"),
    [
        ({"status": 500}, "DSS refused to save its general settings"),
        ({"failed_action": "the disk is full"}, "DSS did not keep "),
    ],
)
def test_settings_that_dss_does_not_save_are_failed_steps_and_the_others_are_told(
    dss: Disturbed, effect: dict[str, Any], said: str
) -> None:
    before = dss.text()

    refusal = {"service": "dss", "method": "PUT", "path": f"*{PATH}", "times": 20, "effect": effect}
    with dss.sandbox.faults(refusal):
        page = dss.tell(set_up)

    assert [each for each in outcomes(page) if each != "skipped"] == ["done"] * 5 + ["failed"] * 2
    assert said in page
    assert dss.text() == before


def test_projects_use_the_cluster_once_and_nothing_else_of_them_changes(dss: Disturbed, unique_name: Any) -> None:
    key = unique_name("P").replace("-", "_")
    project = dss.client.create_project(key, key, "admin")

    def shown() -> dict[str, Any]:
        settings: dict[str, Any] = project.get_settings().get_raw()
        return settings

    def tell(**fields: Any) -> tuple[list[str], str]:
        settings = parse_use_in_projects({"projects": [key], "clusterId": NAME, **fields})
        return outcomes(use_cluster_in_projects(settings, dss.instance, Progress())), text_of(shown())

    before = shown()
    first, second = tell(), tell()
    back, again = tell(choice="INHERIT"), tell(choice="INHERIT")

    assert [told for told, _ in (first, second, back, again)] == [["changed"], ["done"], ["changed"], ["done"]]
    assert (second[1], again[1]) == (first[1], back[1])
    changed = json.loads(first[1])
    changed["settings"]["k8sCluster"] = before["settings"]["k8sCluster"]
    assert text_of(changed) == text_of(before)


def test_a_project_that_does_not_exist_keeps_no_other_step_from_being_done(dss: Disturbed) -> None:
    page = dss.tell(lambda instance: set_up(instance, projects=["NO_SUCH"]))

    assert outcomes(page)[-1] == "failed"
    assert outcomes(page).count("failed") == 1
    assert "Project NO_SUCH" in page
    assert json.loads(dss.text())["defaultK8sClusterId"] == NAME


def test_a_connection_is_made_once_and_one_that_dss_fails_to_make_is_not_there(
    dss: Disturbed, unique_name: Any
) -> None:
    name, sandbox = unique_name("data"), dss.sandbox
    buckets = f"{sandbox.url('storage')}/storage/v1/b"
    body = {"name": name, "location": "US-CENTRAL1"}
    assert sandbox.call(buckets, "POST", params={"project": sandbox.project}, json=body).ok
    policy = {"bindings": [{"role": "roles/storage.objectAdmin", "members": [f"serviceAccount:{sandbox.host_email}"]}]}
    assert sandbox.call(f"{buckets}/{name}/iam", "PUT", json=policy).ok
    settings = parse_gcs_connection({"connectionName": name, "bucket": name, "path": "/dss"}, {})
    bucket = BucketAccess(Storage(), lambda _choice: Storage())

    def tell() -> tuple[str, str]:
        page = create_gcs_connection(settings, bucket, dss.instance, Progress())
        return page, text_of(dss.client._perform_json("GET", "/admin/connections/").get(name))

    with sandbox.faults({"service": "dss", "method": "POST", "effect": {"failed_action": "the disk is full"}}):
        failed = tell()
    first, second = tell(), tell()

    assert outcomes(failed[0]) == ["done", "done", "failed"]
    assert "the disk is full" in failed[0]
    assert failed[1] == "null"
    assert [outcomes(page)[-1] for page, _ in (first, second)] == ["changed", "done"]
    assert second[1] == first[1]


def test_a_push_that_fails_in_an_ordinary_answer_is_told_with_the_steps_before_it(dss: Disturbed) -> None:
    dss.instance.push = BaseImagePush(dss.client)
    before = dss.text()

    with dss.sandbox.faults({"service": "dss", "method": "POST", "effect": {"failed_action": "the disk is full"}}):
        page = dss.tell(set_up)

    assert "the disk is full" in page
    assert outcomes(page)[:7] == ["done"] * 5 + ["changed"] * 2
    assert outcomes(page).count("failed") == 2
    assert without_ours(json.loads(dss.text())) == without_ours(json.loads(before))
