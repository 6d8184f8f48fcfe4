"""Train one version on a snapshot, and have it judged."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any, Final, Protocol
from uuid import uuid4

from labelloop.bucket.pointers import FORMAT, ActivePointer, DatasetPointer
from labelloop.bucket.project import Project
from labelloop.domain.intake.events import canonical
from labelloop.domain.learning.features import Features
from labelloop.domain.learning.policy import Patience
from labelloop.domain.learning.training import Trained
from labelloop.domain.version import UNTRAINED, Version
from labelloop.errors import Unprocessable
from labelloop.ports import Clock, ObjectStore, Queue, utc_now
from labelloop.recipes.label_config import read_label_config
from labelloop.recipes.text_choices.control import Examples
from labelloop.recipes.text_choices.label_names import words_of
from labelloop.usecases.judging.judge_version import Challenger, LoadHead
from labelloop.usecases.judging.publish_version import Gate, advance, publish, withdraw
from labelloop.usecases.learning.featurise import Featuriser, Vectors
from labelloop.usecases.learning.look import look_at_labelled
from labelloop.usecases.learning.sample_pool import sample_pool
from labelloop.usecases.ordering.choose_order import Arms, choose_order

LANDMARKS: Final = 1_000


class TrainHead(Protocol):
    """Learns from features and labels.

    `landmarks`: tasks without a label, to smooth over; `names`: vectors of the classes' names.
    """

    def __call__(
        self,
        features: Features,
        labels: Sequence[str],
        *,
        landmarks: Features | None = None,
        names: Mapping[str, Vectors] | None = None,
    ) -> Trained:
        """Return a checked model."""
        ...


@dataclass(frozen=True, kw_only=True)
class TrainDeps:
    """What training needs from outside; and what the deployment chose."""

    store: ObjectStore
    rank_queue: Queue
    featuriser: Featuriser
    train_head: TrainHead
    load_head: LoadHead
    clock: Clock = utc_now

    patience: Patience
    min_labels: int
    strategy: str
    is_connected: bool  # whether a Label Studio is named to push the order to
    is_blind: bool  # whether the random share comes without a suggestion


def train_version(project: Project, pointer: DatasetPointer, deps: TrainDeps) -> bool:
    """Bring the active version up to a snapshot; say whether another one was to be served."""
    started, encoder = time.monotonic(), deps.featuriser.encoder
    dataset, options = project.snapshots.read(pointer), project.options().value
    strategy = options.strategy or deps.strategy
    to = ActivePointer(
        UNTRAINED,
        pointer.seq,
        FORMAT,
        encoder=encoder,
        strategy=strategy,
        revision=options.revision,
    )
    kept = project.features(encoder)
    left: tuple[Examples, Sequence[str]] | None = None
    try:
        control = read_label_config(dataset.label_config or "")
        examples = control.examples(dataset)
        left = examples, control.labels
        _check_enough(examples.labels, deps.min_labels)
        offered = control.labels if encoder else ()
        facts = [examples.texts, examples.labels, offered, strategy]
        learnt = sha256(canonical(facts).encode()).hexdigest()
        if advance(project, replace(to, learnt=learnt)):
            return False
        texts = [*examples.texts, *map(words_of, offered)]
        looked = look_at_labelled(texts, kept, deps.featuriser)
        features = looked.take(range(len(examples.texts)))
        names = _names(offered, looked)
        sample = sample_pool(project.pool, kept, control.text_key, dataset)
        landmarks = sample.features.take(range(min(len(sample.features), LANDMARKS)))
        trained = deps.train_head(features, examples.labels, landmarks=landmarks, names=names)
        known = project.card(project.active().value.version) or {}
        since = project.history.since()
        arms = Arms(examples, features, deps.train_head, deps.load_head, since)
        ordered = choose_order(strategy, known.get("order", {}), arms, project.key)
    except Unprocessable as exc:
        # A training from scratch on what is left would give no model, so none is served.
        gate = Gate(project, deps.load_head, deps.clock())
        return withdraw(to, str(exc), left, gate)
    version, digest = Version(pointer.seq, uuid4().hex[:8]), sha256(trained.artefact).hexdigest()
    to = replace(to, version=str(version), sha256=digest, learnt=learnt, strategy=ordered.strategy)
    asked = deps.load_head(trained.artefact).predict_proba(sample.features)
    challenger = Challenger(examples, features, trained, control.labels, asked)
    now = deps.clock()
    spent = {"seconds": round(time.monotonic() - started, 3), "order": ordered.on_card()}
    blind = {"blind_since": _blind_since(project, known, now) if deps.is_blind else None}
    card = _card(to, pointer, examples, now) | spent | blind
    gate = Gate(project, deps.load_head, now)
    return publish(to, card, challenger, sample, gate)


def _blind_since(project: Project, known: dict[str, Any], now: datetime) -> str:
    """Return since when the random share has been without suggestions; empty: from the beginning.

    A version that came with suggestions on it, as those of earlier releases did, ends that.
    """
    since = known.get("blind_since") if known or project.versions() else ""
    return now.isoformat(timespec="microseconds") if since is None else str(since)


def _names(offered: Sequence[str], looked: Features) -> dict[str, Vectors]:
    """Return the vectors of the labels' names, which come behind all texts."""
    if looked.vectors is None:
        return {}
    return dict(zip(offered, looked.vectors[len(looked) - len(offered) :], strict=True))


def _check_enough(labels: Sequence[str], least: int) -> None:
    classes = len(set(labels))
    if classes < 2 or len(labels) < least:
        number = f"{len(labels)} label" + ("" if len(labels) == 1 else "s")
        kinds = f"{classes} class" + ("" if classes == 1 else "es")
        raise Unprocessable(
            f"a model takes {least} usable labels of 2 classes or more, and there are {number} "
            f"of {kinds}"
        )


def _card(
    to: ActivePointer, pointer: DatasetPointer, examples: Examples, now: datetime
) -> dict[str, Any]:
    return {
        "version": to.version,
        "format": to.format,
        "encoder": to.encoder,
        "sha256": to.sha256,
        "learnt": to.learnt,
        "dataset": {"seq": pointer.seq, "sha256": pointer.sha256},
        "labels": len(examples.labels),
        "classes": dict(sorted(Counter(examples.labels).items())),
        "strategy": to.strategy,
        "revision": to.revision,
        "trained_at": now.isoformat(timespec="seconds"),
    }
