"""What each line of the prerequisites says, word by word: an administrator acts on it."""

from __future__ import annotations

import os
import platform
import shutil
from types import SimpleNamespace

import pytest
from google.auth import compute_engine

from gke_clusters.errors import PermissionDenied, ScopesInsufficient
from gke_clusters.google.compute import Quota
from gke_clusters.google.credentials import Authorization, CredentialsChoice
from gke_clusters.google.permissions import PERMISSIONS, REASONS
from gke_clusters.lifecycle import prerequisites
from gke_clusters.lifecycle.dss_checks import check_address, check_base_images, check_version
from gke_clusters.lifecycle.host_checks import (
    check_disks,
    check_docker,
    check_kubectl,
    check_scopes,
    host_zone,
)
from gke_clusters.lifecycle.project_checks import check_api, check_permissions, check_quotas
from gke_clusters.reports.checklist import Outcome

ROBOT = "dss@p.iam.gserviceaccount.com"
SET_IT = (
    "What to do: name the DSS host as pods see it, in bin/env-site.sh of the data directory of DSS: export"
    " DKU_BACKEND_EXT_HOST=HOST ; then restart DSS. https://doc.dataiku.com/dss/latest/containers/troubleshooting.html"
)


class Host:
    def __init__(self, *scopes):
        self._scopes = scopes

    def instance_name(self):
        return "dss-host"

    def zone(self):
        return "us-east1-b"

    def scopes(self):
        return self._scopes


class Project:
    identity = ROBOT

    def __init__(self, *missing):
        self.asked = []
        self._missing = missing

    def require_api(self, service, project):
        self.asked.append((service, project))

    def missing_permissions(self, project, permissions):
        self.asked.append((project, permissions))
        return self._missing


class Docker:
    def __init__(self, *images):
        self.images = images

    def check(self):
        return "28.0"

    def has_image(self, name):
        return name in self.images


def of_the_machine(choice):
    # Whoever impersonates asks with the machine's own token.
    own = compute_engine.Credentials() if choice.impersonate is None else SimpleNamespace()
    return Authorization(own)


def test_scopes_are_those_of_the_machine_whoever_is_impersonated():
    scopes = ("https://www.googleapis.com/auth/cloud-platform", "https://www.googleapis.com/auth/other")

    for choice in (CredentialsChoice(), CredentialsChoice(impersonate=ROBOT)):
        assert check_scopes(choice, of_the_machine, Host(*scopes)) == (
            Outcome.DONE,
            ("cloud-platform: what is allowed is left to IAM.",),
        )


def test_scopes_of_a_machine_limit_nobody_else():
    assert check_scopes(CredentialsChoice(), lambda _: Authorization(SimpleNamespace()), Host()) == (
        Outcome.SKIPPED,
        ("The connection does not act as the machine, whose scopes limit only that.",),
    )


@pytest.mark.parametrize(("scopes", "shown"), [(("a", "b"), "a\nb"), ((), "no scope at all")])
def test_scopes_that_are_too_narrow_are_shown_with_the_command(scopes, shown):
    with pytest.raises(ScopesInsufficient) as refused:
        check_scopes(CredentialsChoice(), of_the_machine, Host(*scopes))

    assert refused.value.cause == "The access scopes of the DSS host do not leave Google's APIs to its service account."
    assert (refused.value.resource, refused.value.verbatim) == ("dss-host", shown)
    assert refused.value.remedy == (
        "Stop the machine, then: gcloud compute instances set-service-account dss-host --zone us-east1-b --scopes"
        " cloud-platform ; start it again."
    )


def test_programs_of_the_host_are_named_with_their_versions():
    assert check_docker(Docker()) == (Outcome.DONE, ("Docker 28.0 answers.",))
    assert check_kubectl(lambda: "v1.33.5") == (Outcome.DONE, ("kubectl v1.33.5.",))
    assert check_kubectl(lambda: None) == (
        Outcome.FAILED,
        (
            "There is no kubectl that works on the PATH of DSS, and DSS starts pods with it.",
            "What to do: install it (https://kubernetes.io/docs/tasks/tools/), then restart DSS.",
        ),
    )


def disks_with(monkeypatch, sizes):
    monkeypatch.setattr(shutil, "disk_usage", lambda place: SimpleNamespace(free=sizes[place]))


def test_disks_with_exactly_enough_room_are_good(tmp_path, monkeypatch):
    home, images = str(tmp_path), str(tmp_path / "docker")
    (tmp_path / "docker").mkdir()
    disks_with(monkeypatch, {home: 1234e9, images: 20e9})

    assert check_disks({"DIP_HOME": home}, images) == (
        Outcome.DONE,
        [
            f"1,234 GB are free for the data directory of DSS ({home}).",
            f"20 GB are free for the images of Docker ({images}).",
        ],
    )


