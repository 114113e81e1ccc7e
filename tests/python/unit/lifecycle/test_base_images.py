from __future__ import annotations

import html
import logging
import re
from pathlib import Path

import pytest

from gke_clusters.errors import DockerUnusable, DssRefused, GoogleUnavailable, PermissionDenied, SettingsError
from gke_clusters.google.registries import Repository
from gke_clusters.google.registry_images import Image
from gke_clusters.lifecycle.base_images import push_base_images
from gke_clusters.lifecycle.progress import Progress
from gke_clusters.settings.push_base_images import parse_push_base_images
from gke_clusters.settings.register import REMEDY
from tests.python.unit.lifecycle.checklists import notes_of, steps_of, title_of
from tests.python.unit.lifecycle.registries import (
    EXEC_IMAGE,
    HOST,
    PUSHER,
    SPARK_IMAGE,
    URL,
    Docker,
    Host,
    Images,
    Instance,
    Registries,
    access,
    flat,
    with_builds,
)

NODES = "nodes@p.iam.gserviceaccount.com"


class Stage:
    """The story with everything around it."""

    def __init__(self, home):
        self.registries, self.images, self.host, self.docker = Registries(), Images(), Host(), Docker()
        self.instance = Instance(self.images, flat())
        self.home = home
        self.percents = []

    def run(self, **fields):
        settings = parse_push_base_images({"registryUrl": URL, **fields}, {})
        google = access(self.registries, self.images, self.host)
        progress = Progress(self.percents.append)
        environment = {"DIP_HOME": str(self.home)}
        page = push_base_images(settings, google, self.instance, self.docker, progress, environment)
        self.raw_page = page
        self.page = html.unescape(page)
        return re.findall(r'class="outcome [^"]+">([^<]+)<', page)

    def step(self, title):
        """The lines beside a step of the page."""
        [lines] = [lines for each, _outcome, lines in steps_of(self.raw_page) if each == title]
        return lines

    @property
    def script(self):
        return Path(self.home) / "gke-clusters" / "registry-login" / URL.replace("/", "+") / "login"


@pytest.fixture
def stage(tmp_path, monkeypatch):
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    (tmp_path / "install.ini").write_text("[general]\ninstallid = ABC\n")
    return Stage(tmp_path)


def test_pushes_and_tells_each_image_with_digest_and_size(stage):
    assert stage.run() == ["done", "done", "done", "done", "changed", "changed", "changed", "done"]
    assert f"{EXEC_IMAGE}: sha256:e, 1500.0 MB" in stage.page
    assert f"{SPARK_IMAGE}: sha256:s, 0.1 MB" in stage.page
    assert stage.docker.logins == [(HOST, "oauth2accesstoken", "token-1")]
    assert stage.percents == sorted(stage.percents)
    assert stage.percents[-1] == 100


def test_the_second_time_nothing_changes(stage):
    stage.run()
    before, writes = stage.instance.general_settings.read(), stage.instance.general_settings.writes

    assert stage.run() == ["done"] * 8
    assert stage.instance.general_settings.read() == before
    assert stage.instance.general_settings.writes == writes


def test_a_preview_changes_nothing_and_says_what_would(stage):
    assert stage.run(preview=True) == ["done", "done", "done", "done", "would change", "would change", "would change"]
    assert f"{EXEC_IMAGE} would be pushed." in stage.page
    assert (stage.docker.logins, stage.instance.pushed, stage.instance.general_settings.writes) == ([], 0, 0)
    assert not stage.script.exists()


def test_a_preview_of_what_is_done_says_so(stage):
    stage.run()

    assert stage.run(preview=True) == ["done"] * 7
    assert f"{EXEC_IMAGE} is in the registry." in stage.page


def test_creates_the_repository_on_request(stage):
    stage.registries.repository = None

    assert stage.run(createRepository=True)[0] == "changed"
    assert [str(name) for name in stage.registries.created] == ["projects/p/locations/us/repositories/dss"]


