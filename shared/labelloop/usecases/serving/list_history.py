"""List a project's newest versions with facts of their cards: to choose one, and for reports."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from labelloop.bucket.objects import fields_of
from labelloop.bucket.project import Project
from labelloop.domain.judging.card import Card
from labelloop.domain.judging.in_words import brief_accuracy
from labelloop.domain.version import UNTRAINED
from labelloop.ports import ObjectStore
from labelloop.recipes import origin_of

MOST_VERSIONS: Final = 50
MOST_SWITCHES: Final = 30
_READERS: Final = 16


def list_history(key: str, store: ObjectStore) -> dict[str, Any]:
    """Return the newest versions, newest first; `older`: how many there are beyond them."""
    project = Project(store, key)
    names, active = project.versions(), project.active().value.version
    newest = names[:MOST_VERSIONS]
    with ThreadPoolExecutor(_READERS) as readers:
        cards = list(readers.map(project.card, newest))
    rows = [_row(name, card, active) for name, card in zip(newest, cards, strict=True)]
    return {"active": active, "versions": rows, "older": len(names) - len(newest)}


def list_switches(project: Project) -> list[dict[str, Any]]:
    """Return the newest switches of the active version, newest first: which, when, who and why.

    `by`: the user who asked for it, empty for a training.
    """
    newest = project.history.numbers()[: -MOST_SWITCHES - 1 : -1]
    with ThreadPoolExecutor(_READERS) as readers:
        entries = list(readers.map(project.history.entry, newest))
    return [
        {
            name: str(fields_of(one).get(name, ""))
            for name in ("version", "instead_of", "why", "at", "by")
        }
        | {"pinned": fields_of(one).get("pinned") is True}
        for one in entries
        if not _is_idle(fields_of(one))
    ]


def _is_idle(entry: Mapping[str, Any]) -> bool:
    """Say whether an entry notes that there is no model yet, and nothing was switched."""
    return entry.get("version") == entry.get("instead_of") == UNTRAINED


def _row(name: str, card: Card | None, active: str) -> dict[str, Any]:
    share = card.insights.get("random_share", {}) if card else {}
    refused = card is not None and card.is_rejected
    return {
        "version": name,
        "trained_at": card.trained_at if card else "",
        "labels": card.labels if card else 0,
        "accuracy": share.get("value"),
        "accuracy_low": share.get("low"),
        "accuracy_high": share.get("high"),
        "accuracy_words": brief_accuracy(share),
        "outcome": "active" if name == active else "refused" if refused else "served before",
        "why": _why(card) if card else "",
    }


def _why(card: Card) -> str:
    reason = str(card.gate.get("reason", ""))
    origin = "imported" if card.is_imported else origin_of(card.recipe)
    return f"{origin}: {reason}" if origin else reason
