"""No key and no token comes out of the plugin again: not in logs, answers, data, errors, files or process arguments."""

import base64
import contextlib
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from gke_clusters.errors import SettingsError
from gke_clusters.google.permissions import IMPERSONATION_PERMISSION, PERMISSIONS
from gke_clusters.settings.attach import parse_attach
from gke_clusters.settings.create import parse_create
from gke_clusters.settings.descriptors import Descriptor, Parameter, cluster_descriptor, parameter_set_descriptor
from sandbox.process import ROOT

CREATE, ATTACH = "create-gke-cluster", "attach-gke-cluster"
PLACE = {"projectId": "sandbox-project", "zone": "us-central1-a"}
ALLOWED_WHILE_RUNNING = {"token", "key.json"}


def base64_pieces(text: str, length: int = 24) -> set[str]:
    """What base64 of anything that holds the text looks like, in pieces, wherever the text begins in it."""
    encoded = [base64.b64encode(text.encode()[offset:]).decode().rstrip("=")[:-4] for offset in range(3)]
    return {one[at : at + length] for one in encoded for at in range(0, len(one) - length + 1, length)}


# Every token of the sandbox, an assertion that a key has signed, and a user's login: whole or only their beginning.
TOKENS = re.compile(
    "|".join(
        (
            r"ya29\.sandbox-[\w-]{4,}",
            r"1//sandbox-[\w-]{4,}",
            r"eyJ[\w-]{8,}\.eyJ[\w-]{8,}",
            *map(re.escape, base64_pieces("ya29.sandbox-.....", 12)),
        )
    )
)


def traces_of_key(key: Mapping[str, str]) -> frozenset[str]:
    """Texts of which each gives a part of a service account key away.

    What is the same in all of them is no trace: the first 50 characters, and 12 about the public exponent.
    """
    lines = key["private_key"].splitlines()[1:-1]
    # Pieces that end where the lines of the PEM end are found in each of its forms.
    pieces = {line[at : at + 16] for line in lines for at in range(0, len(line) - 15, 16)} - {
        lines[0][at : at + 16] for at in range(0, 48, 16)
    }
    encoded = base64_pieces("".join(lines)[64:]) | base64_pieces("\n".join(lines)[64:])
    encoded |= base64_pieces("\\n".join(lines)[64:])
    return frozenset(pieces | encoded | {key["private_key_id"]})


@dataclass
class Processes:
    """The command lines of every process that descends from this one, from now on."""

    seen: set[str] = field(default_factory=set)
    ended: threading.Event = field(default_factory=threading.Event)

    def watch(self) -> None:
        looks: dict[int, int] = {}
        ours = {os.getpid()}
        while not self.ended.wait(0.01):
            for pid in psutil.pids():
                # A new process shows its parent's arguments until it has become another program.
                looks[pid] = looks.get(pid, 0) + 1
                if looks[pid] < 20:
                    with contextlib.suppress(psutil.Error):
                        process = psutil.Process(pid)
                        # Others on this machine have secrets of their own. One of ours stays so without its parent.
                        if pid in ours or process.ppid() in ours:
                            ours.add(pid)
                            self.seen.add("\n".join(process.cmdline()))


@dataclass
class Witness:
    """A sandbox with the plugin, and all that can be read of it."""

    sandbox: Any
    dss: Any
    processes: Processes
    answers: list[str] = field(default_factory=list)
    planted: set[Path] = field(default_factory=set)

    @property
    def state(self) -> Path:
        return Path(self.sandbox.folder) / "state"

    def plant(self, path: Path, text: str) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        self.planted.add(path)
        return path

    def leaks(
        self, traces: Iterable[str] = (), allowed: Iterable[str] = (), *, beside_the_form: bool = False
    ) -> list[str]:
        """Every place that holds a token or one of the traces, except files of the credential helper of these names.

        What is typed into an ordinary field is kept and shown by DSS as such; `beside_the_form` looks elsewhere.
        """
        found = []
        for name, text in self._places(set(allowed)):
            looked_at = _without_form(text) if beside_the_form else text
            hits = [trace for trace in traces if trace in looked_at] + TOKENS.findall(looked_at)
            if hits:
                at = looked_at.index(hits[0])
                found.append(f"{name}: {len(hits)} hits, the first in {looked_at[max(0, at - 60) : at + 40]!r}")
        return found

    def _places(self, allowed: set[str]) -> Iterator[tuple[str, str]]:
        yield from (("answer of DSS", text) for text in self.answers)
        yield from (("process arguments", text) for text in list(self.processes.seen))
        for folder, _, names in os.walk(self.state):
            for path in (Path(folder) / name for name in names):
                ours = path.parent.name == "credential-helper" and path.name in allowed
                # The administrator's own token is how the sandbox lets tests in.
                if path.is_symlink() or path in self.planted or path == self.state / "token":
                    continue
                if ours and path.stat().st_mode & 0o777 == 0o600 and path.parent.stat().st_mode & 0o777 == 0o700:
                    continue
                yield str(path.relative_to(self.state)), path.read_bytes().decode(errors="replace")


