"""The pages through the real handler: login, cookie, changes, and every state of a project."""

import json
import re
from base64 import b64encode
from html.parser import HTMLParser

import pytest

from labelloop import bootstrap
from labelloop.bucket.project import Project
from labelloop.config import settings
from labelloop.domain.version import UNTRAINED
from labelloop.errors import Unavailable
from labelloop.pages.rendering import assets
from labelloop.pages.tables import BLOCKS
from labelloop.web import sessions
from labelloop.web.credentials import viewing_pair
from tests.builders import PROJECT, created
from tests.fakes import MemoryStore
from tests.pages import HOST, HOSTILE, PASSWORD, TITLE, USER, Browser, failing, trained, training
from tests.reliability.site import FixedSecret, build_on
from tests.unit.pages.test_links import tab_of

PAGE = f"/ui/projects/{PROJECT}"
READABLE = (
    "/ui",
    PAGE,
    f"{PAGE}/now",
    *(f"{PAGE}/{n}.{k}" for n in BLOCKS for k in ("csv", "json")),
)
ACTIONS = ("activate", "rollback", "pin", "unpin", "train", "rank")
MOST_BYTES = 100_000


class Parsed(HTMLParser):
    """A page's tags and attributes, and whether all tags are closed."""

    VOID = ("meta", "link", "input", "br")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def all(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag == name]


@pytest.fixture
def store(monkeypatch) -> MemoryStore:
    store = MemoryStore()
    build_on(store, monkeypatch)
    monkeypatch.setenv("LABEL_STUDIO_URL", "https://studio.example.com")
    return store


@pytest.fixture
def browser(store) -> Browser:
    """Somebody with management credentials, logged in."""
    browser = Browser()
    assert browser.log_in().status == 303
    return browser


@pytest.fixture
def viewer(store) -> Browser:
    """Somebody with the credentials for reading alone, logged in."""
    browser = Browser()
    assert browser.log_in(*viewing_pair(PASSWORD)).status == 303
    return browser


# -- login -----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [*READABLE, f"{PAGE}/tasks?of=labelled"])
def test_nothing_is_shown_without_a_login(store, path):
    trained(store)

    answer = Browser().get(path)

    assert (answer.status, answer.raw) == (303, b"")
    assert answer.headers["location"].startswith("/ui/login?to=/ui")


@pytest.mark.parametrize("path", READABLE)
def test_each_page_is_shown_after_it(browser, store, path):
    trained(store)

    answer = browser.get(path)

    assert answer.status == 200
    assert answer.raw


def test_a_login_leads_to_the_page_that_was_wanted(store):
    browser = Browser()
    wanted = browser.get(PAGE).headers["location"]

    form = Parsed(browser.get(wanted).text)
    to = next(one["value"] for one in form.all("input") if one["name"] == "to")

    assert browser.log_in(to=str(to)).headers["location"] == PAGE


@pytest.mark.parametrize(
    "to", ["https://evil.example", "//evil.example", "/ui/../x y", "/ui\r\nx: y", "", "/predict"]
)
def test_and_nowhere_else(store, to):
    answer = Browser().log_in(to=to)

    assert answer.headers["location"] == "/ui"


def test_wrong_credentials_get_no_cookie_and_are_not_repeated(store):
    answer = Browser().log_in("<b>me</b>", "wrong-password")

    assert answer.status == 401
    assert "set-cookie" not in answer.headers
    assert "not known" in answer.text
    assert "wrong-password" not in answer.text
    assert "<b>" not in answer.text


def test_they_are_counted_for_the_alarm_as_those_of_other_routes_are(store, capsys):
    Browser().log_in()
    assert '"Unauthorised"' not in capsys.readouterr().out

    Browser().log_in(USER, "a guess")

    assert '"Unauthorised":[1.0]' in capsys.readouterr().out


def test_the_cookie_is_strict(store):
    sent = Browser().log_in().headers["set-cookie"]

    assert {"HttpOnly", "SameSite=Strict", "Secure", "Path=/"} <= set(sent.split("; "))
    assert "Secure" not in Browser("127.0.0.1:9090").log_in().headers["set-cookie"]


@pytest.mark.parametrize("change", ["", "x", "upper"])
def test_a_cookie_that_was_tampered_with_opens_nothing(browser, store, change):
    browser.cookie = (
        browser.cookie.swapcase() if change == "upper" else browser.cookie[:-1] + change
    )

    assert browser.get("/ui").status == 303


