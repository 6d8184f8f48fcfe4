"""Which control a version answers."""

import pytest

from labelloop.recipes import control_of, control_or_none
from labelloop.recipes.signature import (
    covers,
    has_other_formats,
    is_of,
    part_of,
    recipes_of,
    signature_of,
    why_not_of,
    why_unanswered,
)
from tests.builders import LABELS, label_config
from tests.kinds import numbers, several_controls

CONFIG, BOTH = label_config(*LABELS), several_controls.CONFIG
CONTROL, SEVERAL = control_of(CONFIG), control_of(BOTH)
STARS = control_of(numbers.CONFIG)


def test_a_signature_can_be_read():
    assert signature_of(STARS) == '["numbers",1,"text","rating \'stars\' from 1 to 5"]'
    assert signature_of(CONTROL) == '["text_choices",2,"text","choice \'label\'"]'
    assert signature_of(SEVERAL).count("\n") == 1
    assert recipes_of(signature_of(SEVERAL)) == ["text_choices", "text_choices"]


def test_the_order_of_controls_and_what_they_offer_are_no_part_of_it():
    turned = control_of(_turned(BOTH))

    assert signature_of(turned) == signature_of(SEVERAL)
    assert signature_of(control_of(label_config("a", "b", "c"))) == signature_of(CONTROL)


def _turned(config: str) -> str:
    """Return a config with its first control last."""
    start, end = config.index('<Choices name="tone"'), config.index('<Choices name="about.what"')
    return config[:start] + config[end:].replace("</View>", f"{config[start:end]}</View>")


def test_a_version_of_an_earlier_release_has_none_and_is_any_control_s():
    assert is_of("", CONTROL)
    assert covers("", CONTROL)
    assert not has_other_formats("")
    assert why_not_of("", CONTROL) == ""
    assert why_unanswered(CONFIG, "text_choices", "") == ""


@pytest.mark.parametrize("stored", ["?", "null", "[]", '["text_choices"]', "[1,2,3,4,5]"])
def test_what_a_later_release_may_write_is_of_another_control(stored):
    assert not is_of(stored, CONTROL)
    assert not covers(stored, CONTROL)
    assert not has_other_formats(stored)
    assert "answers nothing known" in why_not_of(stored, CONTROL)


def test_of_several_controls_a_version_answers_those_that_it_has_learnt():
    other = control_of(BOTH.replace('"tone"', '"mood"'))
    stored = signature_of(SEVERAL)

    assert part_of(other, stored).about()["choice"] == "about.what"
    assert covers(stored, part_of(other, stored))
    assert not covers(stored, other)
    assert part_of(other, signature_of(CONTROL)) == other
    assert part_of(CONTROL, stored) == CONTROL
    assert control_or_none(BOTH, "several_controls", stored) == SEVERAL


def test_why_a_version_answers_nothing_is_said():
    stored = signature_of(CONTROL)
    renamed, moved = CONFIG.replace('"label"', '"tone"'), CONFIG.replace("$text", "$title")

    assert why_unanswered(CONFIG, "text_choices", stored) == ""
    assert why_unanswered(None, "text_choices", stored) == ""
    assert why_unanswered(renamed, "text_choices", stored) == (
        "it answers choice 'label', and the label config asks choice 'tone'"
    )
    assert why_unanswered(moved, "text_choices", stored) == (
        "it has learnt from 'text', and the label config is about 'title'"
    )
    assert "another kind of labelling" in why_unanswered(numbers.CONFIG, "text_choices", stored)
    later = stored.replace(",2,", ",3,")
    assert has_other_formats(later)
    assert why_not_of(later, CONTROL) == "a recipe of it has another format by now"
