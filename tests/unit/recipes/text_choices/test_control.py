"""The recipe for single-choice Choices on Text."""

import json
from dataclasses import replace

import numpy as np
import pytest

from labelloop.recipes import control_of
from labelloop.recipes.text.probabilities import answers_of, probabilities_of
from labelloop.recipes.text.terms import MOST_CHARACTERS
from labelloop.recipes.text_choices.control import TextChoices
from labelloop.recipes.text_choices.measure import MEASURE
from labelloop.recipes.tools import Toolbox
from tests.builders import label_config, region

NOT_OFFERED = "with a choice that the label config doesn't offer"


def read(xml: str) -> TextChoices:
    control = control_of.__wrapped__(xml)  # not cached, so that equal controls are not one object
    assert isinstance(control, TextChoices)
    return control


CONTROL = read(label_config("Positive", "Negative"))


@pytest.mark.parametrize(
    "result",
    [
        [],
        [region("Neutral")],
        [region("Positive") | {"from_name": "other"}],
        [region("Positive") | {"value": None}],
        [region("Positive") | {"value": {"choices": []}}],
        [region("Positive") | {"value": {"choices": [["Positive"]]}}],
        [region("Positive") | {"value": {"choices": 7}}],
    ],
)
def test_a_result_that_gives_none_of_our_labels_gives_none(result):
    assert CONTROL.label_of(result) is None


def test_a_choice_that_is_no_list_is_read_all_the_same():
    assert CONTROL.label_of([region("Positive") | {"value": {"choices": "Positive"}}]) == "Positive"


def test_of_two_answers_the_one_that_the_page_shows_counts():
    assert CONTROL.label_of([region("Positive"), region("Negative")]) == "Negative"


def test_controls_of_one_config_are_equal_and_those_of_others_are_not():
    again, other = read(label_config()), read(label_config("Good", "Bad"))

    assert again == CONTROL != other
    assert len({CONTROL, again, other}) == 2


def test_people_are_shown_what_is_learnt_and_what_is_not():
    xml = label_config().replace("</View>", '<Labels name="l" toName="text"/></View>')

    assert control_of(xml).about() == {
        "choice": "label",
        "text": "$text",
        "labels": ["Positive", "Negative"],
        "others": ["Labels 'l'"],
    }


def test_the_input_is_the_text_that_the_page_shows():
    assert CONTROL.input_of({"text": "a film"}) == "a film"
    assert CONTROL.input_of({"title": "a film"}) is None
    assert CONTROL.input_of("a film") is None


def test_a_text_costs_its_characters_as_far_as_it_is_read():
    short, long, longer = (CONTROL.work("a" * size) for size in (10, MOST_CHARACTERS, 10**6))

    assert long - short == MOST_CHARACTERS - 10
    assert longer == long
    assert CONTROL.work("") > 0


@pytest.mark.parametrize(
    ("result", "is_readable", "why"),
    [
        ([region("Positive")], True, ("", "")),
        ([region("Positive")], False, ("on tasks without a text under $text", "")),
        ([], True, ("without an answer to 'label'", "")),
        ([region("Bad")], False, (NOT_OFFERED, "Bad")),
        ([region("Bad") | {"value": {"choices": [["a", "b"]]}}], True, (NOT_OFFERED, "a / b")),
        ([region("Bad") | {"value": {"choices": "x" * 99}}], True, (NOT_OFFERED, "x" * 40)),
    ],
    ids=range(6),
)
def test_what_cannot_be_learnt_is_told_with_an_example(result, is_readable, why):
    assert CONTROL.why_unusable(result, is_readable) == why


def test_a_label_is_its_only_part():
    assert CONTROL.parts("Positive") == ("Positive",)


TEXTS = ["a great film", "an awful film", ""]


class Lengths:
    """Tools whose vectors tell a text's length."""

    encoder, image_encoder = "lengths-1", ""

    def vectors(self, texts):
        return np.array([[len(text), 1] for text in texts], np.float32)

    def words(self, texts, words):
        return np.empty((sum(map(len, words)), 0), np.float32)

    def texts(self, addresses):
        return [None for _ in addresses]

    copies = texts
    images = vectors


def test_features_are_bags_and_beside_an_encoder_vectors():
    alone, beside = CONTROL.features(TEXTS, Toolbox()), CONTROL.features(TEXTS, Lengths())

    assert alone.blocks.keys() == {"bags"}
    assert beside.blocks.keys() == {"bags", "vectors"}
    assert len(alone) == len(beside) == 3
    vectors = beside.array("vectors")
    assert vectors is not None
    assert vectors[:, 0].tolist() == [12, 13, 0]


@pytest.mark.parametrize("only", [["bags"], ["vectors"], []])
def test_features_that_are_not_wanted_are_not_computed(only):
    seen = CONTROL.features(TEXTS, Lengths(), only)

    bags = seen.ragged("bags")
    assert len(seen) == 3
    assert (seen.array("vectors") is not None) == ("vectors" in only)
    assert bags is None or bool(bags.starts[-1]) == ("bags" in only)


def test_a_block_that_the_stack_has_no_tool_for_is_left_out():
    assert CONTROL.features(TEXTS, Toolbox(), ["vectors"]).array("vectors") is None


