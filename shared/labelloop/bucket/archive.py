"""Projects that Label Studio no longer has: archived, until Label Studio has them again.

    projects/<id>.<created>/archived.json     why, since when, when last looked for

An archived project is not ranked, pushed or surveyed, and raises no alarm. Its labels and models
stay, `/predict` answers, and events are learnt: they may come from another Label Studio.
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
    """Why and since when a project is archived; not archived if the reason is empty."""

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
        fields = fields_of(self._store.get(self._object))
        texts = {name: fields.get(name) for name in Archived.__dataclass_fields__}
        return Archived(**{name: text for name, text in texts.items() if isinstance(text, str)})

    def is_due(self, now: datetime) -> bool:
        """Say whether to look in Label Studio: not archived, or last looked for a day ago."""
        state = self.state()
        try:
            return not state or now - datetime.fromisoformat(state.looked_at) >= _LOOKED_FOR_AGAIN
        except (TypeError, ValueError):  # a damaged note
            return True

    def put(self, reason: str, now: datetime) -> None:
        """Archive the project, or note that it is still missing."""
        before, time = self.state(), now.isoformat(timespec="seconds")
        if not before:
            facts = {"project": self._project, "why": reason}
            logger().error("project archived", extra=facts)
            count("ProjectArchived")
        self._write(Archived(reason, before.since or time, time))

    def take_out(self) -> None:
        """End the archiving, if the project is archived: Label Studio has it."""
        if self.state():
            logger().info("project back from the archive", extra={"project": self._project})
            self._write(Archived())

    def _write(self, state: Archived) -> None:
        write_over(self._store, self._object, canonical(asdict(state)).encode())
