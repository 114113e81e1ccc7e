"""Ask Google for an access token, keep it for the next calls and print it as an ExecCredential.

The slow half of the credential helper: `credential-helper` runs it when the kept token is missing or nearly over. It is
copied beside each cluster's kubeconfig and must outlive the plugin's version and code environment, hence one file, the
standard library only and any Python from 3.6 (annotations of newer types are quoted). `cryptography` is used to sign
where it is there, `openssl` otherwise.

It ends with 0, or with 3 after one line on stderr that says what failed and what to do. No secret goes to a command
line, to that line or to any other file than `token`.
"""

import base64
import contextlib
import email.utils
import fcntl
import http.client
import json
import os
import re
import signal
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

API_VERSION = "client.authentication.k8s.io/v1beta1"
FORMAT = "gke-credential-1"
# The e-mail scope makes Kubernetes see the service account's address and not its number:
# https://github.com/kubernetes/cloud-provider-gcp/blob/master/cmd/gke-gcloud-auth-plugin/default_credentials_token_provider.go
SCOPES = ("https://www.googleapis.com/auth/cloud-platform", "https://www.googleapis.com/auth/userinfo.email")
# The official Python client asks again at every call once less than five minutes are left.
MARGIN_SECONDS = 300
# A token nearly over is better than none when Google cannot be reached just now.
LAST_RESORT_SECONDS = 10
LOCK_WAIT_SECONDS = 30
REQUEST_TIMEOUT_SECONDS = 10
ATTEMPTS = 3
# https://cloud.google.com/iam/docs/create-short-lived-credentials-direct: one hour unless an organization allows more.
LIFETIME_SECONDS = 3600
SKEW_WORTH_CORRECTING_SECONDS = 60
FAILED = 3

CA_BUNDLES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem")


class HelperError(Exception):
    """Raised with a line for the administrator: what failed and what to do."""


class RefusedError(HelperError):
    """Raised when Google answers and refuses; `clock_skew_seconds` is its clock less ours, 0 when it does not say."""

    def __init__(self, message: str, clock_skew_seconds: float = 0.0) -> None:
        super().__init__(message)
        self.clock_skew_seconds = clock_skew_seconds


class Token:
    """An access token and the local Unix time at which it ends."""

    def __init__(self, value: str, expiry: float) -> None:
        self.value = value
        self.expiry = expiry

    def answer(self) -> str:
        """The ExecCredential that Kubernetes clients read, on one line."""
        expiry = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.expiry))
        document = {
            "kind": "ExecCredential",
            "apiVersion": API_VERSION,
            "spec": {"interactive": False},
            "status": {"expirationTimestamp": expiry, "token": self.value},
        }
        return json.dumps(document, separators=(",", ":"))


def read_kept_answer(directory: Path, left_seconds: float) -> "str | None":
    """The kept answer when its token has this many seconds left by a plausible clock, else None."""
    try:
        head, answer, rest = (directory / "token").read_text(encoding="ascii").split("\n")
        kept_format, issued, until = head.split(" ")
        document = json.loads(answer)
        now = time.time()
        usable = int(issued) <= now < int(until) + MARGIN_SECONDS - left_seconds
        if usable and kept_format == FORMAT and not rest and document["status"]["token"]:
            return answer
    except (OSError, ValueError, TypeError, KeyError):
        pass
    return None


def keep(directory: Path, token: Token) -> None:
    """Write the token for the next calls, in one step; a disk that refuses costs time at the next call and no more."""
    until = int(token.expiry) - MARGIN_SECONDS
    text = f"{FORMAT} {int(time.time())} {until}\n{token.answer()}\n"
    with contextlib.suppress(OSError):
        descriptor, name = tempfile.mkstemp(prefix="token.", dir=str(directory))  # 0600 from birth
        path = Path(name)
        try:
            with os.fdopen(descriptor, "w") as file:
                file.write(text)
            path.replace(directory / "token")
        except OSError:
            path.unlink()
            raise