def _without_form(text: str) -> str:
    with contextlib.suppress(ValueError):
        document = json.loads(text)
        if isinstance(document, dict) and document.pop("params", None):
            return json.dumps(document)
    return text


@pytest.fixture(scope="module")
def witness(
    tmp_path_factory: pytest.TempPathFactory, plugin_archive: Path, sandbox: Any, dss: Any
) -> Iterator[Witness]:
    """A sandbox of the module's own: what other tests left in theirs is not judged here."""
    own = type(sandbox)(tmp_path_factory.mktemp("secrets"))
    instance = type(dss)(own)
    instance.install(plugin_archive)
    processes = Processes()
    thread = threading.Thread(target=processes.watch, daemon=True)
    thread.start()
    watching = Witness(own, instance, processes)

    def remember(answer: Any, *_: Any, **__: Any) -> None:
        watching.answers.append(answer.text)

    instance.client._session.hooks["response"].append(remember)
    yield watching
    processes.ended.set()
    thread.join()
    assert own.stop() == []


@pytest.fixture
def make(witness: Witness, inline: Any, unique_name: Any) -> Callable[..., Any]:
    """Make a DSS cluster that logs everything, with these secret values of the connection."""

    def made(component: str = CREATE, secret: Mapping[str, str] | None = None, **values: Any) -> Any:
        config = {"connectionInfo": inline(PLACE, secret or {}), "logLevel": "NOTSET"}
        if component == CREATE:
            config["nodePools"] = [inline({"machineType": "e2-standard-4", "numNodes": 1})]
        return witness.dss.cluster(unique_name("secret"), component, config | values)

    return made


@pytest.fixture
def new_key(witness: Witness, unique_name: Any) -> Callable[..., dict[str, str]]:
    """Make a service account that may do all that the plugin documents, and a key of it."""

    def made(permissions: Iterable[str] = PERMISSIONS) -> dict[str, str]:
        email = f"{unique_name('key')}@sandbox-project.iam.gserviceaccount.com"
        key: dict[str, str] = witness.sandbox.service_account_key(email, [*permissions])
        return key

    return made


def given(key: str, **more: str) -> dict[str, str]:
    return {"credentialsMode": "service-account-key", "serviceAccountKey": key, **more}


def failure_of(action: Callable[..., Any], **arguments: Any) -> str:
    """Return the message of the failure, which DSS shows."""
    with pytest.raises(Exception, match="Cluster operation failed") as caught:
        action(**arguments)
    return str(caught.value)


def forget(cluster: Any) -> None:
    """Let DSS take the cluster for stopped although nothing was deleted, as after a crash of DSS."""
    settings = cluster.get_settings()
    settings.get_raw()["data"] = None
    settings.save()
    cluster.stop(terminate=False)


def preset_of(witness: Witness, name: str, secret: Mapping[str, str]) -> dict[str, str]:
    settings = witness.dss.client.get_plugin("gke-clusters").get_settings()
    preset = settings.get_parameter_set("connection-info").create_preset(name, with_defaults=True)
    preset.config.update(PLACE)
    preset.plugin_config.update(secret)
    preset.usable_by_all = True
    settings.save()
    return {"mode": "PRESET", "name": name}


