from __future__ import annotations

import html
from types import SimpleNamespace

import pytest
from google.auth import compute_engine

from gke_clusters.errors import CredentialsError, MetadataServerError
from gke_clusters.google.credentials import Authorization
from gke_clusters.google.permissions import PERMISSIONS
from gke_clusters.lifecycle.iam_role import print_iam_role
from gke_clusters.settings.instance_macros import parse_print_iam_role
from tests.python.unit.lifecycle.node_pools import plain

ROBOT = "robot@p.iam.gserviceaccount.com"
HOST = "dss@host-project.iam.gserviceaccount.com"
ROLE = "projects/p/roles/gkeClustersDss"
NOTES = (
    "iam.serviceAccounts.actAs may be taken out of the file and be granted on the service account of the nodes alone"
    " (roles/iam.serviceAccountUser). Changes of roles take up to some minutes to work everywhere. Then the macro"
    " “Check prerequisites” tells whether a permission is still missing."
)


class Host:
    silent = False

    def project_id(self):
        return self._tell("host-project")

    def service_account_email(self):
        return self._tell(HOST)

    def _tell(self, fact):
        if self.silent:
            raise MetadataServerError("The metadata server is silent.")
        return fact


class SilentHost(Host):
    silent = True


def named(email):
    return Authorization(SimpleNamespace(service_account_email=email))


def settings(connection=None, plugin_config=None):
    connection = {"projectId": "p"} if connection is None else connection
    return parse_print_iam_role({"connectionInfo": connection}, {"connectionInfo": plugin_config or {}})


def shown(settings, authorize=lambda _choice: named(ROBOT), host=None):
    return html.unescape(print_iam_role(settings, authorize, host or Host()))


def test_the_commands_name_the_project_and_the_identity():
    page = shown(settings(), host=SilentHost())

    assert "gcloud iam roles create gkeClustersDss --project p --file gke-clusters-dss.yaml\n" in page + "\n"
    assert "gcloud iam roles update gkeClustersDss --project p --file gke-clusters-dss.yaml" in page
    assert f"gcloud projects add-iam-policy-binding p --member serviceAccount:{ROBOT} --role {ROLE}" in page
    assert "Replace" not in page


def test_what_the_connection_leaves_open_is_that_of_the_dss_host():
    page = shown(settings({}), lambda _choice: Authorization(compute_engine.Credentials()))

    assert f"add-iam-policy-binding host-project --member serviceAccount:{HOST} --role" in page


def test_without_a_metadata_server_the_page_says_what_to_fill_in():
    page = shown(settings({}), lambda _choice: Authorization(compute_engine.Credentials()), SilentHost())

    assert "add-iam-policy-binding PROJECT --member MEMBER --role projects/PROJECT/roles/gkeClustersDss" in page
    assert "Replace PROJECT by the id of the project and MEMBER by whoever acts there." in page
    assert page.count("The metadata server is silent.") == 1


def test_a_login_whose_name_only_google_knows_is_left_to_fill_in():
    page = shown(settings(), lambda _choice: Authorization(SimpleNamespace()))

    assert "--member MEMBER" in page
    assert "Replace PROJECT" in page


def test_whoever_impersonates_is_granted_that_on_the_account_alone():
    plugin_config = {"impersonatedServiceAccount": ROBOT}

    page = shown(settings(plugin_config=plugin_config), lambda choice: named(choice.impersonate or HOST))

    assert f"add-iam-policy-binding p --member serviceAccount:{ROBOT} --role {ROLE}" in page
    assert (
        f"gcloud iam service-accounts add-iam-policy-binding {ROBOT} --member serviceAccount:{HOST}"
        " --role roles/iam.serviceAccountTokenCreator" in page
    )


def test_a_login_that_impersonates_is_left_to_fill_in():
    page = shown(
        settings(plugin_config={"impersonatedServiceAccount": ROBOT}),
        lambda choice: named(ROBOT) if choice.impersonate else Authorization(SimpleNamespace()),
    )

    assert f"add-iam-policy-binding {ROBOT} --member MEMBER" in page
    assert "Replace PROJECT by the id of the project and MEMBER by whoever acts there." in page


def test_a_key_that_cannot_be_read_is_explained_once_and_the_role_is_shown():
    def refuse(_choice):
        raise CredentialsError("The key cannot be read.")

    page = shown(settings(plugin_config={"impersonatedServiceAccount": ROBOT}), refuse)

    assert page.count("The key cannot be read.") == 1
    assert "includedPermissions:" in page


@pytest.mark.parametrize("project", ["example.com:p", "p"])
def test_the_file_repeats_the_commands_in_its_comments(project):
    page = shown(settings({"projectId": project}))

    assert f"#   gcloud iam roles create gkeClustersDss --project {project} --file gke-clusters-dss.yaml\n" in page


def test_each_command_says_what_it_is_for():
    plugin_config = {"impersonatedServiceAccount": ROBOT}
    page = plain(
        print_iam_role(settings(plugin_config=plugin_config), lambda choice: named(choice.impersonate or HOST), Host())
    )

    assert page.startswith(f"IAM role The custom role below has the {len(PERMISSIONS)} permissions that")
    assert "The role as a file Download gke-clusters-dss.yaml , or copy it" in page
    assert commands_of(page) == (
        "Create the role, where the file is:"
        " gcloud iam roles create gkeClustersDss --project p --file gke-clusters-dss.yaml"
        " Or, where an earlier version of the plugin had it created, give it the permissions of this one:"
        " gcloud iam roles update gkeClustersDss --project p --file gke-clusters-dss.yaml"
        f" Grant it to {ROBOT}:"
        f" gcloud projects add-iam-policy-binding p --member serviceAccount:{ROBOT} --role {ROLE}"
        f" Let {HOST} act as {ROBOT}:"
        f" gcloud iam service-accounts add-iam-policy-binding {ROBOT} --member serviceAccount:{HOST}"
        " --role roles/iam.serviceAccountTokenCreator"
        f" {NOTES}"
    )
    assert f"# gcloud projects add-iam-policy-binding p --member serviceAccount:{ROBOT} \\ # --role {ROLE}" in page


def test_what_is_to_be_filled_in_is_said_before_the_other_notes():
    def refuse(_choice):
        raise CredentialsError("The key cannot be read.")

    page = plain(print_iam_role(settings(plugin_config={"impersonatedServiceAccount": ROBOT}), refuse, Host()))

    commands = commands_of(page)
    assert "Grant it to the identity of the connection: gcloud projects add-iam-policy-binding p --member" in commands
    assert f"Let the identity that impersonates it act as {ROBOT}: gcloud iam service-accounts" in commands
    assert "--member MEMBER --role roles/iam.serviceAccountTokenCreator Replace PROJECT by" in commands
    assert commands.endswith(f"and MEMBER by whoever acts there. {NOTES}")


def test_whoever_impersonates_is_the_dss_host_where_no_key_is_given():
    page = shown(
        settings(plugin_config={"impersonatedServiceAccount": ROBOT}),
        lambda choice: named(ROBOT) if choice.impersonate else Authorization(compute_engine.Credentials()),
    )

    assert f"Let {HOST} act as {ROBOT}:" in page


def test_each_reason_why_something_is_left_open_is_given():
    def refuse(_choice):
        raise CredentialsError("The key cannot be read.")

    page = shown(settings({}), refuse, SilentHost())

    assert page.count("The key cannot be read.") == 1
    assert page.count("The metadata server is silent.") == 1


def commands_of(page):
    """The part of the page from the commands to the file."""
    return page.partition(" The commands ")[2].partition(" gke-clusters-dss.yaml # What the identity")[0]