def test_a_preview_creates_no_repository(stage):
    stage.registries.repository = None

    assert stage.run(createRepository=True, preview=True)[:3] == ["would change", "skipped", "skipped"]
    assert f"{EXEC_IMAGE} would be pushed." in stage.page
    assert stage.registries.created == []


def refused(stage, **fields):
    with pytest.raises(SettingsError) as error:
        stage.run(**fields)
    assert stage.docker.logins == []
    [problem] = error.value.problems
    assert problem.label == "Image registry"
    return problem.message


def test_a_repository_that_is_missing_is_refused_with_the_field_that_creates_it(stage):
    stage.registries.repository = None

    assert "does not exist; tick “Create the repository”" in refused(stage)


@pytest.mark.parametrize(
    ("repository", "why"),
    [
        (Repository("PYTHON", "STANDARD_REPOSITORY", URL), "the format PYTHON"),
        (Repository("DOCKER", "REMOTE_REPOSITORY", URL), "is a REMOTE_REPOSITORY"),
    ],
)
def test_a_repository_that_takes_no_images_is_refused(stage, repository, why):
    stage.registries.repository = repository

    assert why in refused(stage)


def test_who_may_not_push_is_told_and_nothing_is_changed(stage):
    stage.registries.lacking = PermissionDenied("dss lacks uploadArtifacts on the repository.", remedy="Grant it.")

    assert stage.run() == ["done", "failed", *["skipped"] * 6]
    assert "“Right to push images” failed." in stage.page
    assert (stage.docker.logins, stage.instance.pushed) == ([], 0)


def test_nodes_that_are_somebody_else_may_pull_by_a_policy(stage):
    assert stage.run(nodeServiceAccount=NODES)[2] == "done"
    assert f"{NODES} has a role with which it may." in stage.page


@pytest.mark.parametrize(
    ("readable", "why"),
    [
        (False, "no policy that was read grants it"),
        (PermissionDenied("dss may not read who may do what."), "dss may not read who may do what"),
        (GoogleUnavailable("Google was overloaded."), "Google was overloaded"),
    ],
)
def test_what_cannot_be_confirmed_of_the_nodes_comes_with_the_command_that_grants_it(stage, readable, why):
    stage.registries.readable = readable

    assert stage.run(nodeServiceAccount=NODES)[2:4] == ["skipped", "done"]
    assert f"could not be confirmed: {why}." in stage.page
    assert f"--member serviceAccount:{NODES} --role roles/artifactregistry.reader" in stage.page


def test_who_pushes_may_pull(stage):
    stage.run()

    assert f"{PUSHER}, which pushes them, may pull them too." in stage.page


def test_outside_google_cloud_the_account_of_the_nodes_is_asked_for(stage):
    stage.host.account = None

    assert stage.run()[2] == "skipped"
    assert "give “Service account of the nodes”" in stage.page


def test_without_a_configuration_nothing_is_pushed_and_the_way_is_told(stage):
    stage.instance.general_settings.document = {"containerSettings": {}}

    assert stage.run() == ["done", "done", "done", *["skipped"] * 5]
    assert f"Run the macro “Register with DSS” of the cluster first, with the image registry {URL}." in stage.page
    assert stage.instance.pushed == 0


def test_a_former_host_comes_with_advice_and_is_found_by_both_addresses(stage):
    own = f"{HOST}/p/gcr.io"
    stage.registries.repository = Repository("DOCKER", "STANDARD_REPOSITORY", own)
    document = flat(repositoryURL="gcr.io/p/team")
    document["sparkSettings"]["executionConfigs"][0]["kubernetesSettings"]["repositoryURL"] = f"{own}/team"
    stage.instance.general_settings.document = document

    stage.run(registryUrl="gcr.io/p/team")

    assert f"give its own address ({own})" in stage.page
    assert [host for host, _user, _token in stage.docker.logins] == ["gcr.io", HOST]


def test_docker_that_does_not_run_is_told(stage):
    stage.docker.failure = DockerUnusable("Docker is not installed on the DSS host.")

    assert stage.run()[4:] == ["failed", "skipped", "skipped", "skipped"]
    assert "Docker is not installed" in stage.page


