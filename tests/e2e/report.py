"""reports/e2e.json: a line per point that has to work; whether it does follows from its value."""

from dataclasses import dataclass

from tests.bench.report import Finding, write

_findings: list[Finding] = []


@dataclass(frozen=True)
class Exactly(Finding):
    """A value that must be its goal."""

    @property
    def met(self) -> bool:
        return self.value == self.goal


@dataclass(frozen=True)
class AtLeast(Finding):
    """A value that must not be below its goal."""

    @property
    def met(self) -> bool:
        return self.value >= self.goal


def note(finding: Finding) -> None:
    """Keep a finding for the report."""
    _findings.append(finding)


def find(finding: Finding) -> None:
    """Keep a finding for the report; fail if its goal is not reached."""
    note(finding)
    assert finding.met, f"{finding.name}: {finding.value} {finding.unit}, goal {finding.goal}"


def finish() -> None:
    """Write what was found, whatever failed."""
    write("e2e", _findings)
