"""The variables that lead real clients to the sandbox, and the file that hands them to a shell."""

import os
import shlex
import tempfile
from collections.abc import Mapping
from pathlib import Path

UNSET = ("GOOGLE_APPLICATION_CREDENTIALS",)
"""Variables that would lead a client past the sandbox."""

GCLOUD_OVERRIDES = (
    "container",
    "compute",
    "serviceusage",
    "artifactregistry",
    "iam",
    "iamcredentials",
    "cloudresourcemanager",
    "storage",
)
"""The services whose address gcloud takes from a variable (`gcloud topic configurations`)."""

_EXPORTED = (
    *(f"CLOUDSDK_API_ENDPOINT_OVERRIDES_{service.upper()}" for service in GCLOUD_OVERRIDES),
    "CLOUDSDK_CONFIG",
    "CLOUDSDK_CORE_PROJECT",
    "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE",
    "CLOUDSDK_CORE_DISABLE_PROMPTS",
    "GCE_METADATA_HOST",
    "GCE_METADATA_IP",
    "GCE_METADATA_ROOT",
    "NO_PROXY",
    "no_proxy",
    "SSL_CERT_FILE",
    "DKU_DSS_URL",
    "DKU_API_KEY",
    "SANDBOX_ADMIN_URL",
    "SANDBOX_PROJECT_NUMBER",
)


def forget_exported() -> None:
    """Drop from this process's environment what a sandbox exports, so that one never depends on another."""
    for name in (*_EXPORTED, *UNSET):
        os.environ.pop(name, None)


def write_environment(path: Path, variables: Mapping[str, str]) -> None:
    """Write `export` and `unset` lines that a POSIX shell can source: atomically, readable by its owner alone."""
    lines = [f"export {name}={shlex.quote(value)}" for name, value in variables.items()]
    lines += [f"unset {name}" for name in UNSET]
    path.parent.mkdir(parents=True, exist_ok=True)
    # mkstemp makes the file 0600: it holds the API key.
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def apply_environment(text: str, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment that a shell has after sourcing such a file."""
    changed = dict(environment)
    for line in text.splitlines():
        verb, *words = shlex.split(line, comments=True) or [""]
        for word in words:
            name, _, value = word.partition("=")
            if verb == "export":
                changed[name] = value
            elif verb == "unset":
                changed.pop(name, None)
    return changed
