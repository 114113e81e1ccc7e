"""The credential helper as a real process, against small stand-ins of Google's token services."""

import ast
import base64
import calendar
import contextlib
import json
import os
import shutil
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from gke_clusters.kube.api import KubernetesApi
from gke_clusters.kube.credential_helper import HelperCredentials, install_helper
from gke_clusters.kube.kubeconfig import ClusterAccess, Endpoint, HelperCommand, render_kubeconfig
from gke_clusters.kube.private_files import write_private_file
from gke_clusters.kube.probe import probe
from sandbox.certificates import CertificateAuthority

RESOURCES = Path(__file__).resolve().parents[3] / "resource" / "credential_helper"


def pythons() -> list[str]:
    """Every Python of this machine from 3.6: on the path, and those of pyenv."""
    on_path = [shutil.which(f"python3.{minor}") for minor in range(6, 20)]
    installed = Path("~/.pyenv/versions").expanduser().glob("3.*/bin/python3")
    return sorted(
        {
            sys.executable,
            *(str(path) for path in installed),
            *(path for path in on_path if path and "/shims/" not in path),
        }
    )


def kubectls() -> list[str]:
    """The kubectl on the path, and the other versions that the Google Cloud CLI puts beside it."""
    found = shutil.which("kubectl")
    return (
        []
        if found is None
        else [found, *sorted(str(path) for path in Path(found).resolve().parent.glob("kubectl.1.*"))]
    )


SHELLS = [shell for shell in ("dash", "bash", "busybox") if shutil.which(shell)]
METADATA = {"Metadata-Flavor": "Google"}


@dataclass
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: str

    @property
    def form(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(self.body).items()}


Answer = tuple[int, Any, dict[str, str]]


@dataclass
class Google:
    """The metadata server, the token endpoint and the IAM Credentials API in one; tests replace `answer`."""

    port: int = 0
    answer: Callable[[Request], Answer | None] = lambda _: (404, {}, {})
    requests: list[Request] = field(default_factory=list)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.host}"

    def token(self, seconds: int = 3599) -> Answer:
        value = f"ya29.{len(self.requests)}"
        return 200, {"access_token": value, "expires_in": seconds, "token_type": "Bearer"}, METADATA


@pytest.fixture
def google() -> Iterator[Google]:
    state = Google()
    state.answer = lambda _: state.token()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = Request(self.command, self.path, headers, body)
            state.requests.append(request)
            answer = state.answer(request)
            if answer is None:  # cut
                return
            status, document, more = answer
            data = document if isinstance(document, bytes) else json.dumps(document).encode()
            self.send_response_only(status)
            for name, value in ({"Content-Length": str(len(data))} | more).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        do_GET = answer  # noqa: N815 - names of http.server
        do_POST = answer  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of http.server
            pass

    class Server(ThreadingHTTPServer):
        request_queue_size = 64

        def handle_error(self, request: Any, client_address: Any) -> None:
            pass  # clients that go away are the subject of tests

    server = Server(("127.0.0.1", 0), Handler)
    state.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield state
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def environment(google: Google, tmp_path: Path) -> dict[str, str]:
    """The helper's whole environment: none of this machine's variables."""
    return {
        "PATH": os.environ["PATH"],
        "GCE_METADATA_HOST": google.host,
        "CLOUDSDK_API_ENDPOINT_OVERRIDES_IAMCREDENTIALS": f"{google.url}/",
        "CLOUDSDK_CONFIG": str(tmp_path / "no-gcloud"),
    }


@pytest.fixture(autouse=True)
def application_default_credentials_are_those_of_the_vm(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path / "no-gcloud"))


@pytest.fixture(scope="module")
def private_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture
def service_account_key(google: Google, private_key: rsa.RSAPrivateKey) -> dict[str, str]:
    return {
        "type": "service_account",
        "client_email": "dss@p.iam.gserviceaccount.com",
        "private_key": pem(private_key),
        "private_key_id": "kid1",
        "token_uri": f"{google.url}/token",
    }


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


