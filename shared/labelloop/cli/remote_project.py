"""What pushing a queue needs to know about a project, read from the deployed Labelloop."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from labelloop.bucket.pool import Ranked
from labelloop.cli.session import Session


class RemoteProject:
    """The port `ProjectState` over HTTP, and the project's order."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def order(self, start: int = 0, limit: int = 0) -> dict[str, Any]:
        """Return the answer of /order: `limit` places from `start` on, or how far ranking is."""
        page = {"start": str(start), "limit": str(limit)}
        return self._session.backend.get("/order", project=self._session.key, **page)

    def queue(self, order: dict[str, Any], length: int) -> list[Ranked]:
        """Return the first places of an order, fewer if a newer order replaces it meanwhile."""
        return [Ranked(**row) for row in self._rows(order, length)]

    def active_version(self) -> str:
        """Return the name of the version that is served."""
        return str(self.order()["version"])

    def all_versions(self) -> set[str]:
        """Return the names of the versions that there are, and of those that were deleted."""
        asked = {"project": self._session.key, "deleted": "true"}
        answer = self._session.backend.get("/versions", **asked)
        return {str(name) for name in answer["versions"]}

    def changed_at(self) -> datetime:
        """Return when the newest snapshot was stored."""
        return datetime.fromisoformat(self.order()["changed_at"])

    def is_ordered(self) -> bool:
        """Return True: `connect` switched the order by score on."""
        return True

    def set_ordered(self) -> None:
        """Do nothing: see `is_ordered`."""

    def _rows(self, order: dict[str, Any], length: int) -> Iterator[dict[str, Any]]:
        start: int | None = 0
        while start is not None and start < length:
            page = self.order(start, min(5_000, length - start))
            if (page["version"], page["order"]) != (order["version"], order["order"]):
                return
            yield from page["tasks"]
            start = page["next"]
