"""Who may call."""

import base64

import pytest

from labelloop.credentials import Access, check

SECRET = "anna:old secret\nanna:new:secret\n"


def basic(pair: bytes) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(pair).decode()}


@pytest.mark.parametrize("pair", [b"anna:old secret", b"anna:new:secret"])
def test_each_credential_of_the_secret_is_let_in(pair):
    assert check(basic(pair), SECRET) is Access.GRANTED


@pytest.mark.parametrize("password", ["old secret", "new:secret"])
def test_the_password_alone_in_a_webhook_header_is_let_in(password):
    assert check({"x-api-key": password}, SECRET) is Access.GRANTED


def test_letters_beyond_ascii_are_compared_as_utf_8():
    assert check(basic("anna:Größe".encode()), "anna:Größe") is Access.GRANTED


def test_letters_beyond_ascii_are_taken_as_label_studio_sends_them():
    assert check(basic("anna:Größe".encode("latin-1")), "anna:Größe") is Access.GRANTED
    assert check(basic(b"anna:?"), "anna:\u6771") is Access.DENIED


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": ""},
        {"authorization": "Basic"},
        {"authorization": "Basic ***"},
        {"authorization": "Basic \u00e9"},
        {"authorization": "Bearer " + base64.b64encode(b"anna:old secret").decode()},
        {"x-api-key": ""},
        {"x-api-key": "anna:old secret"},
        basic(b"anna:old secre"),
        basic(b"anna:old secret\n"),
        basic(b"anna"),
        basic(b":"),
        basic(b"a" * 8_192),
        basic(b"\xff\xfe:\x00"),
    ],
    ids=range(14),
)
def test_anybody_else_is_not(headers):
    assert check(headers, SECRET) is Access.DENIED


@pytest.mark.parametrize("secret", ["", "\n", "anna", "anna:", ":secret", " : "])
def test_without_usable_credentials_nobody_is_let_in(secret):
    assert check(basic(b":"), secret) is Access.UNCONFIGURED
