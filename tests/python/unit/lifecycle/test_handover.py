"""The files that a start or an attachment leaves for DSS, whatever is in their place before."""

from __future__ import annotations

import json
import logging
import shutil
import stat
from pathlib import Path
from typing import Any

import pytest

from gke_clusters.errors import AccessDenied, ControlPlaneUnreachable, OperationTimeout, StateError
from gke_clusters.google.credentials import CredentialsChoice
from gke_clusters.google.deadlines import Deadline
from gke_clusters.kube.access import AccessReview
from gke_clusters.kube.api import KubernetesApi
from gke_clusters.kube.kubeconfig import Endpoint
from gke_clusters.lifecycle import handover
from gke_clusters.lifecycle.access_needs import ACCESS_NEEDS
from gke_clusters.lifecycle.handover import KubernetesControlPlane, forget_access
from gke_clusters.lifecycle.start import start_cluster

FILES = [
    "kube_config",
    "gke_cluster_journal.json",
    "credential-helper/credential-helper",
    "credential-helper/refresh.py",
    "credential-helper/config.json",
    "credential-helper/interpreters",
]


def start(world: Any) -> list[dict[str, Any]]:
    return start_cluster(world.settings(), world.owner, world.google, world.handover(), world.progress)


def contents(world: Any) -> dict[Path, tuple[int, bytes]]:
    files = [path for path in world.directory.rglob("*") if path.is_file()]
    return {path: (stat.S_IMODE(path.stat().st_mode), path.read_bytes()) for path in files}


@pytest.mark.parametrize("name", FILES)
def test_replaces_a_file_that_was_cut_off_or_changed(world: Any, name: str) -> None:
    start(world)
    good = contents(world)
    (world.directory / name).write_bytes((world.directory / name).read_bytes()[:10] + b"\xff")
    (world.directory / name).chmod(0o644)
    start(world)
    assert contents(world) == good
    assert world.clusters.calls.count("create") == 1


@pytest.mark.parametrize("name", FILES)
def test_replaces_a_link_and_leaves_what_it_leads_to(world: Any, name: str, tmp_path: Path) -> None:
    start(world)
    good = contents(world)
    other = tmp_path / "other"
    other.write_text("somebody else's")
    (world.directory / name).unlink()
    (world.directory / name).symlink_to(other)
    start(world)
    assert contents(world) == good
    assert not (world.directory / name).is_symlink()
    assert other.read_text() == "somebody else's"