def test_a_session_ends(browser, store, monkeypatch):
    monkeypatch.setattr(sessions, "HOURS", 0)
    late = Browser()
    late.log_in()

    assert browser.get("/ui").status == 200
    assert late.get("/ui").status == 303


def test_an_open_page_is_sent_to_the_login_when_its_session_ends(store):
    answer = Browser().get(f"{PAGE}/now", hx_request="true")

    assert (answer.status, answer.headers["hx-redirect"]) == (401, "/ui/login")


def test_who_logs_out_is_out(browser):
    answer = browser.post("/ui/logout", {"csrf": browser.token()})

    assert answer.headers["location"] == "/ui/login"
    assert browser.get("/ui").status == 303


def test_the_credentials_for_reading_open_no_route_of_the_api(store):
    pair = b64encode(":".join(viewing_pair(PASSWORD)).encode()).decode()

    assert Browser().get("/status", authorization=f"Basic {pair}").status == 401


# -- changes ---------------------------------------------------------------------------------


def test_a_version_is_activated_and_who_did_it_is_told(browser, store):
    project = trained(store)

    answer = browser.change("activate", version="1-00000001")

    assert answer.headers["location"] == f"{PAGE}?done=activate"
    assert project.active_version() == "1-00000001"
    first, *_ = json.loads(browser.get(f"{PAGE}/switches.json").text)
    assert (first["version"], first["by"]) == ("1-00000001", USER)
    assert "The version is active" in browser.get(answer.headers["location"]).text


def test_a_rollback_serves_the_version_before(browser, store):
    project = trained(store)

    browser.change("rollback")

    assert project.active_version() == "2-00000002"


def test_a_project_is_pinned_and_unpinned(browser, store):
    project = trained(store)

    browser.change("pin")
    assert project.active().value.pinned
    assert f'action="{PAGE}/unpin"' in browser.get(PAGE).text
    browser.change("unpin")

    assert not project.active().value.pinned
    assert bootstrap.queue().last.project == PROJECT  # type: ignore[attr-defined]


@pytest.mark.parametrize(("action", "queue"), [("train", "queue"), ("rank", "rank_queue")])
def test_work_is_asked_for(browser, store, action, queue):
    trained(store)

    assert browser.change(action).status == 303

    assert getattr(bootstrap, queue)().last.project == PROJECT


@pytest.mark.parametrize("version", ["9-aaaaaaaa", "", "../../x", *HOSTILE])
def test_a_version_that_does_not_exist_is_not_activated(browser, store, version):
    project = trained(store)

    answer = browser.change("activate", version=version)

    assert answer.status == 404
    assert 'role="alert"' in answer.text
    assert project.active_version() == "3-00000003"


def test_there_is_nothing_before_no_version(browser, store):
    Project(store, PROJECT).add_event("a", created(1))

    assert browser.change("rollback").status == 404


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("token", ["", "x", "0" * 64, "\ud800"])
def test_a_form_without_its_token_changes_nothing(browser, store, action, token):
    trained(store)
    before = store.everything()

    fields = {"csrf": token, "version": "1-00000001"} if token else {"version": "1-00000001"}
    answer = browser.post(f"{PAGE}/{action}", fields)

    assert answer.status == 403
    assert store.everything() == before


@pytest.mark.parametrize("action", ACTIONS)
def test_a_page_of_another_site_changes_nothing(browser, store, action):
    trained(store)
    before, form = store.everything(), {"csrf": browser.token(), "version": "1-00000001"}

    foreign = {"origin": "https://evil.example", "sec-fetch-site": "cross-site"}
    old = {"origin": "https://evil.example", "sec-fetch-site": "none"}

    for headers in (foreign, old):
        assert browser.post(f"{PAGE}/{action}", form, **headers).status == 403
    assert store.everything() == before


@pytest.mark.parametrize("action", ACTIONS)
def test_the_token_of_another_session_changes_nothing(browser, viewer, store, action):
    trained(store)
    before = store.everything()

    answer = browser.post(f"{PAGE}/{action}", {"csrf": viewer.token(), "version": "1-00000001"})

    assert answer.status == 403
    assert store.everything() == before


