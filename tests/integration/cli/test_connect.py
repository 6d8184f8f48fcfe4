"""connect, disconnect: what is done, what is repaired, and that a second run changes nothing."""

from unittest.mock import patch

import pytest

from labelloop import bootstrap
from labelloop.bucket.project import Project
from labelloop.cli import wiring
from labelloop.cli.address import Address
from labelloop.domain.serving.options import Options
from labelloop.web.credentials import Role, check, events_pair, ml_pair, viewing_pair
from tests.builders import label_config, unreadable_config
from tests.conftest import SECRET
from tests.integration.cli.conftest import LABEL_STUDIO, URL

PASSWORD = SECRET.partition(":")[2]
ML_USER = ml_pair(PASSWORD)[0]


def events_of(world, password: str = PASSWORD) -> str:
    return Address(URL, *events_pair(password, world.key)).basic


def outcomes(told) -> dict[str, str]:
    return {row["step"]: row["outcome"] for row in told["steps"]}


def test_one_command_connects_everything(labelled):
    told = labelled.told("connect")

    (backend,), (hook,) = labelled.admin.rows.values(), labelled.admin.hooks.values()
    assert {one for name, one in outcomes(told).items() if name != "label config"} == {"done"}
    assert (backend["url"], backend["title"]) == (URL, "Labelloop")
    assert (backend["auth_method"], backend["basic_auth_user"]) == ("BASIC_AUTH", ML_USER)
    assert hook["headers"] == {"Authorization": events_of(labelled)}
    assert (hook["url"], hook["send_for_all_actions"]) == (f"{URL}/webhook", True)
    assert labelled.studio.project(labelled.project)["sampling"] == "Uncertainty sampling"
    assert labelled.sent.count("POST /backfill") == labelled.sent.count("POST /train") == 1


def test_a_label_config_that_cannot_be_learnt_is_warned_of_and_connected(labelled):
    labelled.studio.change_project(labelled.project, label_config=unreadable_config())

    told = labelled.told("connect")

    (row,) = [row for row in told["steps"] if row["step"] == "label config"]
    assert row["outcome"] == "warning"
    said = "nothing of it can be learnt or ordered: Choices 'label' is about Video 'text'; only"
    assert row["detail"].startswith(said)
    assert "<Choices>, <Taxonomy>" in row["detail"]
    assert row["detail"].count("only objects that show text") == 1
    assert "<Pairwise> between" not in row["detail"]  # what other recipes say
    assert outcomes(told)["ML backend"] == "done"


@pytest.fixture
def russian(world):
    """A project whose tasks are in Russian, none of them labelled."""
    world.studio.import_tasks(world.project, [{"text": "Обслуживание отличное"}] * 6)
    return world


def test_tasks_in_letters_that_the_encoder_does_not_know_are_warned_of(russian):
    (row,) = [row for row in russian.told("connect")["steps"] if row["step"] == "language"]

    assert row["outcome"] == "warning"
    assert "most of the tasks' letters are Cyrillic" in row["detail"]
    assert "labelloop encoder add e5" in row["detail"]


@pytest.mark.parametrize("encoder", ["e5", "none"])
def test_of_another_encoder_nothing_is_known(russian, encoder):
    project = Project(bootstrap.store(), russian.key)
    project.set_options(project.options(), Options(encoder=encoder))

    assert "language" not in outcomes(russian.told("connect"))


def test_an_order_that_cannot_come_is_not_waited_for(labelled, monkeypatch):
    labelled.studio.change_project(labelled.project, label_config=unreadable_config())
    monkeypatch.setattr("labelloop.cli.first_order.time.sleep", pytest.fail)

    told = labelled.told("connect")

    assert outcomes(told)["ranking"] == "skipped"
    assert "order" not in detail_of(told, "training")
    assert "nothing of this label config can be ordered" in detail_of(told, "ranking")


