"""What is sent to AWS without boto3, to a server of our own: signatures as boto3's, and faults."""

import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError, HTTPClientError

from labelloop.adapters import signed_aws
from labelloop.adapters.aws_limits import READ_S
from labelloop.adapters.s3_store import S3Store
from labelloop.adapters.signed_aws import SignedS3, SignedSqs, SignedSsm
from labelloop.errors import Unavailable

KEY, SECRET_KEY, TOKEN = "AKIDEXAMPLE", "not/a+secret", "not-a-token=="


def at_once(pause_s: float) -> None:
    """Let no time pass before the next attempt."""


class Server:
    """Answers as it is told, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []
        self.answers: list[tuple[int, dict[str, str], bytes] | None] = []
        self.connections = 0


@pytest.fixture
def server(monkeypatch) -> Iterator[Server]:
    told = Server()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self):
            super().setup()
            told.connections += 1

        def do_GET(self):
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            told.asked.append((self.command, self.path, dict(self.headers), body))
            answer = told.answers.pop(0) if told.answers else (200, {"etag": '"1"'}, b"{}")
            if answer is None:  # hang up
                self.close_connection = True
                return
            status, headers, content = answer
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_PUT = do_POST = do_GET  # noqa: N815

        def log_message(self, *_):
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.handle_error = lambda *_: None  # type: ignore[method-assign] # who hangs up is expected to
    threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True).start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{http.server_port}")
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
    monkeypatch.setenv("AWS_SESSION_TOKEN", TOKEN)
    yield told
    http.shutdown()
    http.server_close()


def as_boto3_signs(asked, service: str) -> str:
    """Return what botocore says for the same request, at the same time."""
    method, path, headers, body = asked
    sent = {name.lower(): value for name, value in headers.items()}
    request = AWSRequest(method, f"http://{sent['host']}{path}", data=body)
    for name in ("content-type", "if-match", "if-none-match", "x-amz-target"):
        if name in sent:
            request.headers[name] = sent[name]
    sign = S3SigV4Auth if service == "s3" else SigV4Auth
    at = datetime.strptime(sent["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("botocore.auth.get_current_datetime", lambda: at)
        sign(Credentials(KEY, SECRET_KEY, TOKEN), service, "eu-central-1").add_auth(request)
    said: str = request.headers["Authorization"]
    return said


@pytest.mark.parametrize(
    "key", ["projects/7.1/events/20261123T1~a.json", "a b/ä+&=?#%2F.json", "a//b/../c", "~'()*!"]
)
@pytest.mark.parametrize("body", [b"", b"{}", b"\n\xff" * 1_000])
def test_objects_are_signed_as_boto3_signs_them(server, key, body):
    SignedS3().put_object(Bucket="bucket", Key=key, Body=body, IfNoneMatch="*")
    SignedS3().get_object(Bucket="bucket", Key=key, IfNoneMatch='"1"')

    assert [one[3] for one in server.asked] == [body, b""]
    for asked in server.asked:
        assert asked[2]["Authorization"] == as_boto3_signs(asked, "s3")


def test_messages_and_parameters_are_signed_as_boto3_signs_them(server):
    message: Any = {"MessageBody": "ä", "DelaySeconds": 3, "MessageGroupId": "38.1"}
    SignedSqs().send_message(QueueUrl="http://queue/1/train", **message)
    SignedSsm().get_parameter(Name="/labelloop/ä", WithDecryption=True)

    for asked, service in zip(server.asked, ("sqs", "ssm"), strict=True):
        assert asked[2]["Authorization"] == as_boto3_signs(asked, service)


def test_a_connection_is_kept(server):
    s3 = SignedS3()
    for _ in range(3):
        s3.get_object(Bucket="bucket", Key="a")

    assert server.connections == 1


@pytest.mark.parametrize(
    "fault",
    [(500, {}, b""), (503, {}, b"<Error><Code>SlowDown</Code></Error>"), (429, {}, b"{}"), None],
)
def test_what_may_pass_is_tried_again(server, fault):
    server.answers = [fault, fault]

    assert SignedS3(at_once).put_object(Bucket="bucket", Key="a", Body=b"1")["ETag"] == '"1"'
    assert len(server.asked) == 3


def test_a_throttled_call_that_aws_gives_a_400_is_tried_again(server):
    server.answers = [(400, {}, b'{"__type":"com.amazonaws.ssm#ThrottlingException"}')]

    SignedSsm(at_once).get_parameter(Name="a", WithDecryption=True)

    assert len(server.asked) == 2


@pytest.mark.parametrize("fault", [(503, {}, b""), None])
def test_what_does_not_pass_is_unavailable(server, fault):
    server.answers = [fault] * 10

    with pytest.raises(Unavailable):
        S3Store("bucket", SignedS3(at_once)).get("a")
    assert len(server.asked) == 3


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (
            (403, {}, b"<Error><Code>AccessDenied</Code><Message>no</Message></Error>"),
            "AccessDenied",
        ),
        ((412, {}, b"<?xml?><Error><Code>PreconditionFailed</Code></Error>"), "PreconditionFailed"),
        ((304, {}, b""), "304"),
        ((400, {}, b'{"__type":"ParameterNotFound","message":"no"}'), "ParameterNotFound"),
        ((404, {}, b"{broken"), "404"),
        ((301, {"location": "http://192.0.2.1/"}, b""), "301"),
    ],
)
def test_a_refusal_is_the_error_that_boto3_raises(server, answer, code):
    server.answers = [answer]

    with pytest.raises(ClientError) as refused:
        SignedS3(at_once).get_object(Bucket="bucket", Key="a")

    assert refused.value.response["Error"]["Code"] == code
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == answer[0]
    assert len(server.asked) == 1


def test_who_does_not_answer_is_not_waited_for(server, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")

        monkeypatch.setitem(READ_S, "s3", 0.05)

        with pytest.raises(HTTPClientError):
            SignedS3(at_once).get_object(Bucket="bucket", Key="a")


def test_nothing_that_is_raised_names_a_credential(server):
    server.answers = [None] * 3

    with pytest.raises(HTTPClientError) as raised:
        SignedS3(at_once).get_object(Bucket="bucket", Key="a")

    assert not any(secret in repr(raised.value) for secret in (KEY, SECRET_KEY, TOKEN))


@pytest.mark.parametrize(
    ("region", "bucket", "host", "path"),
    [
        ("eu-central-1", "bucket", "bucket.s3.eu-central-1.amazonaws.com", "/a"),
        ("eu-central-1", "with.dots", "s3.eu-central-1.amazonaws.com", "/with.dots/a"),
        ("cn-north-1", "bucket", "bucket.s3.cn-north-1.amazonaws.com.cn", "/a"),
    ],
)
def test_without_an_endpoint_it_is_the_region_s(server, monkeypatch, region, bucket, host, path):
    asked = []

    class Connection:
        sock = SimpleNamespace(settimeout=lambda _: None)

        def __init__(self, host, timeout):
            asked.append(host)

        def connect(self):
            pass

        def request(self, method, path, body, headers):
            asked.append(path)
            raise ConnectionError

        def close(self):
            pass

    monkeypatch.delenv("AWS_ENDPOINT_URL")
    monkeypatch.setenv("AWS_REGION", region)
    monkeypatch.setattr(signed_aws, "HTTPSConnection", Connection)

    with pytest.raises(HTTPClientError):
        SignedS3(at_once).get_object(Bucket=bucket, Key="a")

    assert asked == [host, path] * 3