def test_a_login_of_before_is_renewed(stage):
    stage.docker.kinds[HOST] = "kept"

    assert stage.run()[4] == "done"
    assert len(stage.docker.logins) == 1


def test_a_credential_helper_of_docker_is_left_alone(stage):
    stage.docker.kinds[HOST] = "helper"

    assert stage.run()[4:6] == ["done", "done"]
    assert stage.docker.logins == []
    assert not stage.script.exists()


def test_the_login_before_pushes_can_be_declined(stage):
    assert stage.run(logInBeforePushes=False)[5] == "skipped"
    assert stage.instance.general_settings.document == flat()


def test_the_script_stands_before_each_push_of_both_kinds(stage):
    stage.run()

    document = stage.instance.general_settings.document
    [config] = document["containerSettings"]["executionConfigs"]
    [spark] = document["sparkSettings"]["executionConfigs"]
    for holder in (config, spark["kubernetesSettings"]):
        assert (holder["prePushMode"], holder["prePushScript"]) == ("CUSTOM", str(stage.script))
    assert stage.script.stat().st_mode & 0o777 == 0o700
    assert (stage.script.parent / "host").read_text() == f"{HOST}\n"


def test_a_script_of_the_administrator_stays_and_is_named(stage):
    own = {"prePushMode": "CUSTOM", "prePushScript": "/opt/mine"}
    stage.instance.general_settings.document = flat(**own)

    stage.run()

    [config] = stage.instance.general_settings.document["containerSettings"]["executionConfigs"]
    assert {key: config[key] for key in own} == own
    assert "containerized execution configuration gke does something else before it pushes" in stage.page


@pytest.mark.parametrize("dropped", [("prePushMode", "prePushScript"), ("prePushScript",)])
def test_a_dss_that_keeps_no_script_is_as_it_was_and_no_token_is_left(stage, dropped):
    stage.instance = Instance(stage.images, with_builds(), dropped)

    assert stage.run()[5:] == ["skipped", "changed", "done"]
    assert stage.instance.general_settings.document == with_builds()
    assert "ends after about an hour" in stage.page
    assert "runs no script before its pushes" in stage.page
    assert not stage.script.parent.exists()


def test_a_preview_says_that_dss_15_may_not_keep_the_script(stage):
    stage.instance = Instance(stage.images, with_builds())

    assert stage.run(preview=True)[5] == "would change"
    assert "Not every version of DSS keeps this" in stage.page


def test_a_dss_15_that_keeps_the_script_has_it(stage):
    stage.instance = Instance(stage.images, with_builds())

    assert stage.run()[5] == "changed"
    assert stage.run()[5] == "done"


def test_an_older_dss_that_does_not_keep_the_script_is_a_failure(stage):
    stage.instance = Instance(stage.images, flat(), ("prePushScript",))

    assert stage.run()[5:] == ["failed", "skipped", "skipped"]
    assert stage.instance.general_settings.document == flat()


def test_a_script_that_is_in_use_is_not_removed(stage):
    stage.run()
    stage.instance.general_settings.document["containerSettings"]["executionConfigs"].append(
        {"name": "more", "repositoryURL": URL}
    )
    stage.instance.general_settings.dropped = ("prePushMode",)

    assert "failed" in stage.run()
    assert stage.script.exists()


def test_a_push_that_fails_names_what_is_there_and_what_is_not(stage):
    stage.instance.sends = {EXEC_IMAGE: Image("sha256:e", 1)}
    stage.instance.failure = DssRefused("DSS could not push the base images.", verbatim="denied")

    assert stage.run()[6:] == ["failed", "failed"]
    assert f"The registry does not have {SPARK_IMAGE}. There are: {EXEC_IMAGE}: sha256:e" in stage.page


def test_a_push_that_fails_for_another_registry_leaves_these_images_found(stage):
    stage.instance.failure = DssRefused("DSS could not push the base images.", verbatim="other.example: denied")

    assert stage.run()[6:] == ["failed", "done"]


