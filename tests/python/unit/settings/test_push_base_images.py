from __future__ import annotations

import pytest

from gke_clusters.errors import SettingsError
from gke_clusters.settings.push_base_images import parse_push_base_images

GIVEN = {"registryUrl": "europe-west1-docker.pkg.dev/my-project/dss"}


def test_takes_all_but_the_registry_from_the_form():
    settings = parse_push_base_images(GIVEN, {})

    assert settings.registry.repository == "dss"
    assert settings.connection.credentials.mode == "application-default"
    assert (settings.create_repository, settings.log_in_before_pushes, settings.preview) == (False, True, False)
    assert settings.node_service_account is None


def test_names_every_wrong_field_by_its_label():
    with pytest.raises(SettingsError) as refused:
        parse_push_base_images({"registryUrl": "docker.io/x", "nodeServiceAccount": "nobody"}, {})

    assert {problem.label for problem in refused.value.problems} == {"Image registry", "Service account of the nodes"}
    assert refused.value.remedy == "Correct these fields and run the macro again."


def test_needs_a_registry():
    with pytest.raises(SettingsError, match="is wrong") as refused:
        parse_push_base_images({}, {})

    assert refused.value.problems[0].message == "is required"