class TestSearch:
    @pytest.mark.parametrize(
        "disguise",
        [
            json.dumps,
            repr,
            lambda key: key["private_key"],
            lambda key: key["private_key"][300:330],
            lambda key: key["private_key"].replace("\n", ""),
            lambda key: base64.b64encode(json.dumps(key).encode()).decode(),
            lambda key: base64.b64encode(b"?" + key["private_key"].encode()).decode(),
            lambda key: base64.b64encode(b"??" + key["private_key"].encode()).decode()[500:560],
            lambda key: f"kid {key['private_key_id']}",
        ],
    )
    def test_finds_a_key_in_every_disguise(self, disguise: Any, new_key: Any, witness: Witness) -> None:
        key = new_key()
        other = Witness(witness.sandbox, witness.dss, Processes({disguise(key)}))
        assert other.leaks(traces_of_key(key))
        assert other.leaks(traces_of_key(new_key())) == []

    @pytest.mark.parametrize("lead", ["", "?", "??"])
    def test_finds_a_token_as_it_is_and_in_base64(self, lead: str, witness: Witness) -> None:
        token = witness.sandbox.token
        texts = (lead + token, base64.b64encode((lead + token).encode()).decode())
        assert [Witness(witness.sandbox, witness.dss, Processes({text})).leaks() == [] for text in texts] == [False] * 2

    def test_sees_the_arguments_of_a_process_that_ends_at_once(self, witness: Witness) -> None:
        while "unmistakable" not in "".join(list(witness.processes.seen)):
            subprocess.run([sys.executable, "-S", "-c", "pass", "unmistakable"], check=True)


class TestWorkingCredentials:
    def test_a_key_in_a_preset_is_nowhere_but_in_its_file_until_the_stop(
        self, witness: Witness, make: Any, new_key: Any, unique_name: Any
    ) -> None:
        key = new_key()
        traces = traces_of_key(key)
        preset = preset_of(witness, unique_name("preset"), given(json.dumps(key)))
        cluster = make(connectionInfo=preset, deleteLoadBalancers=True, deleteVolumes=True)
        cluster.start()
        forget(cluster)
        cluster.start()
        with witness.sandbox.permissions(
            key["client_email"], [one for one in PERMISSIONS if one != "container.clusters.delete"]
        ):
            assert "container.clusters.delete" in failure_of(cluster.stop, terminate=False)
        cluster.get_settings()
        assert witness.leaks(traces, ALLOWED_WHILE_RUNNING) == []
        assert any("key.json" in place for place in witness.leaks(traces))
        cluster.stop(terminate=False)
        assert witness.leaks(traces) == []

    def test_a_key_given_as_a_path_is_copied_nowhere_while_it_impersonates(
        self, witness: Witness, make: Any, new_key: Any, tmp_path: Path
    ) -> None:
        key, target = new_key([IMPERSONATION_PERMISSION]), new_key()
        path = witness.plant(tmp_path / "key.json", json.dumps(key, indent=2))
        cluster = make(secret=given(str(path), impersonatedServiceAccount=target["client_email"]))
        cluster.start()
        cluster.get_settings()
        assert witness.leaks(traces_of_key(key), {"token"}) == []
        cluster.stop(terminate=False)
        assert witness.leaks(traces_of_key(key)) == []

    def test_tokens_that_end_in_the_midst_of_a_start_are_not_told(self, witness: Witness, make: Any) -> None:
        cluster = make()
        with witness.sandbox.faults({"service": "container", "times": 99, "effect": {"expire_tokens": True}}):
            cluster.start()
        assert witness.leaks(allowed={"token"}) == []
        cluster.stop(terminate=False)
        assert witness.leaks() == []

    def test_application_default_credentials_stay_in_their_file(
        self, witness: Witness, make: Any, new_key: Any, unique_name: Any
    ) -> None:
        key, name = new_key(), unique_name("other")
        home = witness.state / "dss" / "home"
        path = witness.plant(home / ".config/gcloud/application_default_credentials.json", json.dumps(key))
        witness.sandbox.create_cluster("us-central1-a", name)
        cluster, nobody = make(ATTACH, clusterId=name), make(ATTACH, clusterId="nobody")
        try:
            cluster.start()
            assert key["client_email"] in failure_of(nobody.start)
            cluster.get_settings()
            assert witness.leaks(traces_of_key(key), {"token"}) == []
            cluster.stop(terminate=False)
        finally:
            path.unlink()
        assert witness.leaks(traces_of_key(key)) == []


