"""Check a recipe of one's own by the contract suite, in a process of its own, within limits."""

import json
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import IO, Final

from labelloop.cli.checked_recipe import LOADING, ToCheck

_SOME_DOZEN: Final = 60  # tasks, with which a rule ends soon
_LAST_WORDS: Final = 200  # characters of what a process wrote before it ended


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule as a sentence, and why the recipe does not keep to it; empty if it does.

    `is_note`: with a project's tasks that may be chance, so the rule is not broken.
    """

    title: str
    why: str
    is_note: bool = False


def check_recipe(to_check: ToCheck, limit_s: float) -> Iterator[Finding]:
    """Yield a finding for each rule; a rule that ends the process, or never ends, is the last."""
    is_loaded = False
    for finding in _run(to_check, limit_s):
        yield finding
        is_loaded |= finding == Finding(LOADING, "")
    if is_loaded:
        yield from _run(replace(to_check, is_light=True), limit_s)


def _run(to_check: ToCheck, limit_s: float) -> Iterator[Finding]:
    with tempfile.TemporaryFile("w+") as words, tempfile.TemporaryFile("w+") as given:
        given.write(to_check.to_json())
        given.seek(0)
        process = subprocess.Popen(
            [sys.executable, "-m", "labelloop.cli.checked_recipe"],
            stdin=given,
            stdout=subprocess.PIPE,
            stderr=words,
            text=True,
        )
        lines: queue.Queue[str] = queue.Queue()
        reader = threading.Thread(target=_read, args=(process.stdout, lines))
        reader.start()
        try:
            yield from _findings(process, lines, words, limit_s, _too_many(len(to_check.tasks)))
        finally:
            process.kill()
            process.wait()
            reader.join()


def _findings(
    process: subprocess.Popen[str],
    lines: "queue.Queue[str]",
    words: IO[str],
    limit_s: float,
    more: str,
) -> Iterator[Finding]:
    begun = ""
    while True:
        try:
            line = lines.get(timeout=limit_s)
        except queue.Empty:
            yield Finding(begun, f"it did not end within {limit_s:g} s{more}")
            return
        if not line:
            break
        row = json.loads(line)
        begun = row.get("begun", "")
        if "title" in row:
            yield Finding(row["title"], row["why"], row.get("is_note", False))
    if begun or process.wait():
        yield Finding(begun or "it is checked", _end_of(process, words))


def _too_many(tasks: int) -> str:
    """Return what to do about a rule that does not end."""
    if tasks <= _SOME_DOZEN:
        return "; if it is only slow, raise --limit"
    return f" with {tasks:,} tasks; take fewer, some dozen will do, or raise --limit"


def _read(out: IO[str], lines: "queue.Queue[str]") -> None:
    with out:
        for line in out:
            lines.put(line)
    lines.put("")


def _end_of(process: subprocess.Popen[str], words: IO[str]) -> str:
    """Return how a process ended before its time, and the last line that it wrote."""
    code = process.wait()
    how = f"with exit code {code}" if code >= 0 else f"by the signal {signal.Signals(-code).name}"
    words.seek(0)
    last = words.read().strip().rpartition("\n")[2][-_LAST_WORDS:]
    return f"it ended the process {how}" + (f": {last}" if last else "")