@pytest.mark.parametrize("name", ["credential-helper/refresh.py", "credential-helper"])
@pytest.mark.parametrize("kind", ["folder", "file", "link"])
def test_makes_a_helper_anew_that_cannot_be_overwritten(
    world: Any, name: str, kind: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    start(world)
    good = contents(world)
    place = world.directory / name
    shutil.rmtree(place) if place.is_dir() else place.unlink()
    if kind == "folder":
        (place / "deeper").mkdir(parents=True)
        (place / "refresh.py").mkdir(exist_ok=True)
    elif kind == "file":
        place.write_text("in the way")
    else:
        place.symlink_to(tmp_path / "gone")
    start(world)
    assert {path: content for path, content in contents(world).items() if path in good} == good
    assert not place.is_symlink()


def test_refuses_a_folder_in_the_place_of_the_kubeconfig_before_anything_is_created(world: Any) -> None:
    (world.directory / "kube_config" / "somebody-s").mkdir(parents=True)
    with pytest.raises(StateError, match="kube_config is a folder") as caught:
        start(world)
    assert caught.value.resource == str(world.directory)
    assert world.clusters.calls == []
    assert (world.directory / "kube_config" / "somebody-s").is_dir()


def test_says_that_the_disk_is_full(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("gke_clusters.lifecycle.handover.write_private_file", full)
    with pytest.raises(StateError, match="No space left on device") as caught:
        start(world)
    assert "make room on the disk" in caught.value.remedy
    assert caught.value.resource == str(world.directory)
    assert world.clusters.clusters == {}


def test_forgets_in_silence_what_is_not_there(world: Any, caplog: pytest.LogCaptureFixture) -> None:
    forget_access(world.directory)
    assert caplog.text == ""


class TestTheKubernetesApi:
    """What a story asks of it goes to the API server that the kubeconfig leads to."""

    ENDPOINT = Endpoint("public", "203.0.113.1")

    @pytest.fixture
    def api(self, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
        """The client, as its arguments."""
        monkeypatch.setattr(KubernetesApi, "from_kubeconfig", lambda path, **others: {"path": path, **others})
        return {
            "path": Path("kube_config"),
            "endpoint": self.ENDPOINT,
            "token_patience_seconds": handover.TOKEN_PATIENCE_SECONDS,
        }

    def test_is_reached_with_the_patience_that_is_asked_for(self, api: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(handover, "probe", lambda api, patience_seconds: (api, patience_seconds))
        control_plane: Any = KubernetesControlPlane(Path("kube_config"), self.ENDPOINT)
        assert control_plane.probe(7) == (api, 7)
        assert control_plane.probe() == (api, 120)

    def test_is_asked_for_all_that_dss_needs(self, api: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(handover, "review_access", lambda api, needs: (api, needs))
        control_plane: Any = KubernetesControlPlane(Path("kube_config"), self.ENDPOINT)
        assert control_plane.review() == (api, ACCESS_NEEDS)


class TestTheCredentialHelper:
    def config(self, world: Any) -> dict[str, Any]:
        config: dict[str, Any] = json.loads((world.directory / "credential-helper" / "config.json").read_text())
        return config

    def test_impersonates_whom_the_start_impersonates(self, world: Any) -> None:
        world.credentials = CredentialsChoice(impersonate="x@p.iam.gserviceaccount.com")
        start(world)
        assert self.config(world)["impersonate"] == "x@p.iam.gserviceaccount.com"

    def test_has_no_key_where_another_way_to_authenticate_is_chosen(self, world: Any) -> None:
        world.credentials = CredentialsChoice()
        start(world)
        without_key = self.config(world)
        world.credentials = CredentialsChoice(key='{"type": "service_account", "private_key": "SECRET"}')
        start(world)
        assert self.config(world) == without_key
        assert not any("SECRET" in path.read_text() for path in world.directory.rglob("*") if path.is_file())


class TestHandingOver:
    def complete(self, world: Any, seconds: float | None = None, **fields: Any) -> list[dict[str, Any]]:
        deadline = None if seconds is None else Deadline(seconds)
        handed: list[dict[str, Any]] = world.handover(**fields).complete(
            world.cluster(), world.google, world.progress, deadline
        )
        return handed

    @pytest.fixture(autouse=True)
    def _hear_everything(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.INFO)

    def test_reaches_the_endpoint_that_the_kubeconfig_names(self, world: Any) -> None:
        asked: list[Any] = []

        def reach(path: Path, endpoint: Endpoint) -> Any:
            asked.append((path, endpoint))
            return world.control_plane

        handover.Handover(world.directory, "automatic", reach=reach).complete(
            world.cluster(), world.google, world.progress
        )
        assert asked == [((world.directory / "kube_config").resolve(), Endpoint("public", "203.0.113.1"))]

    def test_tells_each_step(self, world: Any, caplog: pytest.LogCaptureFixture) -> None:
        self.complete(world)
        assert caplog.messages == [
            f"Writing {world.directory / 'kube_config'} for the public endpoint https://203.0.113.1",
            "Reaching the Kubernetes API",
            "Kubernetes v1.33.5-gke.1 answers; reviewing the access that DSS needs",
            f"{world.name} is ready for DSS",
        ]
        assert world.percents == [93, 95, 98, 100]

    def test_waits_two_minutes_at_most_and_no_longer_than_is_left(self, world: Any) -> None:
        for seconds, waited in ((None, 120), (3600, 120), (50, 50)):
            self.complete(world, seconds)
            assert world.control_plane.patience_seconds == waited

    def test_names_the_user_of_the_kubeconfig_as_it_is_told(self, world: Any) -> None:
        self.complete(world, user_name="somebody")
        assert "name: somebody" in (world.directory / "kube_config").read_text()

    def test_a_time_limit_that_passes_first_says_what_was_waited_for(self, world: Any) -> None:
        def probe(_: float) -> str:
            world.now += 600
            raise ControlPlaneUnreachable("No answer.")

        world.control_plane.probe = probe
        with pytest.raises(OperationTimeout, match="before the 10 minutes of the start were over") as caught:
            self.complete(world, 600)
        assert (caught.value.resource, caught.value.verbatim) == (world.name.path, "No answer.")

    def test_one_that_does_not_answer_in_time_is_unreachable(self, world: Any) -> None:
        world.control_plane.fault = ControlPlaneUnreachable("No answer.")
        for seconds in (None, 600):
            with pytest.raises(ControlPlaneUnreachable):
                self.complete(world, seconds)

    def test_refuses_with_the_identity_that_lacks_access(self, world: Any) -> None:
        world.control_plane.missing = AccessReview(world.all_requirements)
        with pytest.raises(AccessDenied) as caught:
            self.complete(world)
        assert world.clusters.identity in str(caught.value)

    def test_warns_only_where_access_is_not_required(self, world: Any, caplog: pytest.LogCaptureFixture) -> None:
        missing = AccessReview(world.all_requirements)
        world.control_plane.missing = missing
        assert self.complete(world, access_required=False)
        assert (
            f"{world.clusters.identity} may not do all that DSS can need. {missing.remedy}\n{missing.summary()}"
            in caplog.messages
        )

    def test_warns_of_what_is_lacking_and_not_essential(self, world: Any, caplog: pytest.LogCaptureFixture) -> None:
        missing = AccessReview(tuple(each for each in world.all_requirements if not each.essential))
        world.control_plane.missing = missing
        assert self.complete(world)
        assert any(missing.summary() in message for message in caplog.messages)

    def test_goes_on_where_it_may_not_ask_and_access_is_not_required(
        self, world: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        world.control_plane.review_fault = AccessDenied("It may not ask.")
        assert self.complete(world, access_required=False)
        assert f"The access of {world.clusters.identity} could not be reviewed. It may not ask." in caplog.text

    def test_says_where_the_files_cannot_be_written(self, world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(*_: Any) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("gke_clusters.lifecycle.handover.write_private_file", full)
        with pytest.raises(StateError) as caught:
            self.complete(world)
        assert caught.value.resource == str(world.directory)
        assert "No space left on device" in str(caught.value.verbatim)
        assert caught.value.remedy.startswith("Remove what is in the way there, or make room on the disk")


def test_says_why_a_helper_is_made_anew(world: Any, caplog: pytest.LogCaptureFixture) -> None:
    start(world)
    place = world.directory / "credential-helper" / "refresh.py"
    place.unlink()
    (place / "deeper").mkdir(parents=True)
    start(world)
    [message] = [each for each in caplog.messages if "made anew" in each]
    assert message.startswith("The credential helper is made anew, since it cannot be overwritten: [Errno")


def test_says_which_kubeconfig_is_to_be_removed_by_hand(world: Any, caplog: pytest.LogCaptureFixture) -> None:
    (world.directory / "kube_config").mkdir(parents=True)
    forget_access(world.directory)
    [message] = caplog.messages
    assert message.startswith(f"{world.directory / 'kube_config'} cannot be removed; remove it by hand: [Errno")