@dataclass
class Helper:
    """An installed helper and how to run it."""

    command: HelperCommand
    environment: dict[str, str]

    @property
    def folder(self) -> Path:
        return Path(self.command.args[0]).parent

    @property
    def token_file(self) -> Path:
        return self.folder / "token"

    def run(self, shell: str = "dash", **more: str) -> subprocess.CompletedProcess[str]:
        command = [shell, *(["sh"] if shell == "busybox" else []), *self.command.args]
        return subprocess.run(
            command, capture_output=True, text=True, env=self.environment | more, check=False, timeout=60, cwd="/"
        )

    def token(self, **more: str) -> str:
        result = self.run(**more)
        assert (result.returncode, result.stderr) == (0, "")
        credential = json.loads(result.stdout)
        assert credential["kind"] == "ExecCredential"
        assert credential["apiVersion"] == "client.authentication.k8s.io/v1beta1"
        assert isinstance(credential["status"]["token"], str)
        return str(credential["status"]["token"])

    def error(self, **more: str) -> str:
        result = self.run(**more)
        assert result.returncode == 1
        assert result.stdout == ""
        assert result.stderr.startswith("gke-credential-helper: ")
        assert result.stderr.count("\n") == 1
        return result.stderr

    def age(self, *, issued_seconds_ago: int, left_seconds: int) -> None:
        """Rewrite the kept token's times."""
        now = int(time.time())
        answer = self.token_file.read_text().splitlines()[1]
        times = f"{now - issued_seconds_ago} {now + left_seconds - 300}"
        self.token_file.write_text(f"gke-credential-1 {times}\n{answer}\n")

    def without_python(self) -> "Helper":
        (self.folder / "interpreters").write_text("/removed/code-env/bin/python\n")
        return self


@pytest.fixture
def install(tmp_path: Path, environment: dict[str, str]) -> Callable[..., Helper]:
    def install_with(key: str | dict[str, Any] | None = None, impersonate: str | None = None) -> Helper:
        text = json.dumps(key) if isinstance(key, dict) else key
        return Helper(install_helper(tmp_path / "exec dir", HelperCredentials(text, impersonate)), environment)

    return install_with


