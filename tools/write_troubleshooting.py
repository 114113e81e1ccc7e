"""Writes `docs/troubleshooting.md` from the classes of the failures that an administrator can meet."""

import inspect
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "troubleshooting.md"
INTRODUCTION = """# Troubleshooting

Every failure of the plugin is one message: what failed, the resource, what Google or Kubernetes answered word for word,
and what to do. DSS shows it when a start or a stop fails, with one of the names below before it; the log of the cluster
has the steps that led there.

This page is generated from [the errors of the plugin](../python-lib/gke_clusters/errors/): `make docs`.
"""


def page() -> str:
    """Return the page as Markdown."""
    sys.path.insert(0, str(ROOT / "python-lib"))
    from gke_clusters import errors  # noqa: PLC0415 - the plugin's library is no package of these tools

    base = errors.GkeClustersError
    kinds = [
        kind for kind in vars(errors).values() if inspect.isclass(kind) and issubclass(kind, base) and kind is not base
    ]
    return INTRODUCTION + "".join(map(section, kinds))


def section(kind: type) -> str:
    """Return the section of one class: its name, when it happens, what to do."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", kind.__name__).capitalize()
    happens = " ".join((kind.__doc__ or "").split("Attributes:")[0].split())
    return f"\n## {words} (`{kind.__name__}`)\n\n{happens}\n\n**What to do.** {kind.advice}\n"  # type: ignore[attr-defined]


def main() -> None:
    """Write the page."""
    PAGE.write_text(page())


if __name__ == "__main__":
    main()