def test_base_images_that_were_never_built_come_with_the_commands(stage):
    stage.docker.images, stage.instance.sends = [], {}
    stage.instance.failure = DssRefused("DSS could not push the base images.", verbatim="No such image")

    stage.run()

    assert "./bin/dssadmin build-base-image --type container-exec" in stage.page
    assert "./bin/dssadmin build-base-image --type spark" in stage.page


def test_a_push_that_succeeds_without_an_image_arriving_is_a_failure(stage):
    stage.instance.sends = {}

    assert stage.run()[6:] == ["done", "failed"]
    assert f"The registry does not have {EXEC_IMAGE}, {SPARK_IMAGE}." in stage.page


def test_the_page_tells_each_step_with_what_was_found_and_done(stage):
    stage.run(logInBeforePushes=False)

    assert title_of(stage.raw_page) == f"Base images in {URL}"
    assert steps_of(stage.raw_page) == [
        (f"Repository {URL}", "done", [f"It is there: images go to {URL}."]),
        ("Right to push images", "done", [f"{PUSHER} may push and pull."]),
        (
            "Right of the nodes to pull images",
            "done",
            [
                (
                    f"{PUSHER}, which pushes them, may pull them too."
                    " It was taken for the account of the nodes: none was given."
                )
            ],
        ),
        (
            "Configurations of DSS",
            "done",
            [
                f"containerized execution configuration gke pushes to {URL}.",
                f"Spark configuration gke pushes to {URL}.",
            ],
        ),
        ("Login of Docker", "changed", ["Docker 28.2.2 answers.", f"Logged in to {HOST} with a fresh token."]),
        ("Login before each push", "skipped", ["It was not asked for."]),
        ("Push of the base images", "changed", ["DSS pushed."]),
        (
            "Images in the registry",
            "done",
            [f"{EXEC_IMAGE}: sha256:e, 1500.0 MB", f"{SPARK_IMAGE}: sha256:s, 0.1 MB"],
        ),
    ]
    assert notes_of(stage.raw_page) == []


def test_the_page_of_a_preview_says_what_would_be_done(stage):
    stage.run(preview=True, createRepository=True)

    assert stage.step("Login of Docker")[1] == f"Would be logged in to {HOST} with a fresh token."
    assert stage.step("Push of the base images") == [
        f"{EXEC_IMAGE} would be pushed.",
        f"{SPARK_IMAGE} would be pushed.",
    ]
    assert all("Not every version" not in line for line in stage.step("Login before each push"))


def test_the_page_of_a_second_push_says_what_is_so_already(stage):
    stage.run()
    stage.run()

    assert stage.step("Login before each push") == ["It is so already."]
    assert stage.step("Push of the base images") == ["DSS pushed; the registry had the same images before."]
    stage.run(preview=True)
    assert stage.step("Login before each push") == ["It is so already."]
    assert stage.step("Push of the base images") == [
        f"{EXEC_IMAGE} is in the registry.",
        f"{SPARK_IMAGE} is in the registry.",
    ]


def test_a_repository_that_is_created_is_named(stage):
    stage.registries.repository = None
    name = "projects/p/locations/us/repositories/dss"

    stage.run(createRepository=True, preview=True)
    assert stage.step(f"Repository {URL}") == [f"{name} would be created in the format Docker."]
    assert stage.step("Right to push images") == ["The repository does not exist yet."]
    stage.run(createRepository=True)
    assert stage.step(f"Repository {URL}") == [f"{name} was created: images go to {URL}."]


def test_the_images_of_a_repository_that_does_not_exist_are_not_looked_for(stage):
    stage.registries.repository = None

    def fail(_name):
        raise AssertionError("there is no repository")

    stage.images.find = fail

    assert stage.run(createRepository=True, preview=True)[-1] == "would change"


