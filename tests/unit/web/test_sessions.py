"""Sessions: a signed cookie that ends, and that nobody can change."""

import base64
import json

import pytest

from labelloop.web.credentials import viewing_pair
from labelloop.web.sessions import HOURS, Session, cookie, log_in, session_of

SECRET = "anna:secret\nben:other"
HOST = {"host": "loop.example.com"}
NOW = 1_795_000_000.0


def session(value: str, secret: str = SECRET, now: float = NOW) -> Session | None:
    return session_of(HOST | {"cookie": f"a=b; __Host-labelloop={value}"}, secret, now)


@pytest.mark.parametrize(("user", "password"), [("anna", "secret"), ("ben", "other")])
def test_management_credentials_may_change(user, password):
    found = session(log_in(user, password, SECRET, NOW))

    assert found
    assert (found.user, found.may_change) == (user, True)


def test_viewing_credentials_may_not():
    found = session(log_in(*viewing_pair("other"), SECRET, NOW))

    assert found
    assert (found.user, found.may_change) == ("viewer", False)


@pytest.mark.parametrize(
    ("user", "password"),
    [
        ("anna", "other"),
        ("", ""),
        ("anna", ""),
        ("viewer", "secret"),
        ("anna:secret", ""),
        ("\ud800", "x"),
    ],
)
def test_others_get_no_cookie(user, password):
    assert log_in(user, password, SECRET, NOW) == ""
    assert log_in(user, password, "", NOW) == ""


def test_a_session_ends_with_its_time_or_its_credentials():
    value = log_in("anna", "secret", SECRET, NOW)

    assert session(value, now=NOW + HOURS * 3600 - 1)
    assert session(value, now=NOW + HOURS * 3600) is None
    assert session(value, "ben:other") is None
    assert session(value, "anna:changed") is None
    assert session(value, "") is None


def test_no_part_of_a_cookie_can_be_changed():
    value = log_in(*viewing_pair("secret"), SECRET, NOW)
    text, _, signature = value.partition(".")
    claims = json.loads(base64.urlsafe_b64decode(text))
    more = base64.urlsafe_b64encode(json.dumps([claims[0], True, *claims[2:]]).encode()).decode()

    assert session(value)
    assert session(f"{more}.{signature}") is None
    for at in range(len(value)):
        spoilt = value[:at] + ("A" if value[at] != "A" else "B") + value[at + 1 :]
        assert session(spoilt) is None


@pytest.mark.parametrize(
    "value", ["", ".", "a.b", "é.ü", "\ud800.\ud800", "a" * 9_000, "=.=", "W10=.x"]
)
def test_what_is_no_cookie_of_ours_is_no_session(value):
    assert session(value) is None


def test_a_form_is_of_one_session():
    one, other = (session(log_in("anna", "secret", SECRET, NOW)) for _ in range(2))

    assert one
    assert other
    assert one.owns(one.token)
    assert not one.owns(other.token)
    assert not one.owns("")
    assert not one.owns("\ud800")


def test_the_token_of_a_form_is_no_signature_of_a_cookie():
    value = log_in("anna", "secret", SECRET, NOW)
    found = session(value)

    assert found
    assert session(f"{value.partition('.')[0]}.{found.token}") is None


def test_the_cookie_is_for_this_host_over_tls_and_for_no_script():
    sent = cookie("x", HOST)

    assert sent.startswith("__Host-labelloop=x; Path=/; ")
    assert {"HttpOnly", "SameSite=Strict", "Secure"} <= set(sent.split("; "))


@pytest.mark.parametrize(
    "host", ["127.0.0.1:9090", "localhost", "localhost:1", "[::1]:80", "[::1]"]
)
def test_on_this_machine_it_needs_no_tls(host):
    assert "Secure" not in cookie("x", {"host": host})


@pytest.mark.parametrize("host", ["", "notlocalhost", "127.0.0.1.example.com", "x:127.0.0.1", "é"])
def test_anywhere_else_it_does(host):
    assert "Secure" in cookie("x", {"host": host})
