"""Which candidates of a label config are learnt, and what is said of the others."""

import pytest

from labelloop.labelstudio.label_config import parse
from labelloop.recipes import control_of
from labelloop.recipes.candidates.config import read, why_none
from tests.kinds.candidates import BUCKETS, OPTIONS, ORDER


def test_a_ranker_without_buckets_is_an_order():
    control = read(parse(ORDER))

    assert control is not None
    assert (control.from_name, control.to_name, control.form) == ("rank", "results", "order")
    assert control.sees == "items:items\nprompt"
    assert control.offered == ()
    assert control.about() == {
        "choice": "rank",
        "text": "$items + $prompt",
        "labels": [],
        "others": [],
    }


def test_a_ranker_with_buckets_offers_them_and_what_is_unsorted():
    control = read(parse(BUCKETS))

    assert control is not None
    assert control.form == "buckets"
    assert control.offered == ("helpful", "harmful", "_")
    assert control.about()["labels"] == ["helpful", "harmful"]


def test_choices_of_the_tasks_own_options_are_read():
    control = read(parse(OPTIONS))

    assert control is not None
    assert (control.from_name, control.to_name, control.form) == ("pick", "prompt", "choice")
    assert control.sees == "options:options\nprompt"


def test_an_import_is_not_asked_where_the_to_name_is_not_as_it_wants_it():
    written = ORDER.replace('toName="results"', 'toname="results"')

    assert [control_of(xml).is_pushable for xml in (ORDER, written)] == [True, False]


@pytest.mark.parametrize(
    ("xml", "reason"),
    [
        ("<View><Rating name='r' toName='t'/></View>", "no <Ranker>"),
        (ORDER.replace('name="rank"', ""), "Ranker '' has no name"),
        (ORDER.replace('toName="results"', 'toName="none"'), "Ranker 'rank' has a toName"),
        (ORDER.replace('toName="results"', 'toName="prompt"'), "Ranker 'rank' is not about a <L"),
        (ORDER.replace("$items", "items"), "Ranker 'rank' takes its candidates from no field"),
        (
            OPTIONS.replace("<Choices", "<Choices choice='multiple'"),
            "Choices 'pick' allows se",
        ),
        (OPTIONS.replace("<Choices", "<Choices allowNested='true'"), "Choices 'pick' has nested"),
        (OPTIONS.replace("<Choices", "<Choices perRegion='true'"), "Choices 'pick' is asked of"),
    ],
)
def test_what_is_not_learnt_is_said(xml, reason):
    config = parse(xml)

    assert read(config) is None
    assert why_none(config).startswith(reason)
