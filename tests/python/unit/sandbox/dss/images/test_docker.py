"""Docker on the DSS host: its configuration file, credential helpers and local images."""

import base64
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox.dss.images.base_images import BaseImages
from sandbox.dss.images.content import content_of
from sandbox.dss.images.docker.command_line import main
from sandbox.dss.images.docker.config_file import ConfigError, ConfigFile, Login
from sandbox.dss.images.docker.local_images import LocalImages
from sandbox.dss.images.host import DockerHost
from sandbox.dss.storage import DataFolder

HELPER = """#!{python}
import json, os, sys
action, text = sys.argv[1], sys.stdin.read()
kept = {kept!r}
if action == "store":
    open(kept, "w").write(text)
elif not os.path.exists(kept):
    print("credentials not found in native keychain")
    sys.exit(1)
elif action == "erase":
    os.unlink(kept)
else:
    print(open(kept).read())
"""
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def config(tmp_path: Path) -> ConfigFile:
    return ConfigFile(tmp_path / "docker")


@pytest.fixture
def helper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put `docker-credential-test` on the PATH; return where it keeps its one login."""
    programs, kept = tmp_path / "programs", tmp_path / "kept.json"
    programs.mkdir()
    program = programs / "docker-credential-test"
    program.write_text(HELPER.format(python=sys.executable, kept=str(kept)))
    program.chmod(0o700)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    return kept


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command line; returns status, output and errors."""
    (tmp_path / "images").mkdir()

    def run(*words: str, stdin: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        status = main([str(tmp_path / "images"), "--config", str(tmp_path / "docker"), *words])
        return status, *capsys.readouterr()

    return run


def _write(config: ConfigFile, **described: object) -> None:
    config.path.parent.mkdir(parents=True, exist_ok=True)
    config.path.write_text(json.dumps(described))


class TestConfigFile:
    def test_without_a_file_there_is_no_login(self, config: ConfigFile) -> None:
        assert config.login("host:1") is None
        assert config.forget("host:1") is False

    def test_a_login_is_kept_in_the_file_for_its_owner_only(self, config: ConfigFile) -> None:
        assert config.keep("host:1", Login("user", "pass:word")) is True

        assert config.login("host:1") == Login("user", "pass:word")
        assert config.login("host:2") is None
        assert config.path.stat().st_mode & 0o777 == 0o600

    def test_other_settings_in_the_file_stay(self, config: ConfigFile) -> None:
        _write(config, proxies={"default": {}}, auths={"other": {"auth": "x"}})

        config.keep("host:1", Login("user", "word"))

        described = json.loads(config.path.read_text())
        assert described["proxies"] == {"default": {}}
        assert described["auths"]["other"] == {"auth": "x"}

    def test_a_login_is_forgotten(self, config: ConfigFile) -> None:
        config.keep("host:1", Login("user", "word"))

        assert config.forget("host:1") is True
        assert config.login("host:1") is None

    @pytest.mark.parametrize("settings", [{"credHelpers": {"host:1": "test"}}, {"credsStore": "test"}])
    def test_a_helper_keeps_the_login_instead_of_the_file(
        self, config: ConfigFile, helper: Path, settings: dict[str, object]
    ) -> None:
        _write(config, **settings)
        assert config.login("host:1") is None

        assert config.keep("host:1", Login("user", "word")) is False

        assert json.loads(helper.read_text()) == {"ServerURL": "host:1", "Username": "user", "Secret": "word"}
        assert config.login("host:1") == Login("user", "word")
        assert "word" not in config.path.read_text()
        assert config.forget("host:1") is True
        assert not helper.exists()

    def test_a_helper_of_another_registry_is_not_asked(self, config: ConfigFile, helper: Path) -> None:
        helper.write_text(json.dumps({"Username": "user", "Secret": "word"}))
        _write(config, credHelpers={"other": "test"})

        assert config.login("host:1") is None

    def test_a_helper_that_is_missing_is_named(self, config: ConfigFile) -> None:
        _write(config, credHelpers={"host:1": "missing"})

        with pytest.raises(ConfigError, match="docker-credential-missing"):
            config.login("host:1")

    def test_a_helper_that_fails_is_quoted(self, config: ConfigFile, helper: Path) -> None:
        helper.mkdir()
        _write(config, credsStore="test")

        with pytest.raises(ConfigError, match="exit status 1"):
            config.login("host:1")

    def test_a_helper_that_tells_something_else_is_refused(self, config: ConfigFile, helper: Path) -> None:
        helper.write_text("[]")
        _write(config, credsStore="test")

        with pytest.raises(ConfigError, match="gave no login"):
            config.login("host:1")

    @pytest.mark.parametrize("text", ["{", "[]"])
    def test_an_unreadable_file_is_refused(self, config: ConfigFile, text: str) -> None:
        _write(config)
        config.path.write_text(text)

        with pytest.raises(ConfigError, match="Error loading config file"):
            config.login("host:1")

    def test_an_unreadable_entry_is_refused(self, config: ConfigFile) -> None:
        _write(config, auths={"host:1": {"auth": "!"}})

        with pytest.raises(ConfigError, match="the entry of host:1"):
            config.login("host:1")

    def test_the_folder_is_chosen_by_argument_variable_and_home(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HOME", "/home/dss")
        monkeypatch.delenv("DOCKER_CONFIG", raising=False)
        assert ConfigFile.of_environment().path == Path("/home/dss/.docker/config.json")
        monkeypatch.setenv("DOCKER_CONFIG", "/etc/docker")
        assert ConfigFile.of_environment().path == Path("/etc/docker/config.json")
        assert ConfigFile.of_environment(str(tmp_path)).path == tmp_path / "config.json"


class TestCommands:
    def test_says_its_version(self, docker: Run, capsys: pytest.CaptureFixture[str]) -> None:
        assert docker("version", "--format", "{{.Server.Version}}") == (0, "28.2.2\n", "")
        assert "Version:" in docker("version")[1]
        assert main(["unused", "--version"]) == 0
        assert capsys.readouterr().out.startswith("Docker version 28.2.2")

    def test_says_what_it_holds(self, docker: Run, tmp_path: Path) -> None:
        LocalImages(tmp_path / "images").build("base:1")

        assert json.loads(docker("info", "--format", "{{json .}}")[1])["Images"] == 1
        assert docker("info", "--format", "{{.Nothing}}")[1] == "<no value>\n"
        assert "Images: 1" in docker("info")[1]

    def test_an_image_gets_another_name(self, docker: Run, tmp_path: Path) -> None:
        LocalImages(tmp_path / "images").build("base:1")

        assert docker("tag", "base:1", "host:5000/p/r/base") == (0, "", "")

        listed = docker("images", "--format", "{{.Repository}}|{{.Tag}}")[1].split()
        assert listed == ["base|1", "host:5000/p/r/base|latest"]
        ids = docker("image", "inspect", "base:1", "host:5000/p/r/base", "--format", "{{.Id}}")[1].split()
        assert len(set(ids)) == 1

    def test_an_image_that_is_not_there_is_named(self, docker: Run) -> None:
        missing = "Error response from daemon: No such image: base:1\n"

        assert docker("tag", "base:1", "other:1") == (1, "", missing)
        assert docker("image", "inspect", "base:1") == (1, "[]\n", missing)
        assert docker("rmi", "base:1") == (1, "", missing)

    def test_a_removed_image_is_gone(self, docker: Run, tmp_path: Path) -> None:
        LocalImages(tmp_path / "images").build("base:1")

        assert docker("image", "rm", "base:1") == (0, "Untagged: base:1\n", "")
        assert docker("images", "-q") == (0, "", "")

    def test_pushes_nothing_that_is_not_there(self, docker: Run) -> None:
        status, _, errors = docker("push", "127.0.0.1:1/p/r/base:1")

        assert (status, errors) == (1, "An image does not exist locally with the tag: 127.0.0.1:1/p/r/base\n")

    def test_pushes_to_no_registry_without_a_host(self, docker: Run) -> None:
        assert docker("push", "base:1")[2] == "denied: requested access to the resource is denied\n"

    @pytest.mark.parametrize(
        "words", [["push", "127.0.0.1:1/p/r/base:1"], ["login", "-u", "a", "-p", "b", "127.0.0.1:1"]]
    )
    def test_a_registry_that_does_not_answer_is_named(self, docker: Run, tmp_path: Path, words: list[str]) -> None:
        LocalImages(tmp_path / "images").build("127.0.0.1:1/p/r/base:1")

        status, _, errors = docker(*words)

        assert status == 1
        assert 'Get "http://127.0.0.1:1/v2/"' in errors
        assert "refused" in errors

    def test_a_login_needs_a_password_from_one_place(self, docker: Run) -> None:
        assert "non TTY" in docker("login", "-u", "a", "127.0.0.1:1")[2]
        assert "mutually exclusive" in docker("login", "-u", "a", "-p", "b", "--password-stdin", "127.0.0.1:1")[2]

    def test_logs_out(self, docker: Run, tmp_path: Path) -> None:
        ConfigFile(tmp_path / "docker").keep("host:1", Login("user", "word"))

        assert docker("logout", "host:1")[1] == "Removing login credentials for host:1\n"
        assert docker("logout", "http://host:1/v2/")[1] == "Not logged in to host:1\n"


class TestHost:
    @pytest.fixture
    def host(self, tmp_path: Path) -> DockerHost:
        return DockerHost(DataFolder(tmp_path / "dss"), BaseImages("Id", "15.0.0"))

    def test_holds_the_base_images_of_its_dss(self, host: DockerHost) -> None:
        assert [image.name for image in host.images] == [
            "dku-cde-base-id:dss-15.0.0",
            "dku-exec-base-id:dss-15.0.0",
            "dku-spark-base-id:dss-15.0.0",
        ]

    def test_an_upgraded_dss_has_no_base_images_until_they_are_built(self, host: DockerHost, tmp_path: Path) -> None:
        upgraded = DockerHost(DataFolder(tmp_path / "dss"), BaseImages("Id", "16.0.0"))
        name = "dku-spark-base-id:dss-16.0.0"
        assert name not in [image.name for image in upgraded.images]

        build = [str(tmp_path / "dss" / "bin" / "dssadmin"), "build-base-image", "--type", "spark"]
        subprocess.run(build, check=True, capture_output=True)

        assert name in [image.name for image in upgraded.images]

    def test_the_programs_run_in_the_environment_of_a_component(self, host: DockerHost) -> None:
        # A component's Python path has packages of names that the standard library has not.
        environment = {"PYTHONPATH": "/nowhere", "PYTHONHOME": "/nowhere", "PATH": os.environ["PATH"]}

        done = subprocess.run(
            [host.programs / "docker", "images", "-q"], env=environment, capture_output=True, check=True
        )

        assert len(done.stdout.split()) == 3


def test_an_image_is_the_same_bytes_for_the_same_name_and_time() -> None:
    assert content_of("base:1", 1_700_000_000) == content_of("base:1", 1_700_000_000)
    assert content_of("base:1", 1_700_000_000).image_id != content_of("base:2", 1_700_000_000).image_id


def test_the_login_in_the_file_is_what_docker_writes(config: ConfigFile) -> None:
    config.keep("host:1", Login("user", "word"))

    kept = json.loads(config.path.read_text())
    assert kept == {"auths": {"host:1": {"auth": base64.b64encode(b"user:word").decode()}}}
