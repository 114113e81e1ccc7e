from __future__ import annotations

import html
import re
import shutil
import socket
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from google.auth import compute_engine

from gke_clusters.errors import (
    ApiNotEnabled,
    CredentialsError,
    DockerUnusable,
    DssRefused,
    GkeClustersError,
    GoogleUnavailable,
    MetadataServerError,
    PermissionDenied,
)
from gke_clusters.google.compute import Quota
from gke_clusters.google.credentials import Authorization
from gke_clusters.google.permissions import PERMISSIONS
from gke_clusters.lifecycle import host_checks
from gke_clusters.lifecycle.dss_checks import addresses_of
from gke_clusters.lifecycle.google_access import credentials_choice
from gke_clusters.lifecycle.host_checks import check_disks
from gke_clusters.lifecycle.prerequisites import Surroundings, check_prerequisites
from gke_clusters.lifecycle.progress import Progress
from gke_clusters.settings.instance_macros import parse_check_prerequisites
from tests.python.unit.lifecycle.checklists import notes_of, title_of

ROBOT = "dss@p.iam.gserviceaccount.com"
ROOMY = (Quota("CPUS", 24, 12), Quota("SSD_TOTAL_GB", 500, 0), Quota("NETWORKS", 5, 5))
EXEC, SPARK = "dku-exec-base-abc:dss-14.2.0", "dku-spark-base-abc:dss-14.2.0"


@dataclass
class World:
    """A DSS host, a project and a DSS where all is well until a test changes it."""

    home: str
    token: GkeClustersError | None = None
    apis: dict[str, GkeClustersError] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    quotas: Any = ROOMY
    asked_quotas: list[tuple[str, str]] = field(default_factory=list)
    on_google_cloud: bool = True
    scopes_there: tuple[str, ...] = ("https://www.googleapis.com/auth/cloud-platform",)
    docker: GkeClustersError | None = None
    images: tuple[str, ...] = (EXEC, SPARK)
    kubectl: str | None = "v1.33.5"
    version: Any = "14.2.0"
    variables: dict[str, str] = field(default_factory=lambda: {"DKU_BACKEND_EXT_HOST": "dss.example"})
    addresses: dict[str, list[str]] = field(default_factory=lambda: {"dss.example": ["10.0.0.7"]})
    identity: str = ROBOT
    percents: list[int] = field(default_factory=list)
    page: str = ""
    credentials: Any = field(default_factory=compute_engine.Credentials)

    # The host

    def _tell(self, fact: Any) -> Any:
        if not self.on_google_cloud:
            raise MetadataServerError("The metadata server is silent.")
        return fact

    def project_id(self):
        return self._tell("host-project")

    def zone(self):
        return self._tell("us-east1-b")

    def instance_name(self):
        return self._tell("dss-host")

    def service_account_email(self):
        return self._tell(ROBOT)

    def scopes(self):
        return self._tell(self.scopes_there)

    # The project

    def require_token(self):
        if self.token:
            raise self.token

    def require_api(self, service, project):
        assert project in ("p", "host-project")
        if service in self.apis:
            raise self.apis[service]

    def missing_permissions(self, project, permissions):
        assert project in ("p", "host-project")
        assert tuple(permissions) == PERMISSIONS
        return self.missing

    def region_quotas(self, project, region):
        self.asked_quotas.append((project, region))
        if isinstance(self.quotas, GkeClustersError):
            raise self.quotas
        return self.quotas

    # Docker and DSS

    def check(self):
        if self.docker:
            raise self.docker
        return "28.0"

    def has_image(self, name):
        return name in self.images

    def dss_version(self):
        if isinstance(self.version, Exception):
            raise self.version
        return self.version

    def run(self, connection=None, authorize=None):
        """The steps of the page, by title: outcome and words."""
        connection = {"projectId": "p", "region": "europe-west1"} if connection is None else connection
        settings = parse_check_prerequisites({"connectionInfo": connection}, {})
        made = []

        def authorize_as_chosen(choice):
            assert choice == credentials_choice(settings.connection.credentials)
            made.append(Authorization(self.credentials))
            return made[-1]

        def with_these(authorization):
            assert authorization in made
            return self

        around = Surroundings(
            authorize=authorize or authorize_as_chosen,
            project=with_these,
            quotas=with_these,
            host=self,
            docker=self,
            kubectl=lambda: self.kubectl,
            dss_version=self.dss_version,
            environment={"DIP_HOME": self.home, "DKU_BACKEND_PORT": "11200", **self.variables},
            resolve=lambda host: self.addresses.get(host, []),
        )
        page = check_prerequisites(settings.connection, around, Progress(self.percents.append))
        self.page = page
        rows = re.findall(
            r'<td>([^<]+)</td>\n<td><span class="outcome [^"]+">([^<]+)</span></td>\n<td>(.*?)</td>', page, re.S
        )
        return {html.unescape(title): (outcome, html.unescape(words)) for title, outcome, words in rows}