class TestFailingStories:
    @pytest.mark.parametrize(
        ("fault", "words"),
        [
            ({"service": "container", "method": "POST", "effect": {"operation": "stockout"}}, "enough resources"),
            (
                {"service": "container", "effect": {"status": 403, "permission": "container.clusters.get"}},
                "clusters.get",
            ),
            ({"service": "metadata", "path": "*/token", "times": 99, "effect": {"status": 404}}, "token"),
        ],
        ids=["stockout", "permission", "metadata server"],
    )
    def test_a_start_that_fails_tells_no_token(
        self, fault: Mapping[str, Any], words: str, witness: Witness, make: Any
    ) -> None:
        cluster = make()
        with witness.sandbox.faults(fault):
            assert words in failure_of(cluster.start)
        assert witness.leaks() == []

    def test_a_cluster_that_is_kept_after_fallback_zones_leaves_no_token_on_the_host(
        self, witness: Witness, make: Any
    ) -> None:
        cluster = make(fallbackZones=["us-central1-b"], keepFailedCluster=True)
        lack = {"service": "container", "method": "POST", "times": 2, "effect": {"operation": "stockout"}}
        with witness.sandbox.faults(lack):
            assert "kept for inspection" in failure_of(cluster.start)
        assert witness.leaks() == []

    def test_a_refused_impersonation_tells_no_token_of_the_one_that_asked(self, witness: Witness, make: Any) -> None:
        cluster = make(secret={"impersonatedServiceAccount": "nobody@sandbox-project.iam.gserviceaccount.com"})
        assert "serviceAccountTokenCreator" in failure_of(cluster.start)
        assert witness.leaks() == []


def damaged(key: Mapping[str, str]) -> dict[str, str]:
    """The key with one line of the private key lost, as a careless paste loses one."""
    lines = key["private_key"].splitlines()
    return {**key, "private_key": "\n".join([*lines[:4], *lines[5:]]) + "\n"}


