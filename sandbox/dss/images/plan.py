"""Which base images the general settings want where, in the shapes of DSS 14 and of DSS 15.

https://doc.dataiku.com/dss/latest/containers/setup-k8s.html
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Push:
    """One image for one registry.

    Attributes:
        image: the name that Docker has it under.
        repository_url: the registry and what comes before the image's name in it.
        hook: what is done before: `NONE`, `ECR`, `ACR` or `CUSTOM`.
        script: the program of a `CUSTOM` hook.
    """

    image: str
    repository_url: str
    hook: str = "NONE"
    script: str = ""

    @property
    def target(self) -> str:
        """The name that is pushed."""
        return f"{self.repository_url.rstrip('/')}/{self.image}"


def pushes(settings: Mapping[str, Any], default_name: Callable[[str], str]) -> list[Push]:
    """Return every push that the settings ask for, each once, in their order.

    Args:
        settings: the general settings.
        default_name: returns the default name of a base image by `baseImageType`.
    """
    wanted = (
        Push(
            described.get("baseImage") or default_name(described.get("baseImageType", "")),
            described["repositoryURL"],
            described.get("prePushMode", "NONE"),
            described.get("prePushScript") or "",
        )
        for described in _described(settings)
        if described.get("repositoryURL")
    )
    return list(dict.fromkeys(wanted))


def _described(settings: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield whatever names a registry, with the fields that DSS 14 has."""
    containers, spark = settings["containerSettings"], settings["sparkSettings"]
    for build in containers.get("buildConfigs", []):
        if build["imageBuilderType"] == "DOCKER":
            for push in build["dockerBuilderConfig"]["pushConfigs"]:
                yield {"baseImageType": build["baseImageType"], **push}
    yield from containers["executionConfigs"]
    for config in spark["executionConfigs"]:
        if config["kubernetesSettings"]["managedKubernetes"]:
            yield config["kubernetesSettings"]
