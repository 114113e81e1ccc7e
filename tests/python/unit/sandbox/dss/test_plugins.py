"""Installing, updating and deleting plugins with the real client."""

import io
import json
import zipfile
from typing import Any

import pytest
from dataikuapi.utils import DataikuException


def test_lists_what_was_installed(dss: Any) -> None:
    dss.install()

    assert dss.client.list_plugins() == [{"id": "demo", "version": "1.0.0", "isDev": False, "meta": {"label": "Demo"}}]


def test_installs_through_a_future(dss: Any) -> None:
    result = dss.client.start_install_plugin_from_archive(dss.zipped()).wait_for_result()

    assert result["pluginId"] == "demo"
    assert result["messages"]["error"] is False


def test_an_update_replaces_the_files_and_keeps_the_presets(dss: Any) -> None:
    plugin = dss.install(library_py="old = 1")
    settings = plugin.get_settings()
    settings.get_parameter_set("connection").create_preset("mine")
    settings.save()

    plugin.update_from_zip(dss.zipped(plugin_json='{"id": "demo", "version": "2.0.0"}'))

    assert dss.client.list_plugins()[0]["version"] == "2.0.0"
    assert not (dss.folder / "plugins/installed/demo/python-lib").exists()
    assert plugin.get_settings().get_parameter_set("connection").list_preset_names() == ["mine"]


def test_updates_through_a_future(dss: Any) -> None:
    plugin = dss.install()

    assert plugin.start_update_from_zip(dss.zipped()).wait_for_result()["pluginId"] == "demo"


def test_refuses_to_update_with_the_archive_of_another_plugin(dss: Any) -> None:
    plugin = dss.install()

    with pytest.raises(DataikuException, match="holds the plugin other, not demo"):
        plugin.update_from_zip(dss.zipped(plugin_json='{"id": "other"}'))


def test_refuses_to_update_a_plugin_that_is_not_installed(dss: Any) -> None:
    with pytest.raises(DataikuException, match="Plugin demo does not exist"):
        dss.client.get_plugin("demo").update_from_zip(dss.zipped())


def test_a_refused_update_leaves_the_installed_version(dss: Any) -> None:
    plugin = dss.install()

    with pytest.raises(DataikuException):
        plugin.update_from_zip(dss.zipped(cluster_json="{"))

    assert dss.client.list_plugins()[0]["version"] == "1.0.0"
    dss.cluster().start()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"plugin_json": None}, "no plugin.json at its root"),
        ({"plugin_json": "[]"}, "plugin.json is not a JSON object"),
        ({"plugin_json": '{"id": "a b"}'}, "the id is missing or has other characters"),
        ({"plugin_json": '{"id": "demo" /* comment */}'}, "plugin.json is not JSON"),
        ({"cluster_json": None}, "python-clusters/recording/cluster.json is missing"),
        ({"cluster_py": None}, "python-clusters/recording/cluster.py is missing"),
        ({"cluster_json": '{"params": {}}'}, "params is not a list"),
        ({"cluster_json": '{"params": [{"type": "STRING"}]}'}, "a parameter has no name"),
        ({"cluster_json": '{"params": [{"name": "a"}]}'}, "a has no type"),
        (
            {"cluster_json": '{"params": [{"name": "a", "type": "INT"}, {"name": "a", "type": "INT"}]}'},
            "a is there twice",
        ),
        (
            {"cluster_json": '{"params": [{"name": "a", "type": "PRESET", "parameterSetId": "nope"}]}'},
            "names the parameter set nope, which the plugin does not have",
        ),
        ({"code_env": "{"}, "code-env/python/desc.json is not JSON"),
    ],
)
def test_refuses_an_archive_that_dss_could_not_use(dss: Any, changes: dict[str, str | None], reason: str) -> None:
    with pytest.raises(DataikuException, match=reason):
        dss.client.install_plugin_from_archive(dss.zipped(**changes))

    assert dss.client.list_plugins() == []


def test_refuses_a_file_that_is_no_zip(dss: Any) -> None:
    with pytest.raises(DataikuException, match="not a zip file"):
        dss.client.install_plugin_from_archive(io.BytesIO(b"something else"))


def test_names_the_wrapper_folder_of_an_archive(dss: Any) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("demo-1.0/plugin.json", '{"id": "demo"}')
    content.seek(0)

    with pytest.raises(DataikuException, match=r"demo-1\.0/plugin\.json, but DSS wants it at the root"):
        dss.client.install_plugin_from_archive(content)


@pytest.mark.parametrize("name", ["../outside", "/outside", "a/../../outside"])
def test_refuses_an_archive_that_leaves_its_folder(dss: Any, name: str) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("plugin.json", '{"id": "demo"}')
        archive.writestr(name, "")
    content.seek(0)

    with pytest.raises(DataikuException, match="outside its folder"):
        dss.client.install_plugin_from_archive(content)


def test_lists_the_clusters_that_use_a_plugin(dss: Any) -> None:
    plugin = dss.install()
    dss.cluster(name="mine")

    (usage,) = plugin.list_usages().usages

    assert (usage.element_kind, usage.element_type) == ("python-clusters", dss.cluster_type)
    assert (usage.object_type, usage.object_id) == ("CLUSTER", "mine")


def test_lists_clusters_of_a_type_that_the_plugin_no_longer_has(dss: Any) -> None:
    plugin = dss.install()
    dss.cluster(name="mine")
    plugin.update_from_zip(dss.zipped(cluster_json=None, cluster_py=None))

    usages = plugin.list_usages()

    assert usages.usages == []
    assert usages.missing_types[0].missing_type == dss.cluster_type


def test_refuses_to_delete_a_plugin_in_use_unless_forced(dss: Any) -> None:
    plugin = dss.install()
    dss.cluster(name="mine")

    with pytest.raises(DataikuException, match="in use by mine"):
        plugin.delete().wait_for_result()
    plugin.delete(force=True).wait_for_result()

    assert dss.client.list_plugins() == []
    assert not (dss.folder / "plugins/installed/demo").exists()


def test_finds_its_plugins_again_after_a_restart(start_dss: Any) -> None:
    start_dss().install()

    assert [plugin["id"] for plugin in start_dss().client.list_plugins()] == ["demo"]


def test_reports_a_form_without_the_archive(dss: Any) -> None:
    with pytest.raises(DataikuException, match="no part called file"):
        dss.client._perform_json("POST", "/plugins/actions/installFromZip", files={"other": io.BytesIO(b"x")})


def test_an_answer_to_an_unknown_plugin_has_the_error_shape(dss: Any) -> None:
    with pytest.raises(DataikuException, match=r"NotFoundException: Plugin nope does not exist"):
        dss.client.get_plugin("nope").get_settings()


def test_shows_the_descriptor_of_each_parameter_set(dss: Any) -> None:
    parameter_set = dss.install().get_settings().get_parameter_set("connection")

    assert parameter_set.desc["desc"]["meta"] == {"label": "Connections"}
    assert parameter_set.desc["elementType"] == parameter_set.settings["type"]
    assert json.dumps(parameter_set.settings["defaultPermission"])
