"""What the functions log, read: structured lines, and those that Lambda writes itself."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

# What Powertools adds to every line, and what is shown elsewhere in it.
_COMMON: Final = {
    *("level", "location", "message", "timestamp", "service", "xray_trace_id", "sampling_rate"),
    *("cold_start", "function_name", "function_memory_size", "function_arn"),
    *("function_request_id", "exception", "exception_name", "stack_trace"),
}
_OF_LAMBDA: Final = ("START ", "END ", "INIT_START ", "REPORT ", "XRAY ", "RESTORE_")
_FAILURE: Final = re.compile(r"Task timed out|Runtime\.|Runtime exited|Error: |\[ERROR\]|Traceback")
_SECRET: Final = re.compile(
    r"(?P<kept>://)[^/\s@]+@|(?P<kind>\b(?:basic|bearer|token)\s+)[\w+/=.~-]{6,}", re.IGNORECASE
)
ERRORS: Final = frozenset({"ERROR", "CRITICAL"})


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a function's log. `fields`: the facts that were logged beside the message."""

    at: datetime
    function: str
    level: str
    message: str
    fields: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_error(self) -> bool:
        """Whether something failed."""
        return self.level in ERRORS

    def is_of(self, project: str) -> bool:
        """Say whether it is about a project, by its key or its number in Label Studio."""
        named = str(self.fields.get("project", ""))
        return project in (named, named.partition(".")[0])

    def line(self) -> str:
        """Return it for people."""
        facts = " ".join(f"{name}={_shown(value)}" for name, value in self.fields.items())
        head = f"{self.at:%Y-%m-%d %H:%M:%S}  {self.function:<8}{self.level:<9}{self.message}"
        return f"{head}  {facts}".rstrip()

    def row(self) -> dict[str, Any]:
        """Return it as a JSON object."""
        facts = {"time": self.at.isoformat(), "function": self.function, "level": self.level}
        return facts | {"message": self.message, "fields": dict(self.fields)}


def read_entry(function: str, timestamp_ms: int, text: str) -> Entry | None:
    """Return a log line as an entry; None for metrics, and for Lambda's own lines of no failure."""
    at = datetime.fromtimestamp(timestamp_ms / 1000, UTC)
    try:
        logged = json.loads(text)
    except (ValueError, RecursionError):
        logged = None
    if not isinstance(logged, dict):
        return _of_text(at, function, text.strip())
    if "_aws" in logged:
        return None
    level, message = (
        str(logged.get("level", "INFO")),
        without_secrets(str(logged.get("message", ""))),
    )
    names = [name for name in logged if name not in _COMMON]
    facts = {name: _cleaned(logged[name]) for name in names}
    if logged.get("exception_name"):
        last = str(logged.get("exception", "")).strip().splitlines()[-1:]
        facts["error"] = without_secrets(last[0] if last else str(logged["exception_name"]))
    return Entry(at, function, level, message, facts)


def without_secrets(text: str) -> str:
    """Return a text without what looks like credentials: in an address, or after their kind."""
    return _SECRET.sub(lambda m: f"{m['kept']}***@" if m["kept"] else f"{m['kind']}***", text)


def _of_text(at: datetime, function: str, text: str) -> Entry | None:
    if not text or (text.startswith(_OF_LAMBDA) and "Status: " not in text):
        return None
    is_failure = _FAILURE.search(text) is not None or "Status: " in text
    return Entry(at, function, "ERROR" if is_failure else "INFO", without_secrets(text))


def _cleaned(value: Any) -> Any:
    match value:
        case str():
            return without_secrets(value)
        case list():
            return [_cleaned(one) for one in value]
        case dict():
            return {name: _cleaned(one) for name, one in value.items()}
    return value


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f'"{text}"' if " " in text else text
