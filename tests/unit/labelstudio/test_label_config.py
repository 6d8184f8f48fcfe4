"""A label config as its tags, whichever case they are written in."""

import pytest

from labelloop.errors import Unprocessable
from labelloop.labelstudio.label_config import parse

CONFIG = """
<View>
  <Header value="What is it about?"/>
  <Text name="title" value="$title"/>
  <View className="box">
    <HyperText name="page" value="$html"/>
    <choices NAME="tone" TONAME="title" perRegion="True"><Choice value="Good" alias="g"/></choices>
  </View>
  <Choices name="more" toName="page"/>
  <Labels name="spans" toName="title"/>
</View>
"""


def test_a_tag_tells_its_kind_and_attributes_in_lower_case_and_as_they_are_written():
    (tone, _) = parse(CONFIG).of_kind("choices")

    assert (tone.kind, tone.name) == ("choices", "choices")
    assert tone.attributes == {"name": "tone", "toname": "title", "perregion": "True"}
    assert tone.written == {"NAME": "tone", "TONAME": "title", "perRegion": "True"}
    assert [child.written for child in tone.children] == [{"value": "Good", "alias": "g"}]


def test_a_tag_is_called_by_its_kind_as_written_and_its_name():
    config = parse(CONFIG)

    assert [tag.title for tag in config.of_kind("hypertext")] == ["HyperText 'page'"]
    assert [tag.title for tag in config.of_kind("choices")] == ["choices 'tone'", "Choices 'more'"]
    assert [tag.title for tag in config.of_kind("header")] == ["Header ''"]


def test_tags_of_a_kind_come_in_the_order_of_the_config_however_deep():
    config = parse(CONFIG)

    assert [tag.attributes.get("classname") for tag in config.of_kind("view")] == [None, "box"]
    assert [tag.kind for tag in config.root.walk()] == [
        *("view", "header", "text", "view", "hypertext", "choices", "choice"),
        *("choices", "labels"),
    ]
    assert config.of_kind("Choices") == config.of_kind("image") == []


def test_what_is_about_something_is_a_control_and_what_else_has_a_name_an_object():
    config = parse(CONFIG)

    assert [tag.title for tag in config.controls()] == [
        *("choices 'tone'", "Choices 'more'", "Labels 'spans'"),
    ]
    assert {name: tag.kind for name, tag in config.objects().items()} == {
        "title": "text",
        "page": "hypertext",
    }


def test_of_two_objects_with_one_name_the_last_is_meant():
    config = parse('<View><Text name="a"/><Image name="a"/><Text name=""/></View>')

    assert {name: tag.kind for name, tag in config.objects().items()} == {"a": "image"}


def test_a_config_may_be_a_single_tag():
    config = parse('\n <Text name="a" value="$a"/> ')

    assert config.root.kind == "text"
    assert config.controls() == []
    assert list(config.objects()) == ["a"]


def test_attributes_hold_what_xml_says_of_them():
    (tag,) = parse('<View><Choice value="&lt;b&gt; &#246; &amp;"/></View>').of_kind("choice")

    assert tag.attributes["value"] == "<b> ö &"


@pytest.mark.parametrize(
    ("xml", "why"),
    [
        ("", "empty"),
        (" \n", "empty"),
        ("text", "not well-formed XML"),
        ("<View>", "not well-formed XML"),
        ("<View/><View/>", "not well-formed XML"),
        ('<View a="1" a="2"/>', "not well-formed XML"),
        ("<View>\x00</View>", "not well-formed XML"),
        ("<View>\ud800</View>", "not well-formed XML"),
        ('<!DOCTYPE x [<!ENTITY a "b">]><View>&a;</View>', "not well-formed XML"),
        ("<!DOCTYPE x><View/>", "not well-formed XML"),
        ("<View>" * 101 + "</View>" * 101, "more than 100 levels"),
    ],
    ids=range(11),
)
def test_what_is_no_label_config_says_why(xml, why):
    with pytest.raises(Unprocessable, match=f"label_config: .*{why}"):
        parse(xml)


def test_a_hundred_levels_are_read():
    assert len(parse("<View>" * 100 + "</View>" * 100).of_kind("view")) == 100
