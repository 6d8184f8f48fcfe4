"""Whatever comes in over HTTP, the answer is no 5xx, and memory stays what it was."""

import logging
import os
import random
from collections import Counter
from pathlib import Path

import pytest

from tests.reliability.report import find, size
from tests.reliability.requests import LIGHT, OTHERS, random_event
from tests.reliability.site import call, is_fine, site

MOST_MB = 50.0
# A request to the light function takes a tenth of the others' time; each path has its share.
PATHS = LIGHT * 9 + OTHERS


@pytest.fixture(autouse=True)
def _site(monkeypatch):
    with site(monkeypatch):
        yield


def test_no_request_ends_in_a_5xx():
    count = size(5_000, 1_000_000)
    logging.disable(logging.CRITICAL)
    seen: Counter[tuple[str, int]] = Counter()
    wrong, usual_mb = [], 0.0
    for number in range(count):
        if number == count // 10:
            usual_mb = resident_mb()
        path = PATHS[number % len(PATHS)]
        event = random_event(random.Random(number), path)
        try:
            status, body = call(event)
        except Exception as exc:
            status, body = 599, repr(exc)
        seen[path, status] += 1
        if not is_fine(path, status, body):
            wrong.append(f"request {number} to {path}: {status} {body[:300]}")
    logging.disable(logging.NOTSET)
    grown_mb = max(0.0, resident_mb() - usual_mb)

    print(*wrong[:20], *sorted(seen.items()), sep="\n")
    answered = {path for path, status in seen if status < 300}
    assert answered >= {*LIGHT, *OTHERS} - {"/activate", "/nowhere"}  # else nothing was tried
    find("random requests: answers of 500 or above", len(wrong), f"of {count:,} requests")
    find("random requests: memory grown", round(grown_mb, 1), f"MB in {count:,}", MOST_MB)


def resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
