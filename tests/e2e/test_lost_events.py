"""A fifth of the webhooks never arrives, and once swept nothing is missing."""

import json
import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from labelloop.domain.intake.events import Event
from labelloop.domain.intake.folding import Dataset, fold
from labelloop.labelstudio.payloads import read_event
from tests.e2e.report import Exactly, find
from tests.e2e.waiting import wait_for
from tests.e2e.wire import Answer

LABELS, LOST, ANNOTATORS = 1_000, 0.2, 3
HALF = LABELS // 2
ARRIVES_S = 30


def test_after_a_sweep_the_dataset_is_the_one_of_a_line_that_loses_nothing(
    new_project, studio, labelloop, to_labelloop, many_documents
):
    annotator = new_project("lost events")
    tasks = annotator.bring([{"text": document.text} for document in many_documents[:LABELS]])
    key = labelloop.cli("connect", studio.personal_token, annotator.project)["project"]
    labelloop.cli("pin", studio.personal_token, annotator.project)  # fold, and train nothing
    line = LossyLine()

    def sweep() -> bool:
        """Sweep if that is still needed, and nothing waits: it leaves the project alone then."""
        known = labelloop.knows(key)
        if known is not None and len(known) < LABELS:
            labelloop.sweep()
        return known is not None and len(known) == LABELS

    with to_labelloop.ruled(line.rule), ThreadPoolExecutor(ANNOTATORS + 1) as people:
        labels = [document.label for document in many_documents[:LABELS]]
        list(people.map(annotator.label, tasks[:HALF], labels))
        swept = people.submit(labelloop.sweep)  # while they go on
        list(people.map(annotator.label, tasks[HALF:], labels[HALF:]))
        swept.result()
        # The sweep also has the pool ranked, and that push is told of like any other change.
        line.loses = False
        wait_for(sweep)
        differ = line.differs(lambda: labelloop.dataset(key))

    print(*sorted(differ), sep="\n")  # shown if it fails
    assert line.lost > LABELS * LOST / 2
    find(Exactly("lines that differ from a dataset without loss", len(differ), "", 0))


class LossyLine:
    """Loses a share of the annotation events; keeps in mind what all of them said."""

    def __init__(self) -> None:
        self.loses = True
        self.lost = 0
        self._events: list[Event] = []
        self._random = random.Random(2026)

    def rule(self, method: str, path: str, body: bytes) -> Answer | None:
        if method != "POST" or not path.endswith("/webhook"):
            return None
        said = json.loads(body)
        # A push changes the project, which tells when its label config was looked at last.
        if said["action"] in ("ANNOTATION_CREATED", "PROJECT_UPDATED"):
            self._events.append(read_event(said, datetime.now(UTC)))
        is_label = said["action"] == "ANNOTATION_CREATED"
        if not (is_label and self.loses and self._random.random() < LOST):
            return None
        self.lost += 1
        return Answer(status=0)

    def differs(self, stored: Callable[[], bytes]) -> set[bytes]:
        """Return the lines of only one of two datasets: the stored, and all events folded.

        What came last may be on its way yet: it has a while to arrive.
        """
        end = time.monotonic() + ARRIVES_S
        while True:
            without_loss = fold(Dataset(), self._events).to_lines()
            differ = set(stored().splitlines()) ^ set(without_loss.splitlines())
            if not differ or time.monotonic() > end:
                return differ
            time.sleep(0.5)