def test_one_disk_that_is_nearly_full_is_a_warning(tmp_path, monkeypatch):
    home, images = str(tmp_path), str(tmp_path / "docker")
    (tmp_path / "docker").mkdir()
    disks_with(monkeypatch, {home: 50e9, images: 19.4e9})

    assert check_disks({"DIP_HOME": home}, images) == (
        Outcome.WARNING,
        [
            f"50 GB are free for the data directory of DSS ({home}).",
            f"19 GB are free for the images of Docker ({images}).",
            (
                "Less than 20 GB are soon used up by base images: enlarge the disk, or remove images of earlier"
                " versions (docker image prune)."
            ),
        ],
    )


def test_a_disk_that_is_not_there_is_not_measured(tmp_path, monkeypatch):
    disks_with(monkeypatch, {str(tmp_path): 50e9})
    nowhere = str(tmp_path / "nowhere")

    outcome, details = check_disks({}, str(tmp_path))
    assert (outcome, len(details)) == (Outcome.DONE, 1)
    assert check_disks({"DIP_HOME": nowhere}, nowhere) == (
        Outcome.SKIPPED,
        ("Where DSS and Docker keep their data is not known here.",),
    )


def test_the_images_of_docker_are_where_docker_has_them(tmp_path, monkeypatch):
    measured = []
    monkeypatch.setattr("gke_clusters.lifecycle.host_checks.Path.exists", lambda place: measured.append(str(place)))
    check_disks({"DIP_HOME": str(tmp_path)})

    assert measured == [str(tmp_path), "/var/lib/docker"]


def test_the_zone_is_that_of_the_host():
    assert host_zone(Host()) == "us-east1-b"


@pytest.mark.parametrize(
    ("version", "outcome", "more"),
    [
        ("14.0.0", Outcome.DONE, []),
        ("15.1", Outcome.DONE, []),
        ("13.5.7", Outcome.WARNING, ["The plugin is tested with DSS 14 and later."]),
        ("9", Outcome.WARNING, ["The plugin is tested with DSS 14 and later."]),
    ],
)
def test_the_first_number_of_the_version_counts(version, outcome, more):
    line = f"DSS {version}; the plugin runs on Python {platform.python_version()}."

    assert check_version(lambda: version) == (outcome, [line, *more])


@pytest.mark.parametrize(
    ("environment", "addresses", "expected"),
    [
        (
            {"DKU_BACKEND_EXT_HOST": " dss ", "DKU_BACKEND_PORT": "11200"},
            ["10.0.0.7", "fd00::7"],
            (
                Outcome.DONE,
                ["Pods reach DSS at dss:11200 (DKU_BACKEND_EXT_HOST).", "Its addresses: 10.0.0.7, fd00::7."],
            ),
        ),
        (
            {"DKU_BACKEND_EXT_HOST": "dss"},
            [],
            (
                Outcome.WARNING,
                [
                    "Pods reach DSS at dss (DKU_BACKEND_EXT_HOST).",
                    "dss has no address here, so it may have none in a pod.",
                    SET_IT,
                ],
            ),
        ),
        (
            {"DKU_BACKEND_EXT_HOST": " "},
            ["10.0.0.7", "127.0.1.1", "127.0.0.1"],
            (
                Outcome.WARNING,
                [
                    "Pods reach DSS at vm (the name of the machine, since DKU_BACKEND_EXT_HOST is not set).",
                    "127.0.1.1 is the pod itself, as seen from a pod.",
                    SET_IT,
                ],
            ),
        ),
    ],
)
def test_the_address_for_pods_is_shown_with_where_it_comes_from(monkeypatch, environment, addresses, expected):
    asked = []
    monkeypatch.setattr("socket.gethostname", lambda: "vm")

    assert check_address(environment, lambda host: asked.append(host) or addresses) == expected
    assert asked == ["dss" if "dss" in str(environment) else "vm"]


@pytest.mark.parametrize(
    ("there", "outcome", "words", "command"),
    [
        (("EXEC", "SPARK"), Outcome.DONE, ("there", "there"), ""),
        (("EXEC",), Outcome.WARNING, ("there", "not built"), "./bin/dssadmin build-base-image --type spark"),
        (
            (),
            Outcome.WARNING,
            ("not built", "not built"),
            ("./bin/dssadmin build-base-image --type container-exec ; ./bin/dssadmin build-base-image --type spark"),
        ),
    ],
)
def test_base_images_are_named_and_those_that_are_missing_have_their_command(tmp_path, there, outcome, words, command):
    (tmp_path / "install.ini").write_text("[general]\ninstallid = abc\n")
    names = {"EXEC": "dku-exec-base-abc:dss-14.2.0", "SPARK": "dku-spark-base-abc:dss-14.2.0"}
    docker = Docker(*(names[kind] for kind in there))
    lines = [f"{name} is {word}." for name, word in zip(names.values(), words, strict=True)]
    if command:
        lines.append(f"What to do: in the data directory of DSS, after each upgrade of DSS, too: {command}")

    assert check_base_images(docker, lambda: "14.2.0", {"DIP_HOME": str(tmp_path)}) == (outcome, lines)


