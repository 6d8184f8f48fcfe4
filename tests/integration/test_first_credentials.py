"""The first password: the custom resource's function, with SSM as moto plays it."""

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from botocore.exceptions import ClientError

from labelloop.adapters.ssm_secret import SsmSecret
from labelloop.config import settings
from labelloop.errors import Unavailable
from tests.integration.conftest import CONTEXT

NAME = "/new-stack/credentials"


class CloudFormation:
    """What waits for the answer at a URL that S3 signed: it takes no content type."""

    def __init__(self) -> None:
        self.answers: list[dict[str, Any]] = []
        self.status = 200
        self._server = HTTPServer(("127.0.0.1", 0), self._handler())
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/answer?signature=x"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def ask(self, kind: str, name: str = NAME, before: str = "") -> dict[str, Any]:
        from functions.credentials.app import lambda_handler

        ids = {"StackId": "stack", "RequestId": "request", "LogicalResourceId": "FirstCredentials"}
        request = {
            "RequestType": kind,
            "ResponseURL": self.url,
            "ResourceProperties": {"Name": name},
        }
        old = {"OldResourceProperties": {"Name": before}} if before else {}
        lambda_handler(ids | request | old, CONTEXT)
        assert ids.items() <= self.answers[-1].items()
        return self.answers[-1]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_PUT(self) -> None:
                assert not self.headers["content-type"]
                body = self.rfile.read(int(self.headers["content-length"]))
                site.answers.append(json.loads(body))
                self.send_response(site.status)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        return Handler


@pytest.fixture
def cloudformation(aws) -> Iterator[CloudFormation]:
    waiting = CloudFormation()
    yield waiting
    waiting.close()


def test_a_password_is_made_once_and_opens_labelloop(cloudformation):
    answer = cloudformation.ask("Create")
    made = SsmSecret(NAME).read()
    again = cloudformation.ask("Update")

    assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", NAME)
    assert re.fullmatch(r"labelstudio:[0-9a-f]{48}", made)
    assert (again["Status"], SsmSecret(NAME).read()) == ("SUCCESS", made)


def test_a_password_that_people_made_stays_and_outlives_the_stack(cloudformation, aws):
    mine = settings().credentials_parameter
    before = SsmSecret(mine).read()

    statuses = [cloudformation.ask(kind, mine)["Status"] for kind in ("Create", "Delete")]

    assert (statuses, SsmSecret(mine).read()) == (["SUCCESS", "SUCCESS"], before)
    assert before


def test_a_password_moves_along_with_the_name_of_its_parameter_and_back(cloudformation):
    cloudformation.ask("Create")
    made = SsmSecret(NAME).read()

    answer = cloudformation.ask("Update", "/else", before=NAME)
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", "/else")
    assert SsmSecret("/else").read() == SsmSecret(NAME).read() == made
    cloudformation.ask("Delete", NAME)  # CloudFormation cleans up after the update

    SsmSecret("/else").write("labelstudio:rotated\n")
    cloudformation.ask("Update", NAME, before="/else")  # a rollback, or a change of mind
    assert (SsmSecret(NAME).read(), SsmSecret("/else").read()) == (made, "labelstudio:rotated\n")


def test_a_parameter_that_is_there_is_not_copied_over(cloudformation):
    cloudformation.ask("Create")
    SsmSecret("/else").write("mine:own")

    cloudformation.ask("Update", "/else", before=NAME)

    assert SsmSecret("/else").read() == "mine:own"


def test_an_update_that_failed_is_taken_back_whatever_name_it_wanted(cloudformation, monkeypatch):
    """A rollback that fails leaves the stack in a state that an operator has to get it out of."""
    cloudformation.ask("Create")
    wanted = "/aws/is-a-prefix-that-ssm-refuses"
    assert cloudformation.ask("Update", wanted, before=NAME)["Status"] == "FAILED"
    read = SsmSecret.read

    def deny(secret: SsmSecret) -> str:
        if secret._name == wanted:
            raise Unavailable("denied")
        return read(secret)

    monkeypatch.setattr(SsmSecret, "read", deny)

    assert cloudformation.ask("Update", NAME, before=wanted)["Status"] == "SUCCESS"


def test_where_the_old_parameter_is_gone_a_password_is_made(cloudformation):
    cloudformation.ask("Update", NAME, before="/never-was")

    assert re.fullmatch(r"labelstudio:[0-9a-f]{48}", SsmSecret(NAME).read())


def test_no_new_password_is_made_where_the_old_one_cannot_be_read(cloudformation, monkeypatch):
    def fail(_: SsmSecret) -> str:
        raise Unavailable("it could not be read")

    with monkeypatch.context() as patched:
        patched.setattr(SsmSecret, "read", fail)
        answer = cloudformation.ask("Update", NAME, before="/old")

    assert (answer["Status"], "could not be read" in answer["Reason"]) == ("FAILED", True)
    assert SsmSecret(NAME).read() == ""


def test_a_failure_ends_the_deploy_at_once_with_its_reason(cloudformation):
    answer = cloudformation.ask("Create", "/aws/is-a-prefix-that-ssm-refuses")

    assert answer["Status"] == "FAILED"
    assert "/aws/is-a-prefix" in answer["Reason"]


def test_an_answer_that_does_not_get_through_is_an_error(cloudformation):
    cloudformation.status = 403

    with pytest.raises(Unavailable, match="403"):
        cloudformation.ask("Create")


class NewRole:
    """SSM that does not know a new role at first."""

    def __init__(self, refusals: int) -> None:
        self.refusals, self.stored = refusals, 0

    def put_parameter(self, **_: Any) -> None:
        if self.refusals:
            self.refusals -= 1
            refused: Any = {"Error": {"Code": "AccessDeniedException", "Message": "not yet"}}
            raise ClientError(refused, "PutParameter")
        self.stored += 1


@pytest.mark.parametrize(("refusals", "is_stored"), [(0, True), (3, True), (4, False)])
def test_a_role_that_was_just_made_is_waited_for(monkeypatch, refusals, is_stored):
    waits: list[float] = []
    monkeypatch.setattr("labelloop.adapters.ssm_secret.time.sleep", waits.append)
    ssm = NewRole(refusals)

    if is_stored:
        assert SsmSecret(NAME, ssm).create("a:b")
    else:
        with pytest.raises(Unavailable, match="not yet"):
            SsmSecret(NAME, ssm).create("a:b")

    assert ssm.stored == is_stored
    assert waits == [2, 4, 8][: min(refusals, 3)]
