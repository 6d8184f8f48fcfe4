"""From what a page shows to its HTML, and the files that pages load."""

import gzip
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from labelloop.domain.judging.in_words import capitalised
from labelloop.domain.serving.in_words import minute_of

_HERE: Final = Path(__file__).parent
_KINDS: Final = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}


def render(template: str, **values: Any) -> bytes:
    """Return a page as UTF-8; what no page can hold, a zero or a lone surrogate, is replaced."""
    text = _templates().get_template(template).render(**values)
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace")


@cache
def assets() -> dict[str, tuple[str, bytes]]:
    """Return content type and compressed bytes of each file that pages load, by name."""
    files = sorted((_HERE / "assets").iterdir())
    return {
        file.name: (_KINDS[file.suffix], gzip.compress(file.read_bytes(), mtime=0))
        for file in files
        if file.suffix in _KINDS
    }


@cache
def _templates() -> Environment:
    templates = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters |= {"percent": _percent, "minute": minute_of, "capitalised": capitalised}
    templates.globals |= {"asset": _asset_path, "tasks_path": _tasks_path}
    return templates


@cache
def _asset_path(name: str) -> str:
    """Return the address of a file: another one for other contents, so browsers may keep it."""
    digest = sha256((_HERE / "assets" / name).read_bytes()).hexdigest()[:12]
    return f"/ui/assets/{name}?{digest}"


def _tasks_path(project: str, of: str, **named: Any) -> str:
    """Return the address that leads to the tasks that a number counts."""
    return f"/ui/projects/{project}/tasks?{urlencode({'of': of} | named, errors='replace')}"


def _percent(share: float | None) -> str:
    return "\N{EN DASH}" if share is None else f"{share:.0%}"
