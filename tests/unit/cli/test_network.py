"""Connections follow the machine's proxy and certificates, and say what stands in the way."""

import datetime
import ipaddress
import ssl
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from labelloop.cli.address import Address
from labelloop.cli.backend import Backend
from labelloop.cli.network import BUNDLES, pool_for, proxy_for
from labelloop.cli.session import open_studio
from labelloop.errors import BadSettings, Unavailable, Untrusted
from tests.unit.adapters.label_studio_server import LEGACY, serving

PROXIES = ("http_proxy", "https_proxy", "no_proxy", "all_proxy")


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch):
    for name in (*PROXIES, *map(str.upper, PROXIES), *BUNDLES):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def proxy(monkeypatch):
    """A proxy that answers everything itself."""
    with serving() as server:
        monkeypatch.setenv("HTTP_PROXY", server.url)
        yield server


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """A certificate for 127.0.0.1 that nobody has signed but itself, and its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    alternative = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "authority.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    return file


class Healthy(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"status": "UP"}')

    def log_message(self, *_):
        pass


class Counting(HTTPServer):
    """Counts how often somebody connected."""

    tries = 0

    def get_request(self):
        self.tries += 1
        return super().get_request()

    def handle_error(self, request, client_address):
        pass


@pytest.fixture
def tls(authority):
    """A server that speaks TLS with that certificate."""
    httpd = Counting(("127.0.0.1", 0), Healthy)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority)
    httpd.socket = context.wrap_socket(httpd.socket, server_side=True)
    thread = threading.Thread(target=httpd.serve_forever, args=(0.01,))
    thread.start()
    yield httpd
    httpd.shutdown()
    thread.join()
    httpd.server_close()


def backend_at(url: str) -> Backend:
    scheme, _, host = url.partition("://")
    return Backend(Address.read(f"{scheme}://user:password@{host}"))


def test_labelloop_is_asked_through_the_proxy(proxy):
    backend_at("http://loop.example.com").get("/status")

    assert proxy.heard[0].path == "http://loop.example.com/status"


def test_label_studio_is_asked_through_the_proxy(proxy):
    proxy.script[0].body = {"id": 1}

    open_studio("http://ls.example.com", LEGACY).api.project(1)

    assert proxy.heard[0].path == "http://ls.example.com/api/projects/1/"


@pytest.mark.parametrize(
    ("setting", "url", "proxy"),
    [
        ({"HTTPS_PROXY": "http://p:1"}, "https://loop.example.com", "http://p:1"),
        ({"https_proxy": "p:1"}, "https://loop.example.com", "http://p:1"),
        ({"ALL_PROXY": "http://p:1"}, "https://loop.example.com", "http://p:1"),
        ({"HTTP_PROXY": "http://p:1"}, "https://loop.example.com", ""),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "example.com"}, "https://a.example.com", ""),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "*"}, "https://loop.example.com", ""),
        ({"HTTP_PROXY": "http://p:1"}, "http://127.0.0.1:9090", ""),
        ({"HTTP_PROXY": "http://p:1"}, "http://localhost:8080", ""),
        ({}, "https://loop.example.com", ""),
    ],
)
def test_the_variables_say_which_proxy(monkeypatch, setting, url, proxy):
    for name, value in setting.items():
        monkeypatch.setenv(name, value)

    assert proxy_for(url) == proxy


def test_a_proxy_that_cannot_be_used_is_told_of_without_its_password(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "socks5://user:made-up-password@p:1")

    with pytest.raises(BadSettings, match="socks5://p:1") as found:
        pool_for("https://loop.example.com")

    assert "made-up-password" not in str(found.value)
    assert "HTTPS_PROXY" in found.value.fix


def test_a_proxy_that_does_not_answer_is_told_of(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")

    with pytest.raises(Unavailable, match="the proxy does not let it through") as found:
        backend_at("http://loop.example.com").try_once("GET", "/health")

    assert "NO_PROXY" in found.value.fix


def test_a_certificate_that_is_not_trusted_is_told_of_and_not_tried_again(tls):
    url = f"https://127.0.0.1:{tls.server_port}"

    with pytest.raises(Untrusted, match="not trusted") as found:
        backend_at(url).get("/health")
    with pytest.raises(Untrusted, match="not trusted") as other:
        open_studio(url, LEGACY).api.project(1)

    assert tls.tries == 2
    assert "SSL_CERT_FILE" in found.value.fix
    assert "SSL_CERT_FILE" in other.value.fix


@pytest.mark.parametrize("name", BUNDLES)
def test_a_certificate_authority_of_ones_own_is_trusted(tls, authority, monkeypatch, name):
    monkeypatch.setenv(name, str(authority))

    assert backend_at(f"https://127.0.0.1:{tls.server_port}").get("/health") == {"status": "UP"}


def test_a_file_of_certificates_that_is_not_there_is_told_of(monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere.pem")

    with pytest.raises(BadSettings, match="REQUESTS_CA_BUNDLE names no file"):
        pool_for("https://loop.example.com")


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://127.0.0.1:9", "nothing listens at 127.0.0.1:9"),
        ("http://no-such-host.invalid", "there is no host no-such-host.invalid"),
    ],
)
def test_why_nothing_answers_is_told(url, why):
    with pytest.raises(Unavailable, match=why) as found:
        backend_at(url).try_once("GET", "/health")

    assert found.value.fix


def test_plain_http_where_tls_was_meant_is_told_of():
    with serving() as server, pytest.raises(Untrusted, match="does not speak TLS"):
        backend_at(server.url.replace("http:", "https:")).try_once("GET", "/health")
