"""Projects that Label Studio has no more: archived, until Label Studio has them again.

    projects/<id>.<created>/archived.json     why, since when, when last looked for

Nothing is ranked, pushed or surveyed of an archived project, and nothing alarms anybody. Its labels
and models stay, `/predict` answers, and events are learnt: they may come from another Label Studio.
"""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Final

from labelloop.bucket.objects import PROJECTS, fields_of, write_over
from labelloop.domain.intake.events import canonical
from labelloop.observability import count, logger
from labelloop.ports import ObjectStore

_LOOKED_FOR_AGAIN: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Archived:
    """Why a project is archived; no reason: it is not."""

    reason: str = ""
    since: str = ""
    looked_at: str = ""

    def __bool__(self) -> bool:
        """Say whether the project is archived."""
        return bool(self.reason)


class Archive:
    """Whether one project is archived. Raises what the store raises."""

    def __init__(self, store: ObjectStore, key: str) -> None:
        self._store = store
        self._project = key
        self._object = f"{PROJECTS}{key}/archived.json"

    def state(self) -> Archived:
        """Return why the project is archived, if it is."""
        known = fields_of(self._store.get(self._object))
        texts = {name: known.get(name) for name in Archived.__dataclass_fields__}
        return Archived(**{name: text for name, text in texts.items() if isinstance(text, str)})

    def is_due(self, now: datetime) -> bool:
        """Say whether Label Studio is to be asked: not archived, or not looked for since a day."""
        state = self.state()
        try:
            return not state or now - datetime.fromisoformat(state.looked_at) >= _LOOKED_FOR_AGAIN
        except (TypeError, ValueError):  # a damaged note
            return True

    def put(self, reason: str, now: datetime) -> None:
        """Archive the project, or note that it is still away."""
        known, at = self.state(), now.isoformat(timespec="seconds")
        if not known:
            facts = {"project": self._project, "why": reason}
            logger().error("project archived", extra=facts)
            count("ProjectArchived")
        self._write(Archived(reason, known.since or at, at))

    def take_out(self) -> None:
        """Note that Label Studio has the project, if it was archived."""
        if self.state():
            logger().info("project back from the archive", extra={"project": self._project})
            self._write(Archived())

    def _write(self, state: Archived) -> None:
        write_over(self._store, self._object, canonical(asdict(state)).encode())
