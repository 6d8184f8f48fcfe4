"""`labelloop backtest` replays a finished project of any kind, by its export and label config."""

import pytest

from labelloop.adapters.guarded_https import GuardedHttps
from labelloop.recipes import BUILT_IN, control_of
from labelloop.recipes.built_in import IMPORTED
from tests import texts_by_address, tiny_images
from tests.about_texts import ABOUT_TEXTS
from tests.integration.cli.backtest.exports import AT, refused, told
from tests.kinds import (
    candidates,
    image_choices,
    order_alone,
    order_by_images,
    several_controls,
    several_image_choices,
    text_choices,
    texts_and_images,
)
from tests.kinds.example import Example
from tests.tiny_images import COLOURS, inline, picture

KINDS = {
    **ABOUT_TEXTS,
    "order": candidates.EXAMPLE,
    "buckets": candidates.SORTED,
    "options": candidates.CHOSEN,
    "several": several_controls.EXAMPLE,
    "images": image_choices.EXAMPLE,
    "several of images": several_image_choices.EXAMPLE,
    "a text and an image": texts_and_images.EXAMPLE,
}
ORDERED_ALONE = {order_alone.EXAMPLE.recipe, order_by_images.EXAMPLE.recipe}


def exported(example: Example) -> list[dict[str, object]]:
    """Return what Label Studio exports of a finished project."""
    tasks = []
    for id_, data in enumerate(example.tasks, 1):
        fields = {"id": id_, "created_at": AT, "updated_at": AT}
        annotation = fields | {"completed_by": 1, "result": example.answer(data)}
        tasks.append(fields | {"data": data, "annotations": [annotation]})
    return tasks


@pytest.fixture
def replayed(run, tmp_path):
    """Replay an example; return what is said of it."""

    def replayed(example: Example, *arguments: str):
        config = tmp_path / "config.xml"
        config.write_text(example.config)
        return run(exported(example), "--json", "--label-config", str(config), *arguments)

    return replayed


@pytest.fixture
def image_encoder(tmp_path):
    """Return the folder of an image encoder."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    for name, body in tiny_images.files().items():
        (folder / name).write_bytes(body)
    return folder


def test_there_is_a_replay_here_of_each_recipe_that_learns():
    learning = set(BUILT_IN) - ORDERED_ALONE - set(IMPORTED)  # which learns nothing of its own
    assert {one.recipe for one in KINDS.values()} == learning


@pytest.mark.parametrize("kind", KINDS)
def test_a_project_of_any_kind_is_replayed(kind, replayed, image_encoder):
    example = KINDS[kind]
    tasks = [_own(number, data) for number, data in enumerate(example.tasks)]
    answers = {
        repr(new): example.answer(old) for new, old in zip(tasks, example.tasks, strict=True)
    }
    held = Example(example.recipe, example.config, tasks, lambda data: answers[repr(data)])

    found = told(replayed(held, "--image-encoder", str(image_encoder)))

    assert set(found["strategies"]) == {"random", "margin"}
    assert found["left_out"] == 0
    assert found["tasks"] + found["repeats"] == len(tasks)
    assert found["choice"] == control_of(example.config).about()["choice"]
    best = max(point["accuracy"] for point in found["strategies"]["margin"])
    assert best > 0.3
    assert (found["encoder"] or "").startswith("tiny-") == ("image" in kind)


def _own(number: int, data: dict[str, object]) -> dict[str, object]:
    """Return a task's data with its image in it, and unlike that of any other task."""
    if "pairText1" in data:  # some pairs are there twice, and a text counts once
        return data | {"pairText1": f"{data['pairText1']} {number}"}
    if "image" not in data:
        return data
    name = str(data["image"])
    colour = next((one for one in COLOURS if f"{one}-" in name), "")
    return data | {"image": inline(picture(colour, number))} if colour else data


def test_texts_by_address_are_fetched_from_the_hosts_that_are_named(replayed, monkeypatch):
    files = texts_by_address.Files()
    example = texts_by_address.by_address(text_choices.EXAMPLE, files)
    monkeypatch.setattr(GuardedHttps, "read", lambda self, url: _read(self, url, files))

    found = told(replayed(example, "--fetch-hosts", "files.example.com"))

    assert found["tasks"] == len(example.tasks)


def _read(https, url, files):
    https._checked(url)
    (body,) = files([url])
    return body


def test_where_nothing_can_be_read_that_is_said(replayed, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # where no encoder was built
    assert "--image-encoder" in refused(replayed(image_choices.EXAMPLE))
    files = texts_by_address.Files()
    example = texts_by_address.by_address(text_choices.EXAMPLE, files)
    assert "--fetch-hosts" in refused(replayed(example))


@pytest.mark.parametrize("example", [order_alone.EXAMPLE, order_by_images.EXAMPLE])
def test_what_is_not_learnt_is_not_replayed(example, replayed, image_encoder):
    assert "nothing is predicted" in refused(
        replayed(example, "--image-encoder", str(image_encoder))
    )
