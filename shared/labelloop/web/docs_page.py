"""The page that describes the routes: HTML made here, without scripts or anything from elsewhere.

Browsers open it with management credentials, so it must not run or load anything.
"""

import base64
from collections.abc import Iterator, Mapping
from hashlib import sha256
from html import escape
from typing import Any, Final

_STYLE: Final = (
    "body{font:16px/1.5 sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem}"
    "h2{margin-top:2rem}code{background:#eee;padding:.1em .3em}td,th{text-align:left;"
    "vertical-align:top;padding-right:1rem}"
)
_STYLE_HASH: Final = base64.b64encode(sha256(_STYLE.encode()).digest()).decode()
HEADERS: Final = {
    "content-security-policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}


def docs_page(openapi: Mapping[str, Any]) -> str:
    """Return the page, as HTML, for the routes in an OpenAPI description."""
    info = openapi["info"]
    title, summary = escape(info["title"]), escape(info.get("summary", ""))
    routes = (
        _route(method, path, route, openapi)
        for path, methods in openapi["paths"].items()
        for method, route in methods.items()
    )
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        f"<style>{_STYLE}</style><h1>{title}</h1><p>{summary}</p>"
        '<p>For programs: <a href="openapi.json">openapi.json</a>.</p>'
        f"{''.join(routes)}</html>"
    )


def _route(method: str, path: str, route: Mapping[str, Any], openapi: Mapping[str, Any]) -> str:
    description = escape(route.get("description") or route.get("summary", ""))
    rows = [*_parameters(route), *_fields(route, openapi)]
    table = f"<table>{''.join(rows)}</table>" if rows else ""
    return f"<h2><code>{method.upper()} {escape(path)}</code></h2><p>{description}</p>{table}"


def _parameters(route: Mapping[str, Any]) -> Iterator[str]:
    for parameter in route.get("parameters", ()):
        yield _row(parameter["name"], "in the query", parameter.get("required", False))


def _fields(route: Mapping[str, Any], openapi: Mapping[str, Any]) -> Iterator[str]:
    body = route.get("requestBody", {}).get("content", {}).get("application/json", {})
    schema = body.get("schema", {})
    if "$ref" in schema:
        schema = openapi["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    for name, field in schema.get("properties", {}).items():
        yield _row(name, field.get("description", ""), name in schema.get("required", ()))


def _row(name: str, description: str, is_required: bool) -> str:
    optional = "" if is_required else " (may be left out)"
    return f"<tr><th><code>{escape(name)}</code></th><td>{escape(description)}{optional}</td></tr>"
