"""A taxonomy goes through the whole loop: webhook, training, predictions, the queue."""

from typing import Any

from labelloop.bucket.project import Project
from labelloop.labelstudio.payloads import key_of, read_event
from labelloop.messages import RankWakeUp, WakeUp
from labelloop.recipes.tools import Toolbox
from labelloop.usecases.intake.accept import AcceptDeps, accept
from labelloop.usecases.learning.train import TrainOutcome, train
from labelloop.usecases.ordering.push import RankOutcome as Pushed
from labelloop.usecases.ordering.rank import rank
from labelloop.usecases.serving.describe import describe
from labelloop.usecases.serving.predict import predict
from tests.deps import ranking_deps, stored_versions, training_deps
from tests.fakes import MemoryLabelStudio
from tests.kinds.taxonomy import EXAMPLE

_LABELS = 54
_PARTS = ("Late", "Damaged", "Delivery", "Orders", "Refund", "pc", "Screen", "Battery", "Praise")


def _event(studio: MemoryLabelStudio, id_: int, task: dict[str, Any], at: str) -> dict[str, Any]:
    annotation = {
        "id": 10_000 + task["id"],
        "task": task["id"],
        "created_at": at,
        "updated_at": at,
        "result": EXAMPLE.answer(task["data"]),
        "was_cancelled": False,
        "ground_truth": False,
        "completed_by": 1,
    }
    project = studio.project(id_)
    return {
        "action": "ANNOTATION_CREATED",
        "project": project,
        "task": task,
        "annotation": annotation,
    }


def test_a_taxonomy_goes_through_the_loop(store, queue, rank_queue, clock):
    studio = MemoryLabelStudio(labels=_PARTS, clock=clock)
    id_ = studio.create_project(label_config=EXAMPLE.config)
    studio.import_tasks(id_, list(EXAMPLE.tasks))
    key = key_of(studio.project(id_))
    tasks = [task for page in studio.tasks(id_) for task in page]

    # Labels come by the webhook, are folded and learnt; the version is served.
    intake = AcceptDeps(store=store, train_queue=queue, clock=clock, quiet_s=10)
    for task in tasks[:_LABELS]:
        clock.sleep(1)
        at = clock.now.isoformat().replace("+00:00", "Z")
        accept(read_event(_event(studio, id_, task, at), clock.now), intake)
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
    ranking = ranking_deps(
        store,
        rank_queue,
        clock,
        train_queue=queue,
        versions=lambda: versions,
        label_studio=lambda: studio,
        strategy="typical_then_margin",
        queue_length=10,
    )
    rank_queue.send(RankWakeUp(key), 0)
    outcomes = []
    while rank_queue.sent:
        wake_up, delay = rank_queue.sent.pop(0)
        clock.sleep(delay)
        outcomes.append(rank(wake_up, ranking))
    assert Pushed.PUSHED in outcomes
    pushed = studio.predictions_of(id_, active.version)
    assert {part["type"] for one in pushed for part in one["result"]} == {"taxonomy"}

    # What people see of it counts labels by choice, and by all choices above.
    status = describe(key, store)
    assert status["learning"]["usable"]["usable"] == _LABELS
    card = Project(store, key).card(active.version)
    assert card is not None
    assert card.parts["Orders"] > card.parts["Orders / Delivery"] > 0
