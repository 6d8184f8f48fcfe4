"""Which recipe a label config is for, and what is known of recipes without loading them."""

import subprocess
import sys
from dataclasses import dataclass
from importlib import metadata
from types import SimpleNamespace

import pytest

from labelloop import recipes
from labelloop.errors import BadModel, Unprocessable
from labelloop.recipes import (
    control_of,
    control_or_none,
    entry_points,
    folder_of,
    format_of,
    installed,
    load,
    name_of,
    recipe_named,
    why_order_alone,
)
from labelloop.recipes.text_choices.recipe import RECIPE
from tests.builders import label_config
from tests.kinds.several_controls import EXAMPLE

STARS = '<View><Text name="t" value="$t"/><Stars name="stars" toName="t"/></View>'


@dataclass(frozen=True)
class StarsControl:
    recipe: str
    sees: str = "text"
    asks: str = "stars"
    offered: tuple[str, ...] = ()
    is_pushable: bool = True

    def about(self):
        return {"choice": "stars", "text": "$t", "labels": [], "others": []}


class Stars:
    """A recipe that learns a control of a kind of its own."""

    name, format = "stars", 3

    def read(self, config):
        return StarsControl(self.name) if config.of_kind("stars") else None

    def why_not(self, config):
        return "no rating" if config.controls() else ""


class Point:
    """An entry point. `made` is what it loads, an exception is raised."""

    def __init__(self, name, made):
        self.name, self._made = name, made

    def load(self):
        if isinstance(self._made, Exception):
            raise self._made
        return self._made


@pytest.fixture
def install(monkeypatch):
    """Install packages, as their metadata has it."""

    def install(*points: Point) -> None:
        groups = {recipes.GROUP: points}
        monkeypatch.setattr(metadata, "entry_points", lambda group: groups.get(group, ()))
        recipes.forget_added()

    yield install
    recipes.forget_added()


def test_a_built_in_recipe_reads_what_it_knows(install):
    install(Point("stars", Stars()))

    both = label_config().replace("</View>", '<Stars name="stars" toName="text"/></View>')

    assert control_of(label_config()).recipe == "text_choices"
    assert control_of(both).recipe == "several_controls"


def test_what_sees_images_by_a_package_is_not_learnt_beside_texts(install):
    """A version has one encoder: this one's would be named as that for texts."""

    class Seeing(Stars):
        sees_images = True

    install(Point("stars", Seeing()))
    both = label_config().replace("</View>", '<Stars name="stars" toName="text"/></View>')

    assert "stars" in recipes.that_see_images()
    assert control_of(both).recipe == "stars"
    assert recipes.encoder_of("stars", "texts", "images") == "images"


def test_a_version_of_an_earlier_reading_is_served_until_there_is_one_of_the_new(install):
    both = label_config().replace("</View>", '<Stars name="stars" toName="text"/></View>')
    alone = control_or_none(both)
    install(Point("stars", Stars()))

    now, served = control_or_none(both), control_or_none(both, made_by="text_choices")

    assert alone is not None
    assert now is not None
    assert (alone.recipe, now.recipe) == ("text_choices", "several_controls")
    assert served == alone
    assert control_or_none(STARS, made_by="text_choices") == control_or_none(STARS)
    assert control_or_none(STARS, made_by="not installed") == control_or_none(STARS)


@pytest.mark.parametrize(
    ("config", "loaded"),
    [
        (STARS, ["order_alone"]),
        (label_config(), ["text_choices"]),
        (EXAMPLE.config, ["several_controls", "text_choices"]),
    ],
    ids=["an order alone", "a choice", "two choices"],
)
def test_only_recipes_that_may_read_a_config_are_loaded_and_no_numpy(config, loaded):
    script = (
        f"import sys; from labelloop.recipes import control_of; control_of({config!r}).about(); "
        "print([name for name in sys.modules if name.endswith('.recipe')], 'numpy' in sys.modules)"
    )
    run = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    modules = [f"labelloop.recipes.{name}.recipe" for name in loaded]
    assert run.stdout.split("\n")[0] == f"{modules} False"


def test_a_recipe_that_is_installed_reads_what_no_built_in_one_does(install):
    assert control_of(STARS).recipe == "order_alone"
    assert "Stars 'stars'; no control of that kind" in why_order_alone(STARS)

    install(Point("stars", Stars()))

    assert control_of(STARS).recipe == "stars"
    assert why_order_alone(STARS) == ""
    names = [recipe.name for recipe in installed()]
    # Those of several controls ask it for each.
    several = ["texts_and_images", "several_controls", "several_image_choices"]
    assert (names[:4], names[-1]) == ([*several, "stars"], "order_alone")


def test_each_recipe_says_why_it_learns_nothing_unless_it_has_nothing_to_say(install):
    install(Point("stars", Stars()))

    brush = '<View><Video name="t" value="$t"/><Brush name="b" toName="t"/></View>'
    with pytest.raises(Unprocessable, match=r"label_config: no rating; Brush 'b'; .* learnt"):
        control_of(brush)
    with pytest.raises(Unprocessable, match=r"label_config: no control; .* is learnt"):
        control_of("<View/>")


