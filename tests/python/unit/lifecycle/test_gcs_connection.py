from __future__ import annotations

import copy
import logging
import re

import pytest

from gke_clusters.errors import DssRefused, PermissionDenied, SettingsError
from gke_clusters.google.credentials import CredentialsChoice
from gke_clusters.google.storage import Bucket
from gke_clusters.lifecycle.bucket_access import BucketAccess
from gke_clusters.lifecycle.gcs_connection import create_gcs_connection, gcs_connection_steps
from gke_clusters.lifecycle.progress import Progress
from gke_clusters.reports.checklist import Outcome
from gke_clusters.settings.gcs_connection import parse_gcs_connection
from gke_clusters.settings.register import REMEDY
from tests.python.unit.lifecycle.checklists import notes_of, steps_of, title_of

REDACTED = "e:REDACTED"
KEY, OTHER_KEY = "/etc/dss/gcs.json", "/etc/dss/other.json"
STARTED = {
    "schema_version": 2,
    "project": "p",
    "cluster": {"id": "1", "name": "c", "location": "europe-west1-b"},
}


class Connection:
    """A connection as DSS keeps it: without unknown fields it was not told of, its key never shown."""

    name = "connection gcs"

    def __init__(self):
        self.document = None
        self.secret = None
        self.calls = []
        self.knows_key = True
        self.drops = ()
        self.failures = {}

    def there(self, secret=None, **fields):
        self.document = {"name": "gcs", "type": "GCS", "description": "ours", "params": {"more": 1}, **fields}
        self.secret = secret

    def _call(self, name):
        self.calls.append(name)
        if name in self.failures:
            raise self.failures[name]

    def _shown(self):
        shown = copy.deepcopy(self.document)
        if self.secret:
            shown["params"]["appSecretContent"] = REDACTED
        return shown

    def find(self):
        return None if self.document is None else self._shown()

    def read(self):
        return self._shown()

    def write(self, document):
        self._call("write")
        self._keep(document)

    def _keep(self, document):
        kept = {key: value for key, value in copy.deepcopy(document).items() if key not in self.drops}
        given = kept["params"].pop("appSecretContent", None)
        self.secret = self.secret if given == REDACTED else given
        self.document = kept

    def create(self, document):
        self._call("create")
        taken = {key: document[key] for key in ("name", "type", "params", "usableBy")}
        self._keep(taken)

    def delete(self):
        self._call("delete")
        self.document = None

    def key(self):
        return self.secret if self.knows_key else None

    def test(self):
        self._call("test")


class Storage:
    identity = "host@p.iam.gserviceaccount.com"

    def __init__(self):
        self.bucket = Bucket("my-data", "EUROPE-WEST1", "region")
        self.denied = None
        self.tried = []

    def find_bucket(self, name):
        return self.bucket if name == "my-data" else None

    def require_access(self, bucket):
        assert bucket == "my-data"
        if self.denied:
            raise self.denied

    def try_out(self, bucket, folder):
        self.tried.append((bucket, folder))


class World:
    def __init__(self):
        self.stored = Connection()
        self.storage = Storage()
        self.choices = []
        self.clusters = {"started": {"data": STARTED}, "stopped": {"data": None}}

    def connection(self, name):
        assert name == "gcs"
        return self.stored

    def read_cluster_settings(self, cluster_id):
        if cluster_id not in self.clusters:
            raise DssRefused("DSS refused to read the cluster.", verbatim=f"not found: {cluster_id}")
        return self.clusters[cluster_id]

    def connect(self, choice):
        self.choices.append(choice)
        return self.storage

    def run(self, **fields):
        settings = parse_gcs_connection({"connectionName": "gcs", "bucket": "my-data", "path": "/dss", **fields}, {})
        return create_gcs_connection(settings, BucketAccess(self.storage, self.connect), self, Progress())

    def kept(self, **fields):
        settings = parse_gcs_connection({"connectionName": "gcs", "bucket": "my-data", **fields}, {})
        access = BucketAccess(self.storage, self.connect)
        return gcs_connection_steps(settings, access, self, Progress(), keep_what_is_there=True)


@pytest.fixture
def world():
    return World()


def outcomes(page):
    return re.findall(r'class="outcome [^"]+">([^<]+)<', page)


def test_makes_the_connection_and_has_dss_test_it(world):
    page = world.run()

    assert outcomes(page) == ["done", "done", "changed"]
    assert world.stored.calls == ["create", "write", "test"]
    assert world.stored.document["params"]["chroot"] == "/dss"
    assert world.stored.document["detailsReadability"] == {"readableBy": "ALL"}
    assert world.storage.tried == [("my-data", "dss")]
    assert world.choices == [CredentialsChoice()]
    assert "service account of the nodes" in page.replace("\n", " ")
    assert "Metastore catalogs" in page