def unknown_to_google(key: Mapping[str, str]) -> dict[str, str]:
    """The key as it would be after Google has forgotten it."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return {**key, "private_key": private.decode()}


class TestUselessKeys:
    @pytest.mark.parametrize(
        "useless",
        [
            lambda key: json.dumps(key)[:900],
            lambda key: json.dumps(damaged(key)),
            lambda key: "/" + key["private_key"],
        ],
        ids=["truncated", "line lost", "PEM as path"],
    )
    def test_a_key_that_cannot_be_used_is_told_without_a_part_of_it(
        self, useless: Any, witness: Witness, make: Any, new_key: Any
    ) -> None:
        key = new_key()
        message = failure_of(make(ATTACH, given(useless(key)), clusterId="any").start)
        assert "key" in message
        assert "PRIVATE KEY" not in message
        assert witness.leaks(traces_of_key(key)) == []

    @pytest.mark.parametrize(
        "useless",
        [
            lambda key: json.dumps({**key, "type": key["private_key"]}),
            lambda key: json.dumps({**key, "private_key": None, "key": key["private_key"]}),
            lambda key: json.dumps([key]),
            lambda key: key["private_key"],
            lambda key: base64.b64encode(json.dumps(key).encode()).decode(),
        ],
        ids=["type", "field", "list", "PEM alone", "base64"],
    )
    def test_the_dialog_refuses_what_is_no_key_without_a_part_of_it(self, useless: Any, new_key: Any) -> None:
        key = new_key()
        values = {"connectionInfo": PLACE, "clusterId": "any"}
        with pytest.raises(SettingsError, match="Service account key") as caught:
            parse_attach(values, {"connectionInfo": given(useless(key))})
        assert [trace for trace in {*traces_of_key(key), "PRIVATE KEY"} if trace in str(caught.value)] == []

    def test_neither_is_one_in_a_file(self, witness: Witness, make: Any, new_key: Any, tmp_path: Path) -> None:
        key = new_key()
        for number, text in enumerate((json.dumps(damaged(key)), key["private_key"])):
            path = witness.plant(tmp_path / f"{number}.json", text)
            assert str(path) in failure_of(make(ATTACH, given(str(path)), clusterId="any").start)
        assert witness.leaks(traces_of_key(key)) == []

    def test_a_key_that_google_refuses_is_told_without_what_it_signed(
        self, witness: Witness, make: Any, new_key: Any
    ) -> None:
        key = unknown_to_google(new_key())
        message = failure_of(make(ATTACH, given(json.dumps(key)), clusterId="any").start)
        assert key["client_email"] in message
        assert witness.leaks(traces_of_key(key)) == []

    def test_the_login_of_a_user_in_place_of_a_key_is_not_shown(
        self, witness: Witness, make: Any, unique_name: Any, tmp_path: Path
    ) -> None:
        login = witness.sandbox.authorized_user("user@sandbox.example", PERMISSIONS)
        login["client_secret"] = unique_name("client-secret")
        path = witness.plant(tmp_path / "login.json", json.dumps(login))
        for key in (json.dumps(login), str(path)):
            assert "service_account" in failure_of(make(ATTACH, given(key), clusterId="any").start)
        assert witness.leaks([login["client_secret"]]) == []


class TestCredentialsOfTheProcess:
    @pytest.mark.parametrize(
        "named",
        [
            lambda key, path: json.dumps(key),
            lambda key, path: str(path(json.dumps(damaged(key)))),
            lambda key, path: str(path(json.dumps({**key, "type": key["private_key"]}))),
            lambda key, path: str(path(json.dumps(unknown_to_google(key)))),
        ],
        ids=["JSON instead of a path", "line lost", "type", "unknown to Google"],
    )
    def test_what_the_variable_of_google_names_wrongly_is_not_shown(
        self, named: Any, witness: Witness, new_key: Any, tmp_path: Path
    ) -> None:
        key = new_key()
        variable = named(key, lambda text: witness.plant(tmp_path / "named.json", text))
        traces = {*traces_of_key(key), "PRIVATE KEY"}
        said = run_component(witness, tmp_path, {"GOOGLE_APPLICATION_CREDENTIALS": variable})
        assert '"error"' in said
        assert [trace for trace in traces if trace in said] + TOKENS.findall(said) == []
        assert witness.leaks(traces_of_key(key)) == []


def run_component(witness: Witness, folder: Path, variables: Mapping[str, str]) -> str:
    """Run an attachment as DSS does, with variables of DSS's own environment; return its log and its answer."""
    values = {"connectionInfo": PLACE, "clusterId": "any", "logLevel": "NOTSET"}
    call: dict[str, Any] = {
        "kind": "cluster",
        "action": "start",
        "source": (ROOT / "python-clusters" / ATTACH / "cluster.py").read_text(),
        "config": values,
        "plugin_config": {"connectionInfo": {}},
        **dict.fromkeys(("cluster_id", "cluster_name"), "direct"),
        "global_settings": {},
        "data": None,
    }
    reading, writing = os.pipe()
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "sandbox/dss/driver/component_call.py"), str(writing)],
        cwd=folder,
        env=witness.sandbox.env
        | {"PYTHONPATH": f"{ROOT / 'sandbox/dss/stand_in'}:{ROOT / 'python-lib'}", "DIP_HOME": str(folder)}
        | variables,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        pass_fds=(writing,),
        start_new_session=True,
        text=True,
    )
    os.close(writing)
    assert process.stdin is not None
    process.stdin.write(json.dumps(call) + "\n")
    process.stdin.flush()
    assert process.stdout is not None
    with os.fdopen(reading) as answer, process.stdout as log:
        said = log.read() + answer.read()
    process.stdin.close()
    process.wait()
    return said


def disguises(key: Mapping[str, str], token: str) -> dict[str, str]:
    """What an administrator may paste into a wrong field."""
    return {
        "key file": json.dumps(key),
        "indented key file": json.dumps(key, indent=2),
        "private key": key["private_key"],
        "private key on one line": key["private_key"].replace("\n", " "),
        "private key of JSON": json.dumps(key["private_key"]),
        "token": token,
        "key file in base64": base64.b64encode(json.dumps(key).encode()).decode(),
    }


