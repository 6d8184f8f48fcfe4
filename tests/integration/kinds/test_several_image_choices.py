"""Two choices about one image go through the loop as one version, by the image encoder."""

from labelloop.bucket.project import Project
from labelloop.labelstudio.payloads import key_of
from labelloop.messages import RankWakeUp, WakeUp
from labelloop.recipes import control_of, load
from labelloop.recipes.tools import Images, Toolbox
from labelloop.usecases.intake.accept import AcceptDeps
from labelloop.usecases.learning.train import TrainOutcome, train
from labelloop.usecases.ordering.push import RankOutcome
from labelloop.usecases.serving.describe import describe
from labelloop.usecases.serving.predict import predict
from labelloop.usecases.serving.serve import Versions
from tests.deps import training_deps
from tests.fakes import MemoryLabelStudio
from tests.integration.kinds.loop import annotate, ranked
from tests.kinds.several_image_choices import EXAMPLE
from tests.tiny_encoder import CountingEncoder
from tests.tiny_images import encoder, fetch, inline, picture


def toolbox() -> Toolbox:
    """Return a stack that has an encoder of each kind."""
    images = Images(encoder().name, encoder, fetch)
    return Toolbox(CountingEncoder.name, CountingEncoder, images)


def test_two_choices_about_an_image_are_learnt_served_and_ranked_together(
    store, queue, rank_queue, clock, ranking_of
):
    studio = MemoryLabelStudio(("red", "blue", "warm", "cold"), clock=clock)
    id_ = studio.create_project(label_config=EXAMPLE.config)
    studio.import_tasks(id_, list(EXAMPLE.tasks))
    key = key_of(studio.project(id_))
    tasks = [task for page in studio.tasks(id_) for task in page]
    accepting = AcceptDeps(store=store, train_queue=queue, clock=clock, quiet_s=10)
    for task in tasks[:36]:
        annotate(studio, id_, task, EXAMPLE.answer(task["data"]), accepting, clock)
    deps = training_deps(store, rank_queue, clock, min_labels=10, tools=toolbox())
    names = CountingEncoder.name, encoder().name
    versions = Versions(store, load, *names, lambda: clock.now.timestamp())
    ranking = ranking_of(studio, versions, tools=toolbox, queue_length=20)

    assert train(WakeUp(key, "sweep"), deps) is TrainOutcome.SWITCHED
    project = Project(store, key)
    active = project.active().value
    assert (active.recipe, active.encoder) == ("several_image_choices", encoder().name)
    assert project.untrained_dataset(*names) is None
    assert RankOutcome.PUSHED in ranked(RankWakeUp(key), ranking, clock)
    shown = [one["result"] for one in studio.predictions_of(id_, active.version) if one["result"]]
    assert shown
    assert all([r["from_name"] for r in one] == ["colour", "warm"] for one in shown)

    asked = [{"id": 1, "data": {"image": inline(picture("blue", 99))}}]
    (answer,) = predict(asked, EXAMPLE.config, versions.of(key, 0.0), toolbox())
    assert [one["value"]["choices"] for one in answer.result] == [["blue"], ["cold"]]
    learning = describe(key, store)["learning"]
    assert (learning["choice"], learning["others"]) == ("colour, warm", ["TextArea 'note'"])


def test_two_choices_about_one_image_share_its_vectors():
    control = control_of(EXAMPLE.config)
    inputs = [control.input_of(data) for data in EXAMPLE.tasks[:5]]

    assert len(control.features(inputs, toolbox()).blocks) == 1


def test_beside_texts_all_are_learnt_by_the_recipe_of_both():
    choice = '<Choices name="{}" toName="t"><Choice value="a"/><Choice value="b"/></Choices>'
    texts = f'<Text name="t" value="$t"/>{choice.format("x")}{choice.format("y")}'
    config = EXAMPLE.config.replace("</View>", f"{texts}</View>")

    control = control_of(config)

    assert control.recipe == "texts_and_images"
    assert control.about()["choice"] == "colour, warm, x, y"
    assert control.about()["others"] == ["TextArea 'note'"]
