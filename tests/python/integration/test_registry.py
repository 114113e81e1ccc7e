"""From a repository in Artifact Registry to DSS's base images in it, with the clients that administrators have."""

import json
import os
import shutil
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dataikuapi
import pytest

LOCATION = "us-central1"
UPLOAD = "artifactregistry.repositories.uploadArtifacts"
needs_gcloud = pytest.mark.skipif(shutil.which("gcloud") is None, reason="gcloud is not installed")


@dataclass
class Artifacts:
    """Artifact Registry's API of a sandbox."""

    sandbox: Any

    @property
    def place(self) -> str:
        return f"{self.sandbox.url('artifactregistry')}/v1/projects/{self.sandbox.project}/locations/{LOCATION}"

    def repository(self, name: str) -> str:
        return f"{self.place}/repositories/{name}"

    def finish(self, answer: Any) -> dict[str, Any]:
        """Wait for an operation and return it."""
        assert answer.ok, answer.text
        operation: dict[str, Any] = answer.json()
        while not operation.get("done"):
            time.sleep(0.005)
            operation = self.sandbox.call(f"{self.sandbox.url('artifactregistry')}/v1/{operation['name']}").json()
        return operation

    def create(self) -> tuple[str, str]:
        """Make a repository; returns its name and the address of its images."""
        name = f"r-{uuid.uuid4().hex[:8]}"
        query = f"repositoryId={name}"
        self.finish(self.sandbox.call(f"{self.place}/repositories?{query}", "POST", json={"format": "DOCKER"}))
        return name, self.sandbox.call(self.repository(name)).json()["registryUri"]

    def grant(self, name: str, role: str, *members: str) -> None:
        policy = self.sandbox.call(f"{self.repository(name)}:getIamPolicy").json()
        bindings = [*policy.get("bindings", []), {"role": f"roles/artifactregistry.{role}", "members": list(members)}]
        body = {"policy": {**policy, "bindings": bindings}}
        answer = self.sandbox.call(f"{self.repository(name)}:setIamPolicy", "POST", json=body)
        assert answer.ok, answer.text

    def images(self, name: str) -> list[dict[str, Any]]:
        """Return the images in a repository."""
        images: list[dict[str, Any]] = (
            self.sandbox.call(f"{self.repository(name)}/dockerImages").json().get("dockerImages", [])
        )
        return images