def detail_of(told, step):
    return next(row["detail"] for row in told["steps"] if row["step"] == step)


def test_of_two_controls_connecting_says_which_is_learnt(world):
    both = label_config().replace(
        "</View>", '<Choices name="mood" toName="text"><Choice value="A"/></Choices></View>'
    )
    world.studio.change_project(world.project, label_config=both)

    output = world.run("connect").output

    assert "learns 'label' about $text; not learnt: Choices 'mood'" in output


def test_connecting_again_changes_nothing(labelled):
    labelled.told("connect")
    labelled.fold()
    labelled.rank()
    writes, asked = labelled.admin.writes, len(labelled.sent)

    told = labelled.told("connect")

    assert set(outcomes(told).values()) == {"unchanged"}
    assert labelled.admin.writes == writes
    assert "POST /train" not in labelled.sent[asked:]


def test_connecting_asks_for_the_tasks_that_are_not_known(labelled):
    labelled.told("connect")
    labelled.fold()
    labelled.survey()
    labelled.studio.import_tasks(labelled.project, [{"text": "of which no event told"}])

    assert outcomes(labelled.told("connect"))["tasks"] == "done"
    assert labelled.sent[-1] == "POST /rank"


def test_the_backfilled_labels_are_known_afterwards(labelled):
    labelled.told("connect")
    labelled.fold()

    dataset = labelled.told("status")["dataset"]

    assert (dataset["annotations"], dataset["tasks"]) == (4, 4)
    assert dataset["label_config_sha256"]


def test_credentials_pasted_into_the_urls_are_moved_to_where_they_belong(world):
    pasted = "https://labelloop:old@loop.example.com"
    world.admin.create_backend(world.project, pasted, "my model", auth_method="NONE")

    told = world.told("connect")

    (backend,), (hook,) = world.admin.rows.values(), world.admin.hooks.values()
    assert (outcomes(told)["webhook"], outcomes(told)["ML backend"]) == ("done", "done")
    assert (backend["url"], backend["auth_method"]) == (URL, "BASIC_AUTH")
    assert (hook["url"], bool(hook["headers"])) == (f"{URL}/webhook", True)


@pytest.mark.parametrize(
    "damage",
    [
        {"headers": {}},
        {"headers": {"Authorization": "Basic b2xk"}},
        {"is_active": False},
        {"send_for_all_actions": False, "actions": ["ANNOTATION_CREATED"]},
    ],
)
def test_a_damaged_webhook_is_repaired(world, damage):
    world.told("connect")
    (hook,) = world.admin.hooks.values()
    hook |= damage

    told = world.told("connect")

    (hook,) = world.admin.hooks.values()
    assert outcomes(told)["webhook"] == "done"
    assert (hook["is_active"], hook["send_for_all_actions"], hook["actions"]) == (True, True, [])
    assert outcomes(world.told("connect"))["webhook"] == "unchanged"


def test_a_second_webhook_is_removed_and_others_are_left_alone(world):
    world.told("connect")
    world.admin.create_webhook(world.project, f"{URL}/webhook")
    world.admin.create_webhook(world.project, "https://other.example.com/webhook")

    world.told("connect")

    assert sorted(hook["url"] for hook in world.admin.hooks.values()) == [
        f"{URL}/webhook",
        "https://other.example.com/webhook",
    ]


@pytest.mark.parametrize(
    "damage", [{"url": "https://old.example.com"}, {"state": "ER"}, {"basic_auth_user": "x"}]
)
def test_a_damaged_backend_is_repaired(world, damage):
    world.told("connect")
    (backend,) = world.admin.rows.values()
    backend |= damage

    assert outcomes(world.told("connect"))["ML backend"] == "done"
    assert outcomes(world.told("connect"))["ML backend"] == "unchanged"


def test_without_a_token_in_aws_nothing_is_stored(world):
    told = world.told("connect", "--no-token")

    assert outcomes(told)["token"] == "skipped"
    assert "PUT /label-studio" not in world.sent


