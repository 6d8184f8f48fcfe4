"""`make up`: the local stack in the foreground, until Ctrl-C."""

import argparse
import base64
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import NoReturn

from labelloop.local.emulator import ROOT, LocalStackFailed
from labelloop.local.stack import LocalStack, local_stack

READY = """
Labelloop runs at {url}

In Label Studio: Settings > Model > Connect Model
    Backend URL     http://{user}:{password}@{address}
    Authentication  No Authentication

Label Studio refuses backends on its own machine unless it is started so:
    LABEL_STUDIO_ML_BLOCK_LOCAL_IP=false LABEL_STUDIO_SSRF_PROTECTION_ENABLED=false label-studio

Without the password in the URL: Backend URL {url}, Basic Authentication,
user {user}, password {password}; then give the webhook {url}/webhook
(Settings > Webhooks) the header  Authorization: Basic {basic}

Ctrl-C ends it; {state} keeps models and credentials for the next time.
"""


def main() -> None:
    """Run the stack until SIGINT or SIGTERM."""
    parser = argparse.ArgumentParser(prog="make up", description=__doc__)
    parser.add_argument("--port", type=int, default=9090, help="where Label Studio finds it")
    parser.add_argument("--emulator-port", type=int, default=4566, help="the embedded AWS")
    parser.add_argument("--state", type=Path, default=ROOT / ".local" / "state")
    options = parser.parse_args()
    signal.signal(signal.SIGINT, _end)
    signal.signal(signal.SIGTERM, _end)
    try:
        print("Deploying the template onto the embedded AWS, about half a minute ...", flush=True)
        with local_stack(
            port=options.port, emulator_port=options.emulator_port, state=options.state
        ) as stack:
            print(_instructions(stack, options.state), flush=True)
            while True:
                signal.pause()
    except LocalStackFailed as exc:
        sys.exit(f"make up: {exc}")
    except KeyboardInterrupt:
        print("Ended.")


def _end(number: int, frame: FrameType | None) -> NoReturn:
    """Unwind everything that was started, once: a second Ctrl-C must not cut the saving short."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print("\nSaving ...", flush=True)
    raise KeyboardInterrupt


def _instructions(stack: LocalStack, state: Path) -> str:
    return READY.format(
        url=stack.url,
        address=stack.url.removeprefix("http://"),
        user=stack.user,
        password=stack.password,
        basic=base64.b64encode(f"{stack.user}:{stack.password}".encode()).decode(),
        state=state,
    )


if __name__ == "__main__":
    main()