@pytest.fixture
def around(tmp_path, monkeypatch):
    (tmp_path / "install.ini").write_text("[general]\ninstallid = abc\n")
    monkeypatch.setattr(shutil, "disk_usage", lambda _place: SimpleNamespace(free=50e9))
    return World(str(tmp_path))


def test_where_all_is_well_every_line_is_done(around):
    found = around.run()

    assert {title: outcome for title, (outcome, _words) in found.items()} == dict.fromkeys(found, "done")
    assert list(found) == [
        "Host: identity",
        "Host: access scopes",
        "Host: Docker",
        "Host: kubectl",
        "Host: disks",
        "Project: API artifactregistry",
        "Project: API compute",
        "Project: API container",
        "Project: API storage",
        "Project: permissions",
        "Project: quotas in europe-west1",
        "DSS: version",
        "DSS: address for pods",
        "DSS: base images",
    ]
    assert around.asked_quotas == [("p", "europe-west1")]
    assert around.percents == [1, 10, 100]


def test_the_page_says_who_asked_and_what_cannot_be_seen_from_here(around):
    assert around.run()["Host: identity"][1].strip() == f"<p>{ROBOT} has a token of Google.</p>"
    assert title_of(around.page) == "Prerequisites"
    assert notes_of(around.page) == [
        (
            "Whether pods reach DSS, the macro “Test network connectivity” of a started cluster tells: what firewalls"
            " let pass cannot be seen from here."
        )
    ]


def test_every_line_fails_by_itself(around):
    around.apis = {"container": ApiNotEnabled("container.googleapis.com is not enabled.")}
    around.docker = DockerUnusable("Docker does not answer.")
    around.version = DssRefused("DSS refused to tell its version.")
    around.quotas = PermissionDenied("It lacks compute.regions.get.")

    found = around.run()

    failed = [title for title, (outcome, _words) in found.items() if outcome == "failed"]
    assert failed == [
        "Host: Docker",
        "Project: API container",
        "Project: quotas in europe-west1",
        "DSS: version",
        "DSS: base images",
    ]
    assert "What to do: " in found["Project: API container"][1]


def test_without_a_token_nothing_is_asked_of_the_project(around):
    around.token = CredentialsError("Google refuses the key.")

    found = around.run()

    assert found["Host: identity"][0] == "failed"
    assert found["Project"] == ("skipped", "\n<p>Google gave no token to ask with.</p>\n")
    assert found["DSS: version"][0] == "done"


def test_credentials_that_cannot_be_loaded_fail_where_they_are_needed(around):
    def refuse(_choice):
        raise CredentialsError("The key cannot be read.")

    found = around.run(authorize=refuse)

    assert [title for title, (outcome, _words) in found.items() if outcome == "failed"] == [
        "Host: identity",
        "Host: access scopes",
    ]


