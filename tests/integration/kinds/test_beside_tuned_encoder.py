"""Whatever the kind of labelling: what its encoder was tuned to is no evidence, and breaks nothing.

`labelloop tune` takes single choices, but a label config may change, and people may choose an
encoder for any project.
"""

import importlib

import numpy as np
import pytest

from labelloop.domain.judging.in_words import lines
from labelloop.domain.learning.examples import Examples
from labelloop.recipes import control_of
from labelloop.recipes.tools import Toolbox
from labelloop.recipes.tuned_to import digests_of
from labelloop.usecases.judging.champion import Champion
from labelloop.usecases.judging.judge_version import Challenger, judge_version
from labelloop.usecases.judging.version_insights import alike_of, doubts_of, insights_of
from labelloop.usecases.learning.fit_examples import fit_examples
from labelloop.usecases.learning.sample_pool import Sample
from tests.tiny_encoder import CountingEncoder

KINDS = (
    *("candidates", "numbers", "pairs", "region_answers", "several_choices"),
    *("several_controls", "taxonomy", "text_choices"),
)
LABELS = 60


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("tuned", [40, LABELS])
def test_labels_that_it_was_tuned_to_are_no_evidence(kind, tuned):
    example = importlib.import_module(f"tests.kinds.{kind}").EXAMPLE
    control = control_of(example.config)
    inputs = [control.input_of(data) for data in example.tasks[:LABELS]]
    labels = [control.label_of(result) for result in example.results[:LABELS]]
    known = digests_of(inputs[:tuned])
    tools = Toolbox(CountingEncoder.name, CountingEncoder, tuned_to=lambda: frozenset(known))
    features = control.features(inputs, tools)
    votes = [[label] for label in labels]
    examples = Examples([*range(1, LABELS + 1)], inputs, labels, [""] * LABELS, votes)

    examples, trained = fit_examples(control, examples, features, features, tools, tools)

    assert len(examples.tuned) >= tuned  # texts that several tasks show are known in all of them
    answers = control.load(trained.artefact).answer(features)
    challenger = Challenger(control, examples, features, trained, answers)
    sample = Sample(np.arange(101, 101 + LABELS), features, 500)
    told, predictions = insights_of(challenger, sample, None, None, 0, None, "38.1")
    counted = LABELS - len(examples.tuned)
    assert told["tuned"] == LABELS - counted
    assert sum(row["tasks"] for row in told["confusions"]) <= counted * 10
    assert lines(told, LABELS)
    assert isinstance(doubts_of(challenger), list)
    assert isinstance(alike_of(challenger), list)
    record = challenger.record(predictions)
    assert not record.answered[:tuned].any()
    champion = Champion(record, control.load(trained.artefact))
    verdict = judge_version(challenger, champion, sample, "", "38.1", 20)
    assert verdict.switches
    assert verdict.numbers["labels"]["rows"] <= counted
