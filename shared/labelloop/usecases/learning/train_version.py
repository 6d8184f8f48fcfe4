"""Train one version on a snapshot, and have it judged."""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any, Final
from uuid import uuid4

import numpy as np

from labelloop.bucket.pointers import ActivePointer, DatasetPointer
from labelloop.bucket.project import Project
from labelloop.domain.columns import Columns
from labelloop.domain.intake.events import canonical
from labelloop.domain.intake.folding import Dataset
from labelloop.domain.judging.card import Card
from labelloop.domain.judging.gate import LEAST_KNOWN
from labelloop.domain.learning.examples import Examples, examples_of
from labelloop.domain.learning.policy import Patience
from labelloop.domain.serving.in_words import OUT_OF_REACH
from labelloop.domain.version import UNTRAINED, Version
from labelloop.errors import BadModel, BadRecipe, Unprocessable, Unreached
from labelloop.ports import Clock, ObjectStore, Queue, utc_now
from labelloop.recipes import (
    BUILT_IN,
    GENERATION,
    added_state,
    continued,
    control_of,
    demand_sound,
    encoder_of,
    folder_of,
    format_of,
    has_own,
    importing,
    name_of,
    recipe_named,
    uses_images,
)
from labelloop.recipes.guard import within
from labelloop.recipes.protocol import Control
from labelloop.recipes.signature import is_of, recipes_of, signature_of
from labelloop.recipes.tools import Looking
from labelloop.usecases.judging.across_recipes import rival_of
from labelloop.usecases.judging.judge_version import Challenger
from labelloop.usecases.judging.publish_version import advance, publish, withdraw
from labelloop.usecases.judging.store_judged import Gate
from labelloop.usecases.learning.fit_examples import fit_examples
from labelloop.usecases.learning.reporting import FITTING, JUDGING, Reporter
from labelloop.usecases.learning.sample_pool import encoded_sample, sample_pool
from labelloop.usecases.learning.smoke_run import smoke_run
from labelloop.usecases.learning.vectors import LIMITS, Limits, StoredVectors
from labelloop.usecases.ordering.choose_order import Arms, choose_order

_OWN_S: Final = 270.0  # a function is ended after 300 s, and could not say why


@dataclass(frozen=True, kw_only=True)
class TrainDeps:
    """What training needs from outside; and what the deployment chose."""

    store: ObjectStore
    rank_queue: Queue
    tools: Looking
    clock: Clock = utc_now
    control_of: Callable[[str], Control] = control_of  # what is learnt of a label config

    patience: Patience
    min_labels: int
    strategy: str
    is_connected: bool  # whether a Label Studio is named to push the order to
    is_blind: bool  # whether the random share comes without a suggestion
    encoding: Limits = LIMITS
    least_known: int = LEAST_KNOWN
    # Whether a model that people imported can be served, which only a process of its own shows.
    try_model: Callable[[bytes, Sequence[Any]], dict[str, Any]] = importing.tried


def train_version(project: Project, pointer: DatasetPointer, deps: TrainDeps) -> bool:
    """Bring the active version up to a snapshot; return whether it was replaced.

    BadRecipe if a recipe of one's own fails: what it made before is served on.
    """
    if not has_own():
        return _train(project, pointer, deps)
    with within(_OWN_S, "training with a recipe of one's own"):
        return _train(project, pointer, deps)


def _train(project: Project, pointer: DatasetPointer, deps: TrainDeps) -> bool:
    started = time.monotonic()
    dataset, options = project.snapshots.read(pointer), project.options().value
    stack = deps.tools.chosen(options.encoder)
    encoder = stack.encoder
    strategy = options.strategy or deps.strategy
    to = ActivePointer(
        UNTRAINED,
        pointer.seq,
        GENERATION,
        encoder=encoder,
        strategy=strategy,
        revision=options.revision,
        recipes=added_state(),
    )
    remaining: tuple[Examples, Control] | None = None
    served = project.active().value
    in_use = encoder_of(served.recipe, stack.encoder, stack.image_encoder)
    _demand_sound(served, dataset.label_config)
    try:
        control = _continued(deps.control_of(dataset.label_config or ""), dataset, project)
        encoder = encoder_of(control.recipe, stack.encoder, stack.image_encoder)
        to = replace(to, encoder=encoder)
        examples = examples_of(dataset, control)
        remaining = examples, control
        if why := control.missing(examples.labels, deps.min_labels):
            raise Unprocessable(why)
        learnt = replace(
            to,
            recipe=control.recipe,
            format=format_of(control.recipe),
            signature=signature_of(control),
            learnt=digest_of(examples, control, encoder, strategy),
        )
        if advance(project, learnt):
            return False
        files = project.features(folder_of(control.recipe, encoder))
        pool, budget_s = project.pool, deps.encoding.budget_s / 2
        active = project.active().value
        if _has_time_to_switch(active, learnt, deps.tools):
            # What is served meanwhile is as good as ever, so the new version waits for its sample.
            sample = encoded_sample(pool, files, control, stack, dataset, budget_s)
        else:
            sample = sample_pool(pool, files, control.sees, dataset)
        report = Reporter(project.progress, deps.clock)
        with StoredVectors(stack, files, deps.encoding, report=report.encoded) as tools:
            features = control.features(examples.inputs, tools)
            examples, features = readable(examples, features)
            if why := control.missing(examples.labels, deps.min_labels):
                _demand_reached(tools, why)
                if not tools.unread:
                    _demand_finite(control)
                raise Unprocessable(f"{why}, without those whose images or texts can't be read")
            rival = rival_of(active, project, control, dataset, tools)
            report.begin(FITTING)
            examples, trained = fit_examples(
                control, examples, features, sample.features, tools, stack
            )
        active_card = project.card(project.active().value.version)
        arms = Arms(control, examples, features, project.history.since())
        ordered = choose_order(strategy, _order_of(active_card, control), arms, project.key)
    except Unprocessable as exc:
        # A training from scratch on what is left would give no model, so none is served.
        gate = Gate(project, deps.clock(), deps.least_known)
        return withdraw(to, str(exc), remaining, gate, in_use)
    report.begin(JUDGING)
    version, digest = Version(pointer.seq, uuid4().hex[:8]), sha256(trained.artefact).hexdigest()
    to = replace(learnt, version=str(version), sha256=digest, strategy=ordered.strategy)
    if tools.unreached:
        to = replace(to, learnt="")  # so that the next training is one, even of the same labels
    if has_own():
        smoke_run(control, trained, features, encoder)
    sample_answers = control.load(trained.artefact).answer(sample.features)
    challenger = Challenger(control, examples, features, trained, sample_answers)
    now = deps.clock()
    card = replace(
        card_of(to, pointer, challenger, now),
        seconds=round(time.monotonic() - started, 3),
        order=ordered.on_card(),
        blind_since=blind_since(project, active_card, now) if deps.is_blind else None,
    )
    gate = Gate(project, now, deps.least_known, rival=rival)
    return publish(to, card, challenger, sample, gate, in_use)