def test_the_rights_on_the_very_repository_are_asked_for(stage):
    asked = []
    stage.registries.find_repository = lambda name: asked.append(str(name)) or stage.registries.repository
    stage.registries.require = lambda name, permissions: asked.append((str(name), permissions))
    stage.registries.is_reader = lambda name, account: asked.append((str(name), account)) or True

    stage.run(nodeServiceAccount=NODES)

    name = "projects/p/locations/us/repositories/dss"
    rights = ("artifactregistry.repositories.uploadArtifacts", "artifactregistry.repositories.downloadArtifacts")
    assert asked == [name, (name, rights), (name, NODES)]


def test_a_repository_that_is_refused_says_what_to_do(stage):
    stage.registries.repository = None

    with pytest.raises(SettingsError) as error:
        stage.run()

    assert error.value.remedy == REMEDY


def test_each_registry_is_logged_in_to_but_for_one_with_a_helper(stage):
    own = f"{HOST}/p/gcr.io"
    stage.registries.repository = Repository("DOCKER", "STANDARD_REPOSITORY", own)
    document = flat(repositoryURL="gcr.io/p/team")
    document["sparkSettings"]["executionConfigs"][0]["kubernetesSettings"]["repositoryURL"] = f"{own}/team"
    stage.instance.general_settings.document = document
    stage.docker.kinds["gcr.io"] = "helper"

    stage.run(registryUrl="gcr.io/p/team")

    assert stage.step("Login of Docker") == [
        "Docker 28.2.2 answers.",
        "A credential helper is set up in Docker for gcr.io; it is left as it is.",
        f"Logged in to {HOST} with a fresh token.",
    ]
    assert [host for host, _user, _token in stage.docker.logins] == [HOST]


def test_a_login_that_ends_names_the_registries(stage, caplog):
    caplog.set_level(logging.INFO)
    stage.instance = Instance(stage.images, with_builds(), ("prePushScript",))

    stage.run()

    kept, hour = stage.step("Login before each push")
    assert kept == "This version of DSS runs no script before its pushes, and its settings are as they were."
    assert hour.startswith(f"Docker's login to {HOST} ends after about an hour.")
    assert any("DSS did not keep" in message or "does not keep" in message for message in caplog.messages)


def test_images_that_did_not_arrive_come_with_what_to_look_at(stage):
    stage.instance.sends = {}

    stage.run()

    lines = stage.step("Images in the registry")
    assert lines[0] == f"The registry does not have {EXEC_IMAGE}, {SPARK_IMAGE}."
    assert lines[1] == f"Resource: {URL}"
    assert lines[2].startswith("What to do: See what the push said, and which base images DSS has: docker image ls.")


def test_only_images_that_were_never_built_come_with_a_command(stage):
    stage.docker.images = [SPARK_IMAGE.rpartition("/")[2]]
    stage.instance.failure = DssRefused("DSS could not push the base images.", verbatim="No such image")

    stage.run()

    assert "build-base-image --type container-exec (after each upgrade of DSS, too)." in stage.page
    assert "--type spark" not in stage.page


def test_a_former_host_is_told_what_its_own_address_is_better_for(stage):
    own = f"{HOST}/p/gcr.io"
    stage.registries.repository = Repository("DOCKER", "STANDARD_REPOSITORY", own)
    stage.instance.general_settings.document = flat(repositoryURL=own)

    stage.run(registryUrl="gcr.io/p")

    [note] = notes_of(stage.raw_page)
    assert note.startswith("gcr.io belongs to the former Container Registry.")
    assert f"give its own address ({own})" in note


@pytest.mark.parametrize(
    ("preview", "last"), [(True, "Nothing was changed"), (False, "The base images are dealt with")]
)
def test_tells_the_log_and_the_progress_bar_how_far_it_is(stage, caplog, preview, last):
    caplog.set_level(logging.INFO)

    stage.run(preview=preview)

    push = [
        "DSS pushes the base images",
        "DSS has pushed about 50 %",
        "DSS has pushed about 100 %",
        "Looking for the images in the registry",
    ]
    assert caplog.messages == [
        f"Looking at {URL}",
        "Looking for the configurations of DSS",
        "Logging Docker in",
        *([] if preview else push),
        last,
    ]
    assert stage.percents == [5, 20, 25, *([] if preview else [40, 67, 95, 95]), 100]
