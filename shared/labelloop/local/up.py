"""`make up`: the local stack in the foreground, until Ctrl-C."""

import argparse
import re
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import NoReturn

from labelloop.local.emulator import ROOT, LocalStackFailed
from labelloop.local.stack import NAME, LocalStack, local_stack

READY = """
Labelloop runs at {url}{pushing}

To connect a project, with its number, and a token from Account & Settings in Label Studio:

    export LABELLOOP_URL=http://{user}:{password}@{address}
    export LABEL_STUDIO_URL={label_studio} LABEL_STUDIO_TOKEN=...
    {command} connect --project 1{then}

Label Studio refuses addresses on its own machine unless it is started like this:

    LABEL_STUDIO_ML_BLOCK_LOCAL_IP=false LABEL_STUDIO_SSRF_PROTECTION_ENABLED=false \\
        label-studio start

By hand: `{command} credentials` prints what to enter there.

Commands that need AWS rights (logs, export, forget, encoder, model import) also need this:

    export {aws} LABELLOOP_STACK={stack}
    {command} logs --follow

To see how projects learn, open {url}/ui and log in as {user} with the password {password}
Ctrl-C ends it; {state} keeps models and credentials for the next time.
"""
DEFAULT = "http://127.0.0.1:8080"
PUSHING = ", and pushes the order of the tasks to {label_studio}"
WATCHING = """ --no-token
    {command} rank --watch --project 1    # leave it running: it pushes the order of the tasks

or end this, and start it so that it pushes by itself: make up LABEL_STUDIO_URL={label_studio}"""


def main() -> None:
    """Run the stack until SIGINT or SIGTERM."""
    options = options_of(sys.argv[1:])
    label_studio = options.label_studio or ""
    # Always sent: a parameter that is left out keeps its value of the last deployment.
    parameters = {"LabelStudioUrl": label_studio, **dict(options.parameter)}
    signal.signal(signal.SIGINT, _end)
    signal.signal(signal.SIGTERM, _end)
    try:
        print("Deploying the template onto the embedded AWS, about half a minute ...", flush=True)
        with local_stack(
            port=options.port,
            emulator_port=options.emulator_port,
            state=options.state,
            parameters=parameters,
        ) as stack:
            print(instructions(stack, options.state, label_studio), flush=True)
            while True:
                signal.pause()
    except LocalStackFailed as exc:
        sys.exit(f"make up: {exc}")
    except KeyboardInterrupt:
        print("Ended.")


def options_of(arguments: Sequence[str]) -> argparse.Namespace:
    """Return the command's options. SystemExit, after a sentence, for what can't be."""
    parser = argparse.ArgumentParser(prog="make up", description=__doc__)
    parser.add_argument("--port", type=int, default=9090, help="where Label Studio finds it")
    parser.add_argument("--emulator-port", type=int, default=4566, help="the embedded AWS")
    parser.add_argument("--state", type=Path, default=ROOT / ".local" / "state")
    parser.add_argument("--label-studio", type=_address, help="where to push orders")
    parser.add_argument(
        *("--parameter", "-p"),
        type=_parameter,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a parameter of the template, until another is given; again for a second one",
    )
    return parser.parse_args(arguments)


def _end(number: int, frame: FrameType | None) -> NoReturn:
    """Stop everything that was started; further signals are ignored, so that saving completes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print("\nSaving models and credentials, up to a minute ...", flush=True)
    raise KeyboardInterrupt


def instructions(stack: LocalStack, state: Path, label_studio: str) -> str:
    """Return what to do next; without a Label Studio to push to, that includes `rank --watch`."""
    command, address = ROOT / ".venv" / "bin" / "labelloop", label_studio or DEFAULT
    common = {"command": command, "label_studio": address}
    return READY.format(
        url=stack.url,
        address=stack.url.removeprefix("http://"),
        user=stack.user,
        password=stack.password,
        pushing=PUSHING.format(**common) if label_studio else "",
        then="" if label_studio else WATCHING.format(**common),
        state=state,
        aws=" ".join(f"{name}={value}" for name, value in stack.aws_environment.items()),
        stack=NAME,
        **common,
    )


def _parameter(text: str) -> tuple[str, str]:
    """Return a template parameter's name and value; ArgumentTypeError if invalid."""
    name, equals, value = text.partition("=")
    if not (name.isalnum() and equals) or '"' in value:
        raise argparse.ArgumentTypeError(f"{text}: expected Name=Value, as RUNBOOK.md lists them")
    return name, value


def _address(text: str) -> str:
    """Return Label Studio's address as the template accepts it; ArgumentTypeError if invalid."""
    if not re.fullmatch(r"https?://[^\s@?#]+", text):
        raise argparse.ArgumentTypeError(f"{text}: expected http://host:port")
    return text.rstrip("/")


if __name__ == "__main__":
    main()
