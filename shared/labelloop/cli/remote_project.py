"""A project as pushing its order needs to know it, asked of the deployed Labelloop."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from labelloop.bucket.pool import Ranked
from labelloop.cli.session import Session


class RemoteProject:
    """What `ports.ProjectState` is, over HTTP."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def order(self, start: int = 0, limit: int = 0) -> dict[str, Any]:
        """Return the active version's order, its places from `start` on, or how far it is."""
        asked = {"start": str(start), "limit": str(limit)}
        return self._session.backend.get("/order", project=self._session.key, **asked)

    def queue(self, of: dict[str, Any], most: int) -> list[Ranked]:
        """Return the first places of an order; of another one, by now, no more than there are."""
        return [Ranked(**row) for row in self._rows(of, most)]

    def active_version(self) -> str:
        """Return the version that is served."""
        return str(self.order()["version"])

    def versions(self) -> list[str]:
        """Return the versions that were made of the project, newest first."""
        answer = self._session.backend.get("/versions", project=self._session.key)
        return [str(name) for name in answer["versions"]]

    def changed_at(self) -> datetime:
        """Return when the newest snapshot was stored."""
        return datetime.fromisoformat(self.order()["changed_at"])

    def is_ordered(self) -> bool:
        """Leave the order as it is: `connect` switched it on."""
        return True

    def set_ordered(self) -> None:
        """Do nothing: see `is_ordered`."""

    def _rows(self, of: dict[str, Any], most: int) -> Iterator[dict[str, Any]]:
        start: int | None = 0
        while start is not None and start < most:
            page = self.order(start, min(5_000, most - start))
            if (page["version"], page["order"]) != (of["version"], of["order"]):
                return
            yield from page["tasks"]
            start = page["next"]
