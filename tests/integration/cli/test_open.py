"""`labelloop open`: a project's page in the browser."""

import pytest
from typer.testing import CliRunner

from labelloop import bootstrap
from labelloop.bucket.project import Project
from labelloop.cli.app import app
from tests.builders import created
from tests.conftest import SECRET
from tests.integration.cli.conftest import URL


@pytest.fixture
def opened(monkeypatch) -> list[str]:
    """What the browser was given."""
    addresses: list[str] = []

    def browser(address: str) -> bool:
        addresses.append(address)
        return True

    monkeypatch.setattr("labelloop.cli.open_page.webbrowser.open", browser)
    return addresses


@pytest.fixture
def run(world):
    def run(*arguments: str):
        url = f"https://{SECRET}@loop.example.com"
        ran = CliRunner().invoke(app, ["open", *arguments], env={"LABELLOOP_URL": url})
        assert ran.exit_code == 0, ran.output
        return ran

    return run


def test_the_page_of_a_project_is_opened_without_credentials(world, run, opened):
    world.publish()
    number = str(world.project)

    for arguments in ([number], [world.key], ["--project", number], []):
        run(*arguments)

    assert opened == [f"{URL}/ui/projects/{world.key}"] * 4


def test_of_several_projects_the_overview_is_opened(world, run, opened):
    world.publish()
    Project(bootstrap.store(), "99.1795398621").add_event("a", created(1))

    run()

    assert opened == [f"{URL}/ui"]


@pytest.mark.parametrize("how", ["--print", "--json"])
def test_the_address_is_printed_alone(world, run, opened, how):
    world.publish()

    ran = run(str(world.project), how)

    assert f"{URL}/ui/projects/{world.key}" in ran.stdout
    assert ran.stdout.count("\n") == 1
    assert not opened


def test_where_there_is_no_browser_it_says_so(world, run, monkeypatch):
    world.publish()
    monkeypatch.setattr("labelloop.cli.open_page.webbrowser.open", lambda _: False)

    assert "no browser" in run(str(world.project)).stderr


def test_an_unknown_project_is_told(world, opened):
    ran = world.run("open", "999")

    assert ran.exit_code == 1
    assert "has no project 999" in ran.stderr
    assert not opened
