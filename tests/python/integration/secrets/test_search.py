"""The search finds what it is to find."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from typing import Any

import pytest

from tests.python.integration.secrets.search import Processes, Witness, traces_of_key

# All of them share the sandbox that they search.
pytestmark = pytest.mark.xdist_group("secrets")


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
