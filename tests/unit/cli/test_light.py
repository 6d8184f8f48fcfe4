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
EXPORT = """
from labelloop.bucket.project import Project
from labelloop.domain.judging.card import Card
from labelloop.domain.ordering.random_share import is_random
from labelloop.recipes import control_or_none, recipe_named, why_order_alone
from labelloop.cli.export import rows_of
from labelloop.domain.intake.folding import Dataset
config = (
    '<View><Text name="t" value="$t"/><Choices name="c" toName="t"><Choice value="a"/>'
    '<Choice value="b"/></Choices></View>'
)
list(rows_of(Dataset(config), "text_choices", "1.1000000000"))
is_random(1, "1.1000000000")
recipe_named("text_choices").standalone(0)
"""


def test_the_command_line_imports_nothing_that_its_extra_does_not_bring():
    subprocess.run([sys.executable, "-c", TRY], check=True, timeout=60)  # noqa: S603 - ours


def test_an_export_needs_no_more_than_boto3():
    script = TRY.replace("'boto3', ", "") + EXPORT
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)  # noqa: S603 - ours
