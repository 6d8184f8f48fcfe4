"""Who may call."""

import base64

import pytest

from labelloop.web.credentials import Caller, Role, check, events_pair, ml_pair

SECRET = "anna:old secret\nanna:new:secret\n"
PROJECT, OTHER = "38.1770000000", "38.1770000001"


def basic(pair: bytes) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(pair).decode()}


@pytest.mark.parametrize("pair", [b"anna:old secret", b"anna:new:secret"])
def test_each_credential_of_the_secret_is_let_in(pair):
    assert check(basic(pair), SECRET).role is Role.MANAGEMENT


@pytest.mark.parametrize("password", ["old secret", "new:secret"])
def test_the_password_alone_in_a_webhook_header_is_let_in(password):
    assert check({"x-api-key": password}, SECRET).role is Role.MANAGEMENT


def test_letters_beyond_ascii_are_compared_as_utf_8():
    assert check(basic("anna:Größe".encode()), "anna:Größe").role is Role.MANAGEMENT


def test_letters_beyond_ascii_are_taken_as_label_studio_sends_them():
    assert check(basic("anna:Größe".encode("latin-1")), "anna:Größe").role is Role.MANAGEMENT
    assert check(basic(b"anna:?"), "anna:\u6771").role is Role.NOBODY


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
        basic(b"events-:" + b"0" * 64),
        basic(b"events-38.1770000000:" + b"0" * 64),
        {"x-api-key": events_pair("old secret", PROJECT)[1]},
        basic(":".join((f"events-{OTHER}", events_pair("old secret", PROJECT)[1])).encode()),
        basic(":".join(("anna", ml_pair("old secret")[1])).encode()),
        basic(":".join(events_pair("another secret", PROJECT)).encode()),
    ],
    ids=range(20),
)
def test_anybody_else_is_not(headers):
    assert check(headers, SECRET).role is Role.NOBODY


@pytest.mark.parametrize("secret", ["", "\n", "anna", "anna:", ":secret", " : "])
def test_without_usable_credentials_nobody_is_let_in(secret):
    assert check(basic(b":"), secret).role is Role.UNCONFIGURED


@pytest.mark.parametrize("password", ["old secret", "new:secret"])
def test_what_is_derived_from_each_line_is_let_in_for_its_use_alone(password):
    events = ":".join(events_pair(password, PROJECT))

    assert check(basic(":".join(ml_pair(password)).encode()), SECRET).role is Role.ML_CALLS
    assert check(basic(events.encode()), SECRET) == Caller(Role.EVENTS, PROJECT)
    assert check({"x-api-key": events}, SECRET) == Caller(Role.EVENTS, PROJECT)


def test_the_user_of_the_ml_calls_tells_passwords_apart_and_gives_none_away():
    user, password = ml_pair("old secret")

    assert user != ml_pair("new:secret")[0]
    assert user.partition("-")[2] not in password


@pytest.mark.parametrize("path", ["/status", "/activate", "/label-studio", "/docs", "/", ""])
def test_management_is_closed_to_what_label_studio_holds(path):
    assert Caller(Role.MANAGEMENT).may_call(path)
    assert not Caller(Role.ML_CALLS).may_call(path)
    assert not Caller(Role.EVENTS, PROJECT).may_call(path)


@pytest.mark.parametrize("path", ["/setup", "/predict", "/versions"])
def test_credentials_for_events_open_no_ml_call(path):
    assert Caller(Role.ML_CALLS).may_call(path)
    assert not Caller(Role.EVENTS, PROJECT).may_call(path)


def test_each_kind_sends_its_own_events_alone():
    events, calls = Caller(Role.EVENTS, PROJECT), Caller(Role.ML_CALLS)

    assert events.may_send("ANNOTATION_CREATED", PROJECT)
    assert not events.may_send("ANNOTATION_CREATED", OTHER)
    assert not events.may_send("START_TRAINING", PROJECT)
    assert calls.may_send("START_TRAINING", PROJECT)
    assert not calls.may_send("ANNOTATION_CREATED", PROJECT)
    assert Caller(Role.MANAGEMENT).may_send("ANNOTATION_CREATED", OTHER)
