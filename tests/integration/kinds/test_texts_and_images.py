"""A control about a text and one about an image of the same page, as one version."""

import numpy as np
import pytest

from labelloop.bucket.features import FeatureFiles
from labelloop.recipes import control_of, encoder_of
from labelloop.recipes.tools import Images, Toolbox
from labelloop.usecases.learning.train import TrainOutcome
from labelloop.usecases.learning.vectors import RecalledVectors
from labelloop.usecases.ordering.push import RankOutcome
from tests.builders import PROJECT
from tests.integration.kinds.project import ChangingProject
from tests.kinds import text_choices
from tests.kinds.texts_and_images import EXAMPLE
from tests.tiny_encoder import CountingEncoder
from tests.tiny_images import encoder, fetch

UNSEEN = EXAMPLE.tasks[40:60]


def both() -> Toolbox:
    images = Images(encoder().name, encoder, fetch)
    return Toolbox(CountingEncoder.name, CountingEncoder, images)


def images_alone() -> Toolbox:
    return Toolbox(images=Images(encoder().name, encoder, fetch))


@pytest.mark.parametrize("tools", [both, images_alone])
def test_both_are_learnt_served_and_ranked_by_both_encoders(tools):
    project = ChangingProject(EXAMPLE.config, EXAMPLE.tasks)
    used = encoder_of("texts_and_images", tools().encoder, tools().image_encoder)
    assert RankOutcome.PUSHED in project.rank(tools())

    project.label(range(36), EXAMPLE.answer)
    assert project.train(tools()) is TrainOutcome.SWITCHED

    assert (project.card.recipe, project.card.encoder) == ("texts_and_images", used)
    assert project.card.labels == 36
    assert project.status["learning"]["choice"] == "subject, colour"
    assert project.right(UNSEEN, lambda data: _both_answers(data), tools()) > 0.4
    shown = [{one["from_name"] for one in result} for result in project.predict(UNSEEN, tools())]
    assert shown == [{"subject", "colour"}] * len(UNSEEN)
    assert RankOutcome.PUSHED in project.rank(tools())
    assert project.studio.predictions_of(project.id, project.version)
    assert project.train(tools()) is TrainOutcome.UP_TO_DATE
    # Nothing that was encoded is encoded again; with another encoder all is learnt anew.
    stored = project.stored
    assert stored.untrained_dataset(tools().encoder, tools().image_encoder) is None
    assert stored.untrained_dataset(tools().encoder, "another") is not None
    assert stored.untrained_dataset("another", tools().image_encoder) is not None
    assert project.predict(UNSEEN[:1], Toolbox()) == [[]]


def test_where_no_images_are_seen_the_text_is_learnt_and_status_says_what_is_not():
    project = ChangingProject(EXAMPLE.config, EXAMPLE.tasks)
    project.label(range(36), EXAMPLE.answer)

    assert project.train(Toolbox()) is TrainOutcome.SWITCHED

    (result,) = project.predict(UNSEEN[:1], Toolbox())
    assert [one["from_name"] for one in result] == ["subject"]
    told = [line for line in project.status["told"] if line.startswith("not learnt")]
    assert len(told) == 1
    assert "'colour': this stack can't see images" in told[0]


def test_a_version_of_the_text_alone_is_served_until_there_is_one_of_both():
    """As of the release before, which left the choice about the image out."""
    text_only = text_choices.EXAMPLE.config
    project = ChangingProject(text_only, EXAMPLE.tasks)
    project.label(range(36), text_choices.EXAMPLE.answer)
    project.train(both())
    assert project.card.recipe == "text_choices"

    project.configure(EXAMPLE.config)
    (result,) = project.predict(UNSEEN[:1], both())
    assert [one["from_name"] for one in result] == ["subject"]
    project.label(range(36, 60), EXAMPLE.answer)
    project.train(both())

    assert project.card.recipe == "texts_and_images"
    assert len(project.predict(UNSEEN[:1], both())[0]) == 2


@pytest.mark.parametrize(
    ("tags", "recipe"),
    [
        ('<Text name="t" value="$t"/>{t}{u}', "several_controls"),
        ('<Image name="i" value="$i"/>{i}{j}', "several_image_choices"),
        ('<Image name="i" value="$i"/><Text name="t" value="$t"/>{t}{u}', "several_controls"),
        ('<Image name="i" value="$i"/><Text name="t" value="$t"/>{t}{i}', "texts_and_images"),
        ('<Image name="i" value="$i"/><Text name="t" value="$t"/>{t}{u}{i}', "texts_and_images"),
        ('<Image name="i" value="$i"/><Text name="t" value="$t"/>{i}', "image_choices"),
    ],
)
def test_which_controls_there_are_decides(tags, recipe):
    choice = '<Choices name="{}" toName="{}"><Choice value="a"/><Choice value="b"/></Choices>'
    about = {"t": "t", "u": "t", "i": "i", "j": "i"}
    filled = tags.format(**{name: choice.format(name, of) for name, of in about.items()})

    assert control_of(f"<View>{filled}</View>").recipe == recipe


def test_vectors_of_two_lengths_are_stored_beside_each_other(store):
    files = FeatureFiles(store, PROJECT, "a")
    texts = {bytes([n]) * 16: np.full(2, n, np.float32) for n in range(3)}
    images = {bytes([n]) * 16: np.full(5, n, np.float32) for n in range(3, 5)}

    files.store_labelled(texts | images)
    again = files.labelled()

    assert {digest: row.tolist() for digest, row in again.items()} == {
        digest: row.tolist() for digest, row in (texts | images).items()
    }
    files.store_labelled(texts)
    assert set(files.labelled()) == set(texts)
    assert RecalledVectors("x", again).vectors(["never seen"]).shape == (1, 2)


def _both_answers(data):
    """Return both answers, as a prediction has them."""
    return EXAMPLE.answer(data | {"ref": f"1{data['ref'][1:2]}1{data['ref'][3:]}"})
