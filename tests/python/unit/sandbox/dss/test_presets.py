"""Presets and passwords: what is saved, what is shown, what a component gets."""

from typing import Any

import pytest
from dataikuapi.utils import DataikuException


def _save_preset(plugin: Any, name: str = "mine", key: str = "s3cret") -> None:
    settings = plugin.get_settings()
    preset = settings.get_parameter_set("connection").create_preset(name, with_defaults=True)
    preset.plugin_config["key"] = key
    settings.save()


def _given(cluster: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    cluster.start()
    data = cluster.get_settings().get_plugin_data()
    return data["config"], data["plugin_config"]


def test_a_preset_with_defaults_holds_the_defaults_of_its_parameters(dss: Any) -> None:
    plugin = dss.install()
    _save_preset(plugin)

    assert plugin.get_settings().get_parameter_set("connection").get_preset("mine").config == {"project": "p"}


def test_a_preset_is_split_into_config_and_plugin_config(dss: Any) -> None:
    _save_preset(dss.install())

    config, plugin_config = _given(dss.cluster({"connectionInfo": {"mode": "PRESET", "name": "mine"}}))

    assert config == {"connectionInfo": {"project": "p"}}
    assert plugin_config == {"connectionInfo": {"key": "s3cret"}}


def test_the_plugin_config_has_a_preset_s_key_even_without_admin_parameters(dss: Any) -> None:
    dss.install(set_json='{"params": []}')

    _, plugin_config = _given(dss.cluster({"connectionInfo": {"mode": "INLINE", "inlinedConfig": {"project": "x"}}}))

    assert plugin_config == {"connectionInfo": {}}


def test_a_list_of_presets_mixes_saved_and_inlined_ones(dss: Any) -> None:
    _save_preset(dss.install())
    inlined = {"mode": "INLINE", "inlinedConfig": {"project": "q"}, "inlinedPluginConfig": {"key": "other"}}

    config, plugin_config = _given(dss.cluster({"others": [{"mode": "PRESET", "name": "mine"}, inlined]}))

    assert config == {"others": [{"project": "p"}, {"project": "q"}]}
    assert plugin_config == {"others": [{"key": "s3cret"}, {"key": "other"}]}


def test_no_preset_is_an_empty_one_and_an_untouched_parameter_is_absent(dss: Any) -> None:
    dss.install()

    config, _ = _given(dss.cluster({"connectionInfo": {"mode": "NONE"}, "unknown": 1}))

    assert config == {"connectionInfo": {}, "unknown": 1}


def test_a_start_with_a_preset_that_does_not_exist_fails_and_names_it(dss: Any) -> None:
    dss.install()
    cluster = dss.cluster({"connectionInfo": {"mode": "PRESET", "name": "gone"}})

    with pytest.raises(Exception, match="Preset gone of Connections does not exist"):
        cluster.start()
    assert cluster.get_status().get_raw()["state"] == "NONE"


def test_passwords_are_neither_shown_nor_stored_as_they_are(dss: Any) -> None:
    plugin = dss.install()
    _save_preset(plugin)
    cluster = dss.cluster(
        {"password": "pa55", "connectionInfo": {"mode": "INLINE", "inlinedPluginConfig": {"key": "k3y"}}}
    )

    shown = f"{plugin.get_settings().get_raw()} {cluster.get_settings().get_raw()}"
    stored = "".join(path.read_text() for path in (dss.folder / "config").rglob("*.json"))

    for secret in ("s3cret", "pa55", "k3y"):
        assert secret not in shown
        assert secret not in stored


def test_saving_what_was_shown_keeps_the_passwords(dss: Any) -> None:
    plugin = dss.install()
    _save_preset(plugin)
    cluster = dss.cluster({"connectionInfo": {"mode": "PRESET", "name": "mine"}, "password": "pa55"})

    plugin.get_settings().save()
    cluster.get_settings().save()

    config, plugin_config = _given(cluster)
    assert config["password"] == "pa55"
    assert plugin_config["connectionInfo"] == {"key": "s3cret"}


def test_a_password_can_be_replaced_and_emptied(dss: Any) -> None:
    plugin = dss.install()
    _save_preset(plugin)
    cluster = dss.cluster({"connectionInfo": {"mode": "PRESET", "name": "mine"}})
    seen = []
    for key in ("new", ""):
        settings = plugin.get_settings()
        settings.get_parameter_set("connection").get_preset("mine").plugin_config["key"] = key
        settings.save()
        seen.append(_given(cluster)[1]["connectionInfo"]["key"])
        cluster.stop(terminate=False)

    assert seen == ["new", ""]


def test_the_key_of_the_secrets_is_for_its_owner_only(dss: Any) -> None:
    assert (dss.folder / "config/secrets.key").stat().st_mode & 0o777 == 0o600
    assert dss.folder.stat().st_mode & 0o777 == 0o700


def test_refuses_two_presets_of_one_name(dss: Any) -> None:
    plugin = dss.install()
    settings = plugin.get_settings()
    preset = {"name": "twice", "type": settings.get_parameter_set("connection").settings["type"]}
    settings.get_raw()["presets"] += [preset, dict(preset)]

    with pytest.raises(DataikuException, match="Several presets are called twice"):
        settings.save()


def test_deletes_a_preset(dss: Any) -> None:
    plugin = dss.install()
    _save_preset(plugin)
    settings = plugin.get_settings()
    settings.get_parameter_set("connection").delete_preset("mine")
    settings.save()

    assert plugin.get_settings().get_parameter_set("connection").list_preset_names() == []


def test_a_project_has_presets_of_its_own(dss: Any) -> None:
    plugin = dss.install()
    settings = plugin.get_project_settings("PROJECT")
    settings.get_parameter_set("connection").create_preset("local")
    settings.save()

    assert plugin.get_project_settings("PROJECT").get_parameter_set("connection").list_preset_names() == ["local"]
    assert plugin.get_settings().get_parameter_set("connection").list_preset_names() == []


def test_the_log_of_requests_keeps_no_secret(dss: Any) -> None:
    dss.install()
    body = {"presets": [{"pluginConfig": {"key": "s3cret"}}], "params": {"password": "pa55", "appSecretContent": "x"}}

    kept = dss.backend.normalise("POST", "/plugins/demo/settings", body)

    assert "s3cret" not in str(kept)
    assert kept["params"] == {"password": "e:REDACTED", "appSecretContent": "e:REDACTED"}
