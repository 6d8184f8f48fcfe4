"""The OpenAPI page tells the truth, as schemathesis sees it: all checks, over HTTP."""

import json
import subprocess
import sys
from pathlib import Path

import functions.predict.app
from labelloop.local.emulator import LOOPBACK, claim_port
from labelloop.local.proxy import serving
from tests.conftest import SECRET
from tests.reliability.report import find, size
from tests.reliability.site import site


def test_no_check_of_schemathesis_fails_on_the_openapi_page(monkeypatch, tmp_path):
    examples = size(3, 300)  # of each operation and phase
    report = tmp_path / "report.json"
    with (
        site(monkeypatch),
        serving(functions.predict.app.app, LOOPBACK, claim_port(0, "", "")) as url,
    ):
        run = subprocess.run(  # noqa: S603 - our own tool
            [
                *(Path(sys.executable).with_name("st"), "run", f"{url}/openapi.json"),
                *("--auth", SECRET, "--checks", "all", "--max-examples", str(examples)),
                *("--continue-on-failure", "--seed", "1", "--generation-database", "none"),
                *("--report", "json", "--report-json-path", report),
            ],
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
        )
    print(run.stdout, run.stderr)
    print(json.dumps(json.loads(report.read_text()))[:3000])
    find("schemathesis: failed checks", 1, "of cases")
