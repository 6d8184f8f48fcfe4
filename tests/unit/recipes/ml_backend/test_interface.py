"""A backend reads label configs as label-studio-sdk 2.x reads them."""

import pytest

from labelloop.recipes.ml_backend.imports import offered
from labelloop.recipes.ml_backend.interface import LabelInterface, parse_config

CONFIG = """<View>
  <Text name="text" value="$body"/>
  <Image name="pages" valueList="$scans"/>
  <Choices name="mood" toName="text" choice="multiple">
    <Choice value="Fine"/><Choice value="Not fine" alias="bad"/>
  </Choices>
  <Labels name="who" toName="text"><Label value="PER" predicted_values="person, human"/></Labels>
  <Choices name="own" toName="text" value="$options"/>
  <Rating name="stars" toName="text" perRegion="true" whenTagName="who"/>
</View>"""


@pytest.fixture
def read():
    return LabelInterface(CONFIG)


def test_the_first_control_about_an_object_is_found_by_kinds_in_any_case(read):
    first = read.get_first_tag_occurence

    assert first("choices", "Text") == ("mood", "text", "body")
    assert first(("Labels", "Choices"), ("Text", "HyperText"))[0] == "mood"
    assert first("Choices", "Text", name_filter=lambda name: name == "own")[0] == "own"
    with pytest.raises(ValueError, match="no Taxonomy about Text"):
        first("Taxonomy", "Text")


def test_a_control_tells_what_it_offers_and_what_it_is_about(read):
    mood, own, stars = (read.get_control(name) for name in ("mood", "own", "stars"))

    assert mood.labels == ["Fine", "bad"]
    assert mood.labels_attrs["bad"].attr == {"value": "Not fine", "alias": "bad"}
    assert (mood.to_name, mood.get_object().value_name) == (["text"], "body")
    assert (mood.dynamic_value, own.dynamic_value) == (False, True)
    assert stars.conditionals == {"type": "tag", "name": "who"}
    assert mood.get_attr("showInLine", "false") == "false"
    assert mood.is_multiple_choice


def test_tags_are_of_the_classes_that_a_backend_imports(read):
    tags = offered()["label_studio_sdk.label_interface.control_tags"]

    found = read.find_tags_by_class(tags.ChoicesTag)

    assert [tag.name for tag in found] == ["mood", "own"]
    assert all(isinstance(tag, tags.ControlTag) for tag in read.find_tags("controls"))
    assert not hasattr(tags, "Choices")


def test_a_tag_that_there_is_not_is_named(read):
    for get in (read.get_tag, read.get_control, read.get_object):
        with pytest.raises(LookupError, match="no tag 'nobody'"):
            get("nobody")
    with pytest.raises(LookupError, match="but mood, who"):
        read.get_control()


def test_the_parsed_config_has_what_official_backends_read_of_it():
    parsed = parse_config(CONFIG)

    assert parsed["mood"] == {
        "type": "Choices",
        "to_name": ["text"],
        "inputs": [{"type": "Text", "valueType": None, "value": "body"}],
        "labels": ["Fine", "bad"],
        "labels_attrs": {
            "Fine": {"value": "Fine"},
            "bad": {"value": "Not fine", "alias": "bad"},
        },
    }
    assert parsed["own"]["dynamic_labels"] is True
