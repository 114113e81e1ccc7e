from __future__ import annotations

import copy
import logging
import re

import pytest

from gke_clusters.errors import DssRefused, SettingsError
from gke_clusters.lifecycle.progress import Progress
from gke_clusters.lifecycle.projects import use_cluster_in_projects
from gke_clusters.settings.register import REMEDY
from gke_clusters.settings.use_in_projects import parse_use_in_projects
from tests.python.unit.lifecycle.checklists import steps_of, title_of


class Stored:
    def __init__(self, name, document):
        self.name = name
        self.document = document
        self.refuses = False

    def read(self):
        if self.document is None:
            raise DssRefused("DSS refused to read it.", verbatim=f"not found: {self.name}")
        return copy.deepcopy(self.document)

    def write(self, document):
        if self.refuses:
            raise DssRefused("DSS refused to save it.", verbatim="locked")
        self.document = copy.deepcopy(document)


class Instance:
    def __init__(self):
        self.general_settings = Stored(
            "general settings", {"containerSettings": {"executionConfigs": [{"name": "gke"}]}}
        )
        self.projects = {key: Stored(key, {"settings": {}}) for key in ("A", "B")}

    def read_cluster_settings(self, cluster_id):
        if cluster_id != "my-cluster":
            raise DssRefused("DSS refused to read the cluster.", verbatim=f"not found: {cluster_id}")
        return {}

    def project_settings(self, key):
        return self.projects.setdefault(key, Stored(key, None))


@pytest.fixture
def instance():
    return Instance()


def use(instance, *projects, progress=None, **fields):
    config = {"clusterId": "my-cluster", "projects": list(projects), **fields}
    return use_cluster_in_projects(parse_use_in_projects(config), instance, progress or Progress())


def outcomes(page):
    return re.findall(r'class="outcome [^"]+">([^<]+)<', page)


def test_every_project_uses_the_cluster_and_the_configuration(instance):
    page = use(instance, "A", "B", containerConfiguration="gke")

    assert outcomes(page) == ["changed", "changed"]
    for project in instance.projects.values():
        assert project.document["settings"]["k8sCluster"]["clusterId"] == "my-cluster"
        assert project.document["settings"]["container"]["containerConf"] == "gke"


def test_the_second_time_nothing_changes(instance):
    use(instance, "A")

    assert outcomes(use(instance, "A")) == ["done"]


def test_projects_inherit_again(instance):
    use(instance, "A", containerConfiguration="gke")

    page = use(instance, "A", choice="INHERIT", clusterId="")

    assert outcomes(page) == ["changed"]
    assert instance.projects["A"].document["settings"]["k8sCluster"]["clusterMode"] == "INHERIT"
    assert instance.projects["A"].document["settings"]["container"]["containerMode"] == "INHERIT"


def test_a_preview_changes_nothing(instance):
    assert outcomes(use(instance, "A", preview=True)) == ["would change"]
    assert instance.projects["A"].document == {"settings": {}}


def test_a_project_that_is_not_there_is_named_though_the_next_one_is(instance):
    with pytest.raises(SettingsError, match="Projects: GONE cannot be read"):
        use(instance, "GONE", "A")


def test_what_is_not_there_is_named_before_anything_is_changed(instance):
    with pytest.raises(SettingsError) as refused:
        use(instance, "A", "GONE", clusterId="no-such", containerConfiguration="other")

    assert list(map(str, refused.value.problems)) == [
        "Projects: GONE cannot be read: not found: GONE",
        "Cluster: no-such cannot be read: not found: no-such",
        "Containerized execution configuration: other is not in the settings of DSS; there are: gke",
    ]
    assert instance.projects["A"].document == {"settings": {}}


def test_one_project_that_cannot_be_saved_does_not_keep_the_others_from_it(instance):
    instance.projects["A"].refuses = True

    page = use(instance, "A", "B")

    assert outcomes(page) == ["failed", "changed"]
    assert "locked" in page


