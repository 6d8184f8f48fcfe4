"""Addresses in Label Studio."""

import gzip
import json
from base64 import urlsafe_b64decode
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from labelloop.domain.serving.task_list import TaskList
from labelloop.pages.links import list_link, task_link
from tests.builders import PROJECT
from tests.pages import HOSTILE

STUDIO = "https://studio.example.com"


def tab_of(link: str) -> dict[str, Any]:
    """Return the tab that Label Studio's Data Manager reads out of an address."""
    (packed,) = parse_qs(urlsplit(link).query)["tab"]
    tab: dict[str, Any] = json.loads(gzip.decompress(urlsafe_b64decode(packed + "===")))
    return tab


def conditions(tasks: TaskList) -> list[tuple[str, str, Any]]:
    items = tab_of(list_link(STUDIO, PROJECT, tasks))["filters"]["items"]
    return [(one["filter"].split(":")[-1], one["operator"], one["value"]) for one in items]


def test_a_task_is_linked_where_label_studio_is_known():
    assert task_link(STUDIO, PROJECT, 7) == f"{STUDIO}/projects/38/data?task=7"
    assert task_link("", PROJECT, 7) == task_link("javascript:alert(1)", PROJECT, 7) == ""
    assert list_link("", PROJECT, TaskList("all")) == ""


@pytest.mark.parametrize(
    ("tasks", "wanted"),
    [
        (TaskList("a", annotations=(3, 5)), ("annotations_ids", "contains", "3 5")),
        (TaskList("a", annotations=()), ("annotations_ids", "contains", "0")),
        (TaskList("a", is_labelled=True), ("total_annotations", "greater", 0)),
        (TaskList("a", is_labelled=False), ("total_annotations", "equal", 0)),
        (TaskList("a", is_skipped=True), ("cancelled_annotations", "greater", 0)),
        (TaskList("a", annotator=7), ("annotators", "contains", 7)),
        (
            TaskList("a", until="2026-11-23T12:00:00+02:00"),
            (
                "completed_at",
                "in",
                {"min": "1970-01-01T00:00:00.000Z", "max": "2026-11-23T10:00:00.000Z"},
            ),
        ),
    ],
)
def test_each_condition_is_a_filter_of_the_data_manager(tasks, wanted):
    assert conditions(tasks) == [wanted]


@pytest.mark.parametrize("title", HOSTILE)
def test_any_name_fits_an_address_that_leads_to_label_studio_alone(title):
    link = list_link(STUDIO, PROJECT, TaskList(title))

    assert link.startswith(f"{STUDIO}/projects/38/data?tab=")
    assert link.isascii()
    assert not set(link) & set("<>\"' \r\n")
    assert tab_of(link)["title"] == title


def test_three_hundred_annotations_fit_an_address():
    many = TaskList("many", annotations=tuple(range(900_000, 903_000, 10)))

    assert len(list_link(STUDIO, PROJECT, many)) < 2_000