def test_the_second_time_all_is_done_and_nothing_is_written(world):
    world.run()
    before, world.stored.calls = copy.deepcopy(world.stored.document), []

    page = world.run()

    assert outcomes(page) == ["done"] * 3
    assert world.stored.calls == ["test"]
    assert world.stored.document == before
    assert "Next" not in page


def test_with_a_key_the_second_time_all_is_done_too(world):
    key = {"authentication": "KEYPAIR", "bucketKey": KEY}
    first = world.run(**key, synchronizeMetastore=False)
    world.stored.calls = []

    page = world.run(**key, synchronizeMetastore=False)

    assert outcomes(first) == ["done", "done", "changed"]
    assert "Next" not in first
    assert outcomes(page) == ["done"] * 3
    assert world.stored.calls == ["test"]
    assert world.stored.secret == KEY
    assert world.choices[-1] == CredentialsChoice("service-account-key", KEY)


def test_an_existing_connection_keeps_what_is_not_asked_for(world):
    world.stored.there()

    page = world.run()

    assert outcomes(page) == ["done", "done", "changed"]
    assert world.stored.document["description"] == "ours"
    assert world.stored.document["params"]["more"] == 1


@pytest.mark.parametrize("exists", [True, False])
def test_a_preview_writes_nothing_neither_in_dss_nor_in_the_bucket(world, exists):
    if exists:
        world.stored.there()
    before = copy.deepcopy(world.stored.document)

    page = world.run(preview=True)

    assert outcomes(page) == ["done", "done", "would change"]
    assert world.stored.document == before
    assert (world.stored.calls, world.storage.tried) == ([], [])


def test_a_preview_of_what_is_so_already(world):
    world.run()

    assert outcomes(world.run(preview=True)) == ["done"] * 3


def test_no_key_is_shown(world):
    world.stored.there("/etc/dss/old.json")

    shown = world.run(preview=True, authentication="KEYPAIR", bucketKey=KEY)
    shown += world.run(authentication="KEYPAIR", bucketKey=KEY)

    assert shown.count("params.appSecretContent: the key that was given") == 2
    assert KEY not in shown
    assert "old.json" not in shown
    assert world.stored.secret == KEY


def test_the_key_that_is_there_stays_where_none_is_given(world):
    world.stored.there(KEY)

    page = world.run(authentication="KEYPAIR")

    assert outcomes(page) == ["done", "done", "changed"]
    assert world.stored.secret == KEY
    assert world.choices == [CredentialsChoice("service-account-key", KEY)]


def test_rights_that_cannot_be_asked_for_without_the_key_are_left_to_dss(world):
    world.stored.there(KEY)
    world.stored.knows_key = False

    page = world.run(authentication="KEYPAIR")

    assert outcomes(page) == ["done", "skipped", "changed"]
    assert world.choices == []


def refused(world, **fields):
    with pytest.raises(SettingsError) as error:
        world.run(**fields)
    assert world.stored.calls == []
    [problem] = error.value.problems
    return problem.label, problem.message


def test_a_connection_of_another_type_is_left_alone(world):
    world.stored.there(type="S3")

    assert refused(world) == ("Name of the connection", "gcs exists and is of type S3")


@pytest.mark.parametrize("exists", [True, False])
def test_a_key_is_needed_where_there_is_none(world, exists):
    if exists:
        world.stored.there()

    assert refused(world, authentication="KEYPAIR") == ("Key", "is required: gcs has none yet")


def test_a_bucket_that_is_not_there_is_refused(world):
    assert refused(world, bucket="other") == ("Bucket", "there is no bucket of the name other")


def test_a_cluster_that_is_not_there_is_refused(world):
    assert refused(world, clusterId="gone") == ("Cluster", "gone cannot be read: not found: gone")


def test_a_bucket_in_another_region_is_refused(world):
    world.storage.bucket = Bucket("my-data", "US-EAST1", "region")

    label, message = refused(world, clusterId="started")

    assert label == "Bucket"
    assert "is in US-EAST1 (region), the cluster in europe-west1" in message
    assert "tick Allow another region" in message


def test_a_bucket_in_another_region_may_be_allowed(world):
    world.storage.bucket = Bucket("my-data", "US-EAST1", "region")

    page = world.run(clusterId="started", allowOtherRegion=True)

    assert outcomes(page) == ["done", "done", "changed"]
    assert "This was allowed." in page


