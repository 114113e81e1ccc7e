"""Macros, run from a project with the real client."""

import json
import threading
from typing import Any

import pytest
from dataikuapi.utils import DataikuException

MACRO_TYPE = "pyrunnable_demo_report"
PREAMBLE = """
import json, os, time
import dataiku
from dataiku.runnables import Runnable, ResultTable

class Report(Runnable):
    def __init__(self, project_key, config, plugin_config):
        self.project_key = project_key
        self.config = config
        self.plugin_config = plugin_config

    def get_progress_target(self):
        return (2, "FILES")

    def run(self, progress_callback):
"""
DESCRIPTOR = {
    "meta": {"label": "Report"},
    "resultType": "HTML",
    "mimeType": "text/html",
    "params": [{"name": "connectionInfo", "type": "PRESET", "parameterSetId": "connection"}],
    "adminParams": [{"name": "secret", "type": "PASSWORD"}],
}


def _macro(dss: Any, body: str, **descriptor: Any) -> Any:
    lines = "".join(f"        {line}\n" for line in body.splitlines())
    dss.install(runnable_py=PREAMBLE + lines, runnable_json=json.dumps({**DESCRIPTOR, **descriptor}))
    return dss.client.create_project("P", "P", "admin").get_macro(MACRO_TYPE)


def test_runs_a_macro_with_its_parameters_and_project(dss: Any) -> None:
    macro = _macro(dss, "return {'key': self.project_key, 'config': self.config, 'plugin': self.plugin_config}")
    inlined = {"mode": "INLINE", "inlinedConfig": {"project": "x"}, "inlinedPluginConfig": {"key": "k"}}

    run = macro.run({"connectionInfo": inlined}, {"secret": "s"})

    assert macro.get_result(run, as_type="json") == {
        "key": "P",
        "config": {"connectionInfo": {"project": "x"}, "secret": "s"},
        "plugin": {"connectionInfo": {"key": "k"}},
    }


def test_a_result_is_given_once(dss: Any) -> None:
    macro = _macro(dss, "return '<p>done</p>'")
    run = macro.run()
    status = macro.get_status(run)

    assert (status["running"], status["exists"]) == (False, True)
    assert macro.get_result(run, as_type="string") == b"<p>done</p>"
    with pytest.raises(DataikuException, match="does not exist"):
        macro.get_result(run)
    with pytest.raises(DataikuException, match="does not exist"):
        macro.get_status(run)


def test_gives_a_table_in_the_shape_of_dss(dss: Any) -> None:
    macro = _macro(
        dss,
        "t = ResultTable()\nt.set_name('Pools')\nt.add_column('a', 'A', 'STRING')\nt.add_record(['1'])\nreturn t",
        resultType="RESULT_TABLE",
    )

    assert macro.get_result(macro.run(), as_type="json") == {
        "columns": [{"name": "a", "displayName": "A", "type": "STRING"}],
        "records": [["1"]],
        "name": "Pools",
    }


@pytest.mark.parametrize(("returned", "text"), [("b'bytes'", b"bytes"), ("None", b""), ("[1]", b"[1]")])
def test_turns_every_kind_of_result_into_text(dss: Any, returned: str, text: bytes) -> None:
    macro = _macro(dss, f"return {returned}")

    assert macro.get_result(macro.run(), as_type="string") == text


def test_a_failing_macro_gives_its_error(dss: Any) -> None:
    macro = _macro(dss, "raise ValueError('nothing to report')")
    run = macro.run()

    assert "nothing to report" in macro.get_status(run)["storedError"]["message"]
    with pytest.raises(DataikuException, match=r"ValueError: nothing to report"):
        macro.get_result(run)


def test_a_running_macro_shows_progress_and_can_be_aborted(dss: Any, wait_until: Any) -> None:
    macro = _macro(dss, "progress_callback(1)\ntime.sleep(600)")
    run = macro.run(wait=False)
    wait_until(lambda: macro.get_status(run)["progress"]["states"][0]["cur"] == 1)

    with pytest.raises(DataikuException, match="still running"):
        macro.get_result(run)
    macro.abort(run)

    assert macro.get_status(run)["running"] is False
    with pytest.raises(DataikuException, match="aborted"):
        macro.get_result(run)


