"""A DSS with a started cluster, general settings that are in use, and the macros that set up compute in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import dataikuapi
import requests

from sandbox.plugin_installation import PLUGIN_ID, build_plugin, install_plugin
from sandbox.process import ROOT
from tests.python.chaos.dss_clusters import End
from tests.python.chaos.stage import Stage
from tests.python.integration.shared_settings import KNOWN, NAME, PATH, filled, without_ours

MACROS: Final = {
    "register": "register-cluster",
    "push": "push-base-images",
    "connect": "create-gcs-connection",
    "use": "use-cluster-in-projects",
    "set-up": "set-up-compute",
}
"""The folders of the macros, by what their stories are called here."""
LOCATION: Final = "us-central1"
_ZONE: Final = f"{LOCATION}-a"
_THEIRS: Final = "theirs"
_TIMEOUT_SECONDS: Final = 30
# Only processes that DSS itself has started may ask it to resolve presets.
_RESOLVING: Final = """
import dataiku.core.intercom
dataiku.core.intercom.backend_json_call = lambda *_, **__: {resolved!r}
"""


class SettingUpDss:
    """The simulated DSS of a stage, with things of others in it.

    Args:
        stage: whose sandbox it is in.

    Attributes:
        client: the administrator's.
        cluster: id of the DSS cluster, which is started.
    """

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        exports = stage.sandbox.exports
        self.client = dataikuapi.DSSClient(exports["DKU_DSS_URL"], exports["DKU_API_KEY"])
        self._token = Path(exports["CLOUDSDK_AUTH_ACCESS_TOKEN_FILE"]).read_text()
        self._project = exports["CLOUDSDK_CORE_PROJECT"]
        state = stage.sandbox.folder / "state" / "dss"
        # Macros and DSS's own pushes have one Docker and one home.
        self._environment = {
            **{key: exports[key] for key in ("DKU_DSS_URL", "DKU_API_KEY")},
            "HOME": str(state / "home"),
            "DIP_HOME": str(state),
            "PATH": f"{state / 'host' / 'bin'}:{stage.component.environment['PATH']}",
        }
        number = next(stage.plays)
        self.cluster = f"compute-{number}"
        self._theirs = f"{_THEIRS}{number}"
        if not self.client.list_plugins():
            self._install_plugin()
        self._start_cluster()
        fields = {"known": KNOWN, "unknown": []}
        requests.post(
            f"{stage.sandbox.admin_url}/dss/settings-fields", json=fields, timeout=_TIMEOUT_SECONDS
        ).raise_for_status()
        beginning = filled(json.loads(self.settings()))
        for build in beginning["containerSettings"].get("buildConfigs", ()):
            # DSS pushes wherever any configuration says, and nobody may push there.
            build["dockerBuilderConfig"]["pushConfigs"] = []
        self._put(beginning)
        self._baseline = json.loads(self.settings())
        self.client.create_connection(self._theirs, "GCS", {"defaultManagedPath": "/theirs"}, description="theirs")
        self.client.create_project(key_of(self._theirs), "theirs", "admin")
        self.call("storage", "POST", f"/storage/v1/b?project={self._project}", json=self._bucket(self._theirs))

    # What is asked ----------------------------------------------------------------------------------------------------

    def tell(self, name: str, story: str, dialog: dict[str, Any], kill_after_seconds: float | None = None) -> End:
        """Run a macro.

        Args:
            name: of the run, which is that of its working directory.
            story: one of `MACROS`.
            dialog: what it is asked.
            kill_after_seconds: when its process is killed; None if it is not.
        """
        directory = self._stage.component.folder / "macros" / name / "exec"
        directory.mkdir(parents=True, mode=0o700, exist_ok=True)
        resolved = {"config": {"connectionInfo": self.connection_info}, "pluginConfig": {}}
        call = {
            "kind": "macro",
            "source": _RESOLVING.format(resolved=resolved)
            + (ROOT / "python-runnables" / MACROS[story] / "runnable.py").read_text(),
            "environment": self._environment,
            "config": dialog,
            "plugin_config": {},
            "project_key": key_of(self._theirs),
        }
        return self._stage.component.tell(call, directory, kill_after_seconds)

    @property
    def connection_info(self) -> dict[str, Any]:
        """The preset of the GKE connection, resolved."""
        return {"projectId": self._project, "zone": _ZONE}

    def prepare(self, name: str) -> None:
        """Give the settings of the beginning, and a bucket and a project of that name."""
        self._put(self._baseline)
        self.client.create_project(key_of(name), name, "admin")
        self.call("storage", "POST", f"/storage/v1/b?project={self._project}", json=self._bucket(name))
        host = f"serviceAccount:dss-host@{self._project}.iam.gserviceaccount.com"
        bindings = [{"role": "roles/storage.admin", "members": [host]}]
        self.call("storage", "PUT", f"/storage/v1/b/{name}/iam", json={"bindings": bindings})

    def registry(self, name: str) -> str:
        """Return the address of a repository, as an administrator enters it."""
        return f"{LOCATION}-docker.pkg.dev/{self._project}/{name}"

    # What is true -----------------------------------------------------------------------------------------------------

    def settings(self) -> str:
        """Return the general settings, byte for byte."""
        return str(self.client._perform_http("GET", PATH).text)

    def connections(self) -> dict[str, Any]:
        """Return all connections, by name."""
        found: dict[str, Any] = self.client._perform_json("GET", "/admin/connections/")
        return found

    def repositories(self) -> list[str]:
        """Return the names of all repositories."""
        place = f"/v1/projects/{self._project}/locations/{LOCATION}/repositories"
        return [one["name"] for one in self.call("artifactregistry", "GET", place).get("repositories", ())]

    def images(self, repository: str) -> list[str]:
        """Return the names of the images in a repository, each with its tags."""
        if not any(one.endswith(f"/{repository}") for one in self.repositories()):
            return []
        place = f"/v1/projects/{self._project}/locations/{LOCATION}/repositories/{repository}/dockerImages"
        held = self.call("artifactregistry", "GET", place).get("dockerImages", ())
        return sorted(f"{one['uri'].partition('@')[0]} {one.get('tags')}" for one in held)

    def project(self, name: str) -> dict[str, Any]:
        """Return the settings of the project of that name."""
        raw: dict[str, Any] = self.client.get_project(key_of(name)).get_settings().get_raw()
        return raw

    def of_others(self, name: str) -> str:
        """Return, byte for byte, whatever no story of that name may change."""
        connections = {key: value for key, value in self.connections().items() if key != name}
        others = sorted({key for key in self.client.list_project_keys() if key != key_of(name)})
        projects = {key: self.project(key) for key in others if key == key_of(self._theirs)}
        repositories = sorted(one for one in self.repositories() if not one.endswith(f"/{name}"))
        clusters = [
            one
            for one in self._stage.sandbox.clusters()
            if one["name"] in (self.cluster, self._stage.bystander["name"])
        ]
        truth = [without_ours(json.loads(self.settings())), connections, others, projects, repositories, clusters]
        return json.dumps(truth)

    def ours(self, name: str) -> str:
        """Return, byte for byte, whatever stories of that name are about."""
        truth = [self.settings(), self.connections().get(name), self.project(name), self.images(name)]
        return json.dumps(truth)

    def twice_or_missing(self, name: str) -> list[str]:
        """Return what is not there exactly once after everything was set up."""
        document = json.loads(self.settings())
        containers, spark = document["containerSettings"], document["sparkSettings"]
        lists = {"containerized execution": containers["executionConfigs"], "Spark": spark["executionConfigs"]}
        lists |= {"build": containers["buildConfigs"]} if "buildConfigs" in containers else {}
        amiss = []
        for what, items in lists.items():
            names = [one["name"] for one in items]
            if len(names) != len(set(names)) or not any(one.startswith(NAME) for one in names):
                amiss.append(f"{what}: {names}")
        if sum(one.endswith(f"/{name}") for one in self.repositories()) != 1:
            amiss.append(f"repositories: {self.repositories()}")
        if not self.images(name):
            amiss.append("no image is there")
        if name not in self.connections():
            amiss.append("the connection is missing")
        if self.project(name)["settings"]["k8sCluster"].get("clusterId") != self.cluster:
            amiss.append("the project does not use the cluster")
        return amiss

    # Behind the scenes ------------------------------------------------------------------------------------------------

    def call(self, service: str, method: str, path: str, **how: Any) -> dict[str, Any]:
        """Call one of Google's services as the administrator of the project."""
        root = self._stage.sandbox.exports[f"CLOUDSDK_API_ENDPOINT_OVERRIDES_{service.upper()}"].rstrip("/")
        headers = {"Authorization": f"Bearer {self._token}"}
        answer = requests.request(method, f"{root}{path}", headers=headers, timeout=_TIMEOUT_SECONDS, **how)
        answer.raise_for_status()
        value: dict[str, Any] = answer.json()
        return value

    def _bucket(self, name: str) -> dict[str, str]:
        return {"name": name, "location": LOCATION.upper()}

    def _put(self, document: dict[str, Any]) -> None:
        self.client._perform_empty("PUT", PATH, body=document)

    def _install_plugin(self) -> None:
        folder = self._stage.component.folder / "dist"
        install_plugin(self.client, build_plugin(folder))

    def _start_cluster(self) -> None:
        def inline(config: dict[str, Any]) -> dict[str, Any]:
            return {"mode": "INLINE", "inlinedConfig": config, "inlinedPluginConfig": {}}

        params = {"config": {"connectionInfo": inline(self.connection_info), "nodePools": [inline({})]}}
        created = self.client.create_cluster(
            self.cluster, f"pycluster_{PLUGIN_ID}_create-gke-cluster", params, cluster_architecture="KUBERNETES"
        )
        created.start()


def key_of(name: str) -> str:
    """Return the key of the project of a name, which has no hyphen."""
    return name.upper().replace("-", "_")
