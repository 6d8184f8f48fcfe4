"""What belongs to a project beside its events, dataset and versions.

Each is imported when it is asked for: the webhook, which needs none, has to start at once, and the
sweep has no numpy.
"""

from typing import TYPE_CHECKING

from labelloop.ports import ObjectStore

if TYPE_CHECKING:
    from labelloop.bucket.archive import Archive
    from labelloop.bucket.evidence import EvidenceFiles
    from labelloop.bucket.features import FeatureFiles
    from labelloop.bucket.lease import Lease
    from labelloop.bucket.orders import Orders
    from labelloop.bucket.pool import Pool
    from labelloop.bucket.pool_index import PoolIndexes
    from labelloop.bucket.surveys import Surveys


class ProjectFiles:
    """What of a project lies in files of its own. Nothing is read before it is asked."""

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
        """What is in the pool, without the texts."""
        from labelloop.bucket.pool_index import PoolIndexes

        return PoolIndexes(self._store, self.key)

    @property
    def orders(self) -> "Orders":
        """The orders that the tasks of its versions were placed in."""
        from labelloop.bucket.orders import Orders

        return Orders(self._store, self.key)

    @property
    def surveys(self) -> "Surveys":
        """How far the walk over its tasks in Label Studio is."""
        from labelloop.bucket.surveys import Surveys

        return Surveys(self._store, self.key)

    @property
    def archive(self) -> "Archive":
        """Whether Label Studio has it no more."""
        from labelloop.bucket.archive import Archive

        return Archive(self._store, self.key)

    @property
    def evidence(self) -> "EvidenceFiles":
        """What its versions said when they were trained."""
        from labelloop.bucket.evidence import EvidenceFiles

        return EvidenceFiles(self._store, self.key)

    def features(self, folder: str) -> "FeatureFiles":
        """Return what a recipe computed of its tasks, by the name of the recipe's folder."""
        from labelloop.bucket.features import FeatureFiles

        return FeatureFiles(self._store, self.key, folder)

    def lease(self, of: str) -> "Lease":
        """Return the right to do one kind of work for it, by the name in `lease`."""
        from labelloop.bucket.lease import Lease

        return Lease(self._store, self.key, of)
