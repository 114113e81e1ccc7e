"""What the tests of secrets do in DSS."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.python.integration.secrets.search import Witness

CREATE, ATTACH = "create-gke-cluster", "attach-gke-cluster"
PLACE = {"projectId": "sandbox-project", "zone": "us-central1-a"}


def failure_of(action: Callable[..., Any], **arguments: Any) -> str:
    """Return the message of the failure, which DSS shows."""
    with pytest.raises(Exception, match="Cluster operation failed") as caught:
        action(**arguments)
    return str(caught.value)


def forget(cluster: Any) -> None:
    """Let DSS take the cluster for stopped although nothing was deleted, as after a crash of DSS."""
    settings = cluster.get_settings()
    settings.get_raw()["data"] = None
    settings.save()
    cluster.stop(terminate=False)


def preset_of(witness: Witness, name: str, secret: Mapping[str, str]) -> dict[str, str]:
    settings = witness.dss.client.get_plugin("gke-clusters").get_settings()
    preset = settings.get_parameter_set("connection-info").create_preset(name, with_defaults=True)
    preset.config.update(PLACE)
    preset.plugin_config.update(secret)
    preset.usable_by_all = True
    settings.save()
    return {"mode": "PRESET", "name": name}
