"""List the versions of a project."""

from itertools import islice

from labelloop.bucket.project import Project, projects
from labelloop.domain.version import UNTRAINED
from labelloop.errors import NotFound
from labelloop.labelstudio.payloads import project_key
from labelloop.ports import ObjectStore


def list_versions(
    project: str | None, store: ObjectStore, *, with_deleted: bool = False
) -> list[str]:
    """Return versions, newest first; the only project's if none is named, else NotFound.

    Those that were deleted, or will be soon, come after them, in any order.
    """
    keys = [project_key(project)] if project else list(islice(projects(store), 2))
    if len(keys) > 1:
        raise NotFound("several projects: name one, as in /versions?project=<id>.<created>")
    found = [name for key in keys for name in Project(store, key).versions()]
    if with_deleted:
        every = {name for key in keys for name in Project(store, key).all_versions()}
        found += sorted(every - set(found))
    return found or [UNTRAINED]
