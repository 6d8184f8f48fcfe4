"""A real Label Studio, fresh, on loopback, for as long as a block lasts."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from labelloop.local.emulator import LOOPBACK

EMAIL, PASSWORD = "admin@example.com", "Passw0rd-for-tests"
LEGACY_TOKEN = "0123456789abcdef0123456789abcdef01234567"
STARTS_WITHIN_S: Final = 600  # on a machine at its limit
# Loopback is where the local stack is; Label Studio refuses it unless told. The rest keeps it from
# calling home.
SETTINGS: Final = {
    "LABEL_STUDIO_ML_BLOCK_LOCAL_IP": "false",
    "LABEL_STUDIO_SSRF_PROTECTION_ENABLED": "false",
    "LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN": "true",
    "LABEL_STUDIO_USERNAME": EMAIL,
    "LABEL_STUDIO_PASSWORD": PASSWORD,
    "LABEL_STUDIO_USER_TOKEN": LEGACY_TOKEN,
    "COLLECT_ANALYTICS": "false",
    "LATEST_VERSION_CHECK": "false",
    "SENTRY_DSN": "",
    "FRONTEND_SENTRY_DSN": "",
}


@dataclass(frozen=True)
class LabelStudio:
    """Where it is, and the tokens of its one user."""

    url: str
    legacy_token: str
    personal_token: str


@contextmanager
def label_studio(folder: Path, port: int) -> Iterator[LabelStudio]:
    """Run Label Studio on a database of its own; everything it writes is in the folder."""
    url = f"http://{LOOPBACK}:{port}"
    folder.mkdir(parents=True)
    with (folder / "label-studio.log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - installed by make e2e
            [
                *(Path(os.environ["LABEL_STUDIO_VENV"]) / "bin" / "label-studio", "start"),
                *("--no-browser", "--internal-host", LOOPBACK, "--port", str(port)),
                "--enable-legacy-api-token",
            ],
            env={
                **{"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8"},
                **{"LABEL_STUDIO_BASE_DATA_DIR": str(folder), **SETTINGS},
            },
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait_until_up(process, url, folder)
            yield LabelStudio(url, LEGACY_TOKEN, _personal_token(url))
        finally:
            _end(process)


def _wait_until_up(process: subprocess.Popen[bytes], url: str, folder: Path) -> None:
    end = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < end and process.poll() is None:
        with suppress(httpx.HTTPError):
            if httpx.get(f"{url}/health/", timeout=5, trust_env=False).is_success:
                return
        time.sleep(0.5)
    raise RuntimeError(f"Label Studio did not start: {folder}/label-studio.log")


def _personal_token(url: str) -> str:
    headers = {"Authorization": f"Token {LEGACY_TOKEN}"}
    answer = httpx.post(f"{url}/api/token/", json={}, headers=headers, timeout=30, trust_env=False)
    return str(answer.raise_for_status().json()["token"])


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
