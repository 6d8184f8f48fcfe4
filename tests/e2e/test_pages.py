"""The pages in a real browser: accessible in every state, alive, and of use without scripts."""

import shutil
from collections.abc import Callable, Iterator
from importlib import resources
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from labelloop.bucket.project import Project
from labelloop.local.proxy import serving
from tests.builders import PROJECT, created
from tests.e2e.test_browser import FLAGS
from tests.fakes import MemoryStore
from tests.integration.kinds.test_pages import KINDS, learnt
from tests.pages import HOSTILE, PASSWORD, USER, failing, handled, trained, training
from tests.reliability.site import build_on

LOOKS: dict[str, dict[str, Any]] = {
    "light": {"viewport": {"width": 1280, "height": 900}},
    "dark": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True},
}
STATES: dict[str, Callable[[MemoryStore], Any]] = {
    "none": lambda _: None,
    "empty": lambda store: Project(store, PROJECT).add_event("a", created(1)),
    "trained": trained,
    "training": training,
    "failing": failing,
    "77 classes": lambda store: trained(store, tuple(f"intent {n}" for n in range(77))),
    "1,000 versions": lambda store: trained(store, versions=1_000),
    "hostile": lambda store: failing(store, "".join(HOSTILE)) and None,
    "hostile names": lambda store: trained(store, HOSTILE),
}


@pytest.fixture
def store(monkeypatch) -> MemoryStore:
    store = MemoryStore()
    build_on(store, monkeypatch)
    monkeypatch.setenv("LABEL_STUDIO_URL", "http://127.0.0.1:8080")
    return store


@pytest.fixture
def url(store) -> Iterator[str]:
    with serving(handled(), "127.0.0.1", free_port()) as url:
        yield url


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=list(FLAGS)
        )
        yield started
        started.close()


def free_port() -> int:
    from labelloop.local.emulator import claim_port

    return claim_port(0, "the pages", "")


def log_in(page: Page, url: str) -> None:
    page.goto(f"{url}/ui/projects/{PROJECT}")
    page.fill("input[name=user]", USER)
    page.fill("input[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{url}/ui/projects/{PROJECT}")


def violations(context: BrowserContext, page: Page) -> list[str]:
    """Return what axe-core finds. It runs beside the page, whose policy lets no script in."""
    axe = resources.files("axe_playwright_python").joinpath("axe.min.js").read_text()
    session = context.new_cdp_session(page)
    frame = session.send("Page.getFrameTree")["frameTree"]["frame"]["id"]
    world = session.send("Page.createIsolatedWorld", {"frameId": frame})["executionContextId"]
    session.send("Runtime.evaluate", {"expression": axe, "contextId": world})
    run = "axe.run().then(r => r.violations.map(v => `${v.impact} ${v.id} ${v.nodes[0].html}`))"
    asked = {"expression": run, "contextId": world, "awaitPromise": True, "returnByValue": True}
    found: list[str] = session.send("Runtime.evaluate", asked)["result"]["value"]
    return found


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("state", STATES)
def test_every_state_is_accessible_and_fits(chromium, store, url, state, look, screenshots):
    STATES[state](store)
    context = chromium.new_context(**LOOKS[look])
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", lambda dialog: said.append(dialog.message))

    found = []
    page.goto(f"{url}/ui/login")
    found += violations(context, page)
    log_in(page, url)
    for path in ("/ui", f"/ui/projects/{PROJECT}"):
        page.goto(f"{url}{path}")
        page.screenshot(
            path=screenshots / f"pages-{state}-{look}-{'one' if PROJECT in path else 'all'}.png",
            full_page=True,
        )
        found += violations(context, page)
        width = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert width <= 0, path
    context.close()

    assert found == []
    assert [one for one in said if "404" not in one] == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_of_any_kind_is_accessible_and_fits(
    chromium, store, url, kind, screenshots, rank_queue, clock
):
    learnt(kind, store, rank_queue, clock)
    context = chromium.new_context()
    page = context.new_page()
    log_in(page, url)

    assert violations(context, page) == []  # in other looks: the test above
    for look, options in LOOKS.items():
        page.set_viewport_size(options["viewport"])
        page.emulate_media(color_scheme=options.get("color_scheme", "light"))
        page.reload()
        page.screenshot(path=screenshots / f"pages-of-{kind}-{look}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    context.close()


def test_a_button_is_pressed_by_keyboard_and_says_what_it_did(chromium, store, url):
    project = trained(store)
    page = chromium.new_page()
    log_in(page, url)
    page.evaluate("window.same = true")

    page.get_by_role("button", name="Pin", exact=True).focus()
    page.keyboard.press("Enter")

    expect(page.get_by_role("status")).to_contain_text("Pinned")
    expect(page.get_by_role("status")).to_be_focused()
    assert page.evaluate("window.same")  # htmx swapped the page's content
    assert project.active().value.pinned
    page.close()


def test_a_rollback_is_asked_back_for(chromium, store, url):
    project = trained(store)
    page = chromium.new_page()
    log_in(page, url)
    asked: list[str] = []

    def answer(dialog: Any) -> None:
        asked.append(dialog.message)
        if len(asked) > 1:
            dialog.accept()
        else:
            dialog.dismiss()

    page.on("dialog", answer)
    button = page.get_by_role("button", name="Roll back")
    button.click()
    assert project.active_version() == "3-00000003"
    button.click()

    expect(page.get_by_role("status")).to_contain_text("The version before is active")
    assert project.active_version() == "2-00000002"
    assert asked == ["Serve the version before this one?"] * 2
    page.close()


def test_an_open_page_shows_what_happens_by_itself(chromium, store, url):
    project = trained(store)
    project.add_event("one", created(1))
    page = chromium.new_page()
    log_in(page, url)

    project.add_event("two", created(2))
    expect(page.locator("#now")).to_contain_text("2 events", timeout=20_000)
    active = project.active()
    card = project.card("1-00000001")
    assert card
    project.switch(active, active.value.replaced_by(card), {"why": "test"})

    expect(page.locator("#now")).to_contain_text("1-00000001", timeout=20_000)
    page.close()


def test_an_open_page_goes_to_the_login_when_its_session_ends(chromium, store, url):
    trained(store).add_event("one", created(1))
    context = chromium.new_context()
    page = context.new_page()
    log_in(page, url)

    context.clear_cookies()

    expect(page.get_by_role("heading", name="Log in")).to_be_visible(timeout=20_000)
    context.close()


def test_all_works_without_scripts(chromium, store, url):
    project = trained(store)
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    log_in(page, url)

    page.get_by_role("button", name="Activate 1-00000001").click()

    expect(page.get_by_role("status")).to_contain_text("The version is active")
    assert project.active_version() == "1-00000001"
    context.close()
