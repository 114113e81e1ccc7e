"""One DSS cluster: its settings document and what a start or a save changes in it."""

import copy
from dataclasses import dataclass, field
from typing import Any, Literal

State = Literal["NONE", "STARTING", "RUNNING", "STOPPING"]

# What start() returns, and the field of the cluster that DSS copies it to.
_RETURNED = {
    "container": "containerSettings",
    "spark": "sparkSettings",
    "hadoop": "hadoopSettings",
    "hive": "hiveSettings",
    "impala": "impalaSettings",
}
_SAVED = (
    "owner", "permissions", "usableByAll", "params", "data",
    *_RETURNED.values(), "overrideContainerSettings", "overrideSparkSettings",
)  # fmt: skip


@dataclass
class Cluster:
    """A cluster of the instance.

    Attributes:
        cluster_id: its id, which is its name.
        type: the element type of its component, or `manual`.
        architecture: `KUBERNETES` or `HADOOP`.
        state: what it is doing.
        fields: the other fields of its settings document.
    """

    cluster_id: str
    type: str
    architecture: str
    state: State = "NONE"
    fields: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def new(cls, name: str, cluster_type: str, architecture: str, params: dict[str, Any]) -> "Cluster":
        """Return a cluster that was never started."""
        return cls(
            name,
            cluster_type,
            architecture,
            fields={
                "owner": "admin",
                "origin": {"type": "MANUAL", "identifier": "admin"},
                "usableByAll": True,
                "permissions": [],
                "params": {"config": {}, **params},
                "containerSettings": {"executionConfigs": [], "executionConfigsGenericOverrides": {}},
                "overrideContainerSettings": {},
                "sparkSettings": {
                    "sparkEnabled": False,
                    "executionConfigs": [],
                    "executionConfigsGenericOverrides": [],
                },
                "overrideSparkSettings": {},
            },
        )

    @property
    def name(self) -> str:
        """Its name."""
        return self.cluster_id

    @property
    def config(self) -> dict[str, Any]:
        """Its saved parameters, presets unresolved."""
        config = self.fields["params"].get("config")
        return config if isinstance(config, dict) else {}

    @property
    def kubeconfig(self) -> tuple[str | None, str | None]:
        """The kubeconfig's path and the context in it, as the last start gave them."""
        overrides = self.fields["containerSettings"].get("executionConfigsGenericOverrides") or {}
        return overrides.get("kubeConfigPath"), overrides.get("kubeCtlContext")

    def document(self) -> dict[str, Any]:
        """Return its settings document."""
        return {
            "id": self.cluster_id,
            "name": self.name,
            "type": self.type,
            "architecture": self.architecture,
            "state": self.state,
            **copy.deepcopy(self.fields),
        }

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> "Cluster":
        """Return the cluster of a stored document; what was under way when the instance ended is over."""
        fields = dict(document)
        state = fields.pop("state")
        after: dict[str, State] = {"STARTING": "NONE", "STOPPING": "RUNNING"}
        fields.pop("name")
        return cls(fields.pop("id"), fields.pop("type"), fields.pop("architecture"), after.get(state, state), fields)

    def as_list_item(self) -> dict[str, Any]:
        """Return what the list of clusters shows of it."""
        document = self.document()
        return {key: document[key] for key in ("id", "name", "type", "architecture", "state", "owner", "origin")}

    def started(self, settings: dict[str, Any], data: Any) -> None:
        """Take over what a successful start returned; keys that DSS does not know are ignored."""
        for returned, target in _RETURNED.items():
            if isinstance(settings.get(returned), dict):
                before = self.fields.get(target)
                self.fields[target] = {**(before if isinstance(before, dict) else {}), **settings[returned]}
        self.fields["data"] = data

    def save(self, document: dict[str, Any]) -> None:
        """Take over the fields that can be edited, whatever the state is."""
        for key in _SAVED:
            if key in document:
                self.fields[key] = document[key]
