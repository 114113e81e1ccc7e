"""What a kubeconfig on the disk says: of which cluster a context is, and how a token for it is got."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from gke_clusters.errors import StateError
from gke_clusters.kube.kubeconfig import HelperCommand


@dataclass(frozen=True)
class KubeconfigContext:
    """One context of a kubeconfig.

    Attributes:
        name: of the context.
        cluster: name of its cluster in the file.
        server: the address of its API server.
        helper: the credential helper, if there is one.
    """

    name: str
    cluster: str
    server: str
    helper: HelperCommand | None

    @property
    def host(self) -> str:
        """The address without `https://` and its usual port, as GKE names endpoints."""
        return self.server.split("://", 1)[-1].rstrip("/").removesuffix(":443")


def read_kubeconfig(path: Path, context: str = "", *, with_user: bool = True) -> KubeconfigContext:
    """Read one context of a kubeconfig.

    Args:
        path: the file.
        context: name of the context; empty for the current one.
        with_user: whether its credentials are read, too; they may be of any kind, or missing, where only its cluster
            matters.

    Raises:
        StateError: the file is missing or damaged.
    """
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        name = context or document["current-context"]
        found = _named(document["contexts"], name)["context"]
        server = _named(document["clusters"], found["cluster"])["cluster"]["server"]
        entry = _named(document["users"], found["user"])["user"].get("exec") if with_user else None
        helper = None if entry is None else HelperCommand(entry["command"], tuple(entry.get("args") or ()))
        return KubeconfigContext(str(name), str(found["cluster"]), str(server), helper)
    except OSError as error:
        raise damaged(path, str(error.strerror)) from None
    # A ValueError is also what no path can be, such as one with a NUL.
    except (yaml.YAMLError, ValueError, LookupError, TypeError, AttributeError) as error:
        # Not the text of the error: a kubeconfig from elsewhere may hold a token.
        raise damaged(path, f"it cannot be understood ({type(error).__name__})") from None


def damaged(path: Path, reason: str) -> StateError:
    """The failure of a kubeconfig that cannot be used.

    Args:
        path: the file.
        reason: in words without a secret.
    """
    return StateError(
        cause="The kubeconfig of the cluster cannot be used.",
        resource=str(path),
        verbatim=reason,
        remedy="Start or attach the cluster again: that writes the file anew.",
    )


def _named(entries: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return {entry["name"]: entry for entry in entries}[name]
