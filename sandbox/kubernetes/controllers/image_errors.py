"""What containerd says of an image that a GKE node cannot pull. Pure functions.

Such errors of GKE's nodes: https://github.com/cert-manager/cert-manager/issues/5623 (a registry that does not answer),
https://github.com/enix/kube-image-keeper/issues/511 (how the kubelet repeats them). The sentences are containerd's:
https://github.com/containerd/containerd/tree/main/core/remotes/docker. Its codes `NotFound` and `DeadlineExceeded` are
told; `Unknown`, which a refusal has, is left out by the kubelet.
"""

from dataclasses import dataclass
from urllib.parse import quote

_HUB, _HUB_SERVER = "docker.io", "registry-1.docker.io"
# Some address of the registry: which one is told changes from pull to pull.
_HUB_ADDRESS, _OTHER_ADDRESS = "44.208.254.194", "142.251.10.82"
_HTTPS_PORT = "443"


@dataclass(frozen=True)
class Image:
    """An image as containerd names it.

    Attributes:
        registry: host, and port if it has one.
        repository: path without the tag.
        reference: tag or digest.
    """

    registry: str
    repository: str
    reference: str

    @classmethod
    def parse(cls, text: str) -> "Image":
        """Read the image of a container, whose registry, `library/` and tag may be left out.

        https://github.com/distribution/reference/blob/main/normalize.go
        """
        first, slash, rest = text.partition("/")
        if not slash or not (set(first) & set(".:") or first == "localhost"):
            first, rest = _HUB, text
        name, at, digest = rest.partition("@")
        path, colon, tag = name.rpartition(":")
        repository = path if colon else name
        if first == _HUB and "/" not in repository:
            repository = f"library/{repository}"
        return cls(first, repository, digest if at else tag if colon else "latest")

    def __str__(self) -> str:
        separator = "@" if ":" in self.reference else ":"
        return f"{self.registry}/{self.repository}{separator}{self.reference}"

    @property
    def server(self) -> str:
        """The host that answers for the registry."""
        return _HUB_SERVER if self.registry == _HUB else self.registry


def pull_error(kind: str, text: str) -> str:
    """Return the error of a pull.

    Args:
        kind: `denied`, `missing` or `unreachable`.
        text: the image of the container.
    """
    image = Image.parse(text)
    resolving = f'failed to pull and unpack image "{image}": failed to resolve reference "{image}"'
    if kind == "missing":
        return f"rpc error: code = NotFound desc = {resolving}: {image}: not found"
    if kind == "unreachable":
        url = f"https://{image.server}/v2/{image.repository}/manifests/{image.reference}"
        dialled = f"dial tcp {_address(image)}: i/o timeout"
        return f'rpc error: code = DeadlineExceeded desc = {resolving}: failed to do request: Head "{url}": {dialled}'
    if image.registry == _HUB:
        return (
            f"{resolving}: pull access denied, repository does not exist or may require authorization: server message: "
            "insufficient_scope: authorization failed"
        )
    scope = quote(f"repository:{image.repository}:pull", safe="")
    return (
        f"{resolving}: failed to authorize: failed to fetch oauth token: unexpected status from GET request to "
        f"https://{image.server}/v2/token?scope={scope}&service={image.server}: 403 Forbidden"
    )


def _address(image: Image) -> str:
    host, _, port = image.server.partition(":")
    literal = host.replace(".", "").isdigit()
    address = host if literal else _HUB_ADDRESS if image.registry == _HUB else _OTHER_ADDRESS
    return f"{address}:{port or _HTTPS_PORT}"