@pytest.mark.parametrize("action", ACTIONS)
def test_who_may_only_read_changes_nothing(viewer, store, action):
    trained(store)
    before = store.everything()

    assert viewer.change(action, version="1-00000001").status == 403
    assert store.everything() == before


def test_and_is_offered_no_button_for_it(viewer, store):
    trained(store)

    forms = Parsed(viewer.get(PAGE).text).all("form")

    assert [form["action"] for form in forms] == ["/ui/logout"]


@pytest.mark.parametrize("action", ACTIONS)
def test_nobody_changes_anything_without_a_login(store, action):
    trained(store)
    before = store.everything()

    assert Browser().post(f"{PAGE}/{action}", {"version": "1-00000001"}).status == 401
    assert store.everything() == before


def test_behind_a_proxy_with_another_host_forms_work(browser, store):
    trained(store)
    form = {"csrf": browser.token()}

    assert browser.post(f"{PAGE}/pin", form, origin="https://pages.example.org").status == 303


# -- every state -----------------------------------------------------------------------------


def empty(store):
    Project(store, PROJECT).add_event("a", created(1))


def classes(store):
    trained(store, tuple(f"intent {n}" for n in range(77)))


def versions(store):
    trained(store, versions=1_000)


def hostile(store):
    trained(store, HOSTILE)


def hostile_failures(store):
    failing(store, "".join(HOSTILE))


@pytest.mark.parametrize("path", ["/ui", PAGE])
def test_people_know_a_project_by_its_title(browser, store, path):
    trained(store)

    page = browser.get(path).text

    assert f"<bdi>{TITLE}</bdi>" in page
    assert '<small class="tag">project 38</small>' in page


STATES = [empty, trained, training, failing, classes, versions, hostile, hostile_failures]


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("path", ["/ui", PAGE, f"{PAGE}/now"])
def test_every_state_is_shown_whole_and_small_and_runs_nothing(browser, store, state, path):
    state(store)

    answer = browser.get(path)
    page = Parsed(answer.text)

    assert answer.status == 200
    assert page.open == []
    scripts = [one.get("src") for one in page.all("script")]
    assert all(re.fullmatch(r"/ui/assets/htmx\.min\.js\?\w+", str(src)) for src in scripts)
    assert not page.all("style")
    assert not page.all("img")
    for tag, attributes in page.tags:
        assert not [name for name in attributes if name.startswith("on") or name == "style"], tag
        for name in ("href", "src", "action", "hx-get", "hx-post"):
            value = str(attributes.get(name, "/ui"))
            assert value.startswith(("/ui", "#", "data:,", "https://studio.example.com/")), value


@pytest.mark.parametrize("state", STATES)
def test_a_page_with_all_that_it_loads_is_under_100_kb(browser, store, state):
    state(store)

    sent = len(browser.get(PAGE, accept_encoding="gzip").raw)
    for name in assets():
        sent += len(browser.get(f"/ui/assets/{name}", accept_encoding="gzip").raw)

    assert sent < MOST_BYTES


@pytest.mark.parametrize("state", STATES)
def test_every_block_of_every_state_can_be_downloaded(browser, store, state):
    state(store)

    for name in BLOCKS:
        assert isinstance(json.loads(browser.get(f"{PAGE}/{name}.json").text), list)
        answer = browser.get(f"{PAGE}/{name}.csv")
        assert answer.status == 200
        assert "attachment" in answer.headers["content-disposition"]


def test_labels_to_look_at_again_lead_to_their_tasks(browser, store):
    trained(store)

    links = [one["href"] for one in Parsed(browser.get(PAGE).text).all("a")]

    assert "https://studio.example.com/projects/38/data?task=100" in links


def test_a_number_leads_to_the_tasks_that_it_counts(browser, store):
    trained(store)

    links = [str(one["href"]) for one in Parsed(browser.get(PAGE).text).all("a")]
    path = next(link for link in links if link.startswith(f"{PAGE}/tasks?of=person"))
    to = browser.get(path).headers["location"]

    assert to.startswith("https://studio.example.com/projects/38/data?tab=")
    assert tab_of(to)["title"] == "Labelled by user 1"


