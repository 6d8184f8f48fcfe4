"""Every link and every form of the pages, with hostile values, by whoever may come.

In place of ZAP, which takes a download of its own: the checks that its passive rules make (headers,
caching, cookies, errors) hold for each answer, and its active ones have the values of
`tests.reliability.test_pages`.
"""

import logging
import random
from collections.abc import Iterable, Iterator

import pytest

from labelloop.pages.tables import BLOCKS
from labelloop.usecases.serving.find_tasks import LISTS
from labelloop.web.credentials import viewing_pair
from labelloop.web.page_answers import HEADERS
from tests.builders import PROJECT
from tests.fakes import MemoryStore
from tests.integration.kinds.test_pages import learnt
from tests.pages import PASSWORD, USER, Browser, failing, trained
from tests.reliability.report import find, size
from tests.reliability.site import build_on
from tests.reliability.spider import Visit, crawl, links, posts, spoilt_links
from tests.reliability.test_pages import INPUTS, LABEL, MARK, STUDIO

PAGE = f"/ui/projects/{PROJECT}"
KEPT = {"cache-control"}  # files are kept by browsers


@pytest.fixture
def store(monkeypatch, rank_queue, clock) -> Iterator[MemoryStore]:
    """A project with labels, a version, and what is hostile in all its names."""
    store = MemoryStore(clock)
    build_on(store, monkeypatch)
    monkeypatch.setenv("LABEL_STUDIO_URL", STUDIO)
    logging.disable(logging.CRITICAL)
    yield store
    logging.disable(logging.NOTSET)


@pytest.fixture(params=["hostile names", "failing", "learnt"])
def state(request, store, rank_queue, clock) -> str:
    match request.param:
        case "hostile names":
            trained(store, (LABEL, f"{MARK}>", f'"{MARK} x>', *INPUTS[-16:]))
        case "failing":
            failing(store, f"{LABEL} {MARK}> {INPUTS[1]}")
        case "learnt":
            learnt("text_choices", store, rank_queue, clock)
    return str(request.param)


def manager() -> Browser:
    browser = Browser()
    browser.log_in(USER, PASSWORD)
    return browser


def viewer() -> Browser:
    browser = Browser()
    browser.log_in(*viewing_pair(PASSWORD))
    return browser


def faults(visits: Iterable[Visit]) -> list[str]:
    """Return what no answer may be, whoever asked for what."""
    found = []
    for visit in visits:
        answer, what = visit.answer, f"{visit.method} {visit.path[:200]} {visit.fields}"
        if answer.status >= 500:
            found.append(f"{answer.status}: {what}")
        missing = [
            name
            for name, value in HEADERS.items()
            if answer.headers.get(name) != value and not (name in KEPT and "/assets/" in visit.path)
        ]
        if missing:
            found.append(f"without {missing}: {what}")
        if "html" in answer.headers.get("content-type", "") and MARK in answer.text:
            found.append(f"unescaped: {what}")
        if any("\r" in one or "\n" in one for one in answer.headers.values()):
            found.append(f"split headers: {what}")
        to = answer.headers.get("location", "/ui")
        if not to.startswith(("/ui", f"{STUDIO}/projects/38/data?")):
            found.append(f"leads to {to}: {what}")
        if "Traceback" in answer.text or "labelloop/" in answer.text:
            found.append(f"tells of the code: {what}")
        sent = answer.headers.get("set-cookie", "")
        if sent and not {"HttpOnly", "SameSite=Strict", "Secure"} <= set(sent.split("; ")):
            found.append(f"a weak cookie: {what}")
    return found


def counted(visits: Iterable[Visit], into: list[Visit]) -> Iterator[Visit]:
    for visit in visits:
        into.append(visit)
        yield visit


def test_a_spider_finds_no_fault(store, state):
    seen: list[Visit] = []
    chance = random.Random(state)
    browser = manager()

    wrong = faults(counted(crawl(browser, "/ui"), seen))
    paths = [visit.path for visit in seen]
    assert all(visit.answer.status in (200, 204, 303, 404) for visit in seen)
    lost = [visit.path for visit in seen if visit.answer.status == 404]
    spoilt = spoilt_links(browser, paths, INPUTS, chance, size(3, 30))
    wrong += faults(counted(spoilt, seen))
    forms = [form for path in ("/ui/login", "/ui", PAGE) for form in links(browser.get(path)).forms]
    wrong += faults(counted(posts(browser, forms, INPUTS, keep=["csrf"]), seen))

    print(*wrong[:10], sep="\n")
    blocks = {f"{PAGE}/{name}.{kind}" for name in BLOCKS for kind in ("csv", "json")}
    shown = blocks & set(paths)
    assert len(shown) >= 8
    assert state != "learnt" or not lost
    find(f"a spider over the pages, {state}: faults", len(wrong), f"of {len(seen):,} requests")


def test_each_list_of_tasks_is_found_and_linked(store, rank_queue, clock):
    learnt("text_choices", store, rank_queue, clock)
    rows = {"annotator": "1", "day": "2026-11-23", "name": "food", "version": ""}
    browser = manager()
    (first, *_) = browser.get(f"{PAGE}/versions.csv").text.splitlines()[1:]
    rows["version"] = first.partition(",")[0]

    for name in LISTS:
        query = "&".join(f"{field}={value}" for field, value in rows.items())
        answer = browser.get(f"{PAGE}/tasks?of={name}&{query}")
        assert answer.status == 303, name
        assert answer.headers["location"].startswith(f"{STUDIO}/projects/38/data?tab=")


def test_without_a_login_nothing_but_the_login_page_and_files_is_shown(store, state):
    visits = list(crawl(manager(), "/ui"))
    stranger, shown, wrong = Browser(), [], []

    for visit in visits:
        again = Visit("GET", visit.path, {}, stranger.get(visit.path))
        wrong += faults([again])
        text = again.answer.text if "/assets/" not in visit.path else ""
        if LABEL in text or PROJECT in text or (again.answer.status == 200 and text):
            shown.append(visit.path)

    find(f"pages shown without a login, {state}", len(shown + wrong), f"of {len(visits):,} pages")


@pytest.mark.parametrize("who", ["stranger", "viewer", "manager without the form's token"])
def test_no_form_changes_anything_for_who_may_not(store, state, who):
    forms = links(manager().get(PAGE)).forms
    browser = {"stranger": Browser, "viewer": viewer}.get(who, manager)()
    if who == "viewer":
        token = browser.token()
        for form in forms:
            form.fields["csrf"] = token
    before, visits = store.everything(), []
    values = INPUTS[: size(6, len(INPUTS))]

    for form in forms:
        if form.action == "/ui/logout":
            continue
        keep = list(form.fields) if who == "viewer" else ["version"]
        visits += list(posts(browser, [form], values, keep))

    wrong = faults(visits) + [v.path for v in visits if v.answer.status not in (401, 403)]
    assert store.everything() == before
    find(f"forms, {state}, {who}: faults", len(wrong), f"of {len(visits):,} posts")
