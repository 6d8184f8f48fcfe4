"""`make up`: what it prints is what to type."""

import re
import shlex
from pathlib import Path

import pytest

from labelloop.cli.address import Address
from labelloop.local.emulator import aws_environment
from labelloop.local.stack import NAME, LocalStack, overriding
from labelloop.local.up import _address, instructions, options_of

AWS = aws_environment("http://127.0.0.1:4566")
STACK = LocalStack("http://127.0.0.1:9090", "labelstudio", "pass-word_16chars", {}, AWS)
STUDIO = "http://127.0.0.1:8081"


def lines(label_studio: str) -> list[str]:
    printed = instructions(STACK, Path("/state"), label_studio)
    return [line.strip() for line in printed.splitlines()]


def test_with_a_label_studio_connect_is_all_there_is_to_do():
    commands = [line for line in lines(STUDIO) if "/bin/labelloop" in line and "`" not in line]

    connect, _ = commands
    assert shlex.split(connect)[1:] == ["connect", "--project", "1"]
    assert f"LABEL_STUDIO_URL={STUDIO}" in str(lines(STUDIO))
    assert "--watch" not in str(lines(STUDIO))


def test_without_one_it_says_how_the_order_gets_there():
    told = lines("")

    assert any(line.endswith("connect --project 1 --no-token") for line in told)
    assert any("rank --watch --project 1" in line for line in told)
    assert any("make up LABEL_STUDIO_URL=http://127.0.0.1:8080" in line for line in told)


def test_what_needs_aws_rights_finds_the_embedded_aws_by_a_line_to_export():
    """`logs`, `encoder add`, `export` and others: without it they ask for a real sign-in."""
    (exported,) = [line for line in lines(STUDIO) if "AWS_ENDPOINT_URL" in line]

    command, *variables = shlex.split(exported)

    assert command == "export"
    assert dict(one.split("=") for one in variables) == AWS | {"LABELLOOP_STACK": NAME}
    assert {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"} <= AWS.keys()
    (logs,) = [line for line in lines(STUDIO) if line.endswith("logs --follow")]
    assert shlex.split(logs)[0].endswith("/bin/labelloop")


def test_the_address_to_export_holds_the_credentials():
    (url,) = re.findall(r"LABELLOOP_URL=(\S+)", "\n".join(lines(STUDIO)))

    assert Address.read(url) == Address(STACK.url, STACK.user, STACK.password)


def test_an_address_that_is_dropped_is_taken_back_from_the_stack():
    assert overriding({"LabelStudioUrl": ""}) == ['LabelStudioUrl=""']


@pytest.mark.parametrize("text", ["127.0.0.1:8080", "http://user:password@host", "ftp://x", ""])
def test_what_is_no_address_is_refused_before_anything_is_deployed(text):
    with pytest.raises(Exception, match="expected http"):
        _address(text)


def test_nothing_has_to_be_given():
    """argparse reads a default that is a text as if it had been typed."""
    options = options_of([])

    assert (options.label_studio, options.parameter) == (None, [])


def test_parameters_of_the_template_are_given_by_name():
    options = options_of(["--label-studio", STUDIO + "/", "-p", "MinLabels=5", "-p", "Strategy="])

    assert options.label_studio == STUDIO
    assert dict(options.parameter) == {"MinLabels": "5", "Strategy": ""}


@pytest.mark.parametrize("text", ["MinLabels", "=5", "Min Labels=5", 'Strategy="margin"'])
def test_what_is_no_parameter_is_refused_before_anything_is_deployed(text, capsys):
    with pytest.raises(SystemExit):
        options_of(["--parameter", text])

    assert "expected Name=Value" in capsys.readouterr().err
