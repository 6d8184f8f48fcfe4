"""Which taxonomy of a label config is learnt, and why another is not."""

import pytest

from labelloop.labelstudio.label_config import parse
from labelloop.recipes import control_of
from labelloop.recipes.taxonomy.control import Taxonomy
from labelloop.recipes.taxonomy.recipe import RECIPE

LIFE = (
    '<Choice value="Archaea"/><Choice value="Bacteria"/><Choice value="Eukarya">'
    '<Choice value="Human"/><Choice value="Oppossum" alias="opo"/>'
    '<Choice value="Extraterrestial"><Choice value="Grey"/><Choice value="Human"/></Choice>'
    "</Choice>"
)
NAMES = (
    "Archaea",
    "Bacteria",
    "Eukarya",
    "Eukarya / Human",
    "Eukarya / opo",
    "Eukarya / Extraterrestial",
    "Eukarya / Extraterrestial / Grey",
    "Eukarya / Extraterrestial / Human",
)


def config(attributes: str = "", inside: str = LIFE, object_: str = "") -> str:
    object_ = object_ or '<Text name="text" value="$text"/>'
    return (
        f'<View>{object_}<Taxonomy name="tax" toName="text" {attributes}>{inside}</Taxonomy></View>'
    )


def read(xml: str) -> Taxonomy:
    control = RECIPE.read(parse(xml))
    assert control is not None
    return control


def why_not(xml: str) -> str:
    config = parse(xml)
    assert RECIPE.read(config) is None
    return RECIPE.why_not(config)


def test_a_label_config_names_the_control_the_text_and_all_choices():
    control = read(config())

    assert (control.from_name, control.to_name) == ("tax", "text")
    assert (control.text.value, control.sees) == ("$text", "text")
    assert control.offered == NAMES
    assert control.tree.paths[4] == ("Eukarya", "opo")
    assert control.tree.values[4] == ("Eukarya", "Oppossum")
    assert control.is_pushable


def test_with_leaves_only_other_choices_are_parts_but_cannot_be_chosen():
    control = read(config('leafsOnly="true"'))

    assert control.offered == NAMES
    assert control.about()["labels"] == [
        name for name in NAMES if name not in {"Eukarya", "Eukarya / Extraterrestial"}
    ]


@pytest.mark.parametrize(
    ("usages", "most"), [("2", 2), ("1", 1), ("0", 10), ("", 10), ("many", 10), ("99", 10)]
)
def test_no_more_paths_are_predicted_than_may_be_chosen(usages, most):
    assert read(config(f'maxUsages="{usages}"')).tree.most == most


@pytest.mark.parametrize(
    "attributes", ['showFullPath="true"', 'pathSeparator=" > "', 'required="true"']
)
def test_how_it_is_shown_makes_no_difference(attributes):
    assert read(config(attributes)) == read(config())


@pytest.mark.parametrize(
    "object_",
    [
        '<HyperText name="text" value="$page"/>',
        '<Paragraphs name="text" value="$talk" nameKey="who" textKey="what"/>',
        '<Table name="text" value="$facts"/>',
        '<Header name="text" value="$title"/>',
    ],
)
def test_any_object_that_shows_text_will_do(object_):
    assert read(config(object_=object_)).offered == NAMES


@pytest.mark.parametrize(
    ("xml", "reason"),
    [
        (config('value="$tree"', ""), r"takes its choices from the tasks ($tree)"),
        (config('apiUrl="https://example.com/tree"', ""), "takes its choices from an address"),
        (config('labeling="true"'), "labels parts of the text"),
        (config('perRegion="true"'), "is asked of each region"),
        (config('perItem="true"'), "is asked of each item"),
        (config(inside='<Choice value="Only"/>'), "offers fewer than two choices"),
        (
            config('leafsOnly="true"', '<Choice value="A"><Choice value="B"/></Choice>'),
            "offers fewer than two choices",
        ),
        (config().replace('toName="text"', 'toName="text,other"'), "is about several objects"),
        (config().replace('toName="text"', 'toName="other"'), "names no object"),
        (config().replace('name="tax"', ""), "has no name"),
        (config(object_='<Image name="text" value="$image"/>'), "only objects that show text"),
        (config(object_='<Text name="text" value="Hello"/>'), "shows no field"),
    ],
)
def test_a_taxonomy_that_cannot_be_learnt_is_refused_with_the_reason(xml, reason):
    assert reason in why_not(xml)


def test_a_taxonomy_that_cannot_be_used_does_not_hide_one_that_can():
    first = '<Taxonomy name="from_tasks" toName="text" value="$tree"/>'

    control = read(config().replace("<Taxonomy", f"{first}<Taxonomy", 1))

    assert control.from_name == "tax"
    assert control.others == ("Taxonomy 'from_tasks'",)


def test_a_choice_on_the_same_text_is_learnt_beside_it():
    choices = '<Choices name="c" toName="text"><Choice value="A"/><Choice value="B"/></Choices>'

    assert control_of(config().replace("</View>", f"{choices}</View>")).recipe == "several_controls"


def test_without_a_name_of_the_object_predictions_cannot_be_imported():
    assert not read(config().replace("toName", "toname")).is_pushable


def test_choices_without_a_name_and_repeated_ones_are_left_out():
    control = read(
        config(inside='<Choice/><Choice value="A"/><Choice value="A"/><Choice alias="b"/>')
    )

    assert control.offered == ("A", "b")
