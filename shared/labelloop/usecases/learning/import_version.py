"""Make a version of a model that people imported, and have it judged as any other.

Nothing is trained. Its answers on the project's labels stand for those out of fold, as far as is
known: it may have learnt some of these labels elsewhere, which would flatter it. It is switched to
as by hand, so a pin stays, and no training of the same labels replaces it.
"""

from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import numpy as np

from labelloop.bucket.imports import Import
from labelloop.bucket.pointers import ActivePointer, DatasetPointer
from labelloop.bucket.project import Project
from labelloop.domain.intake.folding import Dataset
from labelloop.domain.judging.card import Card
from labelloop.domain.judging.fallback import OrderDecision
from labelloop.domain.judging.gate import LEAST_ROWS
from labelloop.domain.judging.imported import why_misordered
from labelloop.domain.learning.examples import Examples, examples_of
from labelloop.domain.version import Version
from labelloop.errors import BadModel, BadRecipe, NotFound, Rejected, Retryable, Unreached
from labelloop.observability import count, logger
from labelloop.recipes import (
    added_state,
    continued,
    control_of_imported,
    encoder_of,
    folder_of,
    format_of,
    importing,
)
from labelloop.recipes.protocol import Control, Trained
from labelloop.recipes.signature import signature_of
from labelloop.usecases.judging.across_recipes import Rival, answer_the_same, rival_of
from labelloop.usecases.judging.judge_version import Challenger
from labelloop.usecases.judging.store_judged import Gate, Judged, store_judged
from labelloop.usecases.learning.sample_pool import Sample, sample_pool
from labelloop.usecases.learning.train_version import blind_since, card_of, digest_of, readable
from labelloop.usecases.learning.vectors import StoredVectors
from labelloop.usecases.ordering.choose_order import Ordered
from labelloop.usecases.serving.activate import switch_by_hand

if TYPE_CHECKING:
    from labelloop.usecases.learning.train_version import TrainDeps

_FORCE: Final = "--force serves it all the same"
_TRIED: Final = 40  # tasks
_COMPARED_S: Final = 60.0  # that answering takes
_COMPARED: Final = (100, 5_000)  # labels, the newest, as many as that time is enough for


def take_imports(project: Project, deps: "TrainDeps") -> bool:
    """Look at all models that wait; return whether one of them is served now.

    What is wrong with one is stored as its outcome, which `labelloop model import` shows; what is
    served stays. Retryable goes through, as when there is more to encode than a function has time
    for: call again.
    """
    is_served = False
    for number in project.imports.waiting():
        waiting = project.imports.read(number)
        if waiting is None:
            continue
        try:
            outcome = import_version(project, waiting, deps)
        except Rejected as exc:
            outcome = {"served": False, "version": "", "why": str(exc), "fix": exc.fix}
            count("VersionRejected")
        except Retryable:
            raise
        except Exception as exc:
            why = f"it could not be compared: {type(exc).__name__}"
            project.imports.finish(number, {"served": False, "version": "", "why": why, "fix": ""})
            raise
        project.imports.finish(number, outcome)
        facts = {"project": project.key, "version": outcome["version"], "why": outcome["why"]}
        logger().info("model imported", extra=facts)
        is_served = is_served or outcome["served"]
    return is_served


def reordered(project: Project, deps: "TrainDeps") -> bool:
    """Make another version of a model that people imported, if another strategy was chosen.

    Return whether it is served: no training would bring the order, as none is better.
    """
    active, options = project.active().value, project.options().value
    card = project.card(active.version)
    if card is None or not card.is_imported or active.pinned:
        return False
    is_same = (options.strategy or deps.strategy) == active.strategy
    artefact = (
        None if is_same or active.revision == options.revision else project.model(card.version)
    )
    if artefact is None:
        return False
    try:
        again = Import("", artefact, is_forced=True, by="")
        return bool(import_version(project, again, deps)["served"])
    except Rejected as exc:
        facts = {"project": project.key, "version": card.version, "why": str(exc)}
        logger().warning("order not changed", extra=facts)
        return False


