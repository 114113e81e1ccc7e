"""Writes `docs/troubleshooting.md` from the classes of the failures that an administrator can meet."""

import re
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "troubleshooting.md"
# In the order in which a start meets them.
PARTS = {
    "configuration": "Settings, the DSS host and DSS",
    "access": "Who asks, and what the project and its organization allow",
    "capacity": "Room: quotas, machines, addresses",
    "refusals": "Requests that Google refuses",
    "outcomes": "Operations, clusters, and answers that do not come",
}
INTRODUCTION = """# Troubleshooting

Every failure of the plugin is one message: what failed, the resource, what Google or Kubernetes answered word for word,
and what to do. DSS shows it when a start or a stop fails, with one of the names below before it; the log of the cluster
has the steps that led there. So does a quota that is too small for a cluster with three nodes in each of three zones:

```
{example}
```

The plugin chooses the name by the codes that Google sends, and by the words where it sends none. An answer that it does
not know is called [{unknown}](#{unknown_anchor}) and shown unchanged.

This page is generated from [the errors of the plugin](../python-lib/gke_clusters/errors/): `make docs`.

## If the answer says

Names and numbers are made up.

| … | it is |
|---|---|
"""


def page() -> str:
    """Return the page as Markdown."""
    sys.path.insert(0, str(ROOT / "python-lib"))
    modules = {name: import_module(f"gke_clusters.errors.{name}") for name in PARTS}
    unknown = modules["outcomes"].GoogleError
    text = INTRODUCTION.format(example=example(), unknown=title(unknown), unknown_anchor=anchor(unknown))
    for module in modules.values():
        text += "".join(row(kind, wording) for kind in kinds(module) for wording in vars(kind).get("wordings", ()))
    for name, module in modules.items():
        text += f"\n## {PARTS[name]}\n" + "".join(map(section, kinds(module)))
    return text


def example() -> str:
    """Return a whole message, made by the code that makes it for an administrator."""
    quotas = import_module("gke_clusters.google.quotas")
    evidence = import_module("gke_clusters.google.evidence")
    text = (
        "Insufficient regional quota to satisfy request: resource \"SSD_TOTAL_GB\": request requires '900.0' and is"
        " short '650.0'. project has a quota of '250.0' with '250.0' available."
    )
    scene = evidence.Scene(
        lead="Google refused to create the cluster",
        resource="projects/my-project/locations/europe-west1/clusters/my-cluster",
        project="my-project",
        location="europe-west1",
        verbatim=text,
        evidence=(evidence.Evidence(text),),
    )
    failure = import_module("gke_clusters.google.known_failures").known_failure(scene)
    pool = quotas.PoolFootprint("workers", zones=3, nodes_per_zone=3, machine_type="n2-highmem-8", disk_gb=100)
    quotas.account_for(failure, [pool])
    return str(failure)


def kinds(module: ModuleType) -> Iterator[Any]:
    """Yield the classes of failures that a module defines, in its order."""
    base = import_module("gke_clusters.errors").GkeClustersError
    for value in vars(module).values():
        if isinstance(value, type) and issubclass(value, base) and value.__module__ == module.__name__:
            yield value


def row(kind: Any, wording: str) -> str:
    """Return the row of the table that leads from the words of an answer to a class."""
    words = wording.replace("|", "\\|")
    return f"| `{words}` | [{title(kind)}](#{anchor(kind)}) |\n"


def section(kind: Any) -> str:
    """Return the section of one class: its name, when it happens, what to do."""
    happens = " ".join((kind.__doc__ or "").split("Attributes:")[0].split())
    more = constraints() if kind.__name__ == "OrganizationPolicy" else ""
    return f"\n### {title(kind)} (`{kind.__name__}`)\n\n{happens}\n\n**What to do.** {kind.advice}\n{more}"


def constraints() -> str:
    """Return the table of what the known constraints of an organization ask for."""
    known = import_module("gke_clusters.google.project_rules").ABOUT_CONSTRAINTS
    rows = "".join(f"| `{name}` | {about} |\n" for name, about in known.items())
    return f"\n| constraint | what it asks for |\n|---|---|\n{rows}"


def title(kind: Any) -> str:
    """Return the name of a class in words."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", kind.__name__).capitalize()
    return words.replace("Api", "API").replace("Dss", "DSS")


def anchor(kind: Any) -> str:
    """Return the anchor that GitHub makes of the heading of a class."""
    return f"{title(kind)} {kind.__name__}".lower().replace(" ", "-")


def main() -> None:
    """Write the page."""
    PAGE.write_text(page())


if __name__ == "__main__":
    main()
