"""Run a function on what strangers made, in a process of its own, within memory and time.

What it does wrong ends that process, and no other: native code that crashes, a graph that never
ends, all the memory there is. The process has no variables of ours, so no credentials, and can
write no file. (It is no jail: it may read files, as the code in it is ours.)
"""

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from typing import Any, Final

from labelloop.errors import BadModel

_MEGABYTE: Final = 1 << 20
_LAST_WORDS: Final = 200  # characters of what a process wrote before it ended
_NO_MEMORY: Final = ("bad allocation", "bad_alloc", "Failed to allocate", "out of memory")
_SMALLER: Final = "make it smaller: quantise it to int8, or export a smaller one"


@dataclass(frozen=True, slots=True)
class SandboxLimits:
    """What a process may take: megabytes of memory, and seconds in all."""

    megabytes: int = 2_048
    seconds: float = 60.0


def run_sandboxed(function: str, given: dict[str, Any], limits: SandboxLimits) -> dict[str, Any]:
    """Return what a function of ours gives for a JSON object. `function`: as module:name.

    BadModel if it raises one, or is ended: for time, for memory, or by a crash.
    """
    command = [sys.executable, "-m", "labelloop.adapters.sandbox", function, str(limits.megabytes)]
    try:
        ended = subprocess.run(  # noqa: S603 - our own interpreter and module
            command,
            input=json.dumps(given).encode(),
            capture_output=True,
            timeout=limits.seconds,
            env={"PYTHONPATH": os.pathsep.join(sys.path), "LC_ALL": "C.UTF-8"},
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise BadModel(
            f"it did not end within {limits.seconds:g} s: it is too slow, or has an endless loop",
            "use a smaller model, or one without loops",
        ) from None
    try:
        answer: dict[str, Any] = json.loads(ended.stdout)
    except ValueError:
        raise _crash(ended, limits) from None
    if "error" in answer:
        raise BadModel(answer["error"], answer.get("fix", ""))
    return answer


def _crash(ended: "subprocess.CompletedProcess[bytes]", limits: SandboxLimits) -> BadModel:
    words = ended.stderr.decode(errors="replace").strip()
    if ended.returncode == -signal.SIGKILL or any(each in words for each in _NO_MEMORY):
        return _too_little(limits.megabytes)
    code, last = ended.returncode, words.rpartition("\n")[2][-_LAST_WORDS:]
    how = f"by the signal {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"
    return BadModel(f"it ended the process that tried it {how}: {last}", "export it again")


def _too_little(megabytes: int) -> BadModel:
    return BadModel(f"it takes more than the {megabytes:,} MB of memory that there are", _SMALLER)


def _answered(function: str, given: dict[str, Any], megabytes: int) -> dict[str, Any]:
    from importlib import import_module

    module, _, name = function.partition(":")
    try:
        answer: dict[str, Any] = getattr(import_module(module), name)(given)
    except MemoryError:
        exc = _too_little(megabytes)
    except BadModel as error:
        exc = error
        if any(each in str(error) for each in _NO_MEMORY):
            exc = _too_little(megabytes)
    else:
        return answer
    return {"error": str(exc), "fix": exc.fix}


def _limit(megabytes: int) -> None:
    try:
        import resource

        size = megabytes * _MEGABYTE
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        resource.setrlimit(resource.RLIMIT_DATA, (size, size))
    except (ImportError, ValueError, OSError):
        return  # no such limit on this system


if __name__ == "__main__":
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a library prints is no answer
    _limit(int(sys.argv[2]))
    out.write(json.dumps(_answered(sys.argv[1], json.load(sys.stdin), int(sys.argv[2]))))
    out.flush()