def test_a_bucket_where_the_cluster_is_is_said_to_be_there(world):
    assert "where the cluster is: europe-west1" in world.run(clusterId="started")


def test_a_cluster_that_is_not_started_compares_with_nothing(world):
    assert "stopped is not started" in world.run(clusterId="stopped")


def test_without_rights_nothing_is_written(world):
    world.storage.denied = PermissionDenied("host lacks storage.objects.create on the bucket.")

    page = world.run()

    assert outcomes(page) == ["done", "failed", "skipped"]
    assert "storage.objects.create" in page
    assert world.stored.calls == []


def unusable():
    return DssRefused("DSS cannot use the connection.", verbatim="no such bucket")


def test_a_new_connection_that_dss_cannot_use_is_removed_again(world):
    world.stored.failures["test"] = unusable()

    page = world.run()

    assert outcomes(page) == ["done", "done", "failed"]
    assert "was removed again" in page
    assert "no such bucket" in page
    assert world.stored.document is None


def test_a_new_connection_of_which_dss_drops_a_part_is_removed_again(world):
    world.stored.drops = ("detailsReadability",)

    page = world.run()

    assert outcomes(page)[-1] == "failed"
    assert "detailsReadability" in page
    assert world.stored.document is None


def test_a_connection_that_cannot_be_removed_again_is_said_to_be_there(world):
    world.stored.failures = {"test": unusable(), "delete": DssRefused("DSS refused to delete the connection.")}

    page = world.run()

    assert "could not be undone: DSS refused to delete the connection." in page


def test_a_connection_that_cannot_be_created_is_not_removed(world):
    world.stored.failures["create"] = DssRefused("DSS refused to create the connection.")

    page = world.run()

    assert outcomes(page)[-1] == "failed"
    assert world.stored.calls == ["create"]


def test_a_connection_that_worked_before_is_put_back(world):
    world.stored.there(KEY, usableBy="ALLOWED")
    before = copy.deepcopy(world.stored.document)
    world.stored.failures["test"] = unusable()

    page = world.run(authentication="KEYPAIR", bucketKey=OTHER_KEY)

    assert outcomes(page)[-1] == "failed"
    assert "The connection is as it was before." in page
    assert world.stored.document == before
    assert world.stored.secret == KEY


def test_a_connection_without_a_key_is_put_back_too(world):
    world.stored.there(usableBy="ALLOWED")
    before = copy.deepcopy(world.stored.document)
    world.stored.failures["test"] = unusable()

    page = world.run()

    assert "The connection is as it was before." in page
    assert world.stored.document == before


def test_what_somebody_else_saves_while_dss_tests_the_connection_is_not_undone(world, monkeypatch):
    world.stored.there(usableBy="ALLOWED", allowManagedDatasets=False)

    def test():
        world.stored.document["usableBy"] = "NOBODY"
        raise unusable()

    monkeypatch.setattr(world.stored, "test", test)

    page = world.run(usableBy="ALL", managedDatasets=True)

    assert "Somebody else has changed usableBy meanwhile, which is left so; the rest is as it was before." in page
    assert world.stored.document["usableBy"] == "NOBODY"
    assert world.stored.document["allowManagedDatasets"] is False


def test_a_key_that_dss_does_not_give_back_cannot_be_put_back(world):
    world.stored.there(KEY)
    world.stored.knows_key = False
    world.stored.failures["test"] = unusable()

    page = world.run(authentication="KEYPAIR", bucketKey=OTHER_KEY)

    assert "except perhaps for its key" in page


def test_a_key_that_alone_was_changed_is_put_back(world):
    world.run(authentication="KEYPAIR", bucketKey=KEY)
    world.stored.failures["test"] = unusable()

    page = world.run(authentication="KEYPAIR", bucketKey=OTHER_KEY)

    assert "The connection is as it was before." in page
    assert world.stored.secret == KEY


def test_what_dss_refuses_to_save_is_not_put_back(world):
    world.stored.there(KEY)
    world.stored.failures["write"] = DssRefused("DSS refused to save the connection.", verbatim="locked")

    page = world.run(authentication="KEYPAIR", bucketKey=OTHER_KEY)

    assert outcomes(page)[-1] == "failed"
    assert "locked" in page
    assert world.stored.calls == ["write"]


def test_a_key_that_was_not_there_before_does_not_stay(world):
    world.stored.there()
    world.stored.failures["test"] = unusable()

    page = world.run(authentication="KEYPAIR", bucketKey=KEY)

    assert "The connection is as it was before." in page
    assert world.stored.secret is None