def _has_time_to_switch(active: ActivePointer, to: ActivePointer, tools: Looking) -> bool:
    """Say whether a version of the same recipe beside other encoders is served meanwhile."""
    if not active.is_trained or name_of(active.recipe) != to.recipe or active.encoder == to.encoder:
        return False
    try:
        tools.beside(active.encoder)
    except BadModel:
        return False
    return True


def _continued(control: Control, dataset: Dataset, project: Project) -> Control:
    """Return the control by which a training goes on after the active version."""
    active = project.active().value
    config, version = dataset.label_config or "", active.version
    return continued(control, name_of(active.recipe), config, lambda: project.model(version))


def readable(examples: Examples, features: Columns) -> tuple[Examples, Columns]:
    """Return what can be learnt: without tasks whose image or text can't be read, say."""
    rows = np.flatnonzero(features.are_finite())
    if len(rows) == len(features):
        return examples, features
    return examples.take(rows.tolist()), features.take(rows)


def _demand_reached(tools: StoredVectors, why: str) -> None:
    """Raise Unreached if files of labelled tasks may only be out of reach for now.

    What is served stays, and the training is put off, longer each time.
    """
    if whys := tools.unreached:
        raise Unreached(f"{why}: {len(whys)} {OUT_OF_REACH} ({whys[0]})")


def _demand_finite(control: Control) -> None:
    """Raise BadRecipe if there is no image or text to fetch, whose features alone may be none."""
    if name_of(control.recipe) not in BUILT_IN and not uses_images(recipe_named(control.recipe)):
        raise BadRecipe(f"the recipe {control.recipe!r} gives features that are not finite")


def _demand_sound(active: ActivePointer, label_config: str | None) -> None:
    if active.is_trained:
        demand_sound([name_of(active.recipe), *recipes_of(active.signature)], label_config or "")


def digest_of(examples: Examples, control: Control, encoder: str, strategy: str) -> str:
    """Return the checksum of what a version learns; offered names count with an encoder only."""
    offered = control.offered if encoder else ()
    facts = [examples.inputs, examples.labels, offered, strategy]
    return sha256(canonical(facts).encode()).hexdigest()


def _order_of(card: Card | None, control: Control) -> Mapping[str, Any]:
    """Return the order on the active version's card: void if labels of another control decided."""
    is_same = card and name_of(card.recipe) == control.recipe and is_of(card.signature, control)
    return card.order if card and is_same else {}


def blind_since(project: Project, active: Card | None, now: datetime) -> str:
    """Return since when the random share has been without suggestions; empty: from the beginning.

    After a version that showed suggestions on it, as earlier releases' did, it counts from now.
    """
    if active is None and not project.versions():
        return ""
    since = active.blind_since if active else None
    return now.isoformat(timespec="microseconds") if since is None else since


def card_of(
    to: ActivePointer, pointer: DatasetPointer, challenger: Challenger, now: datetime
) -> Card:
    control, labels = challenger.control, challenger.examples.labels
    parts = Counter(part for label in labels for part in control.parts(label))
    return Card(
        version=to.version,
        recipe=to.recipe,
        signature=to.signature,
        format=to.format,
        encoder=to.encoder,
        sha256=to.sha256,
        learnt=to.learnt,
        dataset_seq=pointer.seq,
        dataset_sha256=pointer.sha256,
        labels=len(labels),
        parts=dict(sorted(parts.items())),
        strategy=to.strategy,
        revision=to.revision,
        trained_at=now.isoformat(timespec="seconds"),
    )
