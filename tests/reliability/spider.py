"""A spider: it follows every link and posts every form of the pages, with hostile values."""

import random
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urlencode, urlsplit

from tests.pages import Answer, Browser


@dataclass
class Form:
    """A form of a page: where it goes, and its fields."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)


class Links(HTMLParser):
    """What a page leads to: addresses of all attributes that have one, and forms."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.forms: list[Form] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attributes}
        self.addresses += [named[name] for name in ("href", "src", "hx-get") if name in named]
        if tag == "form":
            self.forms.append(Form(named["action"], named.get("method", "get")))
        elif tag == "input" and self.forms:
            self.forms[-1].fields[named["name"]] = named.get("value", "")


@dataclass(frozen=True)
class Visit:
    """A request that the spider made, and its answer."""

    method: str
    path: str
    fields: dict[str, str]
    answer: Answer


def crawl(browser: Browser, start: str, most: int = 2_000) -> Iterator[Visit]:
    """Visit each page that can be reached by links from the first one, and no form."""
    seen, waiting = {start}, deque([start])
    while waiting and len(seen) < most:
        path = waiting.popleft()
        visit = Visit("GET", path, {}, browser.get(path))
        yield visit
        found = [*links(visit.answer).addresses, visit.answer.headers.get("location", "")]
        for address in found:
            own, _, _ = address.partition("#")
            if own.startswith("/ui") and own not in seen:
                seen.add(own)
                waiting.append(own)


def links(answer: Answer) -> Links:
    """Return what an answer leads to; nothing for what is no page."""
    is_page = "html" in answer.headers.get("content-type", "")
    return Links(answer.text if is_page else "")


def spoilt_links(
    browser: Browser, paths: Sequence[str], values: Sequence[str], chance: random.Random, each: int
) -> Iterator[Visit]:
    """Visit links with hostile values: in each parameter, as a further one, and in the path."""
    for path in paths:
        parts = urlsplit(path)
        pairs = parse_qsl(parts.query, keep_blank_values=True)
        for value in chance.sample(values, min(each, len(values))):
            spoilt = [(name, value if chance.random() < 0.7 else own) for name, own in pairs]
            query = urlencode([*spoilt, (value, value)], errors="surrogatepass")
            inner = parts.path if chance.random() < 0.7 else f"{parts.path}/{value}"
            spoilt_path = f"{inner.replace('?', '')}?{query}"
            yield Visit("GET", spoilt_path, {}, browser.get(spoilt_path))


def posts(
    browser: Browser, forms: Sequence[Form], values: Sequence[str], keep: Sequence[str] = ()
) -> Iterator[Visit]:
    """Post each form once for each value, in all fields but those to keep."""
    for form in forms:
        for value in values:
            fields = {name: own if name in keep else value for name, own in form.fields.items()}
            yield Visit("POST", form.action, fields, browser.post(form.action, fields))