def test_what_the_connection_leaves_open_is_that_of_the_host(around):
    assert "Project: quotas in us-east1" in around.run({})
    assert around.asked_quotas == [("host-project", "us-east1")]


def test_without_a_project_the_line_says_why(around):
    around.on_google_cloud = False
    around.credentials = SimpleNamespace(service_account_email=ROBOT)

    outcome, words = around.run({})["Project"]

    assert outcome == "failed"
    assert "The metadata server is silent." in words


def test_without_a_place_no_quota_is_looked_at(around):
    around.on_google_cloud = False

    assert around.run({"projectId": "p"})["Project: quotas"] == (
        "skipped",
        "\n<p>The connection names no zone and no region.</p>\n",
    )


def test_an_api_that_fails_just_when_the_quotas_are_read_is_said_there(around):
    around.apis = {"compute": GoogleUnavailable("Compute Engine does not answer.")}

    outcome, words = around.run()["Project: quotas in europe-west1"]

    assert outcome == "failed"
    assert "Compute Engine does not answer." in words
    assert around.asked_quotas == []


def test_an_api_that_is_not_enabled_is_not_asked_for_quotas(around):
    around.apis = {"compute": ApiNotEnabled("compute.googleapis.com is not enabled.")}

    found = around.run()

    assert found["Project: API compute"][0] == "failed"
    assert found["Project: quotas in europe-west1"] == (
        "skipped",
        "\n<p>Compute Engine cannot be asked: see its API above.</p>\n",
    )
    assert around.asked_quotas == []


def test_scopes_that_keep_google_out_are_said_with_the_command_that_mends_them(around):
    around.scopes_there = ("https://www.googleapis.com/auth/devstorage.read_write",)

    outcome, words = around.run()["Host: access scopes"]

    assert outcome == "failed"
    assert "devstorage.read_write" in words
    assert "gcloud compute instances set-service-account dss-host --zone us-east1-b --scopes cloud-platform" in words


def test_a_machine_without_scopes_is_said_too(around):
    around.scopes_there = ()

    assert "no scope at all" in around.run()["Host: access scopes"][1]


def test_a_key_is_not_limited_by_scopes_of_the_machine(around):
    around.credentials = SimpleNamespace(service_account_email=ROBOT)

    assert around.run()["Host: access scopes"][0] == "skipped"


def test_a_missing_kubectl_is_a_failure(around):
    around.kubectl = None

    outcome, words = around.run()["Host: kubectl"]

    assert outcome == "failed"
    assert "What to do: install it" in words


def test_little_room_is_a_warning(around, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _place: SimpleNamespace(free=3e9))

    outcome, words = around.run()["Host: disks"]

    assert outcome == "warning"
    assert f"3 GB are free for the data directory of DSS ({around.home})." in words


def test_disks_that_are_not_known_are_skipped(tmp_path):
    assert check_disks({}, str(tmp_path / "nowhere"))[0].value == "skipped"


def test_a_place_that_may_not_be_looked_into_is_left_out(monkeypatch):
    def refuse(_self):
        raise PermissionError("no")

    monkeypatch.setattr(host_checks.Path, "exists", refuse)

    assert check_disks({"DIP_HOME": "/data"})[0].value == "skipped"


def test_missing_permissions_are_named_with_their_reasons_and_roles(around):
    around.missing = ("container.clusters.create", "container.pods.get")

    outcome, words = around.run()["Project: permissions"]

    assert outcome == "failed"
    assert "container.clusters.create: to create the cluster with its node pools" in words
    assert "Print IAM role" in words
    assert f"gcloud projects add-iam-policy-binding p --member serviceAccount:{ROBOT} --role roles/container." in words


def test_the_right_to_act_as_the_nodes_may_be_granted_elsewhere(around):
    around.missing = ("iam.serviceAccounts.actAs",)

    assert around.run()["Project: permissions"][0] == "warning"


