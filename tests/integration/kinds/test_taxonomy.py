"""A taxonomy goes through the whole loop: webhook, training, predictions, the queue."""

from labelloop.bucket.project import Project
from labelloop.labelstudio.payloads import key_of
from labelloop.messages import RankWakeUp, WakeUp
from labelloop.recipes.tools import Toolbox
from labelloop.usecases.intake.accept import AcceptDeps
from labelloop.usecases.learning.train import TrainOutcome, train
from labelloop.usecases.ordering.push import RankOutcome as Pushed
from labelloop.usecases.serving.describe import describe
from labelloop.usecases.serving.predict import predict
from tests.deps import stored_versions, training_deps
from tests.fakes import MemoryLabelStudio
from tests.integration.kinds.loop import annotate, ranked
from tests.kinds.taxonomy import EXAMPLE

_LABELS = 54
_PARTS = ("Late", "Damaged", "Delivery", "Orders", "Refund", "pc", "Screen", "Battery", "Praise")


def test_a_taxonomy_goes_through_the_loop(store, queue, rank_queue, clock, ranking_of):
    studio = MemoryLabelStudio(labels=_PARTS, clock=clock)
    id_ = studio.create_project(label_config=EXAMPLE.config)
    studio.import_tasks(id_, list(EXAMPLE.tasks))
    key = key_of(studio.project(id_))
    tasks = [task for page in studio.tasks(id_) for task in page]

    # Labels come by the webhook, are folded and learnt; the version is served.
    intake = AcceptDeps(store=store, train_queue=queue, clock=clock, quiet_s=10)
    for task in tasks[:_LABELS]:
        annotate(studio, id_, task, EXAMPLE.answer(task["data"]), intake, clock)
    training = training_deps(store, rank_queue, clock, min_labels=10)
    assert train(WakeUp(key, "sweep"), training) is TrainOutcome.SWITCHED
    active = Project(store, key).active().value
    assert active.recipe == "taxonomy"

    # It answers as the editor would.
    versions = stored_versions(store, clock)
    (answer,) = predict(tasks[-2:-1], EXAMPLE.config, versions.of(key, 0.0), Toolbox())
    (region,) = answer.result
    assert region["value"] == EXAMPLE.answer(tasks[-2]["data"])[0]["value"]
    assert (region["type"], region["to_name"]) == ("taxonomy", "letter")

    # The pool is ranked by it, and pushed with its results.
    ranking = ranking_of(studio, versions, strategy="typical_then_margin", queue_length=10)
    assert Pushed.PUSHED in ranked(RankWakeUp(key), ranking, clock)
    pushed = studio.predictions_of(id_, active.version)
    assert {part["type"] for one in pushed for part in one["result"]} == {"taxonomy"}

    # What people see of it counts labels by choice, and by all choices above.
    status = describe(key, store)
    assert status["learning"]["usable"]["usable"] == _LABELS
    card = Project(store, key).card(active.version)
    assert card is not None
    assert card.parts["Orders"] > card.parts["Orders / Delivery"] > 0
