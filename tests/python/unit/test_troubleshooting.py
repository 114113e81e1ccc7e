"""The page for administrators says what the classes say."""

import importlib.util
import inspect
import re
from pathlib import Path

import pytest

from gke_clusters import errors

ROOT = Path(__file__).resolve().parents[3]
KINDS = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, errors.GkeClustersError) and kind is not errors.GkeClustersError
]


@pytest.fixture(scope="module")
def tool():
    spec = importlib.util.spec_from_file_location("write_troubleshooting", ROOT / "tools/write_troubleshooting.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_what_the_classes_say(tool):
    assert tool.PAGE.read_text() == tool.page(), "make docs writes the page anew"


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_has_a_section_for_every_failure(tool, kind):
    assert f"(`{kind.__name__}`)\n" in tool.page()
    assert kind.advice in tool.page()


def test_every_link_of_the_table_leads_to_a_section(tool):
    page = tool.page()
    headings = re.findall(r"^### (.+)$", page, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}
    links = set(re.findall(r"\]\(#([^)]+)\)", page))
    assert links
    assert links <= anchors