def test_a_connection_that_is_so_already_and_does_not_work_is_not_touched(world):
    world.run()
    world.stored.calls, world.stored.failures["test"] = [], unusable()

    page = world.run()

    assert outcomes(page)[-1] == "failed"
    assert world.stored.calls == ["test"]
    assert "as it was before" not in page


def test_steps_are_told_to_the_progress_bar(world):
    percents = []
    settings = parse_gcs_connection({"connectionName": "gcs", "bucket": "my-data"}, {})

    create_gcs_connection(settings, BucketAccess(world.storage, world.connect), world, Progress(percents.append))

    assert percents == sorted(percents)
    assert percents[-1] == 100


RIGHTS = "host@p.iam.gserviceaccount.com may list, read, write and delete objects."


def test_the_page_tells_what_was_found_tried_and_made(world):
    page = world.run(clusterId="started")

    assert title_of(page) == "GCS connection gcs"
    bucket, rights, (title, outcome, details) = steps_of(page)
    assert bucket == ("Bucket my-data", "done", ["It is in EUROPE-WEST1 (region), where the cluster is: europe-west1."])
    assert rights == (
        "Rights on the bucket",
        "done",
        [RIGHTS, "An object was written, read and deleted to try it."],
    )
    assert (title, outcome, details[0], details[-1]) == (
        "Connection gcs",
        "changed",
        "It is new.",
        "DSS tested it: it works.",
    )
    assert 'params.chbucket: nothing → "my-data"' in details
    assert not any(detail.startswith("name:") for detail in details)
    assert world.stored.document["name"] == "gcs"


def test_the_second_page_says_that_it_is_so_already(world):
    world.run()

    assert steps_of(world.run())[-1] == ("Connection gcs", "done", ["It is so already.", "DSS tested it: it works."])


def test_a_preview_says_of_the_connection_what_would_become_of_it(world):
    _bucket, rights, new = steps_of(world.run(preview=True))
    world.run()
    [_title, _outcome, again] = steps_of(world.run(preview=True))[-1]

    assert rights[2] == [RIGHTS, "No object was written to try it."]
    assert new[2][0] == "It would be created."
    assert 'params.chbucket: nothing → "my-data"' in new[2]
    assert again == ["It is so already."]


@pytest.mark.parametrize(("cluster", "why"), [("", "no cluster was chosen"), ("stopped", "stopped is not started")])
def test_says_why_the_region_of_the_bucket_was_compared_with_nothing(world, cluster, why):
    [_title, _outcome, [line]] = steps_of(world.run(clusterId=cluster))[0]

    assert line == f"It is in EUROPE-WEST1 (region). That was not compared with a cluster: {why}."


@pytest.mark.parametrize("allowed", [True, False])
def test_says_whether_managed_datasets_and_folders_may_go_there(world, allowed):
    world.run(managedDatasets=allowed, managedFolders=not allowed)

    assert world.stored.document.get("allowManagedDatasets", False) is allowed
    assert world.stored.document.get("allowManagedFolders", False) is not allowed


def test_the_nodes_and_the_metastore_are_told_of_where_it_matters(world):
    nodes, metastore = notes_of(world.run())

    assert "roles/storage.objectAdmin on gs://my-data" in nodes
    assert "Metastore catalogs" in metastore


def test_a_refusal_says_what_to_do(world):
    with pytest.raises(SettingsError) as refused:
        world.run(bucket="other")

    assert refused.value.remedy == REMEDY


def test_a_key_of_which_dss_shows_a_sign_only_is_put_back_as_that_sign(world):
    world.stored.there(KEY, usableBy="ALLOWED")
    world.stored.knows_key = False
    world.stored.failures["test"] = unusable()
    written = []
    world.stored.write = lambda document: written.append(document) or Connection.write(world.stored, document)

    world.run(authentication="KEYPAIR", bucketKey=OTHER_KEY)

    assert written[-1]["params"]["appSecretContent"] == REDACTED


def test_what_could_not_be_undone_stands_in_the_log(world, caplog):
    world.stored.failures = {"test": unusable(), "delete": DssRefused("DSS refused to delete the connection.")}

    world.run()

    said = [record.getMessage() for record in caplog.records]
    assert any(
        each.startswith("The change could not be undone: DSS refused to delete the connection.") for each in said
    )


