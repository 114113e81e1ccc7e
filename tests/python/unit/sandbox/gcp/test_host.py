import sys

from gke_clusters.google.permissions import PERMISSIONS
from sandbox.gcp.host import Host, documented_permissions
from sandbox.gcp.projects import Project


def test_permissions_are_those_that_the_plugin_documents():
    assert documented_permissions() == PERMISSIONS


def test_reading_them_leaves_no_module_behind():
    before = set(sys.modules)
    documented_permissions()
    assert set(sys.modules) == before


def test_service_account_is_of_the_hosts_project():
    host = Host(Project("a-project", "1"))
    assert host.service_account == "dss-host@a-project.iam.gserviceaccount.com"
    assert (host.zone, host.region) == ("us-central1-a", "us-central1")