@pytest.mark.parametrize("tools", [Toolbox(), Lengths()], ids=["alone", "beside an encoder"])
def test_texts_are_told_apart_by_what_is_kept_for_it_alone(tools):
    seen = CONTROL.features(TEXTS, tools)
    apart = CONTROL.apart(tools.encoder)

    vectors = CONTROL.vectors(seen)

    assert len(vectors) == 3
    assert CONTROL.vectors(seen.only(apart)).tobytes() == vectors.tobytes()
    alone = CONTROL.features(TEXTS, tools, apart)
    assert CONTROL.vectors(alone).tobytes() == vectors.tobytes()


@pytest.mark.parametrize(
    ("labels", "why"),
    [
        (["a", "b", "a", "b"], ""),
        (["a", "b", "a"], "there are 3 labels of 2 classes"),
        (["a"] * 9, "there are 9 labels of 1 class"),
        (["a"], "there are 1 label of 1 class"),
        ([], "there are 0 labels of 0 classes"),
    ],
    ids=range(5),
)
def test_a_model_takes_so_many_labels_of_two_classes(labels, why):
    told = CONTROL.missing(labels, 4)

    assert told == (why and f"a model takes 4 usable labels of 2 classes or more, and {why}")


def fitted(tools, pool=None, control=CONTROL):
    seen = control.features(TEXTS[:2] * 2, tools)
    pool = None if pool is None else control.features(pool, tools)
    return control.fit(["Positive", "Negative"] * 2, seen, pool, tools)


def test_what_is_fitted_answers_as_its_artefact_does():
    model = fitted(Toolbox(), ["a film", "a boat"])
    trained = model.packed()
    seen = CONTROL.features(["great", "awful", "neither"], Toolbox())

    loaded = CONTROL.load(trained.artefact)

    assert loaded.names == model.names == trained.out_of_fold.names == ("Negative", "Positive")
    assert (loaded.encoder, loaded.needs) == (model.encoder, model.needs) == ("", ("bags",))
    answers = loaded.answer(seen)
    assert MEASURE.labels(answers)[:2] == ["Positive", "Negative"]
    assert probabilities_of(answers) == pytest.approx(
        probabilities_of(model.answer(seen)), abs=1e-5
    )
    assert len(trained.out_of_fold) == 4


def test_beside_an_encoder_a_class_without_an_example_is_learnt_by_its_name():
    """And the model says whose vectors it needs."""
    wider = read(label_config("Positive", "Negative", "Neutral"))
    seen = wider.features(TEXTS[:2] * 2, Lengths())

    model = wider.fit(["Positive", "Negative"] * 2, seen, None, Lengths())

    assert model.names == ("Negative", "Neutral", "Positive")
    loaded = wider.load(model.packed().artefact)
    assert (loaded.encoder, set(loaded.needs)) == ("lengths-1", {"bags", "vectors"})


def test_no_more_of_the_pool_is_learnt_from_than_is_told():
    pool, control = [f"word{i} film" for i in range(6)], replace(CONTROL, most_landmarks=5)

    whole, cut, less = (fitted(Toolbox(), pool[:some], control).packed() for some in (6, 5, 4))

    assert whole.artefact == cut.artefact != less.artefact


@pytest.mark.parametrize(
    ("names", "known"),
    [
        (("Negative", "Positive"), ("Negative", "Positive")),
        (("Negative", "Other", "Positive"), ("Negative", "Positive")),
        (("Negative", "Other"), None),
        ((), None),
    ],
)
def test_of_a_version_two_classes_that_are_offered_may_be_shown(names, known):
    assert CONTROL.known(names) == known


def test_what_a_version_gave_to_classes_of_before_is_shared_out():
    said = answers_of(np.array([[0.3, 0.4, 0.3], [0.2, 0.8, 0.0]]), ["Negative", "Old", "Positive"])

    shown = CONTROL.shown(said, ("Negative", "Positive"))

    assert shown.names == ("Negative", "Positive")
    assert probabilities_of(shown) == pytest.approx(np.array([[0.5, 0.5], [1.0, 0.0]]))


def test_a_result_shows_the_likeliest_choice_and_its_probability():
    said = answers_of(np.array([[0.25, 0.75], [0.5, 0.5]]), ["Negative", "Positive"])

    first, second = CONTROL.results(said)

    assert first == [region("Positive") | {"score": 0.75}]
    assert second == [region("Negative") | {"score": 0.5}]
    assert CONTROL.label_of(first) == "Positive"
    assert CONTROL.results(said.take([])) == []


NESTED = (
    '<View><Text name="text" value="$text"/><Choices name="label" toName="text" allowNested="true">'
    '<Choice value="Some"><Choice value="good"/><Choice value="bad"/></Choice>'
    '<Choice value="None whatsoever"/></Choices></View>'
)


@pytest.mark.parametrize("xml", [label_config("A long name", "Žluťoučký", "N"), NESTED])
def test_no_result_is_larger_than_the_largest(xml):
    """As JSON: there letters beyond ASCII, and what lies below a nested choice, take more."""
    control = read(xml)
    said = answers_of(np.eye(len(control.offered)) * 0.8 + 0.1, control.offered)

    largest = len(json.dumps(control.largest(control.offered)))

    assert largest >= max(len(json.dumps(result)) for result in control.results(said))
    assert json.dumps(control.largest([]))
