"""Warm /predict, from API Gateway's event to the answer, against features and a bare session.run.

In process, on one core, with a store in memory: what is measured is the function's own work. The
sparse model knows Reuters-21578 R8; both sides see texts that it has not learnt.
"""

from collections.abc import Iterator

import pytest

from labelloop.quiet_onnxruntime import ort
from labelloop.recipes.text.onnx_model import OnnxModel, _pad
from labelloop.recipes.text.terms import bags_of
from tests.bench.report import Finding
from tests.bench.served import served
from tests.bench.timing import paired, pin
from tests.integration.conftest import CONTEXT

LABELS, TEXTS = 1_000, 4_000
REPEATS = {1: 400, 100: 20}
ROUNDS = 9


def measure() -> Iterator[Finding]:
    """Measure requests of one task and of a hundred."""
    with pytest.MonkeyPatch.context() as patch:
        site = served(patch, LABELS, TEXTS)
        import functions.predict.app as app

        model, session = OnnxModel(site.artefact), bare_session(site.artefact)
        pin()
        for tasks, repeats in REPEATS.items():
            starts = range(0, tasks * repeats, tasks)
            batches = [site.texts[start : start + tasks] for start in starts]
            asked = [site.predict(texts) for texts in batches]

            def ours(asked=asked) -> None:
                for event in asked:
                    assert app.lambda_handler(event, CONTEXT)["statusCode"] == 200

            def bare(batches=batches) -> None:
                for texts in batches:
                    ids, counts = _pad(model._numbered(bags_of(texts)))
                    session.run(None, {"ids": ids, "counts": counts})

            mine, other, ratio = paired(ours, bare, ROUNDS)
            print(f"{tasks}: {mine / repeats * 1e3:.3f} ms, bare {other / repeats * 1e3:.3f} ms")
            told = f"warm /predict of {tasks} task{'s' * (tasks > 1)}"
            yield Finding(f"{told}, of features and bare session.run", ratio, "times", 1.5)
            if tasks > 1:
                extra = (mine - other) / repeats / tasks * 1e6
                yield Finding(f"{told}, framework and JSON for each task", extra, "µs", 50)


def bare_session(artefact: bytes) -> ort.InferenceSession:
    """Return onnxruntime's session on one thread."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return ort.InferenceSession(artefact, options, ["CPUExecutionProvider"])