class Host:
    """The DSS of a sandbox and Docker beside it."""

    def __init__(self, sandbox: Any) -> None:
        self.sandbox = sandbox
        self.client = dataikuapi.DSSClient(sandbox.dss_url, sandbox.dss_api_key)
        self.folder = sandbox.folder / "state" / "dss"
        self.config = self.folder / "home" / ".docker" / "config.json"
        self._settings = json.dumps(self.client.get_general_settings().get_raw())

    def run(self, program: str, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run a program of the host as its DSS user."""
        environment = {"HOME": str(self.folder / "home"), "PATH": os.environ["PATH"]}
        return subprocess.run(
            [self.folder / program, *words], input=stdin, env=environment, capture_output=True, text=True, check=False
        )

    def login(self, uri: str, token: str) -> subprocess.CompletedProcess[str]:
        """Log Docker in with an access token."""
        words = ["login", "--username", "oauth2accesstoken", "--password-stdin", uri.partition("/")[0]]
        return self.run("host/bin/docker", *words, stdin=token)

    def configure(self, uri: str, **fields: Any) -> None:
        """Let containerized execution and Spark use a registry, and no other."""
        settings = self.client.get_general_settings()
        containers, spark = settings.get_raw()["containerSettings"], settings.get_raw()["sparkSettings"]
        if "buildConfigs" in containers:
            builder = {"dockerBuilderConfig": {"pushConfigs": [{"repositoryURL": uri}]}}
            containers["buildConfigs"] = [
                {"name": "exec", "baseImageType": "EXEC", **builder},
                {"name": "spark", "baseImageType": "SPARK", **builder},
            ]
        else:
            containers["executionConfigs"] = [{"name": "std", "repositoryURL": uri, **fields}]
            managed = {"managedKubernetes": True, "repositoryURL": uri, **fields}
            spark["executionConfigs"] = [{"name": "spark", "kubernetesSettings": managed}]
        settings.save()

    def restore(self) -> None:
        """Leave no login and no configuration behind."""
        shutil.rmtree(self.config.parent, ignore_errors=True)
        settings = self.client.get_general_settings()
        settings.settings = json.loads(self._settings)
        settings.save()

    def push(self) -> dict[str, Any]:
        """Push base images and return the messages."""
        messages: dict[str, Any] = self.client.push_base_images().wait_for_result()["messages"]
        return messages


@pytest.fixture
def artifacts(sandbox: Any) -> Artifacts:
    return Artifacts(sandbox)


@pytest.fixture(scope="module")
def older(tmp_path_factory: pytest.TempPathFactory, sandbox: Any) -> Iterator[Any]:
    """A sandbox that plays DSS 14."""
    running = type(sandbox)(tmp_path_factory.mktemp("older"), "--dss-version", "14")
    yield running
    assert not running.stop()


@pytest.fixture(params=["14", "15"])
def either_host(request: pytest.FixtureRequest, sandbox: Any, older: Any) -> Iterator[Host]:
    """The host of either DSS, whose Docker nobody has logged in."""
    host = Host(older if request.param == "14" else sandbox)
    yield host
    host.restore()


@pytest.fixture
def host(sandbox: Any) -> Iterator[Host]:
    """The host of DSS 15, whose Docker nobody has logged in."""
    host = Host(sandbox)
    yield host
    host.restore()


class TestRepositories:
    def test_images_go_to_the_registry_of_the_sandbox(self, artifacts: Artifacts) -> None:
        name, uri = artifacts.create()

        described = artifacts.sandbox.call(artifacts.repository(name)).json()
        assert uri == f"{uri.partition('/')[0]}/sandbox-project/{name}"
        assert uri.startswith("127.0.0.1:")
        assert (described["format"], described["mode"]) == ("DOCKER", "STANDARD_REPOSITORY")
        assert described["name"] == f"projects/sandbox-project/locations/{LOCATION}/repositories/{name}"
        listed = artifacts.sandbox.call(f"{artifacts.place}/repositories").json()["repositories"]
        assert described in listed

    def test_creation_takes_its_time(self, artifacts: Artifacts, unique_name: Callable[[str], str]) -> None:
        name = unique_name("r")
        begun = artifacts.sandbox.call(
            f"{artifacts.place}/repositories?repository_id={name}", "POST", json={"format": "DOCKER"}
        )

        assert "done" not in begun.json()
        assert artifacts.finish(begun)["response"]["name"].endswith(name)

    def test_a_name_is_taken_once(self, artifacts: Artifacts) -> None:
        name, _ = artifacts.create()

        again = artifacts.sandbox.call(
            f"{artifacts.place}/repositories?repositoryId={name}", "POST", json={"format": "DOCKER"}
        )
        assert again.json() == {
            "error": {"code": 409, "message": "the repository already exists", "status": "ALREADY_EXISTS"}
        }

    @pytest.mark.parametrize(
        ("query", "body"),
        [("repositoryId=Not_Valid", {"format": "DOCKER"}), ("", {"format": "DOCKER"}), ("repositoryId=a", {})],
    )
    def test_an_invalid_repository_is_refused(self, artifacts: Artifacts, query: str, body: dict[str, str]) -> None:
        answer = artifacts.sandbox.call(f"{artifacts.place}/repositories?{query}", "POST", json=body)
        assert (answer.status_code, answer.json()["error"]["status"]) == (400, "INVALID_ARGUMENT")

    def test_a_repository_that_does_not_exist_is_not_found(self, artifacts: Artifacts) -> None:
        answer = artifacts.sandbox.call(artifacts.repository("nothing"))

        assert answer.json() == {
            "error": {"code": 404, "message": "Requested entity was not found.", "status": "NOT_FOUND"}
        }

    @pytest.mark.parametrize(
        ("method", "path", "permission"),
        [
            ("POST", "repositories?repositoryId=a", "artifactregistry.repositories.create"),
            ("GET", "repositories", "artifactregistry.repositories.list"),
            ("GET", "repositories/{name}", "artifactregistry.repositories.get"),
            ("DELETE", "repositories/{name}", "artifactregistry.repositories.delete"),
            ("GET", "repositories/{name}:getIamPolicy", "artifactregistry.repositories.getIamPolicy"),
            ("POST", "repositories/{name}:setIamPolicy", "artifactregistry.repositories.setIamPolicy"),
            ("GET", "repositories/{name}/dockerImages", "artifactregistry.dockerimages.list"),
            ("GET", "repositories/{name}/packages", "artifactregistry.packages.list"),
        ],
    )
    def test_each_call_asks_for_its_permission(
        self, artifacts: Artifacts, unique_name: Callable[[str], str], method: str, path: str, permission: str
    ) -> None:
        sandbox, email = artifacts.sandbox, f"{unique_name('sa')}@sandbox-project.iam.gserviceaccount.com"
        sandbox.service_account_key(email, [])
        name, _ = artifacts.create()

        answer = sandbox.call(
            f"{artifacts.place}/{path.format(name=name)}", method, token=sandbox.access_token(email), json={}
        )

        assert answer.status_code == 403
        error = answer.json()["error"]
        assert error["message"].startswith(f"Permission '{permission}' denied on resource '//artifactregistry.")
        assert error["details"][0]["metadata"]["permission"] == permission

    def test_what_is_granted_on_a_repository_is_permitted(
        self, artifacts: Artifacts, unique_name: Callable[[str], str]
    ) -> None:
        sandbox, email = artifacts.sandbox, f"{unique_name('sa')}@sandbox-project.iam.gserviceaccount.com"
        sandbox.service_account_key(email, [])
        name, _ = artifacts.create()
        artifacts.grant(name, "reader", f"serviceAccount:{email}")
        token = sandbox.access_token(email)

        assert sandbox.call(artifacts.repository(name), token=token).status_code == 200
        asked = {"permissions": [UPLOAD, "artifactregistry.repositories.get"]}
        tested = sandbox.call(f"{artifacts.repository(name)}:testIamPermissions", "POST", token=token, json=asked)
        assert tested.json() == {"permissions": ["artifactregistry.repositories.get"]}

    def test_a_deleted_repository_is_gone(self, artifacts: Artifacts) -> None:
        name, _ = artifacts.create()

        artifacts.finish(artifacts.sandbox.call(artifacts.repository(name), "DELETE"))

        assert artifacts.sandbox.call(artifacts.repository(name)).status_code == 404

    def test_an_unknown_location_is_refused(self, artifacts: Artifacts) -> None:
        place = artifacts.place.replace(LOCATION, "us-nowhere1")
        assert artifacts.sandbox.call(f"{place}/repositories").status_code == 403
        assert artifacts.sandbox.call(f"{artifacts.place.replace(LOCATION, 'us')}/repositories").status_code == 200


class TestBaseImages:
    def test_base_images_are_pushed_with_dockers_login(self, either_host: Host) -> None:
        host = either_host
        artifacts = Artifacts(host.sandbox)
        name, uri = artifacts.create()
        host.configure(uri)
        assert host.login(uri, host.sandbox.token).stdout == "Login Succeeded\n"

        messages = host.push()

        assert not messages["error"], messages
        info = host.client.get_instance_info().raw
        tag, suffix = f"dss-{info['dssVersion']}", info["installId"].lower()
        images = artifacts.images(name)
        assert [image["uri"].rpartition("@")[0] for image in images] == [
            f"{uri}/dku-exec-base-{suffix}",
            f"{uri}/dku-spark-base-{suffix}",
        ]
        assert [image["tags"] for image in images] == [[tag], [tag]]
        assert all(int(image["imageSizeBytes"]) > 0 for image in images)
        registry, _, path = uri.partition("/")
        manifest = f"http://{registry}/v2/{path}/dku-exec-base-{suffix}/manifests/{tag}"
        answer = host.sandbox.call(manifest)
        assert answer.headers["Docker-Content-Digest"] == images[0]["uri"].rpartition("@")[2]

    def test_what_was_pushed_is_a_package_with_versions_and_tags(self, host: Host) -> None:
        artifacts, call = Artifacts(host.sandbox), host.sandbox.call
        name, uri = artifacts.create()
        host.configure(uri)
        host.login(uri, host.sandbox.token)
        host.push()

        repository = artifacts.repository(name)
        first, second = call(f"{repository}/packages").json()["packages"]
        package = f"{repository}/packages/{first['name'].rpartition('/')[2]}"
        assert call(package).json() == first
        (tag,) = call(f"{package}/tags").json()["tags"]
        (version,) = call(f"{package}/versions").json()["versions"]
        assert version["relatedTags"] == [tag]
        assert tag["version"] == version["name"]
        assert call(f"{package}/tags/{tag['name'].rpartition('/')[2]}").json() == tag
        assert call(f"{package}/versions/{version['name'].rpartition('/')[2]}").json() == version
        image = artifacts.images(name)[0]
        assert call(f"{repository}/dockerImages/{image['name'].rpartition('/')[2]}").json() == image
        page = call(f"{repository}/packages?pageSize=1").json()
        assert page["packages"] == [first]
        rest = call(f"{repository}/packages?pageSize=1&pageToken={page['nextPageToken']}").json()
        assert rest == {"packages": [second]}

    def test_an_image_that_was_not_pushed_is_not_found(self, artifacts: Artifacts) -> None:
        name, _ = artifacts.create()

        for path in ("dockerImages/base@sha256:0", "packages/base", "packages/base/versions", "packages/base/tags/x"):
            assert artifacts.sandbox.call(f"{artifacts.repository(name)}/{path}").status_code == 404
        assert artifacts.images(name) == []

    def test_without_a_login_the_push_is_denied_in_an_ordinary_result(self, host: Host) -> None:
        _, uri = Artifacts(host.sandbox).create()
        host.configure(uri)

        messages = host.push()

        assert messages["error"]
        assert f'do not have permission "{UPLOAD}"' in messages["messages"][0]["details"]

    def test_who_may_not_write_is_denied(self, host: Host) -> None:
        artifacts = Artifacts(host.sandbox)
        name, uri = artifacts.create()
        host.configure(uri)
        host.login(uri, host.sandbox.access_token(host.sandbox.host_email))

        with host.sandbox.permissions(host.sandbox.host_email, []):
            artifacts.grant(name, "reader", f"serviceAccount:{host.sandbox.host_email}")
            assert f'denied: Permission "{UPLOAD}" denied on resource' in host.push()["messages"][0]["details"]
        assert artifacts.images(name) == []

    def test_a_service_account_that_was_granted_writing_pushes(self, host: Host) -> None:
        artifacts = Artifacts(host.sandbox)
        name, uri = artifacts.create()
        artifacts.grant(name, "writer", f"serviceAccount:{host.sandbox.host_email}")
        host.configure(uri)
        host.login(uri, host.sandbox.access_token(host.sandbox.host_email))

        with host.sandbox.permissions(host.sandbox.host_email, []):
            assert not host.push()["error"]
        assert len(artifacts.images(name)) == 2
        pushed = [line for line in host.sandbox.requests(service="registry") if line["method"] == "PUT"]
        assert pushed[-1]["principal"] == host.sandbox.host_email

    def test_an_expired_login_is_unauthorized(self, host: Host) -> None:
        _, uri = Artifacts(host.sandbox).create()
        host.configure(uri)
        token = host.sandbox.access_token(host.sandbox.host_email, lifetime_seconds=0)
        assert "unauthorized: authentication failed" in host.login(uri, token).stderr

        host.config.parent.mkdir(exist_ok=True)
        entry = {"auth": "b2F1dGgyYWNjZXNzdG9rZW46eWEyOS5vbGQ="}
        host.config.write_text(json.dumps({"auths": {uri.partition("/")[0]: entry}}))
        assert "unauthorized: authentication failed" in host.push()["messages"][0]["details"]

    def test_a_missing_repository_is_named(self, host: Host) -> None:
        _, uri = Artifacts(host.sandbox).create()
        missing = f"{uri.rpartition('/')[0]}/missing"
        host.configure(missing)
        host.login(missing, host.sandbox.token)

        assert 'name unknown: Repository "missing" not found' in host.push()["messages"][0]["details"]

    def test_base_images_that_were_not_built_are_named(self, host: Host) -> None:
        _, uri = Artifacts(host.sandbox).create()
        host.configure(uri)
        host.login(uri, host.sandbox.token)
        image = host.run("host/bin/docker", "images", "--format", "{{.Repository}}:{{.Tag}}").stdout
        base = next(line for line in image.split() if line.startswith("dku-exec-base"))
        host.run("host/bin/docker", "image", "rm", base)

        assert f"No such image: {base}" in host.push()["messages"][0]["details"]

        assert host.run("bin/dssadmin", "build-base-image", "--type", "container-exec").returncode == 0
        assert not host.push()["error"]

    def test_a_fault_of_the_registry_fails_the_push(self, host: Host) -> None:
        _, uri = Artifacts(host.sandbox).create()
        host.configure(uri)
        host.login(uri, host.sandbox.token)

        with host.sandbox.faults(
            {"service": "registry", "method": "PUT", "path": "*/manifests/*", "effect": {"status": 503}}
        ):
            assert "unavailable" in host.push()["messages"][0]["details"]


class TestPrePushScript:
    @pytest.fixture
    def older_host(self, older: Any) -> Iterator[Host]:
        host = Host(older)
        yield host
        host.restore()

    def _configure(self, host: Host, uri: str, script: Path | str) -> None:
        host.configure(uri, prePushMode="CUSTOM", prePushScript=str(script))

    def test_the_script_logs_docker_in_before_each_push(self, older_host: Host, tmp_path: Path) -> None:
        _, uri = Artifacts(older_host.sandbox).create()
        token = older_host.sandbox.env["CLOUDSDK_AUTH_ACCESS_TOKEN_FILE"]
        script = tmp_path / "login"
        script.write_text(
            f"#!/bin/sh\necho run >> {tmp_path}/runs\n"
            f"docker login -u oauth2accesstoken --password-stdin {uri.partition('/')[0]} < {token}\n"
        )
        script.chmod(0o700)
        self._configure(older_host, uri, script)

        assert not older_host.push()["error"]
        assert (tmp_path / "runs").read_text() == "run\nrun\n"

    def test_a_script_that_fails_fails_the_push(self, older_host: Host, tmp_path: Path) -> None:
        name, uri = Artifacts(older_host.sandbox).create()
        script = tmp_path / "login"
        script.write_text("#!/bin/sh\necho no token today >&2\nexit 3\n")
        script.chmod(0o700)
        self._configure(older_host, uri, script)

        assert "ended with status 3: no token today" in older_host.push()["messages"][0]["details"]
        assert Artifacts(older_host.sandbox).images(name) == []

    def test_a_script_that_is_not_there_fails_the_push(self, older_host: Host) -> None:
        _, uri = Artifacts(older_host.sandbox).create()
        self._configure(older_host, uri, "login")

        assert "is not the absolute path of a program" in older_host.push()["messages"][0]["details"]


@needs_gcloud
@pytest.mark.gcloud
def test_gcloud_makes_a_repository_grants_it_and_lists_what_dss_pushed(
    host: Host, artifacts: Artifacts, unique_name: Callable[[str], str]
) -> None:
    def gcloud(*arguments: str) -> Any:
        command = ["gcloud", "artifacts", *arguments, "--format=json"]
        done = subprocess.run(command, env=host.sandbox.env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout or "null")

    name, place = unique_name("g"), f"--location={LOCATION}"
    role, member = "roles/artifactregistry.writer", f"serviceAccount:{host.sandbox.host_email}"

    gcloud("repositories", "create", name, place, "--repository-format=docker", "--async")
    uri = gcloud("repositories", "describe", name, place)["registryUri"]
    policy = gcloud("repositories", "add-iam-policy-binding", name, place, f"--member={member}", f"--role={role}")
    assert policy["bindings"] == [{"role": role, "members": [member]}]

    host.configure(uri)
    host.login(uri, host.sandbox.access_token(host.sandbox.host_email))
    assert not host.push()["error"]
    address = f"{LOCATION}-docker.pkg.dev/{host.sandbox.project}/{name}"
    listed = gcloud("docker", "images", "list", address, "--include-tags")
    assert [image["package"].rpartition("-")[0] for image in listed] == [
        f"{uri}/dku-exec-base",
        f"{uri}/dku-spark-base",
    ]
    assert all(image["tags"][0].startswith("dss-15") for image in listed)