@pytest.mark.parametrize(
    ("broken", "last"), [(True, "The connection is not as it should be"), (False, "Connection finished")]
)
def test_tells_the_log_and_the_progress_bar_how_far_it_is(world, caplog, broken, last):
    caplog.set_level(logging.INFO)
    if broken:
        world.stored.failures["test"] = unusable()
    percents = []
    settings = parse_gcs_connection({"connectionName": "gcs", "bucket": "my-data"}, {})

    create_gcs_connection(settings, BucketAccess(world.storage, world.connect), world, Progress(percents.append))

    said = [record.getMessage() for record in caplog.records if record.levelno == logging.INFO]
    assert said == ["Looking at gs://my-data", "Asking for the rights on the bucket", "Connection gcs", last]
    assert percents == [5, 30, 60, 100]


def test_groups_and_project_go_into_the_connection(world):
    world.run(usableBy="ALLOWED", groups=["analysts"], connectionInfo={"projectId": "my-project"})

    assert world.stored.document["usableBy"] == "ALLOWED"
    assert world.stored.document["allowedGroups"] == ["analysts"]
    assert "my-project" in world.stored.document["params"].values()


def test_no_key_is_asked_for_where_there_is_none_and_none_is_used(world):
    world.stored.there()

    def fail():
        raise AssertionError("the key was read")

    world.stored.key = fail

    assert outcomes(world.run())[-1] == "changed"


def test_the_key_of_a_connection_that_is_not_there_is_not_read(world):
    def fail():
        raise AssertionError("there is none")

    world.stored.key = fail

    assert outcomes(world.run(authentication="KEYPAIR", bucketKey=KEY, preview=True))[-1] == "would change"


def test_a_key_that_went_in_with_a_change_that_did_not_stay_is_put_back(world):
    world.stored.there(KEY, usableBy="ALLOWED")
    world.stored.drops = ("detailsReadability",)

    page = world.run(authentication="KEYPAIR", bucketKey=OTHER_KEY)

    assert outcomes(page)[-1] == "failed"
    assert world.stored.secret == KEY
    assert "The connection is as it was before." in page


class TestKept:
    @pytest.mark.parametrize("preview", [False, True])
    @pytest.mark.parametrize("mode", ["KEYPAIR", "ENVIRONMENT", None])
    def test_a_connection_that_reaches_the_bucket_stays_as_it_is(self, world, mode, preview):
        params = {"chbucket": "my-data", "chroot": "/in", **({"credentialsMode": mode} if mode else {})}
        restricted = {"usableBy": "ALLOWED", "allowedGroups": ["finance"], "allowWrite": False, "params": params}
        world.stored.there(secret=KEY if mode == "KEYPAIR" else None, **restricted)
        before = copy.deepcopy(world.stored.document)

        steps = world.kept(preview=preview)

        assert [step.outcome for step in steps] == [Outcome.DONE] * 3
        assert world.stored.document == before
        assert world.stored.calls == ([] if preview else ["test"])
        assert world.choices == [
            CredentialsChoice("service-account-key", KEY) if mode == "KEYPAIR" else CredentialsChoice()
        ]

    def test_one_that_dss_cannot_use_is_said_so(self, world):
        world.stored.there(params={"chbucket": "my-data"})
        world.stored.failures["test"] = DssRefused("DSS cannot use the connection.")

        assert world.kept()[-1].failure is world.stored.failures["test"]

    @pytest.mark.parametrize(
        ("params", "where"),
        [({"chbucket": "finance-data"}, "gs://finance-data"), ({}, "no bucket in particular"), (None, "no bucket")],
    )
    def test_one_that_reaches_another_bucket_is_refused(self, world, params, where):
        world.stored.there(params=params)

        with pytest.raises(SettingsError) as refused:
            world.kept()

        assert f"gcs exists and reaches {where}" in str(refused.value)
        assert world.stored.calls == []

    def test_one_of_another_type_is_refused_by_its_type(self, world):
        world.stored.there(type="S3", params={})

        with pytest.raises(SettingsError, match="exists and is of type S3"):
            world.kept()

    def test_a_new_one_is_created(self, world):
        assert world.kept()[-1].outcome is Outcome.CHANGED
        assert world.stored.document["params"]["chbucket"] == "my-data"


def test_a_key_that_is_not_used_any_more_is_removed_and_said_to_be(world):
    world.stored.there(secret=KEY)

    page = world.run(authentication="ENVIRONMENT")

    assert world.stored.secret is None
    assert "params.appSecretContent: removed" in page
    assert KEY not in page


def test_a_key_that_was_removed_is_put_back_where_dss_cannot_use_the_connection_without(world):
    world.stored.there(secret=KEY)
    world.stored.failures["test"] = DssRefused("DSS cannot use the connection.")

    world.run(authentication="ENVIRONMENT")

    assert world.stored.secret == KEY
