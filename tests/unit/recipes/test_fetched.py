"""Texts by address: which objects they are of, and what recipes get to read of them."""

import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelloop.domain.columns import Columns
from labelloop.errors import Unprocessable
from labelloop.labelstudio.label_config import parse
from labelloop.labelstudio.result_check import problems
from labelloop.recipes import control_of, recipe_named, why_order_alone
from labelloop.recipes.fetched import FetchedTexts, as_texts, read
from labelloop.recipes.ml_backend import backend_recipe
from labelloop.recipes.protocol import Control
from labelloop.recipes.signature import signature_of
from labelloop.recipes.tools import Toolbox, text_of
from tests.moved_backends import BACKENDS
from tests.texts_by_address import Files
from tests.unit.usecases.serving.test_predict import JSON

CHOICES = '<Choices name="c" toName="t"><Choice value="a"/><Choice value="b"/></Choices>'
LABELS = '<Labels name="l" toName="t"><Label value="A"/></Labels>'
URL = '<Text name="t" value="$url" valueType="url"/>'


def control(*tags: str) -> Control:
    return control_of(f"<View>{''.join(tags)}</View>")


def bag(one: Control, data: dict[str, Any], files: Files) -> list[float]:
    """Return what is seen of a task: how often each term is in it."""
    features = one.features([one.input_of(data)], files.toolbox())
    bags = features.ragged("bags")
    assert bags is not None
    assert features.are_finite().all()
    return [*bags.arrays["ids"].tolist(), *bags.arrays["counts"].tolist()]


@pytest.fixture
def files() -> Files:
    return Files()


@pytest.mark.parametrize(
    ("tag", "value", "plain"),
    [
        ('<Text name="t" value="$x"', "some words", "some words"),
        ('<text name="t" value=" $x "', "some words", "some words"),
        ('<HyperText name="t" value="$x"', "<p>some <b>words</b></p>", "<p>some <b>words</b></p>"),
        ('<Paragraphs name="t" value="$x" textKey="said"', [{"said": "some"}], [{"said": "some"}]),
        ('<Text name="t" value="$x.y"', "some words", "some words"),
    ],
)
def test_what_is_at_an_address_is_read_as_if_the_task_held_it(tag, value, plain, files):
    there, here = control(f'{tag} valueType="url"/>', CHOICES), control(f"{tag}/>", CHOICES)
    nested = ".y" in tag

    def data(content: Any) -> dict[str, Any]:
        return {"x": {"y": content} if nested else content, "id": 7}

    assert bag(there, data(files.put(value)), files) == bag(here, data(plain), files)
    assert there.sees != here.sees
    assert there.about() == here.about()
    assert signature_of(there) != signature_of(here)


def test_all_texts_of_a_page_are_read_wherever_they_are(files):
    there = control(URL, '<Header value="$title"/>', CHOICES)
    here = control('<Text name="t" value="$text"/>', '<Header value="$title"/>', CHOICES)

    seen = bag(there, {"url": files.put("a text"), "title": "a title", "other": 1}, files)

    assert seen == bag(here, {"text": "a text", "title": "a title"}, files)
    assert there.input_of({"url": "https://x", "title": "a", "other": 1}) == {
        "url": "https://x",
        "title": "a",
    }


@pytest.mark.parametrize(
    ("tag", "why"),
    [
        ('<Text name="t" value="https://x/$id" valueType="url"/>', "that names one field"),
        ('<Table name="t" value="$x" valueType="csv|url"/>', "that names one field"),
        ('<Text name="t" value="$x" valueType="url" encoding="base64"/>', "encoded"),
    ],
)
def test_what_is_not_fetched_is_said(tag, why):
    with pytest.raises(Unprocessable, match=why):
        control(tag, CHOICES)
    assert why in why_order_alone(f"<View>{tag}<Header value='$title'/>{CHOICES}</View>")


def test_an_image_beside_a_text_by_address_is_learnt_alone():
    image = '<Image name="t" value="$image"/>'
    beside = '<Text name="u" value="$url" valueType="url"/>'

    assert control(image, beside, CHOICES) == control(image, CHOICES)


def test_an_ml_backend_that_moved_over_reads_texts_as_any_recipe_does(files):
    backend = backend_recipe("any", BACKENDS / "word_votes" / "model.py", ["Choices"])

    one = read(backend, parse(f"<View>{URL}{CHOICES}</View>"), reads_all=True)

    assert isinstance(one, FetchedTexts)
    held = one.held({"url": files.put("a text"), "id": 7}, files.toolbox())
    assert held == {"url": "a text", "id": 7}
    assert "valueType" not in one.label_config