def test_the_token_goes_to_no_deployment_that_names_another_label_studio(world):
    result = world.run("connect", "--label-studio", "https://elsewhere.example.com")

    assert result.exit_code == 0
    assert LABEL_STUDIO in result.output
    assert "PUT /label-studio" not in world.sent


@pytest.fixture
def imported(world):
    """A project with tasks, and no label; ranking takes as long as the first look."""
    world.studio.import_tasks(world.project, [{"text": f"Text {i}"} for i in range(6)])
    world.waits = patch("labelloop.cli.first_order.time.sleep", lambda _: world.rank())
    return world


def test_before_the_first_label_the_order_is_made_and_waited_for(imported):
    with imported.waits:
        told = imported.told("connect")

    (ranking,) = [row for row in told["steps"] if row["step"] == "ranking"]
    assert ranking["outcome"] == "done"
    assert ranking["detail"].startswith("ready: 6 tasks, typical ones first")
    assert imported.studio.project(imported.project)["model_version"] == "untrained"
    rows = imported.studio.predictions_of(imported.project)
    assert sorted(f"{one['score']:.2%}" for one in rows) == [f"0.0{n}%" for n in range(1, 7)]
    first = min(rows, key=lambda one: one["score"])["task"]
    assert imported.studio.next_task(imported.project) == first


def test_the_order_before_the_first_label_is_not_made_twice(imported):
    with imported.waits:
        imported.told("connect")
    asked = len(imported.sent)

    told = imported.told("connect")

    assert outcomes(told)["ranking"] == "unchanged"
    assert "POST /rank" not in imported.sent[asked:]


def test_an_order_that_takes_longer_is_told_of_as_being_made(imported):
    told = imported.told("connect")

    (ranking,) = [row for row in told["steps"] if row["step"] == "ranking"]
    assert "being made" in ranking["detail"]


def test_a_model_that_label_studio_does_not_show_yet_is_ranked_by(imported):
    imported.publish()

    assert outcomes(imported.told("connect"))["ranking"] == "done"
    assert "POST /rank" in imported.sent


def test_without_tasks_there_is_nothing_to_rank(world):
    assert outcomes(world.told("connect"))["ranking"] == "unchanged"
    assert "POST /rank" not in world.sent


def test_without_a_push_there_is_no_order_to_wait_for(imported):
    assert outcomes(imported.told("connect", "--no-token"))["ranking"] == "skipped"


@pytest.mark.parametrize("times", [1, len(wiring.LOOKS_S)])
def test_a_backend_that_answered_late_is_left_as_it_is(world, times):
    world.told("connect")
    world.admin.late = times

    assert outcomes(world.told("connect"))["ML backend"] == "unchanged"


def test_a_backend_that_stays_broken_is_set_anew(world):
    world.told("connect")
    world.admin.late = len(wiring.LOOKS_S) + 1

    assert outcomes(world.told("connect"))["ML backend"] == "done"


def test_a_backend_that_label_studio_cannot_reach_is_told_of_in_one_line(world):
    world.admin.unreachable = True

    told = world.told("connect", exit_code=1)

    assert "Label Studio can reach https://loop.example.com" in told["fix"]
    assert [row["step"] for row in told["steps"]] == ["webhook"]


def test_disconnecting_leaves_nothing_behind(world):
    world.told("connect")

    told = world.told("disconnect")

    assert set(outcomes(told).values()) == {"done"}
    assert (world.admin.rows, world.admin.hooks) == ({}, {})
    assert world.studio.project(world.project)["sampling"] == "Sequential sampling"
    assert set(outcomes(world.told("disconnect")).values()) == {"unchanged"}


