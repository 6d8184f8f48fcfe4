"""connect, disconnect: what is done, what is repaired, and that a second run changes nothing."""

import pytest

from labelloop.cli import wiring
from tests.integration.cli.conftest import LABEL_STUDIO, URL


def outcomes(told) -> dict[str, str]:
    return {row["step"]: row["outcome"] for row in told["steps"]}


def test_one_command_connects_everything(labelled):
    told = labelled.told("connect")

    (backend,), (hook,) = labelled.admin.rows.values(), labelled.admin.hooks.values()
    assert set(outcomes(told).values()) == {"done"}
    assert (backend["url"], backend["title"]) == (URL, "Labelloop")
    assert (backend["auth_method"], backend["basic_auth_user"]) == ("BASIC_AUTH", "labelloop")
    assert hook["headers"]["Authorization"].startswith("Basic ")
    assert (hook["url"], hook["send_for_all_actions"]) == (f"{URL}/webhook", True)
    assert labelled.studio.project(labelled.project)["sampling"] == "Uncertainty sampling"
    assert labelled.sent.count("POST /backfill") == labelled.sent.count("POST /train") == 1


def test_connecting_again_changes_nothing(labelled):
    labelled.told("connect")
    labelled.fold()
    writes, asked = labelled.admin.writes, len(labelled.sent)

    told = labelled.told("connect")

    assert set(outcomes(told).values()) == {"unchanged"}
    assert labelled.admin.writes == writes
    assert "POST /train" not in labelled.sent[asked:]


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


def test_a_model_that_label_studio_does_not_show_yet_is_ranked_by(world):
    world.publish()

    assert outcomes(world.told("connect"))["ranking"] == "done"
    assert "POST /rank" in world.sent


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

    assert "Can Label Studio reach https://loop.example.com" in told["error"]
    assert [row["step"] for row in told["steps"]] == ["webhook"]


def test_disconnecting_leaves_nothing_behind(world):
    world.told("connect")

    told = world.told("disconnect")

    assert set(outcomes(told).values()) == {"done"}
    assert (world.admin.rows, world.admin.hooks) == ({}, {})
    assert world.studio.project(world.project)["sampling"] == "Sequential sampling"
    assert set(outcomes(world.told("disconnect")).values()) == {"unchanged"}


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
