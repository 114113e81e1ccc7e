"""Every kubectl tells the same stories on the embedded server as on a real one."""

import json
import shlex
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from tests.python.conformance import normalising
from tests.python.conformance.differences import compared
from tests.python.conformance.servers import Server, kubectl_of, kubectl_versions
from tests.python.conformance.stories import STORIES, Step, Story

pytestmark = [pytest.mark.conformance, pytest.mark.kubectl]


@dataclass(frozen=True)
class Answer:
    code: int
    output: str
    error: str


def _run(kubectl: str, server: Server, step: Step, namespace: str) -> Answer:
    arguments = shlex.split(step.arguments.replace("{ns}", namespace))
    told = "-n" in arguments or "--all-namespaces" in arguments or "-A" in arguments or "--raw" in arguments
    command = [kubectl, "--kubeconfig", str(server.kubeconfigs[step.user]), *([] if told else ["-n", namespace])]
    # Discovery is cached by host and port, which another server of the machine can have had before.
    command += ["--cache-dir", str(server.ca_file.parent / "cache" / server.name)]
    # An older kubectl takes YAML that begins with a brace for JSON.
    stdin = f"# YAML\n{step.stdin}" if step.stdin else ""
    done = subprocess.run([*command, *arguments], input=stdin, capture_output=True, text=True, timeout=60, check=False)
    return Answer(done.returncode, done.stdout, done.stderr)


def _told(kubectl: str, server: Server, story: Story) -> list[Answer]:
    make = Step("create -f -", stdin=f"{{apiVersion: v1, kind: Namespace, metadata: {{name: {story.namespace}}}}}")
    assert _run(kubectl, server, make, story.namespace).code == 0
    try:
        return [_run(kubectl, server, step, story.namespace) for step in story.steps]
    finally:
        for name in story.cluster_objects:
            _run(kubectl, server, Step(f"delete {name} --ignore-not-found"), story.namespace)
        _run(kubectl, server, Step(f"delete namespace {story.namespace} --timeout=60s"), story.namespace)


def _comparable(answer: Answer) -> dict[str, object]:
    try:
        output: object = normalising.body(json.loads(answer.output))
    except ValueError:
        output = normalising.text(answer.output)
    return {"output": output, "error": normalising.text(answer.error)}


@pytest.mark.parametrize("version", kubectl_versions())
@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_tells_the_same_story_on_both_servers(servers: list[Server], story: Story, version: str) -> None:
    kubectl = kubectl_of(version)
    if kubectl is None:
        pytest.skip(f"kubectl {version} is not on this machine")
    if story.custom_objects:
        servers = [server for server in servers if server.survives_custom_objects]
    with ThreadPoolExecutor() as pool:
        told = list(pool.map(lambda server: _told(kubectl, server, story), servers))
    wrong = []
    for number, step in enumerate(story.steps):
        answers = [answers[number] for answers in told]
        for server, answer in zip(servers, answers, strict=True):
            if answer.code != step.code:
                wrong.append(f"{step.arguments}\n  {server.name} exits {answer.code}, not {step.code}: {answer}")
        if len(answers) == 2 and not step.only_code and answers[0].code == answers[1].code:
            wrong += compared(f"{story.name}: {step.arguments}", *map(_comparable, answers))
    assert not wrong, "\n".join(wrong)