def test_each_of_several_controls_reads_the_text_once(files):
    both = control(URL, CHOICES, LABELS, CHOICES.replace('"c"', '"d"'))
    inputs = [both.input_of({"url": files.put("a text")})]

    both.features(inputs, files.toolbox())

    assert both.recipe == "several_controls"
    assert len(files.asked) == 1


@given(JSON)
def test_any_data_is_read_or_is_none(data):
    for one in (control(URL, CHOICES), control(URL.replace("Text", "HyperText"), CHOICES)):
        for of in (data, {"url": data}, {"url": {"deep": data}}):
            input_ = one.input_of(of)
            if input_ is not None:
                assert one.work(input_) > 0
                assert not one.features([input_], Toolbox()).are_finite().any()


@given(st.binary(max_size=200))
def test_any_file_is_a_text_or_none(body):
    files = Files()
    address = files.put("")
    files.bodies[address.partition("?")[0]] = body
    for kind in ("Text", "HyperText", "Paragraphs"):
        one = control(URL.replace("Text", kind), CHOICES)
        features = one.features([one.input_of({"url": address})], files.toolbox())
        assert len(features) == 1


def test_tasks_without_an_address_have_no_input():
    one = control(URL, CHOICES)

    assert [one.input_of(of) for of in (None, {}, {"url": None}, {"url": " "}, {"url": 3})] == [
        None
    ] * 5


def test_a_text_out_of_reach_leaves_the_others_as_they_are(files):
    one = control(URL, CHOICES)
    data = [{"url": files.put("one text")}, {"url": "https://x/lost"}, {"url": files.put("two")}]
    inputs = [one.input_of(of) for of in data]

    all_, alone = (one.features(some, files.toolbox(True)) for some in (inputs, inputs[::2]))

    assert all_.are_finite().tolist() == [True, False, True]
    assert alone.are_finite().all()
    for name, array in alone.to_arrays().items():
        np.testing.assert_array_equal(all_.take([0, 2]).to_arrays()[name], array)


@pytest.mark.parametrize(("kind", "most"), [("Text", 20_000), ("HyperText", 200_000)])
def test_a_long_text_is_read_to_where_a_task_s_own_is(kind, most, files):
    one = control(URL.replace("Text", kind, 1), CHOICES)
    start = "word " * (most // 5)

    short, long = ({"url": files.put(text)} for text in (start, f"{start}and many more"))

    assert bag(one, long, files) == bag(one, short, files)


def test_places_are_not_checked_against_the_address():
    config = parse(f"<View>{URL}{LABELS}</View>")
    value = {"start": 500, "end": 510, "labels": ["A"]}
    result = [{"from_name": "l", "to_name": "t", "type": "labels", "value": value}]

    assert problems(config, {"url": "https://x/1.txt"}, result, is_pushed=True) == []


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("Zürich 😀".encode(), "Zürich 😀"),
        (b"\xef\xbb\xbfwith a mark", "with a mark"),
        (b"two\r\nlines\t", "two\r\nlines\t"),
        (b"M\xfcnchen, im Jahr", "M\ufffdnchen, im Jahr"),
        (b"", ""),
    ],
)
def test_a_file_is_read_as_the_page_reads_it(body, text):
    assert text_of(body) == text


@pytest.mark.parametrize("body", [b"%PDF\x00\x01", "Привет".encode("cp1251"), b"\xff\xd8\xff\xe0"])
def test_what_is_no_text_is_not_read(body, files):
    address = files.put("")
    files.bodies[address.partition("?")[0]] = body

    assert files.toolbox().texts([address]) == [None]


def test_a_control_can_be_sent_to_another_process():
    one = control(URL, CHOICES)

    again = pickle.loads(pickle.dumps(one))  # noqa: S301 - our own

    assert again == one
    assert hash(again) == hash(one)
    assert not hasattr(again, "controls")


def test_a_config_without_addresses_stays_the_same_object():
    plain = parse(f'<View><Text name="t" value="$t"/>{CHOICES}</View>')

    assert as_texts(plain) is plain
    assert recipe_named("text_choices").read(plain) is not None


def test_rows_that_are_spread_stand_in_their_places():
    columns = Columns(2, {"a": np.array([[1.0], [2.0]])})

    spread = columns.spread([1, 3], 5).array("a")
    assert spread is not None
    assert spread.tolist() == [[0], [1], [0], [2], [0]]
