"""Blocks of a project's page as tables, and what is downloaded of them."""

import csv
import io
import json

import pytest

from labelloop.bucket.project import Project
from labelloop.pages.tables import BLOCKS, Table, table_of
from labelloop.usecases.serving.show_project import show_project
from tests.builders import PROJECT, created
from tests.pages import HOSTILE, failing, trained

STUDIO = "https://studio.example.com"


@pytest.mark.parametrize("name", BLOCKS)
def test_each_block_of_a_trained_project_has_rows_of_its_columns(store, name):
    trained(store)

    table = table_of(name, show_project(PROJECT, store), STUDIO)

    assert table
    assert table.rows
    for row in table.rows:
        assert set(table.columns) <= set(row)


@pytest.mark.parametrize("name", set(BLOCKS) - {"now", "outlook"})
def test_each_block_of_an_empty_project_is_empty(store, name):
    Project(store, PROJECT).add_event("a", created(1))

    table = table_of(name, show_project(PROJECT, store), STUDIO)

    assert table
    assert table.rows == []
    assert table.to_csv().count("\n") == 1


def test_there_is_no_other_block(store):
    trained(store)

    assert table_of("secrets", show_project(PROJECT, store), STUDIO) is None


def test_the_weakest_class_comes_first_and_one_that_was_not_seen_last(store):
    trained(store, ("good", "bad", "new"))
    shown = show_project(PROJECT, store)
    del shown["status"]["card"]["insights"]["by_class"]["good"]

    table = table_of("classes", shown, STUDIO)

    assert table
    assert [row["name"] for row in table.rows] == ["bad", "new", "good"]
    assert table.rows[-1]["recall"] is None


def test_what_is_wrong_is_listed_with_its_fix(store):
    failing(store, "out of memory")

    table = table_of("now", show_project(PROJECT, store), STUDIO)

    assert table
    problems = [row for row in table.rows if row["what"] == "problem"]
    said = " ".join(f"{row['state']} {row['fix']}" for row in problems)
    assert all(row["fix"] for row in problems)
    for word in ("nothing is ranked", "did not finish 4 times", "was not served", "set aside"):
        assert word in said


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx"])
def test_no_text_is_a_formula_in_a_spreadsheet(text):
    saved = Table(("name",), [{"name": text}]).to_csv()

    (row,) = csv.DictReader(io.StringIO(saved, newline=""))
    assert row["name"] == f"'{text}"


def test_a_number_stays_a_number():
    assert Table(("gain",), [{"gain": -0.5}]).to_csv() == "gain\r\n-0.5\r\n"


@pytest.mark.parametrize("text", HOSTILE)
def test_any_text_can_be_downloaded(text):
    table = Table(("name",), [{"name": text}])

    assert json.loads(table.to_json()) == [{"name": text}]
    assert table.to_csv().encode()
