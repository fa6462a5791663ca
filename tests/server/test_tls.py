"""HTTPS by settings: at least TLS 1.2, files that are read anew while the server runs, and faults told in a line."""

import os
import signal
import ssl
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
import trustme
from tools.processes import free_port
from tools.server import Server

from tests.conftest import ROOT, StartServer


class Authority:
    """Makes certificates for 127.0.0.1 into two files, and knows who trusts them."""

    def __init__(self, folder: Path) -> None:
        self._authority = trustme.CA()
        self.certificate, self.key = folder / "cert.pem", folder / "key.pem"
        self.renew()

    def renew(self) -> None:
        made = self._authority.issue_cert("127.0.0.1", "localhost")
        self.certificate.write_bytes(b"".join(blob.bytes() for blob in made.cert_chain_pems))
        self.key.write_bytes(made.private_key_pem.bytes())

    def trusting(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        self._authority.configure_trust(context)
        return context

    def settings(self) -> dict[str, str]:
        return {"TLS_CERT_FILE": str(self.certificate), "TLS_KEY_FILE": str(self.key)}


def shown(server: Server) -> str:
    """The certificate that a new connection is shown."""
    return ssl.get_server_certificate(("127.0.0.1", server.process.port), timeout=5)


def test_https(start_server: StartServer, scratch: Path) -> None:
    """A client that trusts the authority stores and asks; answers say to come by HTTPS alone; HTTP gets nothing."""
    authority = Authority(scratch)
    server = start_server(WORKERS="2", **authority.settings())
    with httpx.Client(base_url=server.url, verify=authority.trusting()) as client:
        assert client.post("/metrics", json={"name": "tls", "value": 1}).status_code == 201
        assert client.get(server.url.replace("127.0.0.1", "localhost") + "/metrics").status_code == 200
        for path in ("/metrics", "/health", "/nowhere", "/docs"):
            assert client.get(path).headers["Strict-Transport-Security"] == "max-age=31536000"
    with pytest.raises(httpx.TransportError):
        httpx.get(server.url.replace("https", "http") + "/health")
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        httpx.get(f"{server.url}/health")


def test_old_versions_are_refused(start_server: StartServer, scratch: Path) -> None:
    """TLS 1.2 and 1.3 are spoken, 1.1 is not."""
    authority = Authority(scratch)
    server = start_server(**authority.settings())
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        context = authority.trusting()
        context.minimum_version = context.maximum_version = version
        assert httpx.get(f"{server.url}/health", verify=context).status_code == 200
    old = authority.trusting()
    old.set_ciphers("DEFAULT@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        old.minimum_version = ssl.TLSVersion.TLSv1
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        old.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{server.url}/health", verify=old)


def test_files_are_read_anew(start_server: StartServer, scratch: Path) -> None:
    """After SIGUSR1 new connections see the new certificate; with a file that cannot be used all goes on as it was."""
    authority = Authority(scratch)
    server = start_server(**authority.settings())
    first = shown(server)
    authority.key.write_text("nonsense")
    server.process.send(signal.SIGUSR1)
    until = time.monotonic() + 20
    while "workers are not replaced" not in server.process.log.read_text() and time.monotonic() < until:
        time.sleep(0.1)
    assert "workers are not replaced" in server.process.log.read_text()
    assert shown(server) == first
    authority.renew()
    server.process.send(signal.SIGUSR1)
    while any(shown(server) == first for _ in range(20)) and time.monotonic() < until + 20:
        time.sleep(0.2)  # until the worker that is replaced takes no more connections
    assert shown(server) != first
    assert httpx.get(f"{server.url}/health/ready", verify=authority.trusting()).status_code == 200


def test_wrong_files_are_told_in_a_line(scratch: Path) -> None:
    """One without the other, one that is not there, one that is no PEM, and a key of another certificate: status 2."""
    ours, other = scratch / "ours", scratch / "other"
    ours.mkdir()
    other.mkdir()
    first, second = Authority(ours), Authority(other)
    nonsense = scratch / "nonsense.pem"
    nonsense.write_text("nonsense")
    for certificate, key in (
        (str(first.certificate), ""),
        ("", str(first.key)),
        (str(scratch / "none"), str(first.key)),
        (str(nonsense), str(first.key)),
        (str(first.certificate), str(nonsense)),
        (str(first.certificate), str(second.key)),
    ):
        result = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-m", "telemetry_server", "serve", "--port", str(free_port())],
            env={**os.environ, "PYTHONPATH": str(ROOT), "TLS_CERT_FILE": certificate, "TLS_KEY_FILE": key},
            cwd=scratch,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert (result.returncode, len(result.stderr.splitlines())) == (2, 1), result.stderr
        assert result.stderr.startswith("TLS_")
