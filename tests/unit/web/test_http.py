"""Requests and responses of API Gateway."""

import base64
import json

import pytest

from labelloop.errors import BadRequest, LabelloopError, TooLarge, Unavailable, Unprocessable
from labelloop.web.http import answer, read_request, respond

V2 = {
    "rawPath": "/setup",
    "headers": {"Authorization": "x"},
    "requestContext": {"http": {"method": "POST"}},
}
V1 = {
    "path": "/setup",
    "httpMethod": "POST",
    "headers": {"authorization": "x"},
    "requestContext": {},
}


@pytest.mark.parametrize("event", [V1, V2])
def test_both_payload_formats_are_read(event):
    request = read_request(event | {"body": "é"})

    assert (request.method, request.path, request.body) == ("POST", "/setup", "é".encode())
    assert request.headers == {"authorization": "x"}


def test_a_binary_body_is_decoded():
    body = base64.b64encode(b"\xff").decode()

    assert read_request(V2 | {"body": body, "isBase64Encoded": True}).body == b"\xff"


def test_a_binary_body_that_is_none_is_refused():
    with pytest.raises(BadRequest):
        read_request(V2 | {"body": "a", "isBase64Encoded": True})


@pytest.mark.parametrize("missing", [{"headers": None}, {"body": None}, {}])
def test_a_request_without_headers_or_body_is_one(missing):
    assert read_request(V2 | missing).body == b""


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (BadRequest("x"), 400),
        (TooLarge("x"), 413),
        (Unprocessable("x"), 422),
        (Unavailable("x"), 503),
        (LabelloopError("x"), 500),
    ],
)
def test_an_error_has_its_status_and_a_json_object(error, status):
    def fail(request):
        raise error

    response = respond(V2, fail)

    assert response["statusCode"] == status
    assert json.loads(response["body"]) == {"error": "x"}


def test_an_error_says_what_to_do_about_it():
    def fail(request):
        raise Unprocessable("x", "do y")

    assert json.loads(respond(V2, fail)["body"]) == {"error": "x", "fix": "do y"}


def test_an_answer_is_json():
    assert answer(200, {})["headers"]["content-type"] == "application/json"