def printable(text: object, limit: int = 300) -> str:
    """Somebody else's words on one line of bounded length."""
    return re.sub(r"[^ -~]+", " ", str(text)).strip().rstrip(".")[:limit]


def reason_of(error: BaseException) -> str:
    """What a failure of the network or of a file says, without the number."""
    inner = getattr(error, "reason", None) or error
    return printable(getattr(inner, "strerror", None) or str(inner) or type(inner).__name__)


def field(document: "dict[str, object]", name: str, origin: str) -> str:
    """A text field of a document from outside, or an error that names the field and where it should have been."""
    value = document.get(name)
    if not isinstance(value, str) or not value:
        raise HelperError(origin + " has no usable field " + name + ". Give a complete one and start or attach again.")
    return value


def token_of(document: object, origin: str) -> Token:
    """The token of an OAuth answer `{"access_token", "expires_in"}`."""
    if isinstance(document, dict):
        value, seconds = document.get("access_token"), document.get("expires_in")
        if isinstance(value, str) and re.match(r"[!-~]+$", value) and isinstance(seconds, (int, float)) and seconds > 0:
            return Token(value, time.time() + min(float(seconds), 12 * LIFETIME_SECONDS))
    raise HelperError(
        origin + " answered something that is not a token. Check for a proxy or another server in its place."
    )


def from_metadata_server() -> Token:
    """The token of the service account attached to this VM.

    https://cloud.google.com/compute/docs/access/authenticate-workloads#applications; the two variables are those of
    google-auth. Never through a proxy.
    """
    host = os.environ.get("GCE_METADATA_HOST") or os.environ.get("GCE_METADATA_ROOT") or "metadata.google.internal"
    path = "/computeMetadata/v1/instance/service-accounts/default/token?scopes=" + ",".join(SCOPES)
    origin = "the metadata server " + printable(host)
    remedy = ". Check that this host is a VM of Google Cloud with a service account, or choose a service account key."
    problem = ""
    for attempt in range(ATTEMPTS):
        time.sleep(0.3 * attempt)
        try:
            connection = http.client.HTTPConnection(host, timeout=REQUEST_TIMEOUT_SECONDS)
            with contextlib.closing(connection):
                connection.request("GET", path, headers={"Metadata-Flavor": "Google"})
                response = connection.getresponse()
                body = response.read()
        except (OSError, http.client.HTTPException) as error:
            problem = "cannot be reached: " + reason_of(error)
            continue
        if response.status == 200 and response.getheader("Metadata-Flavor") != "Google":  # noqa: PLR2004 - HTTP OK
            raise HelperError(origin + " is not Google's: its answer lacks Metadata-Flavor" + remedy)
        if response.status == 200:  # noqa: PLR2004 - HTTP OK
            return token_of(parsed(body), origin)
        problem = "answered HTTP " + str(response.status)
        if response.status != 429 and response.status < 500:  # noqa: PLR2004 - too many requests, server errors
            break
    raise HelperError(origin + " " + problem + remedy)


def parsed(body: bytes) -> object:
    """The JSON of an answer, None when it is something else."""
    try:
        document: object = json.loads(body.decode())
    except ValueError:
        return None
    return document


def tls_context() -> ssl.SSLContext:
    """Trust as google-auth does: REQUESTS_CA_BUNDLE if it is set, else SSL_CERT_FILE and the system's authorities."""
    bundle = os.environ.get("REQUESTS_CA_BUNDLE")
    try:
        if bundle and Path(bundle).is_dir():
            return ssl.create_default_context(capath=bundle)
        context = ssl.create_default_context(cafile=bundle or None)
    except OSError as error:
        problem = "the certificate authorities in REQUESTS_CA_BUNDLE cannot be read: " + reason_of(error)
        raise HelperError(problem + ". Correct or unset that variable of DSS.") from None
    paths = ssl.get_default_verify_paths()
    if not (bundle or paths.cafile or paths.capath):  # a Python built elsewhere looks in folders that do not exist here
        for candidate in CA_BUNDLES:
            if Path(candidate).exists():
                context.load_verify_locations(candidate)
                break
    return context


