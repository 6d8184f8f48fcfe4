"""`make deploy` as an operator runs it, on the embedded AWS: from nothing to a label, to the end.

What differs from AWS: the bucket's policy is removed, and each queue's number of readers is set
(see `local.stack`); requests to the API's name go through a proxy, as no name server knows it.
"""

import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from botocore.exceptions import ClientError
from typer.testing import CliRunner

from labelloop.cli import first_order, wiring
from labelloop.cli import session as session_module
from labelloop.cli.app import app
from labelloop.cli.session import Studio
from labelloop.labelstudio.payloads import key_of
from labelloop.local import stack as local
from labelloop.local.emulator import LOOPBACK, ROOT, claim_port, emulator, sealed_environment
from labelloop.local.proxy import proxy, serving
from tests.builders import label_config
from tests.conftest import load_event
from tests.fakes import MemoryLabelStudio
from tests.integration.cli.conftest import MemoryAdmin
from tests.system.conftest import wait_for
from tests.test_readme import README
from tests.test_template import PARAMETERS

pytestmark = pytest.mark.slow

LABEL_STUDIO = "http://127.0.0.1:9"  # nothing listens there
FILES = ("Makefile", "template.yaml", "samconfig.toml", "pyproject.toml", "uv.lock")
FOLDERS = ("functions", "layers", "shared", ".aws-sam", ".venv", ".local")