def test_disconnecting_takes_along_the_order_before_the_first_model(world):
    world.told("connect")
    (task,) = world.studio.import_tasks(world.project, [{"text": "a lovely film"}])
    place = {"task": task, "result": [], "score": 0.0001, "model_version": "untrained"}
    world.studio.add_predictions(world.project, [place])
    world.studio.change_project(world.project, model_version="untrained")

    world.told("disconnect")

    assert not world.studio.project(world.project)["model_version"]
    assert not world.studio.prediction_counts(world.project)


def test_the_order_of_tasks_may_stay(world):
    world.told("connect")

    world.told("disconnect", "--keep-sampling")

    assert world.studio.project(world.project)["sampling"] == "Uncertainty sampling"


def test_people_read_what_was_done(world):
    result = world.run("connect")

    assert "done" in result.output
    assert "webhook" in result.output
    assert "example-password" not in result.output
    assert "made-up-token" not in result.output


def test_the_management_password_is_nowhere_in_label_studio(world):
    world.told("connect")

    (hook,) = world.admin.hooks.values()
    (password,) = world.admin.passwords.values()
    assert PASSWORD not in str(hook)
    assert password == ml_pair(PASSWORD)[1]


@pytest.mark.parametrize(
    "headers", [{"Authorization": Address(URL, *SECRET.split(":")).basic}, {"X-Api-Key": PASSWORD}]
)
def test_what_an_earlier_release_set_is_moved(world, headers):
    fields = {"auth_method": "BASIC_AUTH", "basic_auth_user": "labelloop"}
    world.admin.create_webhook(world.project, f"{URL}/webhook", headers=headers)
    world.admin.create_backend(world.project, URL, "Labelloop", basic_auth_pass=PASSWORD, **fields)

    told = world.told("connect")

    (backend,), (hook,) = world.admin.rows.values(), world.admin.hooks.values()
    assert (outcomes(told)["webhook"], outcomes(told)["ML backend"]) == ("done", "done")
    assert backend["basic_auth_user"] == ML_USER
    assert hook["headers"] == {"Authorization": events_of(world)}
    assert set(outcomes(world.told("connect")).values()) <= {"unchanged", "skipped"}


def test_a_rotated_password_reaches_label_studio_before_the_old_one_ends(world, cold_start):
    def rotate(value: str) -> None:
        world.aws.ssm.put_parameter(Name="/labelloop/test", Value=value, Overwrite=True)
        cold_start()

    def lets_in(secret: str) -> list[Role]:
        (hook,), (password,) = world.admin.hooks.values(), world.admin.passwords.values()
        (backend,) = world.admin.rows.values()
        calls = Address(URL, backend["basic_auth_user"], password)
        shown = hook["headers"]["Authorization"], calls.basic
        return [check({"authorization": one}, secret).role for one in shown]

    new = "labelloop:another-password"
    world.told("connect")
    rotate(f"{new}\n{SECRET}")
    assert lets_in(f"{new}\n{SECRET}") == [Role.EVENTS, Role.ML_CALLS]

    told = world.run("connect", "--json", LABELLOOP_URL=f"https://{new}@loop.example.com")

    assert told.exit_code == 0, told.output
    rotate(new)
    assert lets_in(new) == [Role.EVENTS, Role.ML_CALLS]


def test_what_to_paste_by_hand_is_what_connect_sets(world):
    told = world.told("credentials")

    user, password = events_pair(PASSWORD, world.key)
    assert (told["user"], told["password"]) == ml_pair(PASSWORD)
    assert told["X-Api-Key"] == f"{user}:{password}"
    assert told["webhook"] == f"{URL}/webhook"
    assert told["pages, to read"] == f"{URL}/ui"
    assert (told["their user"], told["their password"]) == viewing_pair(PASSWORD)


def test_a_project_nobody_knows_yet_has_no_header_but_a_backend(world):
    result = world.run("credentials", LABEL_STUDIO_URL=None, LABEL_STUDIO_TOKEN=None)

    assert result.exit_code == 0
    assert ml_pair(PASSWORD)[1] in result.output
    assert "connect it first" in result.output
