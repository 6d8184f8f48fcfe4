"""A project of any kind beside a fake Label Studio, whose label config people may change."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from labelloop.bucket.project import Project
from labelloop.domain.judging.card import Card
from labelloop.labelstudio.payloads import key_of, read_event
from labelloop.messages import RankWakeUp, WakeUp
from labelloop.recipes import control_of, load
from labelloop.recipes.tools import Toolbox
from labelloop.usecases.intake.accept import AcceptDeps, accept
from labelloop.usecases.learning.train import TrainOutcome, train
from labelloop.usecases.ordering.push import RankOutcome
from labelloop.usecases.serving.describe import describe
from labelloop.usecases.serving.doubt import doubt
from labelloop.usecases.serving.predict import predict
from labelloop.usecases.serving.serve import Versions
from tests.deps import ranking_deps, training_deps
from tests.fakes import Clock, MemoryLabelStudio, MemoryQueue, MemoryStore
from tests.integration.kinds.loop import annotate, ranked
from tests.kinds.example import Example

type Result = list[dict[str, Any]]
type Answer = Callable[[dict[str, Any]], Result]

STRATEGY = "typical_then_margin"


class AllLabels(set[str]):
    """An import of predictions refuses choices that are not offered; here all are."""

    def __contains__(self, label: object) -> bool:
        return True


class ChangingProject:
    """A project in memory: tasks, labels, versions, an order; all of it may be copied."""

    def __init__(self, config: str, tasks: Sequence[dict[str, Any]]) -> None:
        self.clock = Clock()
        self.store, self.queue = MemoryStore(self.clock), MemoryQueue()
        self.studio = MemoryLabelStudio(clock=self.clock)
        self.studio.labels = AllLabels()
        self.id = self.studio.create_project(label_config=config)
        self.studio.import_tasks(self.id, tasks)
        self.key = key_of(self.studio.project(self.id))

    @property
    def config(self) -> str:
        return str(self.studio.project(self.id)["label_config"])

    @property
    def stored(self) -> Project:
        return Project(self.store, self.key)

    @property
    def version(self) -> str:
        return self.stored.active_version()

    @property
    def card(self) -> Card:
        card = self.stored.card(self.version)
        assert card is not None
        return card

    @property
    def status(self) -> dict[str, Any]:
        status = describe(self.key, self.store)
        assert json.loads(json.dumps(status)) == status
        return status

    @property
    def doubts(self) -> list[dict[str, Any]]:
        return list(doubt(self.key, self.store)["doubts"])

    def tasks(self) -> list[dict[str, Any]]:
        return [task for page in self.studio.tasks(self.id) for task in page]

    def label(self, rows: range, answer: Answer) -> None:
        """Have people label some tasks; the webhook tells of each."""
        for task in self.tasks()[rows.start : rows.stop : rows.step]:
            annotate(self.studio, self.id, task, answer(task["data"]), self._accept, self.clock)

    def configure(self, config: str) -> None:
        """Change the label config; the webhook tells of it."""
        self.clock.sleep(60)
        at = self.clock.now.isoformat().replace("+00:00", "Z")
        self.studio.change_project(self.id, label_config=config, updated_at=at)
        body = {"action": "PROJECT_UPDATED", "project": self.studio.project(self.id)}
        accept(read_event(body, self.clock.now), self._accept)

    def train(self, tools: Toolbox | None = None) -> TrainOutcome:
        self.clock.sleep(60)
        deps = training_deps(
            self.store,
            MemoryQueue(),
            self.clock,
            min_labels=10,
            strategy=STRATEGY,
            tools=tools or Toolbox(),
        )
        return train(WakeUp(self.key, "sweep"), deps)

    def rank(self, tools: Toolbox | None = None) -> list[RankOutcome]:
        versions = self._versions(tools or Toolbox())
        deps = ranking_deps(
            self.store,
            MemoryQueue(),
            self.clock,
            train_queue=self.queue,
            versions=lambda: versions,
            label_studio=lambda: self.studio,
            tools=lambda: tools or Toolbox(),
            strategy=STRATEGY,
            queue_length=20,
        )
        return ranked(RankWakeUp(self.key), deps, self.clock)

    def predict(self, data: Sequence[dict[str, Any]], tools: Toolbox | None = None) -> list[Result]:
        """Return the results for tasks, by the label config of now."""
        tools = tools or Toolbox()
        served = self._versions(tools).of(self.key, 0.0)
        tasks = [{"id": row, "data": fields} for row, fields in enumerate(data)]
        return [one.result for one in predict(tasks, self.config, served, tools)]

    def right(self, data: Sequence[dict[str, Any]], answer: Answer, tools: Any = None) -> float:
        """Return how many predictions say what people say, as a share."""
        control = control_of(self.config)
        given = [control.label_of(one) for one in self.predict(data, tools)]
        wanted = [control.label_of(answer(fields)) for fields in data]
        same = [one == label for one, label in zip(given, wanted, strict=True)]
        return sum(same) / len(same)

    @property
    def _accept(self) -> AcceptDeps:
        return AcceptDeps(store=self.store, train_queue=self.queue, clock=self.clock, quiet_s=10)

    def _versions(self, tools: Toolbox) -> Versions:
        now = self.clock.now.timestamp
        return Versions(self.store, load, tools.encoder, tools.image_encoder, now)


def renamed(example: Example, old: str, new: str) -> Example:
    """Return a project whose control, or object, has another name."""
    quoted = [(f'"{old}"', f'"{new}"')]
    config = example.config.replace(*quoted[0])

    def answer(data: dict[str, Any]) -> Result:
        return [_renamed(region, old, new) for region in example.answer(data)]

    return Example(example.recipe, config, example.tasks, answer)


def _renamed(region: dict[str, Any], old: str, new: str) -> dict[str, Any]:
    names = {name: new for name in ("from_name", "to_name") if region[name] == old}
    value = region["value"]
    ranker = value.get("ranker")  # an order stands under the control's name
    if isinstance(ranker, dict) and list(ranker) == [old]:
        value = {"ranker": {new: ranker[old]}}
    return region | names | {"value": value}