def test_a_recipe_that_does_not_load_is_counted_and_stops_no_other(install, monkeypatch):
    counted: list[str] = []
    monkeypatch.setattr(entry_points, "count", counted.append)
    broken = Point("broken", ImportError("no module named torch"))
    logger = SimpleNamespace(error=lambda told, extra: counted.append(extra["recipe"]))
    monkeypatch.setattr(entry_points, "logger", lambda: logger)

    install(broken, Point("stars", Stars()))

    assert control_of(STARS).recipe == "stars"
    assert counted == ["broken", "RecipeNotLoaded"]
    assert control_of(label_config()).recipe == "text_choices"
    assert len(counted) == 2


def test_a_recipe_that_is_installed_is_asked_before_the_built_in_ones(install):
    class Choices(Stars):
        def read(self, config):
            return StarsControl(self.name) if config.of_kind("choices") else None

    install(Point("stars", Choices()))

    assert control_of(label_config()).recipe == "stars"
    served = control_or_none(label_config(), made_by="text_choices")
    assert served is not None
    assert served.recipe == "text_choices"  # until there is a version of the new one


def test_recipes_are_asked_in_the_order_of_their_names(install):
    class Other(Stars):
        name = "other"

    install(Point("b", Stars()), Point("a", Other()))

    assert control_of(STARS).recipe == "other"


def test_a_label_config_is_read_once():
    assert control_of(label_config()) is control_of(label_config())


def test_a_recipe_is_found_by_the_name_that_is_stored_with_what_it_made(install):
    install(Point("an entry point", Stars()))

    assert recipe_named("stars").format == 3
    assert recipe_named("text_choices") is recipe_named("") is RECIPE
    assert (name_of(""), name_of("stars")) == ("text_choices", "stars")
    with pytest.raises(BadModel, match="'nobodys', which is not installed here"):
        recipe_named("nobodys")


def test_the_format_of_what_is_not_installed_is_none(install):
    install(Point("stars", Stars()))

    assert format_of("") == format_of("text_choices") == RECIPE.format
    assert format_of("stars") == 3
    assert format_of("nobodys") == 0


def test_features_lie_where_earlier_releases_left_them_and_those_of_other_kinds_apart(install):
    install(Point("stars", Stars()))

    assert folder_of("text_choices", "") == "2-none"
    assert folder_of("text_choices", "tiny-1") == "2-tiny-1"
    assert folder_of("stars", "tiny-1") == "stars-3-tiny-1"


def test_inputs_that_differ_in_case_and_blanks_say_the_same():
    assert RECIPE.same("  A Great\n film ") == RECIPE.same("a great FILM") == "a great film"
    assert RECIPE.same(" \n") == ""


@pytest.mark.parametrize(
    ("name", "format_"), [("text_choices", 2), ("stars", 0), ("stars", "3"), (None, 1)]
)
def test_what_is_no_recipe_or_takes_a_name_that_is_taken_is_left_out(install, name, format_):
    bad = Stars()
    bad.name, bad.format = name, format_
    install(Point("bad", bad))

    assert not {"stars", None} & {one.name for one in installed()}
    assert [one.name for one in installed()].count("text_choices") == 1


def test_a_recipe_that_fails_to_read_a_config_is_named_as_the_reason(install):
    class Failing(Stars):
        def read(self, config):
            raise RuntimeError("oh")

    install(Point("stars", Failing()))

    assert control_of(STARS).recipe == "order_alone"
    assert "'stars' fails" in why_order_alone(STARS)


@pytest.mark.parametrize("error", [ValueError("oh"), MemoryError()])
def test_whatever_keeps_a_model_from_being_loaded_is_a_bad_model(install, error):
    class Failing(Stars):
        def load(self, artefact):
            raise error

    install(Point("stars", Failing()))

    with pytest.raises(BadModel, match="stars"):
        load("stars", b"")


class WholeStars(Stars):
    """A recipe that learns all controls of a config by one model, if they are of its kinds."""

    def read(self, config):
        return StarsControl(self.name) if len(config.answered()) > 1 else None

    def takes_all(self, config):
        return {tag.kind for tag in config.answered()} <= {"choices", "rating"}


def test_a_recipe_that_learns_all_controls_by_one_model_has_the_config(install):
    both = label_config().replace("</View>", '<Rating name="stars" toName="text"/></View>')
    install(Point("stars", WholeStars()))

    assert control_of(both).recipe == "stars"

    three = both.replace("</View>", '<Number name="pages" toName="text"/></View>')
    assert control_of(three).recipe == "several_controls"


def test_a_recipe_that_fails_to_say_what_it_takes_takes_nothing(install, monkeypatch):
    both = label_config().replace("</View>", '<Rating name="stars" toName="text"/></View>')
    monkeypatch.setattr(WholeStars, "takes_all", lambda self, config: config.nobody())
    install(Point("stars", WholeStars()))

    assert control_of(both).recipe == "several_controls"
