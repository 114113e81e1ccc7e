import socket
from pathlib import Path
from typing import Any

import pytest

from gke_clusters.errors import (
    AccessDenied,
    AdmissionRefused,
    ControlPlaneUnreachable,
    CredentialsError,
    GkeClustersError,
    StateError,
)
from gke_clusters.kube.api import KubernetesApi, ResourceAttributes
from gke_clusters.kube.failures import CallError, Failure
from gke_clusters.kube.kubeconfig import Endpoint
from sandbox.certificates import CertificateAuthority

CREDENTIAL = (
    '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1beta1",'
    '"status":{"token":"ya29.helper","expirationTimestamp":"2100-01-01T00:00:00Z"}}'
)


@pytest.fixture
def api(api_server: Any, tmp_path: Path) -> KubernetesApi:
    return KubernetesApi.from_kubeconfig(api_server.kubeconfig(tmp_path / "kube_config"))


def exec_user(script: str) -> dict[str, Any]:
    entry = {"apiVersion": "client.authentication.k8s.io/v1beta1", "command": "/bin/sh", "args": ["-c", script]}
    return {"exec": entry}


class TestFromKubeconfig:
    def test_a_call_bears_the_token_of_the_credential_helper(self, api_server: Any, tmp_path: Path) -> None:
        path = api_server.kubeconfig(tmp_path / "kube_config", exec_user(f"echo '{CREDENTIAL}'"))
        assert KubernetesApi.from_kubeconfig(path).version() == "v1.33.5-gke.1080000"
        assert api_server.requests[0].headers["authorization"] == "Bearer ya29.helper"

    def test_the_words_of_a_helper_that_fails_are_told(self, api_server: Any, tmp_path: Path) -> None:
        path = api_server.kubeconfig(tmp_path / "kube_config", exec_user("echo no service account >&2; exit 1"))
        with pytest.raises(CredentialsError) as raised:
            KubernetesApi.from_kubeconfig(path)
        assert raised.value.verbatim == "no service account"

    def test_a_helper_that_answers_nonsense_is_not_an_anonymous_call(self, api_server: Any, tmp_path: Path) -> None:
        path = api_server.kubeconfig(tmp_path / "kube_config", exec_user("echo nonsense"))
        with pytest.raises(CredentialsError):
            KubernetesApi.from_kubeconfig(path)

    def test_a_token_nearly_over_is_renewed_at_the_next_call(self, api_server: Any, tmp_path: Path) -> None:
        count = tmp_path / "count"
        old = CREDENTIAL.replace("2100", "2001")
        script = f"echo x >>{count}; echo '{old}' | sed s/helper/$(wc -l <{count})/"
        api = KubernetesApi.from_kubeconfig(api_server.kubeconfig(tmp_path / "kube_config", exec_user(script)))
        api.version()
        api.version()
        first, second = (request.headers["authorization"] for request in api_server.requests)
        assert first != second

    @pytest.mark.parametrize(
        "text",
        ["", "- a\n", "{", "current-context: c\ncontexts: []\n", "current-context: c\ncontexts: [{name: c}]\n", "\x00"],
    )
    def test_a_damaged_file_is_said_without_its_content(self, tmp_path: Path, text: str) -> None:
        path = tmp_path / "kube_config"
        path.write_text(text + "# secret-token\n")
        with pytest.raises(StateError) as raised:
            KubernetesApi.from_kubeconfig(path)
        assert raised.value.resource == str(path)
        assert "secret-token" not in str(raised.value)

    def test_what_the_client_refuses_is_damage_too(self, api_server: Any, tmp_path: Path) -> None:
        path = api_server.kubeconfig(tmp_path / "kube_config", ca_file=tmp_path / "missing.crt")
        with pytest.raises(StateError, match=r"missing\.crt"):
            KubernetesApi.from_kubeconfig(path)

    def test_a_missing_file_is_said(self, tmp_path: Path) -> None:
        with pytest.raises(StateError, match="No such file"):
            KubernetesApi.from_kubeconfig(tmp_path / "kube_config")

    def test_the_endpoint_is_deduced_unless_given(self, api: KubernetesApi, api_server: Any, tmp_path: Path) -> None:
        assert api.endpoint == Endpoint("public", api_server.host)
        given = Endpoint("private", api_server.host)
        assert KubernetesApi.from_kubeconfig(tmp_path / "kube_config", endpoint=given).endpoint == given