def test_an_api_is_asked_for_in_the_project():
    project = Project()

    assert check_api(project, "compute", "p") == (
        Outcome.DONE,
        ("compute.googleapis.com is enabled in p and answers.",),
    )
    assert project.asked == [("compute", "p")]


def test_all_permissions_are_looked_for_in_the_project():
    project = Project()

    assert check_permissions(project, "p") == (Outcome.DONE, (f"{ROBOT} has all {len(PERMISSIONS)} on p.",))
    assert project.asked == [("p", PERMISSIONS)]


def test_the_right_to_act_as_the_nodes_is_as_good_on_their_account():
    assert check_permissions(Project("iam.serviceAccounts.actAs"), "p") == (
        Outcome.WARNING,
        (
            f"{ROBOT} has all permissions on p but iam.serviceAccounts.actAs.",
            "To have it (roles/iam.serviceAccountUser) on the service account of the nodes alone is as good.",
        ),
    )


def test_permissions_that_are_missing_are_shown_one_by_one_with_the_commands():
    missing = ("container.clusters.create", "container.pods.get", "iam.serviceAccounts.actAs")
    with pytest.raises(PermissionDenied) as refused:
        check_permissions(Project(*missing), "p")

    first, *commands = refused.value.remedy.splitlines()
    assert refused.value.cause == f"{ROBOT} lacks 3 of {len(PERMISSIONS)} permissions on p."
    assert refused.value.resource == "projects/p"
    assert refused.value.verbatim == "\n".join(f"{each}: to {REASONS[each]}" for each in missing)
    assert first == (
        "Grant it the custom role that the macro “Print IAM role” shows, which has exactly these permissions. Or grant"
        " predefined roles, which have more:"
    )
    assert len(commands) == len(set(commands)) > 0
    assert all(
        line.startswith(f"gcloud projects add-iam-policy-binding p --member serviceAccount:{ROBOT} --role roles/")
        for line in commands
    )


class Compute:
    def __init__(self, *quotas):
        self.asked = []
        self._quotas = quotas

    def region_quotas(self, project, region):
        self.asked.append((project, region))
        return self._quotas


def test_quotas_with_exactly_enough_room_are_good():
    quotas = (Quota("INSTANCES", 24, 21), Quota("CPUS", 1200, 1188), Quota("NETWORKS", 5, 5))
    compute = Compute(*quotas)

    assert check_quotas(compute, "p", "r") == (
        Outcome.DONE,
        ["CPUS: 1,188 of 1,200 in use.", "INSTANCES: 21 of 24 in use."],
    )
    assert compute.asked == [("p", "r")]
    assert check_quotas(Compute(), "p", "r") == (Outcome.DONE, ("r tells no quota.",))


def test_quotas_without_room_are_named_with_where_to_ask_for_more():
    quotas = (Quota("CPUS", 24, 13), Quota("IN_USE_ADDRESSES", 8, 6), Quota("SSD_TOTAL_GB", 500, 0))

    assert check_quotas(Compute(*quotas), "p", "r") == (
        Outcome.WARNING,
        [
            "CPUS: 13 of 24 in use.",
            "IN_USE_ADDRESSES: 6 of 8 in use.",
            "SSD_TOTAL_GB: 0 of 500 in use.",
            (
                "That leaves too little of CPUS, IN_USE_ADDRESSES for a first cluster of three nodes with 4 vCPUs and"
                " 100 GB each."
            ),
            "What to do: request more: https://console.cloud.google.com/iam-admin/quotas",
        ],
    )


def test_what_is_looked_at_is_the_host_its_project_and_its_programs():
    around = prerequisites.look_around(lambda: "14.2.0")

    assert (around.authorize, around.kubectl) == (prerequisites.authorize, prerequisites.kubectl_version)
    assert (around.project, around.quotas) == (prerequisites.ProjectAccess, prerequisites.ComputeApi)
    assert isinstance(around.host, prerequisites.HostMetadata)
    assert isinstance(around.docker, prerequisites.Docker)
    assert around.dss_version() == "14.2.0"
    assert around.environment is os.environ
