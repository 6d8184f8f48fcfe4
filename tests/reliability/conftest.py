"""A run of this folder ends in a report; what ends in an exception is in it too."""

from collections.abc import Iterator

import pytest

from tests.reliability import report
from tests.reliability.cloud import Cloud, cloud


def pytest_terminal_summary() -> None:
    report.finish()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):
    outcome = yield
    if outcome.failed and call.excinfo and not call.excinfo.errisinstance(AssertionError):
        report.note(f"ran to its end: {item.name}", 1, "failures of 1 run")
    return outcome


@pytest.fixture(scope="module")  # moto's servers share their state with what other modules mock
def aws_server() -> Iterator[Cloud]:
    """A bucket and queues that processes can reach."""
    with cloud() as running:
        yield running
