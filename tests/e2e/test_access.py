"""What whoever labels can read in Label Studio is worth no more than what labelling is."""

import json
from typing import Any

import httpx

from tests.e2e.report import Exactly, find

ROUTES = (
    *(("GET", path) for path in ("/projects", "/status", "/doubts", "/versions", "/label-studio")),
    *(("POST", path) for path in ("/setup", "/predict", "/activate", "/pin", "/unpin", "/train")),
    *(
        ("POST", "/rank"),
        ("POST", "/repair"),
        ("POST", "/backfill"),
        ("PUT", "/options"),
        ("PUT", "/label-studio"),
    ),
    *(("GET", "/docs"), ("GET", "/openapi.json")),
)


def test_what_a_webhook_shows_adds_events_of_its_project_and_opens_nothing(
    new_project, studio, labelloop
):
    mine, other = new_project("who may do what"), new_project("of somebody else")
    key = labelloop.cli("connect", studio.personal_token, mine.project)["project"]
    other_key = labelloop.cli("connect", studio.personal_token, other.project)["project"]
    (hook,) = mine.ask("GET", "/api/webhooks/", params={"project": mine.project})
    (backend,) = mine.ask("GET", "/api/ml", params={"project": mine.project})

    def ask(method: str, path: str, body: Any = None) -> int:
        options = {"headers": hook["headers"], "json": body or {"project": key}}
        options |= {"params": {"project": key}, "trust_env": False, "timeout": 60}
        return httpx.request(method, labelloop.stack.url + path, **options).status_code

    opened = [one for one in ROUTES if ask(*one) != 403]
    told = [one.settings() for one in (mine, other)]
    taken = [
        ask(
            "POST",
            "/webhook",
            {"action": "PROJECT_UPDATED", "project": one | {"updated_at": one["created_at"]}},
        )
        for one in told
    ]

    print(hook, backend, opened, taken, other_key, sep="\n")
    shown = json.dumps([hook, backend])
    find(Exactly("management passwords shown", shown.count(labelloop.stack.password), "", 0))
    tried = f"of {len(ROUTES)}"
    find(Exactly("routes that a webhook's header opens", len(opened), tried, 0))
    find(Exactly("events of its own project taken", int(taken[0] == 202), "of 1", 1))
    find(Exactly("events of another project refused", int(taken[1] == 403), "of 1", 1))
    labelloop.cli("doctor", studio.personal_token, mine.project)


def test_an_earlier_releases_connection_is_found_and_moved(new_project, studio, labelloop):
    annotator = new_project("connected before")
    user, password = labelloop.stack.user, labelloop.stack.password
    url, basic = labelloop.line or labelloop.stack.url, httpx.BasicAuth(user, password)
    header = basic._auth_header
    made = {"project": annotator.project, "url": f"{url}/webhook"}
    made |= {"headers": {"Authorization": header}, "send_for_all_actions": True}
    annotator.ask("POST", "/api/webhooks/", json=made | {"send_payload": True, "is_active": True})
    set_ = {"auth_method": "BASIC_AUTH", "basic_auth_user": user, "basic_auth_pass": password}
    backend = {"project": annotator.project, "url": url, "title": "Labelloop"} | set_
    annotator.ask("POST", "/api/ml/", json=backend)

    before = json.loads(labelloop.run("doctor", studio.personal_token, annotator.project).stdout)
    labelloop.cli("connect", studio.personal_token, annotator.project)

    found = [one["name"] for one in before["findings"] if "management" in one["detail"]]
    find(Exactly("places found that hold the management password", len(found), "", 2))
    (hook,) = annotator.ask("GET", "/api/webhooks/", params={"project": annotator.project})
    find(Exactly("webhooks that show it after connect", int(header in str(hook)), "", 0))
    labelloop.cli("doctor", studio.personal_token, annotator.project)