def test_lists_and_describes_the_macros(dss: Any) -> None:
    macro = _macro(dss, "return ''")
    (listed,) = dss.client.get_project("P").list_macros()

    assert (listed["runnableType"], listed["ownerPluginId"]) == (MACRO_TYPE, "demo")
    assert macro.get_definition()["adminParams"] == DESCRIPTOR["adminParams"]


def test_a_macro_acts_on_the_instance_it_runs_in(dss: Any) -> None:
    macro = _macro(
        dss,
        "from dataiku.core.intercom import backend_json_call\n"
        "raw = dataiku.api_client().get_cluster('one').get_settings().get_raw()\n"
        "call = {'elementConfig': json.dumps(raw['params']['config']), 'elementType': raw['type']}\n"
        "return backend_json_call('plugins/get-resolved-settings', data=call)",
    )
    dss.cluster({"connectionInfo": {"mode": "INLINE", "inlinedConfig": {"project": "z"}}, "size": 2})

    assert macro.get_result(macro.run(), as_type="json") == {
        "config": {"connectionInfo": {"project": "z"}, "size": 2},
        "pluginConfig": {"connectionInfo": {}},
    }


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ({"elementType": "nope", "elementConfig": "{}"}, "Element type nope does not exist"),
        ({"elementType": "pycluster_demo_recording", "elementConfig": "{"}, "elementConfig is not JSON"),
        ({"elementType": "pycluster_demo_recording", "elementConfig": "1"}, "elementConfig is not a JSON object"),
    ],
)
def test_an_internal_call_that_is_wrong_says_why(dss: Any, data: dict[str, str], reason: str) -> None:
    macro = _macro(
        dss,
        "from dataiku.core.intercom import backend_json_call\n"
        f"return backend_json_call('plugins/get-resolved-settings', data={data!r})",
    )

    with pytest.raises(DataikuException, match=reason):
        macro.get_result(macro.run())


@pytest.mark.parametrize(("constructor", "given"), [("self", 0), ("self, project_key", 1), ("self, project_key, c", 2)])
def test_a_macro_may_take_fewer_arguments(dss: Any, constructor: str, given: int) -> None:
    dss.install(
        runnable_json=json.dumps(DESCRIPTOR),
        runnable_py="from dataiku.runnables import Runnable\nclass R(Runnable):\n"
        f"    def __init__({constructor}):\n        self.given = len(locals()) - 1\n"
        "    def run(self, progress_callback):\n        return str(self.given)\n",
    )
    macro = dss.client.create_project("P", "P", "admin").get_macro(MACRO_TYPE)

    assert macro.get_result(macro.run(), as_type="string") == str(given).encode()


def test_refuses_what_is_no_macro_or_no_project(dss: Any) -> None:
    macro = _macro(dss, "return ''")
    with pytest.raises(DataikuException, match="Macro pycluster_demo_recording does not exist"):
        dss.client.get_project("P").get_macro("pycluster_demo_recording").run()
    with pytest.raises(DataikuException, match="Project Q does not exist"):
        dss.client.get_project("Q").get_macro(MACRO_TYPE).run()
    with pytest.raises(DataikuException, match="not an object"):
        macro.run(params=[1])


def test_two_macros_run_at_the_same_time(dss: Any, tmp_path: Any) -> None:
    body = (
        "mine, other = self.config['mine'], self.config['other']\n"
        "open(mine, 'w').close()\n"
        "while not os.path.exists(other):\n    time.sleep(0.01)\n"
        "return 'met'"
    )
    macro = _macro(dss, body)
    one, two = str(tmp_path / "one"), str(tmp_path / "two")
    results: list[bytes] = []

    def run(mine: str, other: str) -> None:
        results.append(macro.get_result(macro.run({"mine": mine, "other": other}), as_type="string"))

    threads = [threading.Thread(target=run, args=pair) for pair in ((one, two), (two, one))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)

    assert results == [b"met", b"met"]