def test_the_page_tells_of_each_project_what_was_changed(instance):
    added = 'settings.k8sCluster: added with clusterMode "EXPLICIT_CLUSTER", clusterId "my-cluster"'
    page = use(instance, "A", "B", preview=True)

    assert title_of(page) == "Cluster of projects"
    assert steps_of(page) == [
        ("Project A", "would change", [added]),
        ("Project B", "would change", [added]),
    ]


def test_the_page_says_which_project_is_so_already(instance):
    use(instance, "A")

    assert steps_of(use(instance, "A")) == [("Project A", "done", ["It is so already."])]


def test_a_project_names_the_cluster_by_a_variable_where_one_is_given(instance):
    use(instance, "A", variable="which")

    assert "${which}" in str(instance.projects["A"].document["settings"]["k8sCluster"])


def test_a_project_without_a_chosen_configuration_keeps_its_own(instance):
    instance.projects["A"].document["settings"]["container"] = {"containerMode": "NONE"}

    use(instance, "A")

    assert instance.projects["A"].document["settings"]["container"] == {"containerMode": "NONE"}


def test_to_inherit_no_cluster_has_to_be_there(instance):
    assert outcomes(use(instance, "A", choice="INHERIT", clusterId="no-such")) != []


def test_a_project_that_fails_is_named_on_the_page_and_in_the_log(instance, caplog):
    instance.projects["A"].refuses = True

    [(title, _outcome, [cause, *_]), *_] = steps_of(use(instance, "A", "B"))

    assert (title, cause) == ("Project A", "DSS refused to save it.")
    [record] = caplog.records
    assert record.levelno == logging.ERROR
    assert "DSS refused to save it." in record.getMessage()


@pytest.mark.parametrize(("known", "there"), [(("a", "b"), "there are: a, b"), ((), "there are: none")])
def test_a_configuration_that_is_not_there_is_refused_with_those_that_are(instance, known, there):
    instance.general_settings.document["containerSettings"]["executionConfigs"] = [{"name": name} for name in known]

    with pytest.raises(SettingsError) as refused:
        use(instance, "A", containerConfiguration="gke")

    [problem] = refused.value.problems
    assert problem.message.endswith(there)
    assert refused.value.remedy == REMEDY


@pytest.mark.parametrize(("preview", "last"), [(True, "Nothing was changed"), (False, "The projects are set")])
def test_tells_the_log_and_the_progress_bar_how_far_it_is(instance, caplog, preview, last):
    caplog.set_level(logging.INFO)
    percents = []

    use(instance, "A", "B", progress=Progress(percents.append), preview=preview)

    assert caplog.messages == ["Looking at A, B", "Project A", "Project B", last]
    assert percents == [1, 10, 55, 100]


def test_a_dss_without_a_choice_for_visual_recipes_keeps_the_rest_and_the_page_says_so(instance):
    class Older(Stored):
        def write(self, document):
            super().write(document)
            self.document["settings"].pop("containerForVisualRecipesWorkloads", None)

    instance.projects["A"] = Older("A", {"settings": {}})

    [(_title, outcome, details)] = steps_of(use(instance, "A", containerConfiguration="gke"))

    assert outcome == "changed"
    assert "settings.containerForVisualRecipesWorkloads: this version of DSS does not keep it" in details
    assert instance.projects["A"].document["settings"]["container"]["containerConf"] == "gke"

    again = steps_of(use(instance, "A", containerConfiguration="gke"))
    [(_title, outcome, shown)] = steps_of(use(instance, "A", containerConfiguration="gke", preview=True))

    left = "settings.containerForVisualRecipesWorkloads: this version of DSS does not keep it"
    assert again == [("Project A", "done", [left, "The rest is so already."])]
    assert outcome == "would change"
    part = "settings.containerForVisualRecipesWorkloads"
    assert shown[1:] == [
        f"{part}.containerMode: not every version of DSS keeps it",
        f"{part}.containerConf: not every version of DSS keeps it",
    ]


def test_a_dss_that_has_a_choice_for_visual_recipes_keeps_it(instance):
    instance.projects["A"].document["settings"]["containerForVisualRecipesWorkloads"] = {}

    [(_title, _outcome, details)] = steps_of(use(instance, "A", containerConfiguration="gke", preview=True))

    assert not any("not every version" in each for each in details)
