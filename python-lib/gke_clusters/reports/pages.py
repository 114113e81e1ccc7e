"""One way from values to an HTML page: a template of this folder, escaped by itself.

DSS shows the page as it is and escapes nothing: https://doc.dataiku.com/dss/latest/plugins/reference/macros.html
"""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("gke_clusters.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render(template: str, **values: Any) -> str:
    """Fill a template.

    Args:
        template: its file name, without the folder.
        values: what it names; one that is missing is an error.

    Returns:
        A whole HTML document.
    """
    return _environment().get_template(template).render(values)