def import_version(project: Project, waiting: Import, deps: "TrainDeps") -> dict[str, Any]:
    """Store a version, and serve it if it is no worse than the active one; return what came of it.

    BadModel or Unprocessable if it can't be served at all.
    """
    active = project.active().value
    comparing, encoder = _beside(active, deps)
    deps = replace(deps, tools=deps.tools.chosen(project.options().value.encoder))
    pointer, artefact = project.dataset_pointer().value, waiting.artefact
    dataset = project.snapshots.read(pointer)
    if dataset.label_config is None:
        raise NotFound("nothing is known of the project yet", "labelloop connect, and try again")
    control = control_of_imported(dataset.label_config)
    lacking = importing.demand_offered(artefact, control)
    importing.demand_tools(artefact, deps.tools)
    examples = examples_of(dataset, control)
    rows = importing.rows_of(_inputs(examples, project, dataset, control), control, deps.tools)
    tried = deps.try_model(artefact, rows)
    to = _pointer(project, pointer, waiting, control, examples, deps)
    compared = _compared(tried["ms_a_task"])
    examples = examples.take(sorted(examples.newest(compared)))
    comparing = comparing or deps
    challenger, sample, against = _challenger(
        project, dataset, examples, control, compared, waiting, comparing
    )
    facts = {"is_imported": True, "imported": importing.about(artefact) | tried}
    challenger = replace(challenger, trained=replace(challenger.trained, facts=facts))
    now, before = deps.clock(), project.card(active.version)
    card = replace(
        card_of(to, pointer, challenger, now),
        order=Ordered(to.strategy, OrderDecision(False, "", 0), 0, 0).on_card(),
        blind_since=blind_since(project, before, now) if deps.is_blind else None,
    )
    gate = Gate(project, now, deps.least_known, encoder, against)
    judged = store_judged(to, card, challenger, sample, gate, is_forced=waiting.is_forced)
    if judged.verdict.switches:
        _serve(project, judged.card, now, waiting.by)
    others = _others(dataset, control, deps) if judged.verdict.switches else {}
    seen = {"lacking": lacking, "ms_a_task": tried["ms_a_task"]}
    doubt = _doubt(challenger, importing.about(artefact)["labels"])
    return _outcome(judged, challenger, doubt) | seen | others


def _beside(active: ActivePointer, deps: "TrainDeps") -> tuple["TrainDeps | None", str | None]:
    """Return what the active version can be compared by: its encoder, if it has one, and if it is
    still here. An imported model needs none, so it waits for no version beside the one in use.
    """
    try:
        tools = deps.tools.beside(active.encoder) if active.is_trained else None
    except BadModel:
        tools = None
    return (replace(deps, tools=tools), active.encoder) if tools else (None, None)


def _pointer(
    project: Project,
    dataset: DatasetPointer,
    waiting: Import,
    control: Control,
    examples: Examples,
    deps: "TrainDeps",
) -> ActivePointer:
    options = project.options().value
    strategy = options.strategy or deps.strategy
    encoder = encoder_of(control.recipe, deps.tools.encoder, deps.tools.image_encoder)
    return ActivePointer(
        str(Version(dataset.seq, uuid4().hex[:8])),
        dataset.seq,
        format_of(control.recipe),
        sha256(waiting.artefact).hexdigest(),
        encoder=encoder,
        strategy=strategy,
        revision=options.revision,
        recipe=control.recipe,
        recipes=added_state(),
        signature=signature_of(control),
        learnt=digest_of(examples, control, encoder, strategy),
    )


def _others(dataset: Dataset, imported: Control, deps: "TrainDeps") -> dict[str, str]:
    """Return the recipe of one's own that learns the project too, if there is one.

    As `contender` where its next version is compared with the model; as `rival` where it can't be,
    and takes the model's place whatever it is worth. What is trained without one goes on after the
    model.
    """
    config = dataset.label_config or ""
    own = deps.control_of(config)
    if continued(own, imported.recipe, config, lambda: None) is not own:
        return {"rival": "", "contender": ""}
    try:
        is_compared = answer_the_same(imported, own, dataset)
    except BadRecipe:
        is_compared = False
    return {
        "rival": "" if is_compared else own.recipe,
        "contender": own.recipe if is_compared else "",
    }


