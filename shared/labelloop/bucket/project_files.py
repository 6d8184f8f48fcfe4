"""The objects of a project beside its events, dataset and versions.

Each module is imported on first use: the webhook, which needs none, has to start at once, and the
sweep has no numpy.
"""

from typing import TYPE_CHECKING

from labelloop.ports import ObjectStore

if TYPE_CHECKING:
    from labelloop.bucket.archive import Archive
    from labelloop.bucket.evidence import EvidenceFiles
    from labelloop.bucket.features import FeatureFiles
    from labelloop.bucket.imports import Imports
    from labelloop.bucket.lease import Lease
    from labelloop.bucket.leftovers import Leftovers
    from labelloop.bucket.orders import Orders
    from labelloop.bucket.pool import Pool
    from labelloop.bucket.pool_index import PoolIndexes
    from labelloop.bucket.progress import ProgressFile
    from labelloop.bucket.spent import SpentFiles
    from labelloop.bucket.surveys import Surveys
    from labelloop.bucket.unread import UnreadNotes


class ProjectFiles:
    """The parts of a project that have files of their own. Nothing is read before it is used."""

    def __init__(self, store: ObjectStore, key: str) -> None:
        self.key = key
        self._store = store

    @property
    def pool(self) -> "Pool":
        """The tasks that may still be labelled, and how they are ranked."""
        from labelloop.bucket.pool import Pool

        return Pool(self._store, self.key)

    @property
    def pool_index(self) -> "PoolIndexes":
        """The index of the pool, without the texts."""
        from labelloop.bucket.pool_index import PoolIndexes

        return PoolIndexes(self._store, self.key)

    @property
    def unread(self) -> "UnreadNotes":
        """The tasks whose images or texts can't be read."""
        from labelloop.bucket.unread import UnreadNotes

        return UnreadNotes(self._store, self.key)

    @property
    def orders(self) -> "Orders":
        """The orders of its versions' tasks."""
        from labelloop.bucket.orders import Orders

        return Orders(self._store, self.key)

    @property
    def progress(self) -> "ProgressFile":
        """How far its training is."""
        from labelloop.bucket.progress import ProgressFile

        return ProgressFile(self._store, self.key)

    @property
    def spent(self) -> "SpentFiles":
        """What its trainings and rankings took in this month."""
        from labelloop.bucket.spent import SpentFiles

        return SpentFiles(self._store, self.key)

    @property
    def surveys(self) -> "Surveys":
        """The state of the walk over its tasks in Label Studio."""
        from labelloop.bucket.surveys import Surveys

        return Surveys(self._store, self.key)

    @property
    def archive(self) -> "Archive":
        """Whether it is archived, as Label Studio no longer has it."""
        from labelloop.bucket.archive import Archive

        return Archive(self._store, self.key)

    @property
    def leftovers(self) -> "Leftovers":
        """What of it may be deleted after some time."""
        from labelloop.bucket.leftovers import Leftovers

        return Leftovers(self._store, self.key)

    @property
    def imports(self) -> "Imports":
        """The models that people imported and no training has looked at yet."""
        from labelloop.bucket.imports import Imports

        return Imports(self._store, self.key)

    @property
    def evidence(self) -> "EvidenceFiles":
        """The records of its versions' trainings, and the last rejection."""
        from labelloop.bucket.evidence import EvidenceFiles

        return EvidenceFiles(self._store, self.key)

    def features(self, folder: str) -> "FeatureFiles":
        """Return the stored features of its tasks, by the name of the recipe's folder."""
        from labelloop.bucket.features import FeatureFiles

        return FeatureFiles(self._store, self.key, folder)

    def lease(self, of: str) -> "Lease":
        """Return the lease for one kind of work, by its name in `lease`."""
        from labelloop.bucket.lease import Lease

        return Lease(self._store, self.key, of)
