"""The page for administrators says what the classes say."""

import importlib.util
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def test_the_page_is_what_the_classes_say():
    spec = importlib.util.spec_from_file_location("write_troubleshooting", ROOT / "tools/write_troubleshooting.py")
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    assert tool.PAGE.read_text() == tool.page(), "make docs writes the page anew"