@pytest.mark.parametrize(
    "of", ["", "x", "day&day=9999-12-31", "day&day=x", "person&annotator=-1", "version&version=9-a"]
)
def test_what_is_no_list_of_tasks_is_404(browser, store, of):
    trained(store)

    assert browser.get(f"{PAGE}/tasks?of={of}").status == 404


def test_without_a_label_studio_no_number_is_a_link(browser, store, monkeypatch):
    trained(store)
    monkeypatch.setenv("LABEL_STUDIO_URL", "")
    settings.cache_clear()

    assert "/tasks?" not in browser.get(PAGE).text
    assert browser.get(f"{PAGE}/tasks?of=labelled").status == 404


def test_what_labelling_takes_and_costs_is_shown(browser, store):
    trained(store)

    rows = {
        one["what"]: one["value"] for one in json.loads(browser.get(f"{PAGE}/outlook.json").text)
    }

    cost = sum(value for what, value in rows.items() if what.startswith("USD"))
    assert cost == pytest.approx(2 * (180 * 0.0000133334 + 40 * 0.2e-6), rel=0.01)
    assert "$0.0048" in browser.get(PAGE).text


def test_tasks_that_are_alike_and_labelled_differently_are_shown_with_both(browser, store):
    trained(store)

    text = browser.get(PAGE).text

    assert "Alike, and labelled differently" in text
    links = [one["href"] for one in Parsed(text).all("a")]
    assert {f"https://studio.example.com/projects/38/data?task={n}" for n in (200, 300)} <= set(
        links
    )


def test_an_open_page_is_told_what_is_new_and_nothing_else(browser, store):
    project = trained(store)
    asked = re.search(r'hx-get="([^"]+)"', browser.get(PAGE).text)
    assert asked
    path = asked[1].replace("&amp;", "&")

    assert browser.get(path).status == 204
    project.add_event("a", created(1))
    assert "1 event" in browser.get(path).text
    browser.change("activate", version="1-00000001")
    assert browser.get(path).headers["hx-refresh"] == "true"


def test_a_training_at_work_is_shown(browser, store):
    training(store)

    assert "training: features 40%" in browser.get(PAGE).text


def test_a_project_without_a_model_says_why(browser, store):
    empty(store)

    text = browser.get(PAGE).text

    assert "0 annotations. No model yet." in text
    assert "No label has been learnt yet" in text
    assert UNTRAINED in text


# -- what holds for all answers --------------------------------------------------------------


@pytest.mark.parametrize(
    "path", [*READABLE, "/ui/login", "/ui/nowhere", "/ui/assets/labelloop.css", "/ui/assets/x"]
)
def test_the_policy_lets_nothing_else_in(browser, store, path):
    trained(store)

    headers = browser.get(path).headers

    assert headers["content-security-policy"] == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("name", assets())
def test_files_are_served_without_a_login_and_kept_by_browsers(store, name):
    answer = Browser().get(f"/ui/assets/{name}")

    assert answer.status == 200
    assert "immutable" in answer.headers["cache-control"]


@pytest.mark.parametrize(
    "path", ["/ui/nowhere", "/ui/projects/9.1795398621", "/ui/projects/x", f"{PAGE}/x.csv"]
)
def test_what_does_not_exist_is_404(browser, store, path):
    trained(store)

    assert browser.get(path).status == 404


def test_other_methods_are_405_and_head_has_no_body(browser, store):
    trained(store)

    assert browser.get(PAGE, "DELETE").status == 405
    head = browser.get(PAGE, "HEAD")
    assert (head.status, head.raw) == (200, b"")


def test_a_store_that_fails_is_503_and_says_no_more(browser, store):
    trained(store)
    store.down = True

    answer = browser.get(PAGE)

    assert answer.status == 503
    assert "Not available now" in answer.text


def test_a_cookie_is_read_from_a_header_too(browser, store):
    cookie, browser.cookie = browser.cookie, ""

    assert browser.get("/ui", cookie=cookie).status == 200
    assert browser.host == HOST


def test_files_and_the_login_page_are_served_while_the_secret_cannot_be_read(store, monkeypatch):
    def fail(_):
        raise Unavailable("the credentials could not be read")

    monkeypatch.setattr(FixedSecret, "read", fail)

    assert Browser().get("/ui/assets/labelloop.css").status == 200
    assert Browser().get("/ui/login").status == 200
    assert Browser().get("/ui").status == 503
    assert Browser().log_in().status == 503