def _compared(ms_a_task: float) -> int:
    """Return how many labels, and tasks of the pool, a model has time to answer."""
    least, most = _COMPARED
    return min(most, max(least, round(1_000 * _COMPARED_S / max(ms_a_task, 0.1))))


def _doubt(challenger: Challenger, names: list[str]) -> str:
    """Return why the labels of an imported model may be in another order, empty if they are not."""
    labels = challenger.examples.labels
    if not all(isinstance(label, str) for label in labels):
        return ""  # several choices: any of them may be right
    answers = challenger.trained.out_of_fold
    rows = np.flatnonzero(answers.columns.are_finite())
    predicted = challenger.measure.labels(answers.take(rows))
    return why_misordered([labels[row] for row in rows.tolist()], predicted, names)


def _outcome(judged: Judged, challenger: Challenger, doubt: str) -> dict[str, Any]:
    labels = challenger.examples.labels
    hits = challenger.measure.hits(challenger.out_of_fold, labels)
    return {
        "served": judged.verdict.switches,
        "version": judged.card.version,
        "why": judged.verdict.reason,
        "fix": "" if judged.verdict.switches else "; ".join([*[doubt] * bool(doubt), _FORCE]),
        "doubt": doubt,
        "labels": len(labels),
        "accuracy": round(float(hits.mean()), 4) if len(hits) else None,
        "title": challenger.measure.title,
    }


def _inputs(examples: Examples, project: Project, dataset: Dataset, control: Control) -> list[Any]:
    """Return the inputs of some labelled tasks; of others, while none is labelled."""
    if examples.tasks:
        return [examples.inputs[row] for row in examples.newest(_TRIED)]
    inputs = (control.input_of(data) for data in some_data(project, dataset))
    return [one for one in inputs if one is not None][:_TRIED]


def some_data(project: Project, dataset: Dataset) -> list[Any]:
    """Return the data of tasks that somebody has labelled; of others, while there is none."""
    tasks = dataset.tasks or project.pool.read(project.pool.shards()[:1])
    return [task.data for task in tasks.values()]


def _challenger(
    project: Project,
    dataset: Dataset,
    examples: Examples,
    control: Control,
    compared: int,
    waiting: Import,
    deps: "TrainDeps",
) -> tuple[Challenger, Sample, Rival | str]:
    """Return the version to be judged, with what the active one needs to answer as well.

    And that one where it is of a recipe of one's own.
    """
    model = control.load(waiting.artefact)
    encoder = encoder_of(control.recipe, deps.tools.encoder, deps.tools.image_encoder)
    files = project.features(folder_of(control.recipe, encoder))
    sample = sample_pool(project.pool, files, control.sees, dataset)
    few = range(min(len(sample.tasks), compared))
    sample = replace(sample, tasks=sample.tasks[: len(few)], features=sample.features.take(few))
    with StoredVectors(deps.tools, files, deps.encoding) as tools:
        only = None if project.active().value.is_trained else model.needs
        features = control.features(examples.inputs, tools, only)
        rival = rival_of(project.active().value, project, control, dataset, tools)
    examples, features = readable(examples, features)
    if tools.unreached and len(examples.labels) < LEAST_ROWS:
        raise Unreached(f"too few labels to compare on: {tools.unreached[0]}")
    answers = model.answer(features)
    lost = int(np.count_nonzero(~answers.columns.are_finite()))
    if 2 * lost > len(answers):
        raise BadModel(
            f"it answers only {len(answers) - lost} of {len(answers)} labelled tasks",
            "look for fields that tasks lack, and for numbers that are not finite",
        )
    trained = Trained(waiting.artefact, {}, answers)
    challenger = Challenger(control, examples, features, trained, model.answer(sample.features))
    return challenger, sample, rival


def _serve(project: Project, card: Card, now: datetime, by: str) -> None:
    def chosen(active: ActivePointer) -> ActivePointer:
        to = active.replaced_by(card)
        revision = max(card.revision, active.revision)
        return replace(to, encoder=card.encoder, passed_over=None, revision=revision)

    name = card.facts["imported"].get("file", "a model")
    switch_by_hand(project, chosen, f"imported {name}", now, by)
    count("VersionSwitched")