def filled_with(parameter: Parameter, text: str) -> Any:
    """The field with this text, in whichever form the field has."""
    forms: Mapping[str, Callable[[], Any]] = {
        "STRINGS": lambda: [text],
        "KEY_VALUE_LIST": lambda: [{"from": "key", "to": text}, {"from": text, "to": "value"}],
        "MAP": lambda: {"key": text, text: "value"},
        "OBJECT_LIST": lambda: [{column.name: text for column in parameter.columns}],
    }
    return forms.get(parameter.type, lambda: text)()


def fields_of(descriptor: Descriptor) -> Iterator[tuple[str, Any]]:
    """Each field that no secret belongs into, and a way to fill it."""
    for parameter in descriptor.all_params:
        if parameter.type not in ("PRESET", "PRESETS", "PASSWORD"):
            yield parameter.name, parameter


def dialogs(text: str) -> Iterator[tuple[str, Callable[[], object]]]:
    """The name of each field and the reading of its dialog, with the text in that field and the others right."""
    pool: dict[str, Any] = {
        "machineType": "e2-standard-4",
        "withGpu": True,
        "gpuType": "nvidia-l4",
        "serviceAccountType": "custom",
    }
    pool["accessScopes"] = "LISTED"
    create = {"connectionInfo": PLACE, "nodePools": [pool], "inheritFromDSSHost": False}
    attach = {"connectionInfo": PLACE, "clusterId": "any"}
    for name, parameter in fields_of(cluster_descriptor(CREATE)):
        values = {**create, name: filled_with(parameter, text)}
        yield name, lambda values=values: parse_create("any", values, {})  # type: ignore[misc]
    for name, parameter in fields_of(cluster_descriptor(ATTACH)):
        values = {**attach, name: filled_with(parameter, text)}
        yield name, lambda values=values: parse_attach(values, {})  # type: ignore[misc]
    for name, parameter in fields_of(parameter_set_descriptor("node-pool-request")):
        values = {**create, "nodePools": [{**pool, name: filled_with(parameter, text)}]}
        yield name, lambda values=values: parse_create("any", values, {})  # type: ignore[misc]
    for name, parameter in fields_of(parameter_set_descriptor("connection-info")):
        filled = {name: filled_with(parameter, text)}
        values = {**attach, "connectionInfo": {**PLACE, **filled}}
        yield name, lambda values=values, filled=filled: parse_attach(values, {"connectionInfo": filled})  # type: ignore[misc]
    yield "name of the cluster", lambda: parse_create(text, create, {})


class TestWrongFields:
    @pytest.mark.parametrize("disguise", sorted(disguises({"private_key": ""}, "")))
    def test_no_field_takes_a_secret_or_repeats_it(self, disguise: str, witness: Witness, new_key: Any) -> None:
        key = new_key()
        text = disguises(key, witness.sandbox.token)[disguise]
        traces = {*traces_of_key(key), "PRIVATE KEY"}
        repeated = []
        for name, read in dialogs(text):
            try:
                outcome = repr(read())
            except SettingsError as error:
                outcome = str(error)
            if any(trace in outcome for trace in traces) or TOKENS.search(outcome):
                repeated.append(f"{name}: {outcome[:300]}")
        assert repeated == []

    def test_neither_does_any_log_answer_or_file(self, witness: Witness, make: Any, new_key: Any, inline: Any) -> None:
        key, token = new_key(), witness.sandbox.token
        values, pool, place = (
            {name: filled_with(field, token) for name, field in fields_of(form) if name != "logLevel"}
            for form in (
                cluster_descriptor(CREATE),
                parameter_set_descriptor("node-pool-request"),
                parameter_set_descriptor("connection-info"),
            )
        )
        everywhere = {**values, "nodePools": [inline(pool)], "connectionInfo": inline(place, place)}
        # What follows is on its own, since it is what would reach Google, the log of the request and the kubeconfig.
        expert, user = {"creationSettingsValve": json.dumps(key)}, {"clusterId": "any", "userName": json.dumps(key)}
        for cluster in (make(**everywhere), make(**expert), make(ATTACH, **user)):
            failure_of(cluster.start)
        assert witness.leaks(traces_of_key(key), beside_the_form=True) == []