class TestLists:
    def test_no_items_is_an_empty_answer(self, api: KubernetesApi, api_server: Any) -> None:
        api_server.answer = lambda _: (200, {"items": None})
        assert api.items("/api/v1/nodes") == ()

    def test_every_page_is_read(self, api: KubernetesApi, api_server: Any) -> None:
        def answer(request: Any) -> tuple[int, Any]:
            if "continue=next" in request.path:
                return 200, {"items": [{"name": "gke-2"}], "metadata": {}}
            return 200, {"items": [{"name": "gke-1"}], "metadata": {"continue": "next"}}

        api_server.answer = answer
        assert [found["name"] for found in api.items("/api/v1/nodes")] == ["gke-1", "gke-2"]
        assert all("limit=500" in request.path for request in api_server.requests)

    def test_a_list_that_grew_too_old_is_read_again_from_the_start(self, api: KubernetesApi, api_server: Any) -> None:
        def answer(request: Any) -> tuple[int, Any]:
            if len(api_server.requests) == 2:
                return 410, {"kind": "Status", "message": "continue token expired"}
            more = {"continue": "next"} if len(api_server.requests) == 1 else {}
            return 200, {"items": [{"name": "gke-1"}], "metadata": more}

        api_server.answer = answer
        assert [found["name"] for found in api.items("/api/v1/nodes")] == ["gke-1"]
        assert "continue" not in api_server.requests[2].path

    def test_a_selection_is_asked_for_on_every_page(self, api: KubernetesApi, api_server: Any) -> None:
        more = [{}, {"continue": "next"}]
        api_server.answer = lambda _: (200, {"items": [{}], "metadata": more.pop()})
        sizes: list[int] = api.collect("/p", list, lambda sizes, page: sizes.append(len(page)), {"labelSelector": "a"})
        assert sizes == [1, 1]
        assert all("labelSelector=a" in request.path for request in api_server.requests)

    def test_a_refusal_is_not_asked_again(self, api: KubernetesApi, api_server: Any) -> None:
        api_server.answer = lambda _: (403, {"kind": "Status", "message": "nodes is forbidden"})
        with pytest.raises(CallError, match="nodes is forbidden"):
            api.items("/api/v1/nodes")
        assert len(api_server.requests) == 1


class TestAccessReview:
    def test_asks_for_the_attributes_that_are_given(self, api: KubernetesApi, api_server: Any) -> None:
        api_server.answer = lambda _: (201, {"status": {"allowed": True}})
        assert api.access_review(ResourceAttributes("get", "pods", subresource="log", namespace="dss"))
        request = api_server.requests[0]
        assert (request.method, request.path) == ("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews")
        assert request.body["spec"] == {
            "resourceAttributes": {"verb": "get", "resource": "pods", "subresource": "log", "namespace": "dss"}
        }

    @pytest.mark.parametrize("status", [{"allowed": False}, {"allowed": "true"}, {}, None])
    def test_only_a_clear_yes_is_a_yes(self, api: KubernetesApi, api_server: Any, status: Any) -> None:
        api_server.answer = lambda _: (201, {"status": status})
        assert not api.access_review(ResourceAttributes("get", "pods"))

    def test_a_server_that_fails_is_not_a_no(self, api: KubernetesApi, api_server: Any) -> None:
        api_server.answer = lambda _: (500, b"etcd is down")
        with pytest.raises(ControlPlaneUnreachable, match="etcd is down"):
            api.access_review(ResourceAttributes("get", "pods"))

    def test_attributes_read_as_kubectl_writes_them(self) -> None:
        assert str(ResourceAttributes("get", "pods", subresource="log")) == "get pods/log"
        assert str(ResourceAttributes("create", "roles", "rbac.authorization.k8s.io")) == (
            "create roles.rbac.authorization.k8s.io"
        )


