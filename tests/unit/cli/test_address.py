"""Labelloop's address and its parts."""

import pytest

from labelloop.cli.address import Address
from labelloop.errors import BadSettings


def test_an_address_is_taken_apart_and_its_credentials_are_decoded():
    address = Address.read(" https://user:p%40ss%20word@loop.example.com:8443/prod/ ")

    assert address == Address("https://loop.example.com:8443/prod", "user", "p@ss word")
    assert address.basic == "Basic dXNlcjpwQHNzIHdvcmQ="
    assert address.webhook == "https://loop.example.com:8443/prod/webhook"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "loop.example.com",
        "ftp://u:p@h",
        "https://h",
        "https://u@h",
        "https://u:p@",
        "https://u:p@h:x",
    ],
)
def test_what_is_no_address_with_credentials_is_refused(text):
    with pytest.raises(BadSettings, match="Labelloop's URL"):
        Address.read(text)


@pytest.mark.parametrize(
    ("url", "same"),
    [
        ("https://loop.example.com", True),
        ("https://LOOP.example.com:443/", True),
        ("https://other:pw@loop.example.com", True),
        ("http://loop.example.com", False),
        ("https://loop.example.com/prod", False),
        ("https://loop.example.com:x", False),
    ],
)
def test_an_address_is_known_with_or_without_credentials(url, same):
    assert Address.read("https://u:p@loop.example.com").is_at(url) is same


@pytest.mark.parametrize(
    ("host", "private"),
    [("127.0.0.1", True), ("10.1.2.3", True), ("[::1]", True), ("8.8.8.8", False)],
)
def test_an_address_that_label_studio_refuses_by_default_is_known(host, private):
    assert Address.read(f"http://u:p@{host}:9090").is_private() is private


def test_where_the_password_of_a_local_stack_is_found():
    with pytest.raises(BadSettings) as raised:
        Address.read("http://127.0.0.1:9090")

    assert "`make up` printed" in raised.value.fix
