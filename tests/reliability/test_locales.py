"""Lambda has the locales C and POSIX only: versions and the encoder answer the same in these."""

import json
import subprocess
import sys

import pytest

from labelloop.adapters.encoder_files import EncoderFiles
from labelloop.adapters.onnx_encoder import OnnxEncoder
from labelloop.local.emulator import ROOT
from labelloop.local.stack import TEMPLATE
from labelloop.recipes.text.bags import Features
from labelloop.recipes.text.fitted_model import FittedModel
from labelloop.recipes.text.terms import bags_of
from tests.reliability.answering import TEXTS, answer
from tests.reliability.report import find

pytestmark = pytest.mark.slow  # needs the built encoder

LAYER = str(TEMPLATE.parent / "EncoderLayer" / "python")
LABELS = ("好", "Straße", "سيئ")
AS_ASCII = {"PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}  # else Python takes C for UTF-8
ENVIRONMENTS: tuple[dict[str, str], ...] = (
    {},
    {"LANG": "C"},
    {"LC_ALL": "C"},
    {"LC_ALL": "POSIX"},
    {"LC_ALL": "C", **AS_ASCII},
    {"LC_ALL": "POSIX", **AS_ASCII},
    {"LC_ALL": "xx_XX.nonsense"},
)


def test_a_version_and_the_encoder_answer_the_same_in_every_locale(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(LAYER)
    vectors = OnnxEncoder(EncoderFiles.built_in()).encode(TEXTS)
    labels = [LABELS[i % len(LABELS)] for i in range(len(TEXTS))]
    artefact = FittedModel(Features(bags_of(TEXTS), vectors), labels).packed().artefact
    (tmp_path / "model.onnx").write_bytes(artefact)
    expected = answer(artefact)

    told = [answer_in(environment, str(tmp_path / "model.onnx")) for environment in ENVIRONMENTS]

    wrong = [
        (environment, one)
        for environment, one in zip(ENVIRONMENTS, told, strict=True)
        if one != expected
    ]
    print(*wrong, sep="\n")
    find("locales: other answers than here", len(wrong), f"of {len(ENVIRONMENTS)} environments")


def answer_in(environment: dict[str, str], artefact: str) -> dict[str, str] | str:
    """Return what a process that has nothing but this environment answers, or how it failed."""
    done = subprocess.run(  # noqa: S603 - our own module
        [sys.executable, "-m", "tests.reliability.answering", artefact, LAYER],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        check=False,
        timeout=300,
    )
    if done.returncode:
        return done.stderr.decode(errors="replace")
    answered: dict[str, str] = json.loads(done.stdout)
    return answered
