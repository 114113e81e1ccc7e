"""A secret that is pasted into a field where none belongs is neither taken nor repeated."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from gke_clusters.errors import SettingsError
from gke_clusters.settings.attach import parse_attach
from gke_clusters.settings.create import parse_create
from gke_clusters.settings.descriptors import Descriptor, Parameter, cluster_descriptor, parameter_set_descriptor
from tests.python.integration.secrets.actions import ATTACH, CREATE, PLACE, failure_of
from tests.python.integration.secrets.keys import disguises
from tests.python.integration.secrets.search import TOKENS, Witness, traces_of_key

# All of them share the sandbox that they search.
pytestmark = pytest.mark.xdist_group("secrets")


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
