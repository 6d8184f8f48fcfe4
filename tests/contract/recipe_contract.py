"""What every recipe keeps to, built in or not: subclass, and say what people label with it."""

import json
from collections.abc import Sequence
from typing import Any
from xml.etree.ElementTree import tostring

import numpy as np
import pytest
from defusedxml.ElementTree import fromstring

from labelloop.domain.answers import Answers
from labelloop.domain.columns import Columns, joined
from labelloop.errors import BadModel
from labelloop.labelstudio.label_config import parse
from labelloop.labelstudio.result_check import problems
from labelloop.recipes import encoder_of
from labelloop.recipes.protocol import Control, Fitted, Recipe
from labelloop.recipes.signature import signature_of
from labelloop.recipes.tools import Toolbox
from tests.tiny_encoder import CountingEncoder

ODD_JSON: list[Any] = [None, True, 7, "text", [], [[]], {}, {"x": None}, {"text": {"deep": [1]}}]
ODD_RESULTS: list[list[dict[str, Any]]] = [
    [],
    [{}],
    [{"value": None}],
    [{"value": {"choices": []}, "from_name": 3}],
    [{"type": "relation", "from_id": "a", "to_id": "b"}],
]
FEW = 5
PARTS = {"Choice", "Label", "Bucket"}


class RecipeContract:
    """Tests of one recipe. Subclasses give `recipe`, `config`, `tasks` and `results`.

    `config`: a label config that it learns; `tasks`: the data of some dozen tasks, all readable;
    `results`: what an annotator said of each, labels that can be learnt from these tasks;
    `of_nothing`: the label of an annotation without any region, None where it gives none;
    `of_others`: the same for one with regions of other controls alone;
    `learns`: false for a recipe that makes no models, by design: it only orders tasks.
    """

    learns = True

    recipe: Recipe
    config: str
    tasks: Sequence[Any]
    results: Sequence[list[dict[str, Any]]]
    of_nothing: Any = None
    of_others: Any = None

    @pytest.fixture(scope="class", params=[False, True], ids=["without an encoder", "with one"])
    @classmethod
    def tools(cls, request) -> Toolbox:
        return cls.toolbox(request.param)

    @classmethod
    def toolbox(cls, has_encoder: bool) -> Toolbox:
        """Return what a stack offers; recipes that learn nothing of it with none need another."""
        return Toolbox(CountingEncoder.name, CountingEncoder) if has_encoder else Toolbox()

    @pytest.fixture(scope="class")
    @classmethod
    def control(cls) -> Control:
        control = cls.recipe.read(parse(cls.config))
        assert control is not None
        return control

    @pytest.fixture(scope="class")
    @classmethod
    def inputs(cls, control) -> list[Any]:
        return [control.input_of(data) for data in cls.tasks]

    @pytest.fixture(scope="class")
    @classmethod
    def labels(cls, control) -> list[Any]:
        return [control.label_of(result) for result in cls.results]

    @pytest.fixture(scope="class")
    @classmethod
    def seen(cls, control, inputs, tools) -> Columns:
        found: Columns = control.features(inputs, tools)
        return found

    @pytest.fixture(scope="class")
    @classmethod
    def fitted(cls, control, labels, seen, tools) -> Fitted:
        if not cls.learns:
            pytest.skip("it makes no models")
        found: Fitted = control.fit(labels, seen, seen, tools)
        return found

    @pytest.fixture(scope="class")
    @classmethod
    def answers(cls, fitted, seen) -> Answers:
        found: Answers = fitted.answer(seen)
        return found

    # -- label configs -----------------------------------------------------------------------

    def test_it_reads_its_own_configs_alone(self, control):
        other = parse("<View><Image name='i' value='$i'/><Brush name='b' toName='i'/></View>")

        assert control.recipe == self.recipe.name
        assert self.recipe.format >= 1
        assert self.recipe.read(other) is None
        assert isinstance(self.recipe.why_not(other), str)  # empty where it has nothing to say

    def test_a_control_is_a_value(self, control):
        again = self.recipe.read(parse(self.config))

        assert again is not None
        assert again == control
        assert hash(again) == hash(control)
        assert again.sees == control.sees

    def test_what_is_asked_is_the_same_for_other_parts_and_not_for_another_name(self, control):
        again = self.recipe.read(parse(self.config))
        root = fromstring(self.config)

        assert again is not None
        assert signature_of(again) == signature_of(control)
        for number, tag in enumerate(list(root.iter())):
            if tag.tag in PARTS:
                tag.set("value" if "value" in tag.attrib else "name", f"another {number}")
        others = self.recipe.read(parse(tostring(root, "unicode")))
        assert others is not None
        assert signature_of(others) == signature_of(control)
        for tag in root.iter():
            if "toName" in tag.attrib:
                tag.set("name", f"another {tag.get('name')}")
        renamed = self.recipe.read(parse(tostring(root, "unicode")))
        if renamed is not None and self.learns:  # what reads controls by their names reads none
            assert signature_of(renamed) != signature_of(control)

    def test_people_are_shown_what_is_learnt(self, control):
        about = control.about()

        assert set(about) == {"choice", "text", "labels", "others"}
        assert json.loads(json.dumps(about)) == about

    # -- tasks and annotations ---------------------------------------------------------------

    @pytest.mark.parametrize("data", ODD_JSON, ids=repr)
    def test_any_data_is_read_or_is_none(self, control, data):
        one = control.input_of(data)

        assert one is None or json.loads(json.dumps(one)) == one

    def test_all_tasks_are_read_as_json(self, control, inputs):
        assert None not in inputs
        assert json.loads(json.dumps(inputs)) == inputs
        assert all(control.work(one) > 0 for one in inputs)

    @pytest.mark.parametrize("result", ODD_RESULTS, ids=repr)
    def test_any_result_gives_a_label_or_a_reason(self, control, result):
        reason, _ = control.why_unusable(result, True)

        expected = self.of_others if result else self.of_nothing
        assert control.label_of(result) == expected
        assert bool(reason) == (expected is None)

    def test_labels_are_json_and_usable(self, control, labels):
        assert None not in labels
        assert json.loads(json.dumps(labels)) == labels
        for result in self.results:
            assert control.why_unusable(result, True) == ("", "")
            assert control.why_unusable(result, False)[0]

    def test_labels_have_parts_that_are_offered(self, control, labels):
        assert {part for label in labels for part in control.parts(label)} <= set(control.offered)

    # -- features ----------------------------------------------------------------------------

    def test_there_is_a_row_for_each_input(self, control, inputs, seen, tools):
        assert len(seen) == len(inputs)
        assert all(len(block) == len(inputs) for block in seen.blocks.values())
        assert len(control.features([], tools)) == 0

    def test_a_row_does_not_depend_on_the_others(self, control, inputs, seen, tools):
        alone = joined([control.features([one], tools) for one in inputs])

        for name, array in alone.to_arrays().items():
            np.testing.assert_allclose(array, seen.to_arrays()[name], rtol=1e-5, atol=1e-6)

    def test_features_can_be_stored(self, seen):
        again = Columns.from_arrays(len(seen), seen.to_arrays())

        for name, array in again.to_arrays().items():
            np.testing.assert_array_equal(array, seen.to_arrays()[name])

    def test_tasks_are_told_apart_by_unit_vectors_of_some_blocks(self, control, seen, tools):
        encoder = encoder_of(control.recipe, tools.encoder, tools.image_encoder)
        vectors = control.vectors(seen.only(control.apart(encoder)))

        assert vectors.shape[0] == len(seen)
        lengths = np.linalg.norm(vectors, axis=1)
        assert ((np.abs(lengths - 1) < 1e-4) | (lengths == 0)).all()

    # -- models ------------------------------------------------------------------------------

    def test_what_is_missing_is_said(self, control, labels):
        assert (control.missing(labels, 2) == "") is self.learns
        assert control.missing([], 2)
        assert control.missing(labels, len(labels) + 1)

    @pytest.mark.usefixtures("fitted")
    def test_training_is_deterministic(self, control, labels, seen, tools):
        made = [control.fit(labels, seen, seen, tools).packed() for _ in range(2)]

        assert made[0].artefact == made[1].artefact
        assert json.loads(json.dumps(made[0].facts)) == made[0].facts

    @pytest.mark.usefixtures("fitted")
    def test_the_pool_and_tools_may_be_left_out(self, control, labels, seen):
        assert len(control.fit(labels, seen).answer(seen)) == len(seen)

    def test_the_artefact_answers_as_the_fitted_model(self, control, fitted, seen, answers):
        artefact = fitted.packed().artefact

        for model in (control.load(artefact), self.recipe.load(artefact)):
            assert tuple(model.names) == tuple(answers.names)
            assert set(model.needs) <= set(seen.blocks)
            _assert_close(model.answer(seen.only(model.needs)), answers)

    def test_an_answer_does_not_depend_on_the_others(self, control, fitted, seen, answers):
        model = control.load(fitted.packed().artefact)

        for row in range(FEW):
            _assert_close(model.answer(seen.take([row])), answers.take([row]))
        assert len(model.answer(seen.take([]))) == 0

    def test_there_are_answers_out_of_fold(self, control, fitted, labels):
        out_of_fold = fitted.packed().out_of_fold
        measure = control.measure
        known = np.flatnonzero(out_of_fold.columns.are_finite())
        asked, given = out_of_fold.take(known), [labels[row] for row in known.tolist()]

        assert len(out_of_fold) == len(labels)
        nothing = measure.alike(out_of_fold.names, len(known))
        learnt = measure.log_scores(asked, given).mean()
        assert learnt > measure.log_scores(nothing, given).mean()

    @pytest.mark.parametrize("artefact", [b"", b"\x00", b"{}", b"no model of anybody's"])
    def test_what_is_no_model_is_refused(self, control, artefact):
        with pytest.raises(BadModel):
            control.load(artefact)

    def test_a_model_that_was_cut_off_is_refused(self, control, fitted):
        artefact = fitted.packed().artefact

        with pytest.raises(BadModel):
            control.load(artefact[: len(artefact) // 2])

    # -- what the loop may ask about answers ---------------------------------------------------

    def test_what_hits_are_called_can_stand_in_a_line(self, control):
        assert 3 < len(control.measure.title) < 30
        assert control.measure.title[0].islower()

    def test_a_reading_is_numbers_from_0_to_1(self, control, answers):
        reading = control.measure.reading(answers)

        assert len(reading) == len(answers)
        for numbers in (reading.confidence, reading.sureness(), reading.sureness("no such name")):
            assert numbers.shape == (len(answers),)
            assert ((numbers >= 0) & (numbers <= 1 + 1e-6)).all()
        assert reading.shares.shape[0] == len(answers)
        np.testing.assert_array_equal(
            reading.take([2, 0]).sureness(), reading.sureness()[np.array([2, 0])]
        )

    def test_hits_and_scores_are_of_each_label(self, control, answers, labels):
        measure = control.measure
        hits, scores = measure.hits(answers, labels), measure.log_scores(answers, labels)

        assert hits.shape == scores.shape == (len(labels),)
        assert ((hits >= 0) & (hits <= 1)).all()
        assert np.isfinite(scores).all()
        assert (measure.hits(answers, measure.labels(answers)) > 0.99).all()

    def test_fair_answers_score_no_worse(self, control, answers, labels):
        measure = control.measure
        fair, also = measure.fair(answers, labels, answers.take([0, 1]))

        _assert_close(also, fair.take([0, 1]))
        before = measure.log_scores(answers, labels).mean()
        assert measure.log_scores(fair, labels).mean() >= before - 1e-9

    def test_a_model_expects_what_its_answers_say(self, control, answers):
        expected = control.measure.expected(answers)

        for numbers in (expected.log_score, expected.variance, expected.hits):
            assert numbers.shape == (len(answers),)
        assert (expected.variance >= -1e-9).all()
        confidence = control.measure.reading(answers).confidence
        np.testing.assert_allclose(expected.hits, confidence, atol=1e-6)

    def test_the_same_answers_gain_nothing(self, control, answers):
        assert not control.measure.gain(answers, answers).any()

    def test_answers_by_their_own_names_are_the_same(self, control, answers):
        _assert_close(control.measure.aligned(answers, answers.names), answers)

    def test_who_knows_nothing_says_the_same_of_all(self, control, answers):
        measure = control.measure
        nothing = measure.alike(answers.names, 3)

        assert nothing.names == tuple(answers.names)
        _assert_close(nothing.take([0]), nothing.take([2]))
        assert len(measure.alike(answers.names, 0)) == 0

    def test_versions_agree_with_themselves(self, control, answers, labels):
        said = control.measure.labels(answers)

        assert len(said) == len(labels)
        assert control.measure.disagreement(said, said) == pytest.approx(0)
        assert control.measure.disagreement(said, said[::-1]) >= 0

    def test_a_wrong_label_is_doubted_first(self, control, fitted, labels):
        measure, out_of_fold = control.measure, fitted.packed().out_of_fold
        names = control.offered
        rows = np.flatnonzero(out_of_fold.columns.are_finite())
        asked = measure.aligned(out_of_fold.take(rows), names)
        given = [labels[row] for row in rows.tolist()]
        sure = int(np.argmax(measure.reading(asked).confidence * measure.hits(asked, given)))
        wrong = list(given)
        wrong[sure] = next(label for label in given if label != given[sure])

        found = measure.doubts(asked, wrong, [[label] for label in wrong])

        assert found[0].row == sure
        # As right as what people said; of several controls it may lack the one without a label.
        assert measure.hits(asked.take([sure]), [found[0].instead])[0] > 0.99
        assert 0 < found[0].doubt <= 1
        assert [one.doubt for one in found] == sorted((o.doubt for o in found), reverse=True)

    def test_quality_is_told_by_part(self, control, answers, labels):
        parts = control.measure.by_part(answers, labels)

        assert set(parts) <= {*control.offered}
        assert all(0 <= one.precision.low <= one.precision.high <= 1 for one in parts.values())

    # -- what Label Studio shows ---------------------------------------------------------------

    def test_results_say_what_the_model_says(self, control, answers):
        known = control.known(answers.names)
        shown = control.shown(answers, known)
        results = control.results(shown)

        assert json.loads(json.dumps(results)) == results
        said = control.measure.labels(shown)
        assert [control.label_of(result) for result in results] == said
        largest = len(json.dumps(control.largest(answers.names)))
        assert all(len(json.dumps(result)) <= largest + 20 for result in results)

    def test_label_studio_shows_the_results_as_they_are_meant(self, control, answers):
        config, is_pushed = parse(self.config), control.is_pushable
        results = control.results(control.shown(answers, control.known(answers.names)))

        for data, result in zip(self.tasks, results, strict=True):
            assert problems(config, data, result, is_pushed=is_pushed) == []

    def test_nothing_is_asked_of_nobody(self, control, seen, answers):
        measure, none = control.measure, answers.take([])

        assert control.results(none) == []
        assert measure.labels(none) == []
        assert len(measure.hits(none, [])) == len(measure.log_scores(none, [])) == 0
        assert measure.fair(none, [], answers)[1].names == answers.names
        assert len(control.vectors(seen.take([]))) == 0


def _assert_close(one: Answers, other: Answers) -> None:
    assert tuple(one.names) == tuple(other.names)
    for name, array in one.columns.to_arrays().items():
        np.testing.assert_allclose(array, other.columns.to_arrays()[name], rtol=1e-4, atol=1e-5)
