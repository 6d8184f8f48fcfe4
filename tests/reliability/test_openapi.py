"""The OpenAPI page tells the truth, as schemathesis sees it: all checks, over HTTP."""

import json
import subprocess
import sys
from pathlib import Path

from labelloop.local.emulator import LOOPBACK, claim_port
from labelloop.local.proxy import serving
from labelloop.web.api import app
from tests.conftest import SECRET
from tests.reliability.report import find, size
from tests.reliability.site import site

CONFIG = Path(__file__).with_name("schemathesis.toml")


def test_no_check_of_schemathesis_fails_on_the_openapi_page(monkeypatch, tmp_path):
    examples = size(3, 400)  # of each operation
    report = tmp_path / "report.json"
    port = claim_port(0, "the tests", "")
    with site(monkeypatch), serving(app, LOOPBACK, port) as url:
        run = subprocess.run(  # noqa: S603 - our own tool
            [
                *(Path(sys.executable).with_name("st"), "--config-file", CONFIG),
                *("run", f"{url}/openapi.json", "--auth", SECRET, "--checks", "all"),
                *("--max-examples", str(examples), "--seed", "1", "--continue-on-failure"),
                *("--generation-database", "none"),
                *("--report", "json", "--report-json-path", report),
            ],
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
        )
    print(run.stdout, run.stderr)
    found = json.loads(report.read_text())
    cases, failed = found["test_cases"]["generated"], found["test_cases"]["with_failures"]

    assert found["operations"]["tested"] >= 13
    find("schemathesis: failed checks", failed + len(found["errors"]), f"of {cases:,} cases")
    assert run.returncode == 0
