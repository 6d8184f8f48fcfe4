"""When it is said that the encoder may not know the language."""

import pytest

from labelloop.domain.judging.vectors_gain import (
    LEAST_LABELS,
    adds_little,
    foreign_script,
    little_of,
    may_see_more,
    of_script,
)

LITTLE = {"log_loss": -0.01, "error": 0.01, "hits": 0.0, "without": 0.5, "rows": 150}


@pytest.mark.parametrize(
    ("changes", "is_little"),
    [
        ({}, True),
        ({"rows": LEAST_LABELS - 1}, False),  # chance
        ({"log_loss": 0.2}, False),
        ({"hits": 0.1}, False),
        ({"without": 0.95}, False),  # nothing is left to add
    ],
)
def test_it_takes_labels_and_room_to_tell_that_vectors_add_little(changes, is_little):
    assert adds_little(LITTLE | changes) is is_little


def test_it_is_said_with_the_command_that_helps():
    why, fix = little_of({"encoder": "minilm-0a1b2c", "vectors_add": LITTLE}) or ("", "")

    assert why.startswith("minilm tells next to nothing of these texts")
    assert "150 labels" in why
    assert "labelloop encoder add" in fix
    assert "labelloop options --encoder" in fix


@pytest.mark.parametrize("card", [None, {}, {"vectors_add": None}, {"vectors_add": 3}])
def test_cards_that_do_not_say_are_silent(card):
    assert little_of(card) is None


@pytest.mark.parametrize(
    ("texts", "script"),
    [
        (["Dober dan, kako si?", "Straße nach Łódź"], ""),
        (["Новый iPhone не работает", "Отлично"], "Cyrillic"),
        (["这家酒店的房间很干净", "Wi-Fi 太慢"], "CJK"),
        (["とても おいしい です"], "Hiragana"),
        (["ร้านนี้อร่อยมาก"], "Thai"),
        (["لم يعمل الجهاز"], "Arabic"),
        (["GitHub pull request: слияние", "merge the branch"], ""),  # mostly English
        (["", "12:30 !!! 🙂"], ""),
        ([], ""),
        (["\ud800\ue000"], ""),
    ],
)
def test_the_script_of_texts_shows_that_they_are_not_english(texts, script):
    assert foreign_script(texts) == script


def test_a_script_is_named_with_the_command_that_helps():
    why, fix = of_script("Thai")

    assert "most of the tasks' letters are Thai" in why
    assert "labelloop encoder add e5" in fix


SOME = {"log_loss": 0.1, "error": 0.02, "hits": 0.04, "without": 0.66, "rows": 150}


@pytest.mark.parametrize(
    ("changes", "encoder", "is_said"),
    [
        ({}, "minilm-0a1b2c", True),
        ({}, "e5-0a1b2c", False),
        ({}, "", False),
        ({"rows": LEAST_LABELS - 1}, "minilm-0a1b2c", False),
        ({"without": 0.8}, "minilm-0a1b2c", False),
        (LITTLE, "minilm-0a1b2c", False),  # then the language is the first thing to look at
    ],
)
def test_of_labels_that_the_built_in_encoder_hardly_sees_another_one_may_see_more(
    changes, encoder, is_said
):
    said = may_see_more({"encoder": encoder, "vectors_add": SOME | changes})

    assert (said is not None) is is_said
    if said:
        assert said[0].startswith("70% of 150 labels are right out of fold")
        assert "labelloop encoder try hub:" in said[1]
