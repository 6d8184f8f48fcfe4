"""What the stack lends recipes: a text's vector is computed once, and is that of any other time."""

import pytest

from labelloop.recipes import control_of
from labelloop.recipes.text.bags import Features
from labelloop.recipes.text.terms import bags_of
from labelloop.recipes.tools import Texts, Toolbox, digest_of
from tests.builders import label_config
from tests.tiny_encoder import CountingEncoder

CONTROL = control_of(label_config())


@pytest.fixture
def encoder() -> CountingEncoder:
    return CountingEncoder()


@pytest.fixture
def tools(encoder) -> Toolbox:
    return Toolbox(encoder.name, lambda: encoder)


def test_features_are_bags_and_vectors_in_the_order_of_the_texts(tools, encoder):
    texts = ["abc", "a", "", "abc"]

    features = Features.of(CONTROL.features(texts, tools))

    assert (features.bags.ids == bags_of(texts).ids).all()
    assert features.vectors is not None
    assert (features.vectors == encoder.encode(texts)).all()


def test_a_text_is_encoded_once(tools, encoder):
    first = tools.vectors(["abc", "a", "abc"])
    again = tools.vectors(["a", "new", "abc"])

    assert encoder.texts == ["abc", "a", "new"]
    assert (again[[2, 0]] == first[:2]).all()


def test_only_the_texts_seen_last_are_remembered(encoder):
    tools = Toolbox(encoder.name, lambda: encoder, most_remembered=2)

    for text in ("a", "bb", "a", "ccc", "a", "bb"):
        tools.vectors([text])

    assert encoder.texts == ["a", "bb", "ccc", "bb"]


def test_more_texts_than_are_remembered_have_their_vectors(encoder):
    tools = Toolbox(encoder.name, lambda: encoder, most_remembered=2)
    texts = ["x" * length for length in range(9)]

    assert (tools.vectors(texts) == CountingEncoder().encode(texts)).all()


def test_without_an_encoder_or_where_nobody_looks_at_them_there_are_no_vectors():
    def fail() -> CountingEncoder:
        raise AssertionError("loaded")

    assert CONTROL.features(["abc"], Toolbox()).array("vectors") is None
    unread = CONTROL.features(["abc"], Toolbox("name", fail), ("bags",))
    assert unread.array("vectors") is None


def test_a_stack_without_an_encoder_says_so_to_who_asks_for_vectors():
    with pytest.raises(ValueError, match="without an encoder"):
        Toolbox().vectors(["abc"])


def test_no_texts_have_no_rows(tools):
    assert tools.vectors([]).shape == (0, 2)


def test_any_text_has_a_digest_of_its_own():
    texts = ["", " ", "\x00", "\ud800", "\udfff", "é", "e\u0301"]

    assert len({digest_of(text) for text in texts}) == len(texts)


def test_which_texts_an_encoder_was_tuned_to_is_read_when_a_training_asks():
    asked: list[str] = []

    def tuned_to(name: str) -> frozenset[str]:
        asked.append(name)
        return frozenset({name})

    other = Texts("other-2", CountingEncoder, lambda: tuned_to("other"))
    none = Texts("", None)
    tools = Toolbox(
        CountingEncoder.name,
        CountingEncoder,
        find={"other": other, "none": none}.__getitem__,
        tuned_to=lambda: tuned_to("own"),
    )

    beside = tools.chosen("other"), tools.beside("other-2"), tools, tools.chosen("none")
    assert asked == []
    assert [list(each.tuned_to()) for each in beside] == [["other"], ["other"], ["own"], []]
    assert list(Toolbox().tuned_to()) == []