class TestFailures:
    def failure(self, api: KubernetesApi, **arguments: Any) -> CallError:
        with pytest.raises(CallError) as raised:
            api.call("GET", "/version", **arguments)
        return raised.value

    @pytest.mark.parametrize(
        ("status", "failure"),
        [
            (401, Failure.UNAUTHENTICATED),
            (403, Failure.FORBIDDEN),
            (404, Failure.UNEXPECTED),
            (429, Failure.BUSY),
            (500, Failure.BUSY),
            (503, Failure.BUSY),
            (302, Failure.UNEXPECTED),
        ],
    )
    def test_a_status_is_recognised(self, api: KubernetesApi, api_server: Any, status: int, failure: Failure) -> None:
        api_server.answer = lambda _: (status, {"kind": "Status", "message": "because"})
        error = self.failure(api)
        assert (error.failure, error.status, error.verbatim) == (failure, status, f"HTTP {status} because")

    @pytest.mark.parametrize(
        ("status", "message"),
        [
            (403, 'pods "p" is forbidden: violates PodSecurity "restricted:latest": seccompProfile (...)'),
            (403, 'pods "p" is forbidden: exceeded quota: small, requested: pods=1, used: pods=1, limited: pods=1'),
            (403, 'pods "p" is forbidden: unable to create new content in namespace n because it is being terminated'),
            (403, 'admission webhook "warden-validating.googleapis.com" denied the request: it violates a constraint'),
            (400, 'admission webhook "rules.example.com" denied the request: no'),
            (422, "pods \"p\" is forbidden: ValidatingAdmissionPolicy 'a' with binding 'b' denied request: no"),
        ],
    )
    def test_a_rule_that_forbids_is_told_from_a_role_that_is_missing(
        self, api: KubernetesApi, api_server: Any, status: int, message: str
    ) -> None:
        api_server.answer = lambda _: (status, {"kind": "Status", "message": message})
        error = self.failure(api)
        assert (error.failure, error.status, error.failure.passes) == (Failure.UNADMITTED, status, False)
        with pytest.raises(AdmissionRefused, match=r"kubectl describe namespace") as raised:
            api.version()
        assert raised.value.verbatim == f"HTTP {status} {message}"
        assert "roles/" not in raised.value.remedy

    @pytest.mark.parametrize(
        "message",
        [
            'pods is forbidden: User "u" cannot create resource "pods" in API group "" in the namespace "n": requires',
            'pods "p" is forbidden: User "u" cannot get resource "pods" in API group "" in the namespace "n"',
            'forbidden: User "system:anonymous" cannot get path "/version"',
            "Permission 'container.clusters.connect' denied on resource (or it may not exist).",
        ],
    )
    def test_a_role_that_is_missing_stays_one(self, api: KubernetesApi, api_server: Any, message: str) -> None:
        api_server.answer = lambda _: (403, {"kind": "Status", "message": message})
        assert self.failure(api).failure is Failure.FORBIDDEN

    @pytest.mark.parametrize("body", [b"<html>", b"[]", b"\xff"])
    def test_an_answer_that_is_no_object_is_unexpected(self, api: KubernetesApi, api_server: Any, body: bytes) -> None:
        api_server.answer = lambda _: (200, body)
        assert self.failure(api).failure is Failure.UNEXPECTED

    @pytest.mark.parametrize("body", [b"<html>\n no </html>", b"[1]", b'{"message": null}'])
    def test_a_refusal_in_another_form_is_told_as_it_is(self, api: KubernetesApi, api_server: Any, body: bytes) -> None:
        api_server.answer = lambda _: (503, body)
        assert self.failure(api).verbatim == "HTTP 503 " + " ".join(body.decode().split())

    def test_a_long_answer_is_shortened(self, api: KubernetesApi, api_server: Any) -> None:
        api_server.answer = lambda _: (503, b"x" * 5000)
        assert len(self.failure(api).verbatim) < 600

    def test_a_cut_connection_is_recognised(self, api: KubernetesApi, api_server: Any) -> None:
        api_server.answer = lambda _: None
        assert self.failure(api).failure is Failure.RESET

    def test_a_server_that_is_silent_is_recognised(self, api_server: Any, tmp_path: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            api_server.port = silent.getsockname()[1]
            api = KubernetesApi.from_kubeconfig(api_server.kubeconfig(tmp_path / "kube_config"))
            assert self.failure(api, timeout_seconds=0.2).failure is Failure.TIMEOUT

    def test_a_port_that_is_closed_is_recognised(self, api_server: Any, tmp_path: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as closed:
            api_server.port = closed.getsockname()[1]
        api = KubernetesApi.from_kubeconfig(api_server.kubeconfig(tmp_path / "kube_config"))
        assert self.failure(api).failure is Failure.REFUSED

    def test_another_certificate_is_recognised(self, api_server: Any, tmp_path: Path) -> None:
        ca_file = tmp_path / "other.crt"
        ca_file.write_bytes(CertificateAuthority.create("other").pem)
        api = KubernetesApi.from_kubeconfig(api_server.kubeconfig(tmp_path / "kube_config", ca_file=ca_file))
        assert self.failure(api).failure is Failure.TLS

    def test_a_name_that_does_not_resolve_is_recognised(
        self, api: KubernetesApi, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def unknown(*_: Any, **__: Any) -> None:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

        monkeypatch.setattr(socket, "getaddrinfo", unknown)
        assert self.failure(api).failure is Failure.UNRESOLVED

    def test_a_proxy_that_is_down_is_recognised(
        self, api_server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with socket.create_server(("127.0.0.1", 0)) as closed:
            port = closed.getsockname()[1]
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        api = KubernetesApi.from_kubeconfig(api_server.kubeconfig(tmp_path / "kube_config"))
        assert self.failure(api).failure is Failure.PROXY

    @pytest.mark.parametrize(
        ("status", "kind"), [(401, ControlPlaneUnreachable), (403, AccessDenied), (503, ControlPlaneUnreachable)]
    )
    def test_the_administrator_meets_our_errors(
        self, api: KubernetesApi, api_server: Any, status: int, kind: type[GkeClustersError]
    ) -> None:
        api_server.answer = lambda _: (status, {"message": "because"})
        with pytest.raises(kind, match="because") as raised:
            api.version()
        assert api_server.host in str(raised.value.resource)
