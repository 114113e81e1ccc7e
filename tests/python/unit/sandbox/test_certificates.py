import contextlib
import ssl
import stat

import pytest
from cryptography import x509

from sandbox.certificates import CertificateAuthority


def handshake(server_files, authority, host):
    """Shake hands in memory; return the names in the certificate that the client accepted."""
    server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_context.load_cert_chain(server_files.certificate, server_files.key)
    client_context = ssl.create_default_context(cadata=authority.pem.decode())
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = client_context.wrap_bio(to_client, to_server, server_hostname=host)
    server = server_context.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(5):
        for side in (client, server):
            with contextlib.suppress(ssl.SSLWantReadError):
                side.do_handshake()
    return client.getpeercert()["subjectAltName"]


@pytest.fixture(scope="module")
def authority():
    return CertificateAuthority.create("Test CA")


def test_client_that_trusts_the_authority_accepts_each_host(authority, tmp_path):
    files = authority.issue(tmp_path, "server", ["127.0.0.1", "localhost"])
    for host in ("127.0.0.1", "localhost"):
        assert ("DNS", "localhost") in handshake(files, authority, host)


def test_client_refuses_another_host(authority, tmp_path):
    files = authority.issue(tmp_path, "server", ["localhost"])
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(files, authority, "elsewhere.example")


def test_client_refuses_another_authority(authority, tmp_path):
    files = authority.issue(tmp_path, "server", ["localhost"])
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(files, CertificateAuthority.create("Test CA"), "localhost")


def test_key_is_its_owners_alone(authority, tmp_path):
    files = authority.issue(tmp_path / "new", "server", ["localhost"])
    assert stat.S_IMODE(files.key.stat().st_mode) == 0o600


def test_pem_is_an_authority(authority):
    certificate = x509.load_pem_x509_certificate(authority.pem)
    assert certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
