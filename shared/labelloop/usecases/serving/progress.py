"""Show what a project's trainer and rankers are at, and how far they are."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from labelloop.bucket.lease import PUSHER, TRAINER
from labelloop.bucket.project import Project

TRAINING: Final = "training"
RANKING: Final = "ranking"


def progress(project: Project, version: str, now: datetime) -> list[dict[str, Any]]:
    """Return a row for each kind of work under way; none where all is done.

    `percent`: of the stage, None where its steps can't be counted; `noted_at`: the last sign of
    work, older than a few minutes where a worker was killed.
    """
    return [*_training(project, now), *_ranking(project, version, now)]


def _training(project: Project, now: datetime) -> Iterator[dict[str, Any]]:
    since = project.lease(TRAINER).working_since(now.timestamp())
    if since is None:
        return
    stage = project.progress.read()
    if stage.at < since:  # of an earlier training
        yield _row(TRAINING, "reading", None, since)
    else:
        percent = int(100 * stage.done / stage.total) if stage.total > 0 else None
        yield _row(TRAINING, stage.name, percent, stage.at)


def _ranking(project: Project, version: str, now: datetime) -> Iterator[dict[str, Any]]:
    """Say how far the ranking by the active version is: by what is stored of it."""
    pool = project.pool
    parts, at = pool.parts(version), pool.scored_at(version)
    scored = len(pool.scored_parts(version))
    pushing_since = project.lease(PUSHER).working_since(now.timestamp())
    if at is not None and scored < len(parts):
        yield _scoring(project, parts, scored, at)
    elif pushing_since is not None:
        yield _row(RANKING, "pushing", None, pushing_since)


def _scoring(
    project: Project, parts: Sequence[Sequence[str]], scored: int, at: datetime
) -> dict[str, Any]:
    """Return how far the parts are: first the features of their shards, once, then their scores."""
    shards = {key.rpartition("/")[2].removesuffix(".jsonl.gz") for part in parts for key in part}
    stored = project.shards_with_features()
    done = shards & stored.keys()
    if done < shards:
        last = max([at, *(stored[name] for name in done)])
        return _row(RANKING, "features", 100 * len(done) // len(shards), last.timestamp())
    return _row(RANKING, "scoring", 100 * scored // len(parts), at.timestamp())


def _row(work: str, stage: str, percent: int | None, noted_at: float) -> dict[str, Any]:
    at = datetime.fromtimestamp(noted_at, UTC).isoformat(timespec="seconds")
    return {"work": work, "stage": stage, "percent": percent, "noted_at": at}
