"""One Label Studio and one local stack for all scenarios; a project of its own for each."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from labelloop.local import reuters
from labelloop.local.emulator import ROOT, claim_port
from tests.bench.report import Finding
from tests.e2e import report
from tests.e2e.annotator import Annotator
from tests.e2e.label_studio import LabelStudio, label_studio
from tests.e2e.labelloop import Labelloop

DOCUMENTS = 500
WITHIN_S = 15 * 60.0


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/e2e/" in item.path.as_posix():
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session", autouse=True)
def _reported() -> Iterator[None]:
    started = time.monotonic()
    yield
    failures, seconds = len(Annotator.failures), time.monotonic() - started
    report.note(Finding("annotators' requests that failed in Label Studio", failures, "", 0))
    report.note(Finding("make e2e, all of it", seconds, "s", WITHIN_S))
    report.finish()


@pytest.fixture(scope="session")
def _both(tmp_path_factory) -> Iterator[tuple[LabelStudio, Labelloop]]:
    """Both sides, started beside each other: each takes most of a minute."""
    folder = tmp_path_factory.mktemp("e2e")
    port = claim_port(0, "Label Studio", "")
    labelloop = Labelloop(folder / "stack", f"http://127.0.0.1:{port}")
    with ExitStack() as ending, ThreadPoolExecutor(1) as pool:
        deployed = pool.submit(labelloop.start)
        ending.callback(labelloop.stop)
        studio = ending.enter_context(label_studio(folder / "label-studio", port))
        deployed.result()
        yield studio, labelloop


@pytest.fixture(scope="session")
def studio(_both) -> LabelStudio:
    return _both[0]


@pytest.fixture(scope="session")
def labelloop(_both) -> Labelloop:
    return _both[1]


@pytest.fixture(scope="session")
def documents() -> list[reuters.Document]:
    return reuters.load(ROOT / ".local" / "data", DOCUMENTS, 1).pool


@pytest.fixture(scope="session")
def truth(documents) -> dict[str, str]:
    """What an annotator who makes no mistakes says of a text."""
    return {document.text: document.label for document in documents}


@pytest.fixture(scope="session")
def new_project(studio, truth) -> Iterator[Callable[[str], Annotator]]:
    """Make a project of Label Studio by its title."""
    with ExitStack() as ending:

        def make(title: str) -> Annotator:
            annotator = Annotator(studio, title, sorted(set(truth.values())))
            ending.callback(annotator.close)
            return annotator

        yield make


@pytest.fixture
def screenshots() -> Path:
    folder = ROOT / "reports"
    folder.mkdir(exist_ok=True)
    return folder
