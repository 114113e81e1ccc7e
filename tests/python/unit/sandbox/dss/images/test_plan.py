"""Which base images the settings of DSS 14 and 15 want where."""

from typing import Any

from sandbox.dss.images.base_images import BaseImages
from sandbox.dss.images.plan import Push, pushes
from sandbox.dss.instance.settings_fields import KNOWN_FIELDS, Version

NAMES = BaseImages("Abc123", "15.0.0")
EXEC, SPARK = "dku-exec-base-abc123:dss-15.0.0", "dku-spark-base-abc123:dss-15.0.0"


def _pushes(
    version: Version,
    *,
    execution: list[dict[str, Any]] | None = None,
    spark: list[dict[str, Any]] | None = None,
    build: list[dict[str, Any]] | None = None,
) -> list[Push]:
    settings = {
        "containerSettings": {"executionConfigs": execution or [], "buildConfigs": build or []},
        "sparkSettings": {"executionConfigs": [{"kubernetesSettings": config} for config in spark or []]},
    }
    return pushes(KNOWN_FIELDS[version].conform(settings, ""), NAMES.name)


def test_no_configuration_means_no_push() -> None:
    assert _pushes("14") == _pushes("15") == []


def test_dss_14_pushes_for_each_execution_config() -> None:
    assert _pushes("14", execution=[{"name": "a", "repositoryURL": "h/p/r"}]) == [Push(EXEC, "h/p/r")]


def test_dss_14_pushes_the_spark_image_for_managed_spark_only() -> None:
    managed = {"managedKubernetes": True, "repositoryURL": "h/p/r"}
    unmanaged = {"managedKubernetes": False, "repositoryURL": "h/p/other"}

    assert _pushes("14", spark=[managed, unmanaged]) == [Push(SPARK, "h/p/r")]


def test_dss_15_pushes_for_each_build_config_of_docker() -> None:
    def build(**changes: Any) -> dict[str, Any]:
        return {"dockerBuilderConfig": {"pushConfigs": [{"repositoryURL": "h/p/r"}]}, **changes}

    wanted = _pushes(
        "15", build=[build(name="a"), build(name="b", baseImageType="SPARK"), build(name="c", imageBuilderType="OTHER")]
    )
    assert wanted == [Push(EXEC, "h/p/r"), Push(SPARK, "h/p/r")]


def test_a_configuration_without_a_registry_pushes_nothing() -> None:
    assert _pushes("14", execution=[{"name": "a"}], spark=[{"managedKubernetes": True}]) == []
    assert _pushes("15", build=[{"name": "a", "dockerBuilderConfig": {"pushConfigs": [{}]}}]) == []


def test_the_same_image_goes_to_the_same_registry_once() -> None:
    config = {"repositoryURL": "h/p/r"}

    assert len(_pushes("14", execution=[{"name": "a", **config}, {"name": "b", **config}])) == 1


def test_a_named_base_image_and_a_script_are_kept() -> None:
    config = {"repositoryURL": "h/p/r/", "baseImage": "mine:1", "prePushMode": "CUSTOM", "prePushScript": "/x"}

    (push,) = _pushes("14", execution=[config])
    assert push == Push("mine:1", "h/p/r/", "CUSTOM", "/x")
    assert push.target == "h/p/r/mine:1"