def claims_of(request: Request, public_key: rsa.RSAPublicKey) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of the assertion, after its signature was verified."""
    head, payload, signature = request.form["assertion"].split(".")

    def decoded(part: str) -> bytes:
        return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))

    public_key.verify(decoded(signature), f"{head}.{payload}".encode(), padding.PKCS1v15(), hashes.SHA256())
    return json.loads(decoded(head)), json.loads(decoded(payload))


class TestWarm:
    @pytest.mark.parametrize("shell", SHELLS)
    def test_a_kept_token_is_answered_without_asking_again(
        self, install: Callable[..., Helper], google: Google, shell: str
    ) -> None:
        helper = install()
        first = helper.run(shell)
        assert helper.run(shell).stdout == first.stdout
        assert len(google.requests) == 1

    def test_a_kept_token_needs_no_python(self, install: Callable[..., Helper]) -> None:
        helper = install()
        first = helper.token()
        (helper.folder / "refresh.py").unlink()
        assert helper.without_python().token() == first

    def test_five_minutes_before_its_end_a_token_is_renewed(self, install: Callable[..., Helper]) -> None:
        helper = install()
        first = helper.token()
        helper.age(issued_seconds_ago=3000, left_seconds=330)
        assert helper.token() == first
        helper.age(issued_seconds_ago=3301, left_seconds=299)
        assert helper.token() != first

    def test_a_clock_put_back_before_the_issue_makes_it_ask_again(self, install: Callable[..., Helper]) -> None:
        helper = install()
        first = helper.token()
        helper.age(issued_seconds_ago=-7200, left_seconds=7200)
        assert helper.token() != first

    @pytest.mark.parametrize(
        "garbage",
        [
            b"",
            b"\n\n",
            b"gke-credential-1 0 9999999999",
            b"gke-credential-1 0 9999999999\n",
            b"gke-credential-1 0 9999999999\n{}\n",
            b'gke-credential-1 0 9999999999\n{"kind":"ExecCredential","status":{"tok',
            b'gke-credential-1 0 9999999999\n{"kind":"ExecCredential","status":{"tok\n',
            b'gke-credential-1 x y\n{"kind":"ExecCredential","status":{}}\n',
            b'gke-credential-1 0 99999999999999999999999\n{"kind":"ExecCredential","status":{}}\n',
            b'gke-credential-9 0 9999999999\n{"kind":"ExecCredential","status":{"token":"ya29.bad"}}\n',
            b"\x00\xff\xfe\x00" * 100,
        ],
    )
    @pytest.mark.parametrize("shell", SHELLS)
    def test_a_damaged_file_is_replaced(self, install: Callable[..., Helper], garbage: bytes, shell: str) -> None:
        helper = install()
        helper.token_file.write_bytes(garbage)
        result = helper.run(shell)
        assert (result.returncode, result.stderr) == (0, "")
        assert json.loads(result.stdout)["status"]["token"] == "ya29.1"
        assert helper.run(shell).stdout == result.stdout

    def test_the_kept_token_is_for_its_owner_alone(self, install: Callable[..., Helper]) -> None:
        helper = install()
        helper.token()
        assert helper.token_file.stat().st_mode & 0o777 == 0o600
        helper.without_python().token_file.unlink()
        helper.token()
        assert helper.token_file.stat().st_mode & 0o777 == 0o600

    def test_an_answer_is_given_although_it_cannot_be_kept(self, install: Callable[..., Helper]) -> None:
        helper = install()
        helper.token_file.mkdir()  # nothing can be written over a folder
        assert helper.token() == "ya29.1"


class TestMetadataServer:
    def test_asks_for_both_scopes_and_says_what_it_is(self, install: Callable[..., Helper], google: Google) -> None:
        install().token()
        request = google.requests[0]
        assert request.path == (
            "/computeMetadata/v1/instance/service-accounts/default/token?scopes="
            "https://www.googleapis.com/auth/cloud-platform,https://www.googleapis.com/auth/userinfo.email"
        )
        assert request.headers["metadata-flavor"] == "Google"

    def test_the_end_of_the_token_is_told(self, install: Callable[..., Helper], google: Google) -> None:
        google.answer = lambda _: google.token(1800)
        status = json.loads(install().run().stdout)["status"]
        end = time.strptime(status["expirationTimestamp"], "%Y-%m-%dT%H:%M:%SZ")
        left_seconds = calendar.timegm(end) - time.time()
        # Less is left where the machine took its time; the margin of five minutes is not taken off.
        assert 1600 <= left_seconds <= 1800

    def test_many_at_once_ask_once(self, install: Callable[..., Helper], google: Google) -> None:
        helper = install()
        with ThreadPoolExecutor(12) as executor:
            tokens = set(executor.map(lambda _: helper.token(), range(24)))
        assert tokens == {"ya29.1"}
        assert len(google.requests) == 1

    @pytest.mark.parametrize("trouble", [(503, {}, {}), (429, {}, {}), None])
    def test_a_passing_trouble_is_overcome(self, install: Callable[..., Helper], google: Google, trouble: Any) -> None:
        google.answer = lambda _: trouble if len(google.requests) < 3 else google.token()
        assert install().token() == "ya29.3"

    def test_a_proxy_is_not_asked(self, install: Callable[..., Helper]) -> None:
        assert install().token(http_proxy="http://127.0.0.1:1", HTTP_PROXY="http://127.0.0.1:1") == "ya29.1"

    @pytest.mark.parametrize(
        ("answer", "words"),
        [
            ((404, {}, METADATA), "answered HTTP 404. Check that this host is a VM"),
            ((200, {"access_token": "ya29.x", "expires_in": 10}, {}), "is not Google's"),
            ((200, b"<html>", METADATA), "not a token"),
            ((200, {"access_token": "", "expires_in": 10}, METADATA), "not a token"),
            ((200, {"access_token": "ya29.x"}, METADATA), "not a token"),
            ((200, {"access_token": "ya29\nx", "expires_in": 10}, METADATA), "not a token"),
            ((200, {"access_token": "ya29.x", "expires_in": -1}, METADATA), "not a token"),
        ],
    )
    def test_what_is_wrong_is_said_in_a_line(
        self, install: Callable[..., Helper], google: Google, answer: Any, words: str
    ) -> None:
        google.answer = lambda _: answer
        message = install().error()
        assert words in message
        assert google.host in message

    def test_a_host_without_metadata_server_is_told_what_to_do(self, install: Callable[..., Helper]) -> None:
        message = install().error(GCE_METADATA_HOST="127.0.0.1:1")
        assert "cannot be reached" in message
        assert "service account key" in message

    def test_a_token_with_minutes_left_is_better_than_an_error(
        self, install: Callable[..., Helper], google: Google
    ) -> None:
        helper = install()
        first = helper.token()
        google.answer = lambda _: (404, {}, METADATA)
        helper.age(issued_seconds_ago=3500, left_seconds=60)
        assert helper.token() == first
        helper.age(issued_seconds_ago=3600, left_seconds=5)
        assert "HTTP 404" in helper.error()


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
class TestWithoutPython:
    @pytest.mark.parametrize("shell", SHELLS)
    def test_curl_asks_the_metadata_server(self, install: Callable[..., Helper], google: Google, shell: str) -> None:
        helper = install().without_python()
        first = helper.run(shell)
        assert (first.returncode, first.stderr) == (0, "")
        assert json.loads(first.stdout)["status"]["token"] == "ya29.1"
        assert helper.run(shell).stdout == first.stdout
        assert len(google.requests) == 1

    def test_both_ways_ask_and_answer_the_same(self, install: Callable[..., Helper], google: Google) -> None:
        google.answer = lambda _: (200, {"access_token": "ya29.x", "expires_in": 3599}, METADATA)
        by_python = json.loads(install().run().stdout)
        by_curl = json.loads(install().without_python().run().stdout)
        ends = [answer["status"].pop("expirationTimestamp") for answer in (by_python, by_curl)]
        assert by_python == by_curl
        assert all(end.endswith("Z") and len(end) == 20 for end in ends)
        assert google.requests[0].path == google.requests[1].path

    @pytest.mark.parametrize("answer", [(404, {}, METADATA), (200, b"<html>", METADATA), (200, {}, METADATA)])
    def test_what_is_wrong_is_said_in_a_line(self, install: Callable[..., Helper], google: Google, answer: Any) -> None:
        google.answer = lambda _: answer
        assert google.host in install().without_python().error()

    def test_a_key_needs_python_and_says_so(
        self, install: Callable[..., Helper], service_account_key: dict[str, str]
    ) -> None:
        assert "Install python3" in install(service_account_key).without_python().error()

    def test_impersonation_needs_python_and_says_so(self, install: Callable[..., Helper]) -> None:
        assert "Install python3" in install(None, "other@p.iam.gserviceaccount.com").without_python().error()

    def test_a_broken_python_is_passed_over(self, install: Callable[..., Helper], tmp_path: Path) -> None:
        helper = install()
        broken = tmp_path / "python"
        broken.write_text("#!/bin/sh\necho Fatal Python error >&2\nexit 1\n")
        broken.chmod(0o755)
        interpreters = helper.folder / "interpreters"
        interpreters.write_text(f"{broken}\n{interpreters.read_text()}")
        assert helper.token() == "ya29.1"


class TestServiceAccountKey:
    def test_signs_what_google_asks_for(
        self,
        install: Callable[..., Helper],
        google: Google,
        service_account_key: dict[str, str],
        private_key: rsa.RSAPrivateKey,
    ) -> None:
        assert install(service_account_key).token() == "ya29.1"
        request = google.requests[0]
        assert request.path == "/token"
        assert request.form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
        header, claims = claims_of(request, private_key.public_key())
        assert header == {"alg": "RS256", "typ": "JWT", "kid": "kid1"}
        assert claims["iss"] == "dss@p.iam.gserviceaccount.com"
        assert claims["aud"] == service_account_key["token_uri"]
        assert claims["exp"] - claims["iat"] == 3600
        assert abs(claims["iat"] - time.time()) < 30
        assert claims["scope"].split() == [
            "https://www.googleapis.com/auth/cloud-platform",
            "https://www.googleapis.com/auth/userinfo.email",
        ]

    @pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not installed")
    def test_openssl_signs_where_the_code_environment_is_gone(
        self,
        install: Callable[..., Helper],
        google: Google,
        service_account_key: dict[str, str],
        private_key: rsa.RSAPrivateKey,
        tmp_path: Path,
    ) -> None:
        helper = install(service_account_key)
        python = bare_python(tmp_path)
        (helper.folder / "interpreters").write_text(f"{python}\n")
        assert helper.token() == "ya29.1"
        claims_of(google.requests[0], private_key.public_key())

    def test_a_host_that_cannot_sign_says_what_to_install(
        self, install: Callable[..., Helper], service_account_key: dict[str, str], tmp_path: Path
    ) -> None:
        helper = install(service_account_key)
        (helper.folder / "interpreters").write_text(f"{bare_python(tmp_path)}\n")
        tools = tmp_path / "tools"
        tools.mkdir()
        for tool in ("dash", "date", "cat"):
            (tools / tool).symlink_to(str(shutil.which(tool)))
        assert "Install openssl" in helper.error(PATH=str(tools))

    def test_a_wrong_clock_is_survived_by_using_that_of_google(
        self,
        install: Callable[..., Helper],
        google: Google,
        service_account_key: dict[str, str],
        private_key: rsa.RSAPrivateKey,
    ) -> None:
        true_time = time.time() + 7200
        refusal = {"error": "invalid_grant", "error_description": "Invalid JWT: reasonable timeframe"}
        dated = {"Date": formatdate(true_time, usegmt=True)}
        google.answer = lambda _: (400, refusal, dated) if len(google.requests) == 1 else google.token()
        assert install(service_account_key).token() == "ya29.2"
        _, claims = claims_of(google.requests[1], private_key.public_key())
        assert abs(claims["iat"] - true_time) < 30

    def test_a_refused_key_repeats_the_words_of_google_and_asks_once(
        self, install: Callable[..., Helper], google: Google, service_account_key: dict[str, str]
    ) -> None:
        refusal = {"error": "invalid_grant", "error_description": "Invalid JWT Signature."}
        google.answer = lambda _: (400, refusal, {"Date": formatdate(usegmt=True)})
        message = install(service_account_key).error()
        assert "HTTP 400: Invalid JWT Signature. Check that the key still exists" in message
        assert len(google.requests) == 1

    def test_a_busy_token_endpoint_is_asked_again(
        self, install: Callable[..., Helper], google: Google, service_account_key: dict[str, str]
    ) -> None:
        google.answer = lambda _: (503, {}, {}) if len(google.requests) < 3 else google.token()
        assert install(service_account_key).token() == "ya29.3"

    def test_an_unreachable_token_endpoint_is_named(
        self, install: Callable[..., Helper], service_account_key: dict[str, str]
    ) -> None:
        message = install(service_account_key | {"token_uri": "http://127.0.0.1:1/token"}).error()
        assert "http://127.0.0.1:1/token cannot be reached" in message

    @pytest.mark.parametrize("token_uri", ["file:///etc/passwd", "nonsense"])
    def test_another_scheme_is_not_opened(
        self, install: Callable[..., Helper], service_account_key: dict[str, str], token_uri: str
    ) -> None:
        assert "no http(s) address" in install(service_account_key | {"token_uri": token_uri}).error()

    @pytest.mark.parametrize("kind", ["elliptic", "nonsense"])
    def test_a_private_key_that_cannot_sign_is_said_and_not_shown(
        self, install: Callable[..., Helper], service_account_key: dict[str, str], kind: str
    ) -> None:
        text = pem(ec.generate_private_key(ec.SECP256R1())) if kind == "elliptic" else "MIIsecret"
        message = install(service_account_key | {"private_key": text}).error()
        assert "private key" in message
        assert text.splitlines()[-1] not in message

    def test_a_key_file_that_went_away_is_named(
        self, install: Callable[..., Helper], service_account_key: dict[str, str], tmp_path: Path
    ) -> None:
        path = tmp_path / "dss.json"
        path.write_text(json.dumps(service_account_key))
        helper = install(str(path))
        path.unlink()
        assert f"the credentials file {path} cannot be read: No such file or directory" in helper.error()

    def test_no_secret_is_on_a_command_line(
        self, install: Callable[..., Helper], google: Google, service_account_key: dict[str, str]
    ) -> None:
        seen: list[str] = []

        def look(_: Request) -> Answer:
            for process in Path("/proc").glob("[0-9]*/cmdline"):
                with contextlib.suppress(OSError):  # it may just have ended
                    seen.append(process.read_bytes().decode(errors="replace"))
            return google.token()

        google.answer = look
        install(service_account_key).token()
        assert any("refresh.py" in command for command in seen)
        secret = service_account_key["private_key"].splitlines()[1]
        assert not any(secret in command for command in seen)


def bare_python(folder: Path) -> Path:
    """A Python without `cryptography`, as it remains when the code environment is gone."""
    python = folder / "bare-python"
    blocked = folder / "blocked"
    blocked.mkdir()
    # -S again, after the helper's own: this one hides site.main, which brings the site-packages.
    (blocked / "refresh.py").write_text(
        "import runpy, site, sys\nsite.main = lambda: None\nrunpy.run_path(sys.argv[1], run_name='__main__')\n"
    )
    python.write_text(f'#!/bin/sh\nexec "{sys.base_prefix}/bin/python3" -I -S "{blocked}/refresh.py" "$3"\n')
    python.chmod(0o755)
    return python


USER = {
    "type": "authorized_user",
    "client_id": "id",
    "client_secret": "shh-secret",
    "refresh_token": "1//refresh-secret",
}


class TestOtherCredentials:
    def test_a_user_is_refreshed(self, install: Callable[..., Helper], google: Google) -> None:
        assert install(USER | {"token_uri": f"{google.url}/token"}).token() == "ya29.1"
        assert google.requests[0].form == {
            "grant_type": "refresh_token",
            "client_id": "id",
            "client_secret": "shh-secret",
            "refresh_token": "1//refresh-secret",
        }

    def test_a_user_that_must_log_in_again_is_told_how(self, install: Callable[..., Helper], google: Google) -> None:
        google.answer = lambda _: (400, {"error": "invalid_grant", "error_description": "Token revoked"}, {})
        message = install(USER | {"token_uri": f"{google.url}/token"}).error()
        assert "Token revoked. Run: gcloud auth application-default login" in message
        assert "secret" not in message

    def test_another_service_account_is_impersonated(self, install: Callable[..., Helper], google: Google) -> None:
        def answer(request: Request) -> Answer:
            if request.method == "GET":
                return google.token()
            return 200, {"accessToken": "ya29.impersonated", "expireTime": "2100-01-01T00:00:00Z"}, {}

        google.answer = answer
        assert install(None, "other@p.iam.gserviceaccount.com").token() == "ya29.impersonated"
        request = google.requests[1]
        assert request.path == ("/v1/projects/-/serviceAccounts/other@p.iam.gserviceaccount.com:generateAccessToken")
        assert request.headers["authorization"] == "Bearer ya29.1"
        assert json.loads(request.body)["lifetime"] == "3600s"

    def test_a_refused_impersonation_names_the_role(self, install: Callable[..., Helper], google: Google) -> None:
        def answer(request: Request) -> Answer:
            if request.method == "GET":
                return google.token()
            return 403, {"error": {"code": 403, "message": "Permission 'iam...' denied", "status": "X"}}, {}

        google.answer = answer
        message = install(None, "other@p.iam.gserviceaccount.com").error()
        assert "HTTP 403: Permission 'iam...' denied" in message
        assert "roles/iam.serviceAccountTokenCreator" in message
        assert "ya29" not in message

    def test_impersonation_in_the_credentials_file_is_followed(
        self, install: Callable[..., Helper], google: Google
    ) -> None:
        def answer(request: Request) -> Answer:
            if request.path == "/token":
                return google.token()
            return 200, {"accessToken": "ya29.impersonated"}, {}

        google.answer = answer
        document = {
            "type": "impersonated_service_account",
            "service_account_impersonation_url": "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/"
            "other@p.iam.gserviceaccount.com:generateAccessToken",
            "source_credentials": USER | {"token_uri": f"{google.url}/token"},
            "delegates": ["middle"],
        }
        assert install(document).token() == "ya29.impersonated"
        assert json.loads(google.requests[1].body)["delegates"] == ["middle"]

    def test_a_private_authority_is_trusted_as_requests_does(
        self, install: Callable[..., Helper], google: Google
    ) -> None:
        message = install(USER | {"token_uri": f"https://{google.host}/token"}).error(
            REQUESTS_CA_BUNDLE="/nonexistent/bundle.pem"
        )
        assert "REQUESTS_CA_BUNDLE cannot be read: No such file or directory" in message

    @pytest.mark.parametrize("text", ["", "[]", '{"version": 2}'])
    def test_a_damaged_configuration_is_said(self, install: Callable[..., Helper], text: str) -> None:
        helper = install()
        (helper.folder / "config.json").write_text(text)
        assert "Start or attach the cluster again" in helper.error()

    def test_what_was_not_foreseen_tells_its_place_and_no_more(self, install: Callable[..., Helper]) -> None:
        helper = install()
        (helper.folder / "config.json").write_text('{"version": 1, "source": "s3cret", "impersonate": null}')
        message = helper.error()
        assert "unexpected TypeError at line " in message
        assert "s3cret" not in message


@pytest.mark.parametrize("python", pythons())
def test_any_python_obtains_a_token(
    install: Callable[..., Helper], google: Google, service_account_key: dict[str, str], python: str
) -> None:
    helper = install(service_account_key)
    (helper.folder / "interpreters").write_text(f"{python}\n")
    assert helper.token() == "ya29.1"
    assert google.requests[0].form["assertion"].count(".") == 2


def test_the_program_is_written_for_every_python_from_3_6() -> None:
    text = (RESOURCES / "refresh.py").read_text()
    ast.parse(text, feature_version=(3, 6))


def test_the_program_imports_the_standard_library_alone() -> None:
    tree = ast.parse((RESOURCES / "refresh.py").read_text())
    top = [node for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom))]
    names = {alias.name for node in top for alias in node.names} | {str(getattr(node, "module", "")) for node in top}
    assert not any(name.startswith(("cryptography", "google", "requests", "gke_clusters")) for name in names)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[ClusterAccess, list[str]]]:
    """An API server that notes the tokens it gets and answers `/version`."""
    authority = CertificateAuthority.create("cluster")
    files = authority.issue(tmp_path / "tls", "server", ["127.0.0.1"])
    tokens: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            tokens.append(str(self.headers.get("Authorization")))
            data = b'{"major": "1", "minor": "33", "gitVersion": "v1.33.5-gke.1080000"}'
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of http.server
            pass

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    endpoint = Endpoint("public", f"127.0.0.1:{server.server_port}")
    yield ClusterAccess("p", "us-central1-a", "dss", endpoint, base64.b64encode(authority.pem).decode()), tokens
    server.shutdown()
    server.server_close()
    thread.join()


class TestClients:
    """Clients that DSS uses get their token from the helper that the kubeconfig names."""

    def kubeconfig(self, helper: Helper, access: ClusterAccess) -> Path:
        path = helper.folder.parent / "kube_config"
        write_private_file(path, render_kubeconfig(access, helper.command, "somebody"))
        return path

    @pytest.mark.kubectl
    @pytest.mark.skipif(not kubectls(), reason="kubectl is not installed")
    @pytest.mark.parametrize("kubectl", kubectls())
    def test_kubectl_gets_its_token(self, install: Callable[..., Helper], cluster: Any, kubectl: str) -> None:
        access, tokens = cluster
        helper = install()
        command = [kubectl, "--kubeconfig", str(self.kubeconfig(helper, access)), "get", "--raw", "/version"]
        environment = helper.environment | {"HOME": str(helper.folder)}
        for _ in range(2):
            result = subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=60)
            assert (result.returncode, result.stderr) == (0, "")
            assert "v1.33.5-gke.1080000" in result.stdout
        assert set(tokens) == {"Bearer ya29.1"}

    @pytest.mark.kubectl
    @pytest.mark.skipif(not shutil.which("kubectl"), reason="kubectl is not installed")
    def test_kubectl_shows_what_the_helper_says(
        self, install: Callable[..., Helper], google: Google, cluster: Any
    ) -> None:
        google.answer = lambda _: (404, {}, METADATA)
        access, tokens = cluster
        helper = install()
        command = ["kubectl", "--kubeconfig", str(self.kubeconfig(helper, access)), "get", "--raw", "/version"]
        environment = helper.environment | {"HOME": str(helper.folder)}
        result = subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=60)
        assert result.returncode != 0
        assert "gke-credential-helper: the metadata server" in result.stderr
        assert tokens == []

    def test_the_python_client_gets_its_token(
        self, install: Callable[..., Helper], cluster: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        access, tokens = cluster
        helper = install()
        monkeypatch.setenv("GCE_METADATA_HOST", helper.environment["GCE_METADATA_HOST"])
        api = KubernetesApi.from_kubeconfig(self.kubeconfig(helper, access), endpoint=access.endpoint)
        assert probe(api, 10) == "v1.33.5-gke.1080000"
        assert tokens == ["Bearer ya29.1"]