def post(url: str, body: bytes, headers: "dict[str, str]", origin: str) -> object:
    """The JSON that a Google service answers; asks again when it is busy or unreachable.

    Raises:
        RefusedError: it answered with an error; its own explanation is in the message.
        HelperError: it could not be reached.
    """
    if not re.match(r"https?://[^/]", url):
        raise HelperError(origin + " has no http(s) address. Give a complete key and start or attach again.")
    context = tls_context()
    problem = ""
    for attempt in range(ATTEMPTS):
        time.sleep(0.3 * attempt)
        request = urllib.request.Request(url, data=body, headers=headers, method="POST")  # noqa: S310 - checked above
        try:
            opened = urllib.request.urlopen(request, timeout=REQUEST_TIMEOUT_SECONDS, context=context)  # noqa: S310
            with opened as response:
                return parsed(response.read())
        except urllib.error.HTTPError as error:
            with contextlib.closing(error):
                problem = "refused with HTTP " + str(error.code) + explanation(parsed(error.read()))
                if error.code != 429 and error.code < 500:  # noqa: PLR2004 - too many requests, server errors
                    raise RefusedError(origin + " " + problem, clock_skew(error.headers.get("Date"))) from None
        except (OSError, http.client.HTTPException) as error:
            problem = "cannot be reached: " + reason_of(error)
    raise HelperError(origin + " " + problem + ". Check the network, the proxy and the certificates of this host.")


def explanation(document: object) -> str:
    """Google's own words in either of its two shapes of errors, after a colon; empty when there are none."""
    error = document.get("error") if isinstance(document, dict) else None
    if isinstance(error, dict):
        words = error.get("message")
    else:
        words = (document.get("error_description") or error) if isinstance(document, dict) else None
    return ": " + printable(words) if words else ""


def clock_skew(date: "str | None") -> float:
    """The seconds by which the clock of an HTTP `Date` header is ahead of ours."""
    try:
        return email.utils.parsedate_to_datetime(date or "").timestamp() - time.time()
    except (TypeError, ValueError, IndexError):
        return 0.0


def sign(private_key: str, message: bytes) -> bytes:
    """An RS256 signature by `cryptography`, or by the openssl command, which reads the key from a pipe."""
    try:
        import site  # noqa: PLC0415 - this Python was started without its site-packages, to be quicker

        site.main()
        from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415
        from cryptography.hazmat.primitives.asymmetric import padding, rsa  # noqa: PLC0415
    except Exception:  # a half removed code environment fails in any way
        return sign_with_openssl(private_key, message)
    try:
        key = serialization.load_pem_private_key(private_key.encode(), password=None)
    except Exception:  # its many reasons come to the same
        raise HelperError("the private key cannot be read. Create a new key and start or attach again.") from None
    if not isinstance(key, rsa.RSAPrivateKey):
        raise HelperError("the private key is not an RSA key. Create a new key and start or attach again.")
    return key.sign(message, padding.PKCS1v15(), hashes.SHA256())


