"""The command line runs with what its extra brings, and nothing of the functions' layers."""

import subprocess
import sys

HEAVY = "numpy", "scipy", "sklearn", "onnxruntime", "pydantic", "fastapi", "boto3", "httpx"
TRY = f"""
import sys
for name in {HEAVY}:
    sys.modules[name] = None
import labelloop.cli.app
"""


def test_the_command_line_imports_nothing_that_its_extra_does_not_bring():
    subprocess.run([sys.executable, "-c", TRY], check=True, timeout=60)  # noqa: S603 - ours
