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
from tests.e2e.wire import Wire, wire

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
def _both(tmp_path_factory) -> Iterator[tuple[LabelStudio, Labelloop, Wire, Wire]]:
    """Both sides, started beside each other: each takes most of a minute; and the wires between."""
    folder = tmp_path_factory.mktemp("e2e")
    ports = [claim_port(0, whose, "") for whose in ("Label Studio", "a wire", "another wire")]
    with ExitStack() as ending, ThreadPoolExecutor(1) as pool:
        to_studio = ending.enter_context(wire(ports[1], f"http://127.0.0.1:{ports[0]}"))
        labelloop = Labelloop(folder / "stack", to_studio.url)
        to_labelloop = ending.enter_context(wire(ports[2], f"http://127.0.0.1:{labelloop.port}"))
        labelloop.line, labelloop.wire = to_labelloop.url, to_labelloop
        deployed = pool.submit(labelloop.start)
        ending.callback(labelloop.stop)
        studio = ending.enter_context(label_studio(folder / "label-studio", ports[0]))
        deployed.result()
        yield studio, labelloop, to_studio, to_labelloop


@pytest.fixture(scope="session")
def studio(_both) -> LabelStudio:
    return _both[0]


@pytest.fixture(scope="session")
def labelloop(_both) -> Labelloop:
    return _both[1]


@pytest.fixture(scope="session")
def to_studio(_both) -> Wire:
    """What Labelloop, and the command line, say to Label Studio."""
    return _both[2]


@pytest.fixture(scope="session")
def to_labelloop(_both) -> Wire:
    """What Label Studio, and the command line, say to Labelloop."""
    return _both[3]


@pytest.fixture(scope="session")
def many_documents() -> list[reuters.Document]:
    return reuters.load(ROOT / ".local" / "data", 5_000, 1).pool


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
