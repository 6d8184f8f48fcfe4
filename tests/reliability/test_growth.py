"""A year of many projects: the bucket grows with their labels, and not with the days."""

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from labelloop.bucket.pointers import ActivePointer
from labelloop.bucket.project import Project
from labelloop.domain.intake.events import Event
from labelloop.domain.intake.folding import fold
from labelloop.domain.version import UNTRAINED
from labelloop.messages import WakeUp
from labelloop.ports import Listed
from labelloop.recipes.text_choices import FORMAT
from labelloop.usecases.learning.train import train
from labelloop.usecases.prune import prune
from labelloop.usecases.prune_features import StackEncoders
from tests.builders import card, reviews
from tests.deps import training_deps
from tests.fakes import Clock, MemoryQueue, MemoryStore, learning_by
from tests.reliability.report import find, size
from tests.unit.usecases.learning.trainer import EvenModel, Trainer

KEEP, LABELS_A_DAY, DAYS = 10, 1, size(90, 365)
MOST_ENTRIES = 1_000
OBJECTS_OF_A_VERSION = 6  # its model, card, evidence, doubts, tasks alike, and the mark


class LargeStore(MemoryStore):
    """A store whose listings do not look at every object."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self._sorted: list[str] = []

    def delete(self, keys: Iterable[str]) -> None:
        for key in keys:
            if key in self._objects:
                del self._objects[key]
                self._sorted.pop(bisect_left(self._sorted, key))

    def sizes(self, part: str) -> list[int]:
        return [len(stored.body) for key, (stored, _) in self._objects.items() if part in key]

    def list(self, prefix: str) -> Iterator[Listed]:
        place, found = bisect_left(self._sorted, prefix), []
        while place < len(self._sorted) and self._sorted[place].startswith(prefix):
            found.append(self._sorted[place])
            place += 1
        for key in found:
            yield Listed(key, self._objects[key][1].replace(microsecond=0))

    def _write(self, key: str, body: bytes) -> str:
        if key not in self._objects:
            insort(self._sorted, key)
        return super()._write(key, body)


class Year:
    """A project that lives: labels and a training each day, and events that can't be read."""

    def __init__(self, number: int, keep: int = KEEP) -> None:
        self.clock, self._keep = Clock(), keep
        self.store = LargeStore(self.clock)
        self.project = Project(self.store, f"{number}.1795398621")
        self._labels = 0

    def pass_by(self, days: int, learn: Callable[["Year"], None]) -> None:
        for day in range(days):
            for _ in range(LABELS_A_DAY):
                self._labels += 1
                (event,) = reviews(1, first=self._labels)
                event = replace(event, project=self.project.key)
                self.project.add_event(f"{self.clock():%Y%m%d}-{self._labels:08d}", event)
            unreadable = f"projects/{self.project.key}/events/{self.clock():%Y%m%d}-x.json"
            self.store.create(unreadable, b"no event")
            learn(self)
            self.clock.sleep(86_400)
            if self._keep:
                prune(self.project, self._keep, self.clock(), StackEncoders())
            self._check(is_read=day % 30 == 0)

    def _check(self, *, is_read: bool) -> None:
        """Fail if anything is gone that is in use."""
        active = self.project.active().value
        assert not self.project.snapshots.damage()
        if is_read:
            self.project.snapshots.read(self.project.dataset_pointer().value)
        for version in {active.version, active.previous_version} - {UNTRAINED}:
            assert self.project.model(version) is not None
            assert self.project.card(version) is not None


def store_only(year: Year) -> None:
    """Store what a training stores, and spare its time."""
    project, now = year.project, year.clock()
    after, active = project.dataset_pointer(), project.active()
    listed = project.pending()
    *events, unreadable = [(one, project.read(one)) for one in listed]
    project.quarantine(unreadable[0], unreadable[1] or b"", "no event")
    folded = fold(
        project.dataset(after.value), [Event.from_json(body or b"") for _, body in events]
    )
    pointer = project.add_dataset(after, folded)
    project.forget(listed)
    name = f"{pointer.seq}-{pointer.seq:08x}"
    for file in ("evidence.npz", "doubts.json", "alike.json"):
        year.store.create(f"projects/{project.key}/models/{name}/{file}", b"x" * 1_000)
    project.add_model(b"m" * 10_000, card(name, trained_at=now.isoformat()))
    to = ActivePointer(name, pointer.seq, FORMAT, switch=active.value.switch + 1)
    to = replace(to, previous_version=active.value.version)
    project.switch(active, to, {"why": "trained", "at": now.isoformat()})


def train_for_real(year: Year) -> None:
    learning = learning_by(Trainer(), EvenModel)
    changes = {"control_of": learning, "least_known": 10**6}
    deps = training_deps(year.store, MemoryQueue(), year.clock, **changes)
    train(WakeUp(year.project.key, "sweep"), deps)


def past_their_bound(year: Year) -> list[str]:
    """Return the kinds of objects that there are more of than the policy lets stay."""
    versions = KEEP + 2 + 2  # the active one, the one before, and those of the last two days
    bounds = {
        "/models/": OBJECTS_OF_A_VERSION * versions,
        "/datasets/": versions,
        "/history/": MOST_ENTRIES + 1,
        "/quarantine/": MOST_ENTRIES,
        "/events/": 0,
    }
    return [part for part, most in bounds.items() if len(year.store.sizes(part)) > most]


def test_a_year_of_projects_leaves_no_more_than_the_policy_says():
    projects, over, objects, total = size(2, 100), 0, 0, 0
    for number in range(1, projects + 1):
        year = Year(number)
        year.pass_by(DAYS, store_only)
        over += len(past_their_bound(year))
        dataset = year.project.dataset(year.project.dataset_pointer().value)
        assert len(dataset.annotations) == DAYS * LABELS_A_DAY
        objects, total = objects + len(year.store.sizes("")), total + sum(year.store.sizes(""))

    print(f"{objects:,} objects, {total / 1e6:,.1f} MB")
    find(
        "growth: kinds of objects past their bound",
        over,
        f"in {projects} projects after {DAYS} days",
    )


def test_what_trainings_store_is_bounded_too():
    days, over = size(18, 120), 0
    year = Year(1)
    year.pass_by(days, train_for_real)
    over += len(past_their_bound(year))

    assert year.project.active().value.is_trained
    assert len(year.project.versions()) in (KEEP, KEEP + 1)
    find("growth: kinds of objects past their bound", over, f"after {days} days of trainings")


def test_without_pruning_the_bytes_grow_with_the_square_of_the_days():
    """Each snapshot holds all labels. So this is what the other tests would see."""
    pruned, unpruned = Year(1), Year(1, keep=0)
    for year in (pruned, unpruned):
        year.pass_by(60, store_only)

    assert past_their_bound(unpruned) == ["/models/", "/datasets/"]
    assert sum(pruned.store.sizes("/datasets/")) < sum(unpruned.store.sizes("/datasets/")) / 3