class Operator:
    """A person with a checkout that was built, at a terminal that reaches the embedded AWS."""

    def __init__(self, checkout: Path, home: Path, aws: Mapping[str, str]) -> None:
        self.checkout, self.aws = checkout, aws
        self._environment = sealed_environment(home, **aws)
        for name in FILES:
            shutil.copy2(ROOT / name, checkout / name)
        for name in FOLDERS:
            (checkout / name).symlink_to(ROOT / name)

    def run(self, *command: str, typed: str = "", fails: bool = False) -> str:
        """Run a command in the checkout; return what it prints."""
        ran = subprocess.run(  # noqa: S603 - our own tools
            command,
            cwd=self.checkout,
            env=self._environment,
            input=typed,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (ran.returncode != 0) == fails, ran.stdout[-4000:] + ran.stderr[-4000:]
        return ran.stdout + ran.stderr

    def deploy(self, fails: bool = False, **answers: str) -> str:
        """Run `make deploy`, and press Enter at each question but these."""
        parameters = [answers.get(name, "") for name in PARAMETERS]
        about_sam = ["", "", *parameters, *[""] * 6]
        return self.run("make", "deploy", typed="\n".join([*about_sam, "y", ""]), fails=fails)

    def make_way(self, outputs: Mapping[str, str]) -> None:
        """Do after a deploy what `local.stack` does, for the emulator is no AWS."""
        with suppress(ClientError):
            self.client("s3").delete_bucket_policy(Bucket=outputs["BucketName"])
        local.count_workers(self.client("lambda"))

    def outputs(self) -> dict[str, str]:
        """Return the stack's outputs."""
        (stack,) = self.client("cloudformation").describe_stacks(StackName=local.NAME)["Stacks"]
        return {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}

    def variables(self) -> dict[str, str]:
        """Return the variables of the function that trains."""
        functions = self.client("lambda").list_functions()["Functions"]
        (found,) = (one for one in functions if "TrainFunction" in one["FunctionName"])
        variables: dict[str, str] = found["Environment"]["Variables"]
        return variables

    def passwords(self) -> dict[str, str]:
        """Return the secrets that SSM holds, by the name of the parameter."""
        ssm = self.client("ssm")
        names = [one["Name"] for one in ssm.describe_parameters()["Parameters"]]
        found = (ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"] for name in names)
        return {one["Name"]: one["Value"] for one in found if one["Type"] == "SecureString"}

    def client(self, service: str) -> Any:
        return local._client(service, self.aws)


def printed(output: str, key: str) -> str:
    """Return the value of an output as `sam deploy` prints it, on one line."""
    (value,) = re.findall(
        rf"^Key +{key} *\nDescription .*\n(?:\S.*\n)*?Value +(.*\S) *\n\s*\n", output, re.MULTILINE
    )
    return str(value)


class AnyHost:
    """The gateway as an HTTP proxy: whatever name a request asks for, it goes to one API."""

    def __init__(self, api: str) -> None:
        self._app = proxy(api)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            path = re.sub(rb"^http://[^/]+", b"", scope["raw_path"])
            scope |= {"raw_path": path, "path": path.decode()}
        await self._app(scope, receive, send)


class LabelStudio:
    """Label Studio in memory: the project, and what it was set up to call."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, gateway: str) -> None:
        self.api, self.admin = MemoryLabelStudio(), MemoryAdmin()
        self.project = self.api.create_project(label_config=label_config())
        self._gateway = gateway
        monkeypatch.setattr("labelloop.cli.address.Address.is_private", lambda _: False)
        monkeypatch.setattr(wiring, "LOOKS_S", [0.0])
        monkeypatch.setattr(first_order, "LOOKS_S", [0.0])

        def opened(url: str, token: str) -> Studio:
            return Studio(url, token, self.api, cast(Any, self.admin))

        monkeypatch.setattr(session_module, "open_studio", opened)

    def label(self, number: int) -> None:
        """Label a task; the webhook sends the event with the headers that it was given."""
        (hook,) = self.admin.hooks.values()
        word, choice = (("great", "Positive"), ("awful", "Negative"))[number % 2]
        (task,) = self.api.import_tasks(self.project, [{"text": f"a {word} film, {number}"}])
        body = json.loads(load_event("webhook-annotation-created")["body"])
        body["annotation"] |= {"id": number, "task": task, "project": self.project}
        body["annotation"]["result"][0]["value"]["choices"] = [choice]
        body["task"] |= {"id": task, "data": {"text": f"a {word} film, {number}"}}
        body["project"] |= self.api.project(self.project)
        answer = self._post(hook["url"], body, headers=hook["headers"])
        assert answer.status_code == 202, answer.text

    def predict(self, text: str) -> dict[str, Any]:
        """Ask the backend for a prediction with the user and password that it was given."""
        ((id_, row),) = self.admin.rows.items()
        body = json.loads(load_event("predict-predict")["body"])
        body |= {"project": key_of(self.api.project(self.project)), "label_config": label_config()}
        body["tasks"] = [{"id": 1, "data": {"text": text}}]
        auth = (row["basic_auth_user"], self.admin.passwords[id_])
        answer = self._post(f"{row['url']}/predict", body, auth=auth)
        assert answer.status_code == 200, answer.text
        (result,) = answer.json()["results"]
        return dict(result)

    def _post(self, url: str, body: Any, **given: Any) -> httpx.Response:
        with httpx.Client(proxy=self._gateway, trust_env=False, timeout=60) as client:
            return client.post(url, json=body, **given)


def test_from_nothing_to_a_labelled_task_and_to_the_end(operator, monkeypatch, tmp_path):
    output = operator.deploy(LabelStudioUrl=LABEL_STUDIO, QuietSeconds="1")
    outputs = operator.outputs()

    # What is printed can be pasted, and opens.
    assert printed(output, "ApiUrl") == outputs["ApiUrl"]
    assert printed(output, "PagesUrl") == outputs["PagesUrl"] == f"{outputs['ApiUrl']}/ui"
    line = printed(output, "Connect")
    assert line == outputs["Connect"]
    made = operator.passwords()
    assert set(made) == {"/labelloop/credentials"}
    assert re.fullmatch(r"labelstudio:[0-9a-f]{48}", made["/labelloop/credentials"])

    operator.make_way(outputs)
    api = f"{operator.aws['AWS_ENDPOINT_URL']}/_aws/execute-api/{outputs['ApiId']}/$default"
    port = claim_port(0, "the gateway", "")
    with serving(cast(Any, AnyHost(api)), LOOPBACK, port) as gateway:
        label_studio = LabelStudio(monkeypatch, gateway)
        with httpx.Client(proxy=gateway, trust_env=False, timeout=60) as browser:
            assert "<form" in browser.get(outputs["PagesUrl"], follow_redirects=True).text
        connect(operator, line, label_studio, gateway)

        # A label, a version, a prediction.
        for number in range(1, 13):
            label_studio.label(number)
        served = wait_for(lambda: said_by_a_model(label_studio), seconds=300)
        assert served["result"][0]["value"]["choices"] == ["Positive"]
        secrets = operator.passwords()
        assert secrets == made | {"/labelloop/label-studio-token": "made-up-token"}

        # An update: what was answered before stays, and the password moves along with its name.
        operator.deploy(MinLabels="12", CredentialsParameter="/else/credentials")
        operator.make_way(outputs)
        renamed = {"CredentialsParameterName": "/else/credentials"}
        assert operator.outputs() == outputs | renamed
        kept, passwords = operator.variables(), operator.passwords()
        assert (kept["MIN_LABELS"], kept["QUIET_SECONDS"]) == ("12", "1")
        assert kept["LABEL_STUDIO_URL"] == LABEL_STUDIO
        assert passwords == secrets | {"/else/credentials": made["/labelloop/credentials"]}
        assert label_studio.predict("a great film")["model_version"] == served["model_version"]
        label_studio.label(13)

        # An update that fails, as SSM keeps such names to itself, is rolled back.
        operator.deploy(MinLabels="13", CredentialsParameter="/aws/credentials", fails=True)
        operator.make_way(outputs)
        assert operator.outputs() == outputs | renamed
        assert (operator.variables(), operator.passwords()) == (kept, passwords)
        label_studio.label(14)

    before = stored(operator, outputs["BucketName"])
    operator.run(*DELETE)

    # What stays is what README says.
    assert "`sam delete` leaves the bucket and the SSM parameters of passwords and token" in README
    after = stored(operator, outputs["BucketName"])
    assert {key for key in before if "/events/" not in key} <= set(after)
    assert operator.passwords() == passwords
    assert not operator.client("lambda").list_functions()["Functions"]
    assert not operator.client("cloudwatch").describe_alarms()["MetricAlarms"]
    with pytest.raises(ClientError):
        operator.client("sqs").get_queue_attributes(
            QueueUrl=outputs["TrainQueueUrl"], AttributeNames=["QueueArn"]
        )


SAM = str(ROOT / ".local" / "sam" / "bin" / "sam")
DELETE = (SAM, "delete", "--stack-name", local.NAME, "--region", "us-east-1", "--no-prompts")


def connect(operator: Operator, line: str, label_studio: LabelStudio, gateway: str) -> None:
    """Run the line as it is printed, in the shell's way, with the project's number for N."""
    words = shlex.split(line.replace("--project N", f"--project {label_studio.project}"))
    variables = dict(word.split("=", 1) for word in words if word.isupper() or "=" in word)
    command = words[len(variables) :]
    assert command[0] == "labelloop"
    environment: dict[str, str | None] = {
        **operator.aws,
        **variables,
        "LABEL_STUDIO_URL": LABEL_STUDIO,
        "LABEL_STUDIO_TOKEN": "made-up-token",
        "LABELLOOP_URL": None,
        "HTTP_PROXY": gateway,
        "http_proxy": gateway,
        "NO_PROXY": LOOPBACK,
        "no_proxy": LOOPBACK,
    }
    ran = CliRunner().invoke(app, command[1:], env=environment)
    assert ran.exit_code == 0, ran.output


def said_by_a_model(label_studio: LabelStudio) -> dict[str, Any] | None:
    """Return a prediction once it is a model's."""
    found = label_studio.predict("a great film")
    return None if found["model_version"] == "untrained" else found


def stored(operator: Operator, bucket: str) -> set[str]:
    """Return the keys of the objects in a bucket."""
    listed = operator.client("s3").list_objects_v2(Bucket=bucket)
    return {one["Key"] for one in listed.get("Contents", [])}


@pytest.fixture
def operator(tmp_path: Path) -> Iterator[Operator]:
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    with ExitStack() as ending:
        aws = ending.enter_context(emulator(tmp_path / "state", claim_port(0, "the emulator", "")))
        ending.enter_context(local._no_build_running())
        yield Operator(checkout, tmp_path / "home", aws)
