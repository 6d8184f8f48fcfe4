"""What the pages say."""

from labelloop.bucket.project import Project
from labelloop.domain.intake.folding import fold
from labelloop.pages.views import now, overview, project_page
from labelloop.usecases.serving.describe import describe
from labelloop.usecases.serving.list_projects import list_projects
from labelloop.usecases.serving.show_project import show_project
from tests.builders import PROJECT, created, event, unreadable_config
from tests.pages import TITLE, failing, trained


def test_a_project_is_said_in_one_sentence(store):
    trained(store)

    page = project_page(show_project(PROJECT, store), "")

    assert page["sentence"].startswith("412 labels. Accuracy ")
    assert page["sentence"].endswith("Go on labelling.")
    assert "Saved about" in page["sentence"]
    assert "100 more: +" in page["sentence"]


def test_a_project_without_a_model_says_so_and_why(store):
    Project(store, PROJECT).add_event("a", created(1))

    page = project_page(show_project(PROJECT, store), "")

    assert page["sentence"] == "0 annotations. No model yet."
    assert page["no_model"] == "no label has been learnt yet"
    assert page["chart"] is None


def test_a_label_config_that_cannot_be_learnt_is_said_once(store):
    project = Project(store, PROJECT)
    pointer = project.dataset_pointer()
    one = event(label_config=unreadable_config())
    project.add_dataset(pointer, fold(project.dataset(pointer.value), [one]))

    page = project_page(show_project(PROJECT, store), "")

    (problem,) = page["now"]["problems"]
    assert "Choices 'label' is about Video 'text'" in problem["why"]
    assert page["no_model"] == ""


def test_the_overview_begins_with_what_is_wrong(store):
    failing(store, "out of memory")
    other = Project(store, "7.1795398621")
    other.add_event("a", event(project=other.key))

    rows = overview(list_projects(store))

    assert [row["id"] for row in rows] == [38, 7]
    assert [row["title"] for row in rows] == [TITLE, ""]  # of 7 no event has been folded
    assert "out of memory" in rows[0]["problem"]
    assert rows[1]["problem"] == ""
    assert (rows[1]["sentence"], rows[1]["waiting"]) == ("0 annotations. No model yet.", 1)


def test_a_page_is_looked_at_more_often_while_something_happens(store):
    project = trained(store)
    quiet = now(describe(PROJECT, store))
    project.add_event("a", created(1))

    busy = now(describe(PROJECT, store))

    assert busy["every_s"] < quiet["every_s"]
    assert (quiet["waiting"], busy["waiting"]) == (0, 1)
