"""The dialog of the macro *Test network connectivity*."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import Field, field_validator

from gke_clusters.settings import rules
from gke_clusters.settings.create import LogLevel
from gke_clusters.settings.descriptors import macro_descriptor
from gke_clusters.settings.dialog import DialogReader, build
from gke_clusters.settings.model import OptionalText, Settings, unless_empty
from gke_clusters.settings.register import REMEDY

COMPONENT: Final = "test-network"
LONGEST_MINUTES: Final = 60

# https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-label-names
_NAMESPACE: Final = re.compile(r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?")
# A name or an address, of IPv6 too: what may stand in a URL, and nothing else of it.
_HOST: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,252})|[0-9A-Fa-f:.]{2,45}")


def _image(text: str) -> str:
    if re.search(r"\s", text) or "://" in text:
        raise ValueError("must be the name of an image, without https:// and without blanks")
    return text


def _host(text: str) -> str:
    if not _HOST.fullmatch(text):
        raise ValueError("must be a name or an address, without http:// and without a port")
    return text


class NetworkTestSettings(Settings):
    """What to test, and from where.

    Attributes:
        cluster_id: id of the DSS cluster.
        image: of the pod; ``None`` for what DSS pushes.
        pool_name: the node pool of the pod; ``None`` for any.
        namespace: of the pod.
        host: of DSS as pods see it; ``None`` for what DSS tells its pods.
        minutes: how long to wait for the pod.
    """

    cluster_id: str = Field(alias="clusterId")
    image: Annotated[OptionalText, unless_empty(_image)]
    pool_name: Annotated[OptionalText, unless_empty(rules.gke_name)] = Field(alias="nodePoolId")
    namespace: str
    host: Annotated[OptionalText, unless_empty(_host)]
    minutes: Annotated[int, Field(ge=1, le=LONGEST_MINUTES)]
    log_level: LogLevel = Field(alias="logLevel")

    @field_validator("cluster_id")
    @classmethod
    def _given(cls, text: str) -> str:
        if not text:
            raise ValueError("is required")
        return text

    @field_validator("namespace")
    @classmethod
    def _is_namespace(cls, text: str) -> str:
        if not _NAMESPACE.fullmatch(text):
            raise ValueError("must be the name of a namespace: lower case, digits and dashes, at most 63 characters")
        return text


def parse_network_test(config: Mapping[str, Any]) -> NetworkTestSettings:
    """The settings of the macro, as DSS hands them to it.

    Args:
        config: values of the dialog.

    Raises:
        SettingsError: with every wrong field under its label.
    """
    dialog = macro_descriptor(COMPONENT)
    reader = DialogReader()
    return build(NetworkTestSettings, dialog, reader.read(dialog, config, {}), reader.problems, remedy=REMEDY)
