from __future__ import annotations

from pathlib import Path

import pytest

from gke_clusters.dss.base_images import pushes_to
from gke_clusters.dss.stored_documents import NotKept
from gke_clusters.errors import DssRefused
from gke_clusters.lifecycle.docker_logins import LaterPushes
from gke_clusters.reports.checklist import Outcome
from tests.python.unit.lifecycle.registries import (
    URL,
    Docker,
    Host,
    Images,
    Registries,
    Stored,
    access,
    flat,
    with_builds,
)

UNREACHABLE = "DSS could not be reached to save them; whether it was done is not known."


class Interrupted(Stored):
    """General settings whose reads and writes end in a failure once, by their number."""

    def __init__(self, document, dropped=(), *, writes=(), reads=(), refused=False):
        super().__init__(document, dropped)
        self.failing = {"write": set(writes), "read": set(reads)}
        self.refused = refused
        self.reads = 0

    def read(self):
        self.reads += 1
        if self.reads in self.failing["read"]:
            raise DssRefused(UNREACHABLE)
        return super().read()

    def write(self, document):
        fails = self.writes + 1 in self.failing["write"]
        if fails and self.refused:
            raise DssRefused("DSS refused to save them.", verbatim="references an unknown image build configuration")
        super().write(document)
        if fails:
            raise DssRefused(UNREACHABLE)


@pytest.fixture
def arrange(tmp_path, monkeypatch):
    """Let a script stand before each push to a repository."""
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))

    def run(stored, url=URL):
        google = access(Registries(), Images(), Host())
        later = LaterPushes(stored, google, {"DIP_HOME": str(tmp_path)})
        return later.arrange(pushes_to(stored.document, {url}), {url}, Docker(), preview=False)

    return run


def scripts_of(folder):
    return sorted(str(path) for path in Path(folder).glob("gke-clusters/registry-login/*/login"))


@pytest.mark.parametrize("shape", [flat, with_builds])
@pytest.mark.parametrize(
    "lost", [{"writes": {1}}, {"reads": {2}}], ids=["the answer of the write", "the read after it"]
)
def test_a_script_that_dss_may_run_stays_where_an_answer_is_lost(arrange, tmp_path, shape, lost):
    stored = Interrupted(shape(), **lost)

    with pytest.raises(DssRefused, match="could not be reached") as told:
        arrange(stored)

    [script] = scripts_of(tmp_path)
    assert script in str(stored.document)
    assert told.value.remedy.endswith(
        f"DSS may run {script} before its pushes, so what was put there stays. Run this macro again."
    )


@pytest.mark.parametrize("shape", [flat, with_builds])
def test_settings_that_dss_refuses_are_a_failure_in_its_own_words_on_either_shape(arrange, shape):
    stored = Interrupted(shape(), writes={1}, refused=True)

    with pytest.raises(DssRefused) as told:
        arrange(stored)

    assert told.value.verbatim == "references an unknown image build configuration"
    assert stored.document == shape()


def test_a_refused_save_for_one_repository_leaves_the_script_of_another(arrange, tmp_path):
    other = "us-docker.pkg.dev/p/other"
    stored = Interrupted(flat(), writes={2}, refused=True)
    arrange(stored)
    document = stored.document
    document["containerSettings"]["executionConfigs"].append({"name": "more", "repositoryURL": other})

    with pytest.raises(DssRefused, match="refused"):
        arrange(stored, other)

    assert document["containerSettings"]["executionConfigs"][0]["prePushScript"] in scripts_of(tmp_path)


def test_pushes_to_two_repositories_of_a_host_log_in_by_a_script_each(arrange, tmp_path):
    other = "us-docker.pkg.dev/q/dss"
    stored = Stored(flat())
    stored.document["containerSettings"]["executionConfigs"].append({"name": "more", "repositoryURL": f"{other}/team"})

    arrange(stored)
    arrange(stored, other)

    configs = stored.document["containerSettings"]["executionConfigs"]
    named = [config["prePushScript"] for config in configs]
    assert sorted(named) == scripts_of(tmp_path)
    assert [Path(script).parent.name for script in named] == ["us-docker.pkg.dev+p+dss", "us-docker.pkg.dev+q+dss"]
    assert {(Path(script).parent / "host").read_text() for script in named} == {"us-docker.pkg.dev\n"}


def test_both_addresses_of_a_repository_are_logged_in_to(tmp_path, monkeypatch):
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    addresses = ["gcr.io/p", "us-docker.pkg.dev/p/gcr.io"]
    stored = Stored(flat(repositoryURL=f"{addresses[0]}/team"))
    [spark] = stored.document["sparkSettings"]["executionConfigs"]
    spark["kubernetesSettings"]["repositoryURL"] = addresses[1]
    later = LaterPushes(stored, access(Registries(), Images(), Host()), {"DIP_HOME": str(tmp_path)})

    later.arrange(pushes_to(stored.document, addresses), addresses, Docker(), preview=False)

    named = [push.pre_push_script for push in pushes_to(stored.document, addresses)]
    assert [(Path(str(script)).parent / "host").read_text() for script in named] == ["gcr.io\n", "us-docker.pkg.dev\n"]


def test_a_script_that_is_not_kept_is_removed(arrange, tmp_path):
    stored = Interrupted(flat(), ("prePushScript",))

    with pytest.raises(NotKept):
        arrange(stored)

    assert scripts_of(tmp_path) == []


@pytest.mark.parametrize(
    "holder",
    [
        pytest.param(lambda script: {"elsewhere": {"deep": [{"prePushHook": script}]}}, id="in the whole document"),
        pytest.param(lambda script: {"scripts": [script]}, id="in a list"),
    ],
)
def test_a_script_that_anything_names_is_not_removed(arrange, tmp_path, holder):
    arrange(Stored(flat()))
    [script] = scripts_of(tmp_path)

    with pytest.raises(NotKept):
        arrange(Interrupted(flat() | holder(script), ("prePushScript",)))

    assert scripts_of(tmp_path) == [script]


def test_a_script_stays_where_the_settings_cannot_be_read_again(arrange, tmp_path):
    # Read, write, read, read to put back, write, and the look at what names the script.
    stored = Interrupted(flat(), ("prePushScript",), reads={4})

    with pytest.raises(DssRefused, match="could not be reached"):
        arrange(stored)

    assert len(scripts_of(tmp_path)) == 1


def test_a_dss_15_that_others_are_saving_is_not_said_to_run_no_script(arrange):
    class Contested(Stored):
        def read(self):
            document = super().read()
            if self.writes:
                [build] = document["containerSettings"]["buildConfigs"]
                build["dockerBuilderConfig"]["pushConfigs"] = [{"repositoryURL": "elsewhere"}, {"repositoryURL": URL}]
            return document

    with pytest.raises(DssRefused, match="somebody else has changed"):
        arrange(Contested(with_builds()))


def test_a_dss_15_that_keeps_no_script_is_skipped(arrange):
    outcome, lines = arrange(Stored(with_builds(), ("prePushMode", "prePushScript")))

    assert outcome is Outcome.SKIPPED
    assert lines[0].startswith("This version of DSS runs no script before its pushes")