@pytest.mark.parametrize("quota", [Quota("CPUS", 24, 13), Quota("SSD_TOTAL_GB", 0, 0), Quota("INSTANCES", 2, 0)])
def test_a_quota_without_room_for_three_nodes_is_a_warning(around, quota):
    around.quotas = (quota,)

    outcome, words = around.run()["Project: quotas in europe-west1"]

    assert outcome == "warning"
    assert f"That leaves too little of {quota.metric} for a first cluster" in words


def test_a_region_without_quotas_leaves_nothing_to_say(around):
    around.quotas = ()

    assert "europe-west1 tells no quota." in around.run()["Project: quotas in europe-west1"][1]


@pytest.mark.parametrize(("version", "outcome"), [("13.5.1", "warning"), ("15.0.0", "done"), ("dev", "done")])
def test_a_version_older_than_those_tested_is_a_warning(around, version, outcome):
    around.version = version

    assert around.run()["DSS: version"][0] == outcome


@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.1.1", "::1"])
def test_an_address_that_is_the_pod_itself_is_a_warning(around, address):
    around.addresses = {"dss.example": ["10.0.0.7", address]}

    outcome, words = around.run()["DSS: address for pods"]

    assert outcome == "warning"
    assert f"{address} is the pod itself" in words
    assert "export DKU_BACKEND_EXT_HOST=HOST" in words


def test_an_address_within_a_link_is_read(around):
    around.addresses = {"dss.example": ["fe80::1%eth0"]}

    assert around.run()["DSS: address for pods"][0] == "done"


def test_without_an_address_pods_are_given_the_name_of_the_machine(around, monkeypatch):
    monkeypatch.setattr(socket, "gethostname", lambda: "vm-1")
    around.variables = {}

    outcome, words = around.run()["DSS: address for pods"]

    assert outcome == "warning"
    assert "Pods reach DSS at vm-1:11200 (the name of the machine, since DKU_BACKEND_EXT_HOST is not set)." in words
    assert "vm-1 has no address here" in words


def test_base_images_that_are_not_built_are_named_with_the_command(around):
    around.images = (EXEC,)

    outcome, words = around.run()["DSS: base images"]

    assert outcome == "warning"
    assert f"{EXEC} is there." in words
    assert f"{SPARK} is not built." in words
    assert "./bin/dssadmin build-base-image --type spark</p>" in words


def test_finds_the_addresses_of_a_host_each_once(monkeypatch):
    found = [(0, 0, 0, "", ("10.0.0.7", 0)), (0, 1, 0, "", ("10.0.0.7", 0)), (0, 0, 0, "", ("fe80::1", 0, 0, 0))]
    asked = []
    monkeypatch.setattr(socket, "getaddrinfo", lambda *where: asked.append(where) or found)

    assert addresses_of("dss.example") == ["10.0.0.7", "fe80::1"]
    assert asked == [("dss.example", None)]


def test_a_host_that_nobody_knows_has_no_address(monkeypatch):
    def fail(_host, _port):
        raise socket.gaierror("unknown")

    monkeypatch.setattr(socket, "getaddrinfo", fail)

    assert addresses_of("nowhere.example") == []


@pytest.mark.parametrize("host", ["dss..internal", "x" * 64 + ".internal"])
def test_what_is_no_name_of_a_host_has_no_address(host):
    assert addresses_of(host) == []


def test_a_line_that_nobody_foresaw_fails_by_itself(around):
    around.version = RuntimeError("What is this?")

    found = around.run()

    assert found["DSS: version"][0] == "failed"
    assert "RuntimeError: What is this?" in found["DSS: version"][1]
    assert found["DSS: address for pods"][0] == "done"


def test_a_project_that_cannot_be_looked_at_leaves_the_other_lines(around):
    around.zone = None

    found = around.run({"projectId": "p"})

    assert found["Project"][0] == "failed"
    assert "TypeError" in found["Project"][1]
    assert found["DSS: version"][0] == "done"
