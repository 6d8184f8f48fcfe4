"""The signers without asyncio, which they import and a webhook's answer does without."""

import subprocess
import sys

SIGN = """
import sys
from labelloop.adapters.aws_signature import Signature
url = "https", "sqs.eu-central-1.amazonaws.com", "/"
signed = Signature("sqs", "eu-central-1").headers(url, "POST", {}, b"{}")
assert "Credential=AKIDEXAMPLE/" in signed["Authorization"], signed
"""
UNLOADED = "assert not [name for name in sys.modules if name.startswith('asyncio')]"


def run(*parts: str) -> None:
    environment = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "not/a+secret"}
    done = subprocess.run(  # noqa: S603 - our own lines
        [sys.executable, "-c", "\n".join(parts)],
        env={**environment, "PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_signing_loads_no_event_loop():
    run(SIGN, UNLOADED)


def test_streams_of_events_are_signed_all_the_same():
    signer = "signers.AsyncEventSigner(initial_signature=b'', event_encoder_cls=None)"
    run(
        SIGN,
        "from aws_sdk_signers import signers",
        f"assert {signer}._signing_lock.locked() is False",
    )


def test_an_event_loop_that_is_there_already_stays():
    run("import asyncio\nbefore = asyncio", SIGN, "import asyncio\nassert asyncio is before")
