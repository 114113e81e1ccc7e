from __future__ import annotations

import json

import pytest

from gke_clusters.dss.docker import Docker
from gke_clusters.errors import DockerUnusable


@pytest.fixture
def docker(tmp_path):
    """Make a Docker that runs a given shell script, with a home of its own."""

    def made(script=None, **environment):
        programs = tmp_path / "bin"
        programs.mkdir()
        if script is not None:
            (programs / "docker").write_text(f"#!/bin/sh\n{script}\n")
            (programs / "docker").chmod(0o700)
        return Docker({"PATH": f"{programs}:/usr/bin:/bin", "HOME": str(tmp_path), **environment})

    return made


@pytest.fixture
def configure(tmp_path):
    """Write Docker's configuration."""

    def write(content, folder=".docker"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "config.json").write_text(content if isinstance(content, str) else json.dumps(content))

    return write


def test_tells_the_version_of_the_daemon(docker):
    assert docker('[ "$1" = version ] && echo 28.2.2').check() == "28.2.2"


def test_a_daemon_that_does_not_run_is_told_in_dockers_words(docker):
    with pytest.raises(DockerUnusable, match="does not answer") as refused:
        docker("echo Cannot connect to the Docker daemon >&2; exit 1").check()

    assert refused.value.verbatim == "Cannot connect to the Docker daemon"
    assert "systemctl start docker" in refused.value.remedy


@pytest.mark.parametrize(("script", "said"), [("echo out; exit 3", "out"), ("exit 3", "exit status 3")])
def test_says_what_there_is_where_docker_says_no_error(docker, script, said):
    with pytest.raises(DockerUnusable) as refused:
        docker(script).check()

    assert refused.value.verbatim == said


def test_a_host_without_docker_is_told(tmp_path):
    with pytest.raises(DockerUnusable, match="not installed"):
        Docker({"PATH": str(tmp_path)}).check()


def test_a_docker_that_cannot_be_run_is_told(docker, tmp_path):
    broken = docker("exit 0")
    (tmp_path / "bin" / "docker").write_bytes(b"\x00not a program")

    with pytest.raises(DockerUnusable, match="cannot be run"):
        broken.check()


def test_the_password_goes_through_a_pipe(docker, tmp_path):
    docker(f'echo "$*" > {tmp_path}/arguments; cat > {tmp_path}/input').log_in("host:1", "me", "ya29.secret")

    assert (tmp_path / "arguments").read_text() == "login host:1 --username me --password-stdin\n"
    assert (tmp_path / "input").read_text() == "ya29.secret"


def test_a_login_that_fails_says_why_without_the_password(docker):
    with pytest.raises(DockerUnusable, match="could not log in") as refused:
        docker('read -r password; echo "denied: $password" >&2; exit 1').log_in("host:1", "me", "open-sesame")

    assert refused.value.verbatim == "denied: ..."


@pytest.mark.parametrize(
    ("config", "kind"),
    [
        ({"auths": {"host:1": {"auth": "x"}}}, "kept"),
        ({"credHelpers": {"host:1": "gcloud"}, "auths": {"host:1": {}}}, "helper"),
        ({"auths": {"other": {}}, "credsStore": "desktop"}, "none"),
        ("not JSON", "none"),
        ([], "none"),
    ],
)
def test_tells_how_docker_logs_in(docker, configure, config, kind):
    configure(config)

    assert docker().login_of("host:1") == kind


def test_looks_where_docker_is_told_to(docker, configure, tmp_path):
    configure({"auths": {"host:1": {}}}, "elsewhere")

    assert docker(DOCKER_CONFIG=str(tmp_path / "elsewhere")).login_of("host:1") == "kept"


def test_without_a_configuration_there_is_no_login(docker):
    assert docker().login_of("host:1") == "none"


def test_tells_which_images_docker_has(docker):
    host = docker('[ "$5" = there:1 ]')

    assert host.has_image("there:1")
    assert not host.has_image("gone:1")