def sign_with_openssl(private_key: str, message: bytes) -> bytes:
    """See `sign`; the key fits the buffer of a pipe, so that it can be written before openssl runs."""
    reader, writer = os.pipe()
    try:
        with os.fdopen(writer, "wb") as file:
            file.write(private_key.encode())
        command = ["openssl", "dgst", "-sha256", "-sign", "/dev/fd/" + str(reader)]
        result = subprocess.run(  # noqa: S603 - no input of ours in it
            command,
            input=message,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            pass_fds=(reader,),
            timeout=REQUEST_TIMEOUT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        remedy = "Install openssl, or start or attach the cluster again in DSS."
        raise HelperError("nothing on this host can sign with the service account key. " + remedy) from None
    finally:
        os.close(reader)
    if result.returncode or not result.stdout:
        raise HelperError("openssl cannot sign with the private key. Create a new key and start or attach again.")
    return result.stdout


def base64url(data: bytes) -> bytes:
    """Base64 as JSON web tokens want it, without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def from_service_account(key: "dict[str, object]", origin: str) -> Token:
    """The token for a service account key: https://developers.google.com/identity/protocols/oauth2/service-account.

    A host whose clock is wrong is refused; Google's own clock is then used for a second try.
    """
    token_uri = field(key, "token_uri", origin)
    email_address, private_key = field(key, "client_email", origin), field(key, "private_key", origin)
    header = {"alg": "RS256", "typ": "JWT", "kid": key.get("private_key_id")}
    skew = 0.0
    while True:
        now = int(time.time() + skew)
        claims = {
            "iss": email_address,
            "aud": token_uri,
            "iat": now,
            "exp": now + LIFETIME_SECONDS,
            "scope": " ".join(SCOPES),
        }
        message = b".".join(base64url(json.dumps(part).encode()) for part in (header, claims))
        assertion = (message + b"." + base64url(sign(private_key, message))).decode()
        try:
            return oauth(
                token_uri, {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": assertion}
            )
        except RefusedError as refusal:
            if skew or abs(refusal.clock_skew_seconds) < SKEW_WORTH_CORRECTING_SECONDS:
                remedy = ". Check that the key still exists and that the service account is enabled."
                raise HelperError(str(refusal) + remedy) from None
            skew = refusal.clock_skew_seconds


def from_authorized_user(key: "dict[str, object]", origin: str) -> Token:
    """The token for the credentials that `gcloud auth application-default login` writes."""
    form = {name: field(key, name, origin) for name in ("client_id", "client_secret", "refresh_token")}
    form["grant_type"] = "refresh_token"
    token_uri = key.get("token_uri")
    try:
        return oauth(token_uri if isinstance(token_uri, str) else "https://oauth2.googleapis.com/token", form)
    except RefusedError as refusal:
        raise HelperError(str(refusal) + ". Run: gcloud auth application-default login") from None


def oauth(url: str, form: "dict[str, str]") -> Token:
    """A token of an OAuth 2 token endpoint."""
    origin = "the token endpoint " + printable(url)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return token_of(post(url, urllib.parse.urlencode(form).encode(), headers, origin), origin)


def impersonated(source: Token, principal: str, delegates: "list[str]") -> Token:
    """The token of another service account, as `gcloud --impersonate-service-account` gets it.

    https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateAccessToken; the
    variable is gcloud's own.
    """
    base = os.environ.get("CLOUDSDK_API_ENDPOINT_OVERRIDES_IAMCREDENTIALS") or "https://iamcredentials.googleapis.com/"
    url = base.rstrip("/") + "/v1/projects/-/serviceAccounts/" + principal + ":generateAccessToken"
    body = {"scope": list(SCOPES), "lifetime": str(LIFETIME_SECONDS) + "s", "delegates": delegates}
    headers = {"Content-Type": "application/json", "Authorization": "Bearer " + source.value}
    origin = "impersonation of " + printable(principal)
    try:
        document = post(url, json.dumps(body).encode(), headers, origin)
    except RefusedError as refusal:
        remedy = (
            ". Grant roles/iam.serviceAccountTokenCreator on that service account and enable the IAM Credentials API."
        )
        raise HelperError(str(refusal) + remedy) from None
    # Only a lifetime is comparable with our clock: expireTime is by Google's.
    value = document.get("accessToken") if isinstance(document, dict) else None
    return token_of({"access_token": value, "expires_in": LIFETIME_SECONDS}, origin)


def from_file(path: str) -> Token:
    """The token for a credentials file, whichever of Google's kinds it holds."""
    origin = "the credentials file " + printable(path)
    try:
        document = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        reason = reason_of(error) if isinstance(error, OSError) else "it is not JSON"
        raise HelperError(origin + " cannot be read: " + reason + ". Restore it, or start or attach again.") from None
    return from_document(document, origin)


def from_document(document: object, origin: str) -> Token:
    """See `from_file`."""
    if not isinstance(document, dict):
        raise HelperError(origin + " is not a JSON object. Give a complete one and start or attach again.")
    kind = document.get("type")
    if kind == "service_account":
        return from_service_account(document, origin)
    if kind == "authorized_user":
        return from_authorized_user(document, origin)
    if kind == "impersonated_service_account":
        url = field(document, "service_account_impersonation_url", origin)
        principal = re.search(r"serviceAccounts/([^/:]+):generateAccessToken$", url)
        if principal:
            source = from_document(document.get("source_credentials"), origin)
            return impersonated(source, principal.group(1), list(document.get("delegates") or []))
    remedy = ". Use a service account key, or the service account of the VM."
    raise HelperError(origin + " is of a kind that is not supported: " + printable(kind) + remedy)


def obtain(config: "dict[str, object]") -> Token:
    """A new token for the identity of the configuration."""
    source, principal = config["source"], config["impersonate"]
    if not isinstance(source, dict):
        raise TypeError
    token = from_file(str(source["path"])) if source["kind"] == "file" else from_metadata_server()
    return impersonated(token, principal, []) if isinstance(principal, str) else token


def read_config(directory: Path) -> "dict[str, object]":
    """What the installation wrote: `{"impersonate", "source": {"kind": "metadata" or "file", "path"}, "version"}`."""
    try:
        document = json.loads((directory / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        document = None
    if not isinstance(document, dict) or document.get("version") != 1:
        raise HelperError("config.json beside it is missing or damaged. Start or attach the cluster again in DSS.")
    return document


def wait_for_turn(directory: Path) -> None:
    """Take the folder's lock, which the end of this process gives back.

    Goes on without it when its holder hangs, or where the file system knows no locks: one request too many is no harm.
    """

    def give_up(*_: object) -> None:
        raise TimeoutError

    with contextlib.suppress(OSError):  # TimeoutError is one
        descriptor = os.open(str(directory / "lock"), os.O_RDWR | os.O_CREAT, 0o600)
        signal.signal(signal.SIGALRM, give_up)
        signal.alarm(LOCK_WAIT_SECONDS)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    signal.alarm(0)


def credential(directory: Path) -> str:
    """The answer for the client: the token that another process has just kept, else a new one.

    Raises:
        HelperError: there is no token; says why and what to do.
    """
    wait_for_turn(directory)
    answer = read_kept_answer(directory, MARGIN_SECONDS)
    if answer:
        return answer
    try:
        config = read_config(directory)
        token = obtain(config)
    except HelperError:
        answer = read_kept_answer(directory, LAST_RESORT_SECONDS)
        if answer:
            return answer
        raise
    if read_config(directory) == config:  # another identity may have been installed meanwhile
        keep(directory, token)
    return token.answer()


def main() -> int:
    """Print the answer and return the exit status."""
    try:
        sys.stdout.write(credential(Path(__file__).resolve().parent) + "\n")
        sys.stdout.flush()
    except HelperError as error:
        problem = str(error)
    except Exception as error:  # its text could hold a secret: only its place is told
        trace = error.__traceback__
        while trace and trace.tb_next:
            trace = trace.tb_next
        line = trace.tb_lineno if trace else 0
        problem = f"unexpected {type(error).__name__} at line {line} of refresh.py. Start or attach the cluster again."
    else:
        return 0
    sys.stderr.write("gke-credential-helper: " + problem + "\n")
    return FAILED


if __name__ == "__main__":
    sys.exit(main())
