"""What is fetched for strangers who write task data: from listed sources, and never from inside."""

import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3
import pytest
import urllib3
from botocore.exceptions import ClientError
from moto import mock_aws

from labelloop.adapters import guarded_https
from labelloop.adapters.fetching import Buckets, Fetcher, Uploads
from labelloop.adapters.guarded_https import GuardedHttps, Hosts, NoAnswer, is_public, pinned_pool
from labelloop.errors import Denied, Unreached, Unreadable

PUBLIC = "93.184.215.14"
IMAGE = b"the bytes of an image"
LISTED = Hosts.listed("files.example.com, *.pictures.example")


class Server(ThreadingHTTPServer):
    """Answers as `answers` say, by path; remembers what it was asked, with which headers."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: dict[str, tuple[int, dict[str, str], bytes]] = {"/a.png": (200, {}, IMAGE)}
        self.asked: list[tuple[str, dict[str, str]]] = []

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.asked.append((self.path, dict(self.headers)))
        status, headers, body = self.server.answers.get(self.path, (404, {}, b""))
        if "*/*" not in self.headers.get("Accept", ""):  # as Label Studio answers for its uploads
            status, headers, body = 406, {}, b""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


type Made = Callable[..., GuardedHttps]


@pytest.fixture
def https(server) -> Made:
    """Make readers whose hosts resolve to addresses of ours, and whose connections end here."""

    def make(addresses: dict[str, list[str]] | None = None, **options: Any) -> GuardedHttps:
        known = addresses or {"files.example.com": [PUBLIC]}

        def resolve(host: str, port: int) -> list[str]:
            if host not in known:
                raise OSError("no such host")
            return known[host]

        def pool_of(address: str, host: str, port: int) -> urllib3.HTTPConnectionPool:
            assert is_public(address)
            return urllib3.HTTPConnectionPool("127.0.0.1", server.port)

        return GuardedHttps(LISTED, resolve=resolve, pool_of=pool_of, **options)

    return make


def why(fetched: list[bytes | Unreadable]) -> str:
    (one,) = fetched
    assert isinstance(one, Unreadable)
    return str(one)


# -- https -------------------------------------------------------------------------------------


def test_a_file_on_a_listed_host_is_read(server, https):
    server.answers["/a.png?size=2"] = (200, {}, IMAGE)

    assert https().read("https://files.example.com/a.png?size=2#top") == IMAGE
    ((_, headers),) = server.asked
    assert headers["Host"] == "files.example.com"
    assert "Authorization" not in headers


@pytest.mark.parametrize(
    ("host", "is_listed"),
    [
        ("files.example.com", True),
        ("cdn.pictures.example", True),
        ("pictures.example", False),
        ("evilpictures.example", False),
        ("files.example.com.evil.test", False),
        ("", False),
    ],
)
def test_hosts_are_listed_by_name_or_by_what_they_are_below(host, is_listed):
    assert (host in LISTED) == is_listed
    assert host not in Hosts()


@pytest.mark.parametrize(
    "address",
    [
        *("10.0.0.1", "172.16.0.1", "192.168.1.1", "127.0.0.1", "0.0.0.0", "169.254.169.254"),  # noqa: S104
        *("100.64.0.1", "100.100.100.200", "224.0.0.1", "255.255.255.255", "168.63.129.16"),
        *("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1"),
        *("::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:7f00:1::"),
    ],
)
def test_addresses_within_a_network_are_not_public(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", [PUBLIC, "2606:2800:21f:cb07:6820:80da:af6b:8b2c"])
def test_other_addresses_are(address):
    assert is_public(address)


@pytest.mark.parametrize("inside", ["169.254.169.254", "127.0.0.1", "::1"])
def test_a_listed_host_that_resolves_to_the_inside_is_not_asked(server, https, inside):
    reader = https({"files.example.com": [PUBLIC, inside]})

    with pytest.raises(Unreadable, match="private network"):
        reader.read("https://files.example.com/a.png")
    assert not server.asked


@pytest.mark.parametrize(
    "url",
    [
        "https://elsewhere.example/a.png",
        "http://files.example.com/a.png",
        "https://user:password@files.example.com/a.png",
        "https://files.example.com@elsewhere.example/a.png",
        "https://files.example.com:99999/a.png",
        "https:///a.png",
        "https://[::1/a.png",
        "ftp://files.example.com/a.png",
        "file:///etc/passwd",
    ],
)
def test_other_addresses_are_not_asked(server, https, url):
    with pytest.raises(Unreadable):
        https().read(url)
    assert not server.asked


def test_a_redirect_is_followed_where_it_leads_to_a_listed_host(server, https):
    server.answers["/moved"] = (302, {"Location": "https://cdn.pictures.example/a.png"}, b"")
    reader = https({"files.example.com": [PUBLIC], "cdn.pictures.example": [PUBLIC]})

    assert reader.read("https://files.example.com/moved") == IMAGE


@pytest.mark.parametrize(
    "location",
    [
        "http://files.example.com/a.png",
        "https://elsewhere.example/a.png",
        "https://inside.pictures.example/a.png",
        "http://169.254.169.254/latest/meta-data/",
    ],
)
def test_a_redirect_to_elsewhere_is_not_followed(server, https, location):
    server.answers["/moved"] = (302, {"Location": location}, b"")
    reader = https({"files.example.com": [PUBLIC], "inside.pictures.example": ["10.0.0.1"]})

    with pytest.raises(Unreadable):
        reader.read("https://files.example.com/moved")
    assert [path for path, _ in server.asked] == ["/moved"]


def test_redirects_end(server, https):
    server.answers["/round"] = (302, {"Location": "/round"}, b"")

    with pytest.raises(Unreadable, match="2 redirects"):
        https().read("https://files.example.com/round")
    assert len(server.asked) == 3


def test_a_file_that_is_too_large_is_not_read_to_its_end(server, https, monkeypatch):
    monkeypatch.setattr(guarded_https, "MOST_BYTES", 1024**2)
    server.answers["/a.png"] = (200, {}, b"x" * (1024**2 + 1))

    with pytest.raises(Unreadable, match="more than 1 MB"):
        https().read("https://files.example.com/a.png")


def test_a_file_that_comes_too_slowly_is_given_up(server, https):
    def clock() -> float:
        return 4.0 if server.asked else 0.0  # as if the answer had taken so long

    with pytest.raises(Unreadable, match="more than 3 s"):
        https(clock=clock).read("https://files.example.com/a.png")


def test_a_connection_is_to_the_address_that_was_checked_by_the_hosts_own_certificate():
    pool = pinned_pool(PUBLIC, "files.example.com", 443)

    assert isinstance(pool, urllib3.HTTPSConnectionPool)
    assert (pool.host, pool.port) == (PUBLIC, 443)
    assert pool.assert_hostname == "files.example.com"
    assert pool.conn_kw["server_hostname"] == "files.example.com"


# -- the other sources ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        f"data:image/png;base64,{b64encode(IMAGE).decode()}",
        f"DATA:image/png;BASE64,{b64encode(IMAGE).decode()}",
        f" data:;base64,{b64encode(IMAGE).decode()} ",
        "data:image/png,the%20bytes%20of%20an%20image",
    ],
)
def test_an_image_may_be_in_the_data_itself(https, address):
    assert Fetcher(https())([address]) == [IMAGE]


@pytest.mark.parametrize("address", ["data:", "data:image/png;base64", "data:;base64,é"])
def test_a_data_uri_may_be_malformed(https, address):
    assert "malformed" in why(Fetcher(https())([address]))


@pytest.fixture
def uploads(server, https) -> Uploads:
    return Uploads(f"http://127.0.0.1:{server.port}", lambda: "Token abc", https())


def test_an_upload_is_read_from_label_studio_with_its_token(server, https, uploads):
    server.answers["/data/upload/44/1b35778d-my%20dog.png"] = (200, {}, IMAGE)
    path = "/data/upload/44/1b35778d-my dog.png"

    assert Fetcher(https(), uploads)([path, f"{uploads.url}{path}"]) == [IMAGE, IMAGE]
    assert {headers["Authorization"] for _, headers in server.asked} == {"Token abc"}


def test_a_redirected_upload_takes_no_token_along(server, https, uploads):
    moved = {"Location": "https://files.example.com/a.png"}
    server.answers["/data/upload/1/a.png"] = (303, moved, b"")

    assert Fetcher(https(), uploads)(["/data/upload/1/a.png"]) == [IMAGE]
    assert "Authorization" not in server.asked[-1][1]


@pytest.mark.parametrize(
    "path",
    [
        "/api/projects",
        "/data/upload/../../api/users",
        "/data/upload/%2e%2e/%2e%2e/api/users",
        "//elsewhere.example/data/upload/1/a.png",
        "/data/uploads/1/a.png",
    ],
)
def test_nothing_else_is_read_with_the_token(server, https, uploads, path):
    assert "none that may be fetched" in why(Fetcher(https(), uploads)([path]))
    assert not server.asked


def test_without_a_usable_token_there_are_no_uploads(server, https):
    def denied() -> str:
        raise Denied("the token for Label Studio is missing")

    uploads = Uploads(f"http://127.0.0.1:{server.port}", denied, https())

    assert "token" in why(Fetcher(https(), uploads)(["/data/upload/1/a.png"]))


@pytest.fixture
def s3(monkeypatch) -> Iterator[Any]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "made-up")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "made-up")
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        for bucket in ("pictures", "secrets"):
            client.create_bucket(Bucket=bucket)
            client.put_object(Bucket=bucket, Key="cats/a b.png", Body=IMAGE)
        yield client


def test_objects_of_named_buckets_are_read_and_no_others(https, s3):
    fetcher = Fetcher(https(), None, Buckets(Hosts.listed("pictures"), lambda: s3))

    found, outside, missing = fetcher(
        ["s3://pictures/cats/a b.png", "s3://secrets/cats/a b.png", "s3://pictures/none.png"]
    )

    assert found == IMAGE
    assert "FetchBuckets" in str(outside)
    assert "NoSuchKey" in str(missing)
    assert "FetchBuckets" in why(Fetcher(https())(["s3://pictures/cats/a b.png"]))


def test_each_image_is_fetched_by_itself_in_their_order(server, https):
    addresses = ["https://files.example.com/a.png", "https://files.example.com/none", "x", ""]

    image, missing, *others = Fetcher(https())(addresses)

    assert image == IMAGE
    assert str(missing) == "the server answered 404"
    assert all("none that may be fetched" in str(other) for other in others)
    assert Fetcher(https())([]) == []


def test_a_server_that_does_not_answer_is_left_alone_for_a_while(https):
    now = [0.0]
    resolved: list[str] = []

    def resolve(host: str, port: int) -> list[str]:
        resolved.append(host)
        raise OSError

    fetcher = Fetcher(GuardedHttps(LISTED, resolve=resolve), clock=lambda: now[0])
    one = ["https://files.example.com/a.png"]

    for _ in range(10):
        assert "no host" in why(fetcher(one))
    assert len(resolved) == 3
    now[0] = 31.0
    for _ in range(10):
        assert "no host" in why(fetcher(one))
    assert len(resolved) == 4


def test_one_file_that_never_comes_keeps_no_other_of_its_server_back(server, https):
    """It would be first in each try, and the others would never be read."""
    server.answers["/busy"] = (503, {}, b"")
    busy, good = "https://files.example.com/busy", "https://files.example.com/a.png"
    fetcher = Fetcher(https())

    found = [fetcher([address])[0] for address in [busy, good] * 4]

    assert found[1::2] == [IMAGE] * 4
    assert all(isinstance(one, Unreached) for one in found[::2])


def test_reasons_hold_no_addresses(https):
    signed = "https://files.example.com/none?signature=secret"

    assert "secret" not in why(Fetcher(https())([signed]))


@pytest.mark.parametrize(
    "address",
    ["data:,\ud800", "/data/upload/1/\ud800.jpg", "s3://pictures/\ud800", "s3://pictures/"],
    ids=ascii,
)
def test_an_address_of_which_no_url_can_be_made_is_unreadable(https, uploads, s3, address):
    fetcher = Fetcher(https(), uploads, Buckets(Hosts.listed("pictures"), lambda: s3))

    (found,) = fetcher([address])
    (other,) = fetcher(["s3://pictures/cats/a b.png"])

    assert isinstance(found, Unreadable)
    assert other == IMAGE, "its source does not rest"


def test_a_redirect_to_no_address_is_unreadable(server, https):
    server.answers["/a.png"] = (302, {"Location": "https://[::1/x"}, b"")

    assert "malformed" in why(Fetcher(https())(["https://files.example.com/a.png"]))


def test_an_address_without_a_path_is_asked_for(server, https):
    server.answers["/?size=2"] = (200, {}, IMAGE)

    assert Fetcher(https())(["https://files.example.com?size=2"]) == [IMAGE]


# -- passing and final failures -----------------------------------------------------------------


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 520])
def test_what_a_server_may_answer_differently_later_is_unreached(server, https, status):
    server.answers["/a.png"] = (status, {}, b"")

    (found,) = Fetcher(https())(["https://files.example.com/a.png"])

    assert isinstance(found, Unreached)
    assert str(found) == f"the server answered {status}"


@pytest.mark.parametrize("status", [204, 400, 403, 404, 410, 451])
def test_what_it_will_not_is_unreadable_for_good(server, https, status):
    server.answers["/a.png"] = (status, {}, b"")

    (found,) = Fetcher(https())(["https://files.example.com/a.png"])

    assert isinstance(found, Unreadable)
    assert not isinstance(found, Unreached)


@pytest.mark.parametrize(
    ("address", "setting"),
    [
        ("https://elsewhere.example/a.png", "FetchHosts"),
        ("s3://elsewhere/a.png", "FetchBuckets"),
    ],
)
def test_what_another_setting_allows_is_unreached_and_names_it(https, address, setting):
    (found,) = Fetcher(https())([address])

    assert isinstance(found, Unreached)
    assert setting in found.fix


@pytest.mark.parametrize("address", ["http://files.example.com/a.png", "data:", "s3://", "/etc"])
def test_what_is_no_address_stays_unreadable(https, s3, address):
    (found,) = Fetcher(https(), None, Buckets(Hosts.listed("pictures"), lambda: s3))([address])

    assert isinstance(found, Unreached) == (address == "s3://")  # a bucket without a name


class Refusing:
    """An S3 client that answers with an error."""

    def __init__(self, code: str, status: int) -> None:
        self.code, self.status = code, status

    def get_object(self, **_: Any) -> Any:
        answer: Any = {
            "Error": {"Code": self.code},
            "ResponseMetadata": {"HTTPStatusCode": self.status},
        }
        raise ClientError(answer, "GetObject")


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("SlowDown", 503, NoAnswer),
        ("InternalError", 500, NoAnswer),
        ("AccessDenied", 403, Unreached),
        ("KMS.DisabledException", 400, Unreached),
        ("NoSuchKey", 404, Unreadable),
        ("NoSuchBucket", 404, Unreadable),
    ],
)
def test_what_s3_answers_is_for_now_or_for_good(https, code, status, kind):
    buckets = Buckets(Hosts.listed("pictures"), lambda: Refusing(code, status))

    (found,) = Fetcher(https(), None, buckets)(["s3://pictures/a.png"])

    assert type(found) is kind
    assert code in str(found)


@pytest.mark.parametrize("status", [401, 403])
def test_an_upload_that_the_token_does_not_open_is_unreached_and_the_token_renewed(
    server, https, status
):
    server.answers["/data/upload/1/a.png"] = (status, {}, b"")
    forgotten: list[bool] = []
    url = f"http://127.0.0.1:{server.port}"
    uploads = Uploads(url, lambda: "Token abc", https(), forget=lambda: forgotten.append(True))

    (found,) = Fetcher(https(), uploads)(["/data/upload/1/a.png"])

    assert isinstance(found, Unreached)
    assert "connect" in found.fix
    assert forgotten == [True]


def test_a_token_that_takes_too_long_holds_nobody_up_and_is_asked_for_once(
    server, https, monkeypatch
):
    monkeypatch.setattr("labelloop.adapters.fetching.MOST_SECONDS", 0.05)
    answered, asked = threading.Event(), []

    def header() -> str:
        asked.append(1)
        answered.wait(10)
        return "Token abc"

    uploads = Uploads(f"http://127.0.0.1:{server.port}", header, https())
    addresses = [f"/data/upload/1/{n}.png" for n in range(8)]

    found = Fetcher(https(), uploads)(addresses)
    answered.set()

    assert all(isinstance(one, NoAnswer) and "token" in str(one) for one in found)
    assert len(asked) == 1
    assert not server.asked


def test_a_redirected_upload_has_what_is_left_of_the_time(server, https):
    server.answers["/data/upload/1/a.png"] = (303, {"Location": "https://files.example.com/"}, b"")
    times: list[float] = []

    class Timed(GuardedHttps):
        def read(self, url: str, redirects: int = 2, seconds: float = 3.0) -> bytes:
            times.append(seconds)
            return IMAGE

    ticks = iter(range(100))
    url = f"http://127.0.0.1:{server.port}"
    uploads = Uploads(url, lambda: "Token abc", Timed(Hosts()), clock=lambda: next(ticks) / 2)

    assert uploads.read("/data/upload/1/a.png") == IMAGE
    assert times[0] < 3
