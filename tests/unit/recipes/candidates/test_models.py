"""Models of candidates: fitted, stored and loaded."""

import numpy as np
import pytest

from labelloop.errors import BadModel, Unprocessable
from labelloop.recipes import control_of
from labelloop.recipes.candidates.answers import values_of
from labelloop.recipes.candidates.bucket_measure import BucketMeasure
from labelloop.recipes.tools import Toolbox
from tests.kinds import pairs
from tests.kinds.candidates import CHOSEN, EXAMPLE, SORTED
from tests.tiny_encoder import CountingEncoder

TOOLS = Toolbox(CountingEncoder.name, CountingEncoder)


def project(example, tools=TOOLS):
    control = control_of(example.config)
    inputs = [control.input_of(data) for data in example.tasks]
    labels = [control.label_of(result) for result in example.results]
    return control, labels, control.features(inputs, tools)


@pytest.mark.parametrize("example", [EXAMPLE, SORTED, CHOSEN])
@pytest.mark.parametrize("tools", [Toolbox(), TOOLS])
def test_what_people_prefer_is_learnt(example, tools):
    control, labels, seen = project(example, tools)

    model = control.fit(labels[:40], seen.take(range(40)), seen.take(range(40, 60)), tools)

    unseen = model.answer(seen.take(range(40, len(seen))))
    assert control.measure.hits(unseen, labels[40:]).mean() > 0.9


def test_where_a_candidate_stands_is_not_learnt():
    control, labels, seen = project(EXAMPLE)
    inputs = [control.input_of(data) for data in EXAMPLE.tasks]
    turned = [{**one, "ids": one["ids"][::-1], "texts": one["texts"][::-1]} for one in inputs]
    model = control.fit(labels, seen, tools=TOOLS)

    straight, backwards = model.answer(seen), model.answer(control.features(turned, TOOLS))

    assert control.measure.labels(straight) == control.measure.labels(backwards)


def test_labels_about_candidates_that_a_task_lost_teach_nothing():
    control, labels, seen = project(CHOSEN)
    strange = [label if row < 20 else "gone" for row, label in enumerate(labels)]

    model = control.fit(strange, seen, tools=TOOLS)

    assert control.measure.hits(model.answer(seen), labels).mean() > 0.9


def test_a_bucket_with_one_candidate_has_answers_all_the_same():
    control, labels, seen = project(SORTED)
    few = [{"helpful": label["helpful"]} for label in labels[:4]]
    few[0] = labels[0]

    out_of_fold = control.fit(few, seen.take(range(4))).packed().out_of_fold

    assert np.isfinite(values_of(out_of_fold)[0]).all()


def test_candidates_without_words_teach_nothing():
    control = control_of(EXAMPLE.config)
    inputs = [{"ids": ["a", "b"], "texts": ["", " "], "beside": ""}] * 3

    with pytest.raises(Unprocessable, match="no words"):
        control.fit([["a", "b"]] * 3, control.features(inputs, Toolbox()))


def test_a_model_of_pairs_is_no_model_of_candidates():
    control, labels, seen = project(pairs.EXAMPLE)
    artefact = control.fit(labels, seen, tools=TOOLS).packed().artefact

    with pytest.raises(BadModel, match="the model is of"):
        control_of(EXAMPLE.config).load(artefact)


def test_a_task_hits_by_the_share_of_its_candidates_in_the_right_bucket():
    control, labels, seen = project(SORTED)
    answers = control.fit(labels, seen, tools=TOOLS).answer(seen.take([0]))
    ids = [id_ for ids in labels[0].values() for id_ in ids]

    hits = [
        BucketMeasure().hits(answers, [label])[0]
        for label in (labels[0], {"helpful": ids}, {"nowhere": ids})
    ]

    assert hits == pytest.approx([1, 1 / 3, 0])
