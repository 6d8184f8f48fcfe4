"""Are the labels learnt, and is there a model?"""

from collections.abc import Iterator
from typing import Any

from labelloop.cli.check import Check, bad, good, note
from labelloop.cli.session import Session
from labelloop.domain.judging.vectors_gain import advice_on
from labelloop.domain.serving.in_words import (
    CHANGE_CONFIG,
    learnt_of,
    plain,
    put_off_of,
    training_advice,
    usable_advice,
)


def labels_learnt(session: Session) -> Iterator[Check]:
    """Check which control is learnt, and how many annotations are usable."""
    learning = _status(session)["learning"]
    if learning["reason"]:
        yield bad("label config", plain(learning["reason"]), CHANGE_CONFIG)
        return
    if why := learning.get("order_alone"):
        yield good("label config", f"tasks are ordered by {learning['text']}, not predicted: {why}")
        return
    if not learning["choice"]:
        return  # nothing has arrived yet; `check_studio` checks the label config in Label Studio
    yield good("label config", f"learns {learnt_of(learning)}")
    usable, line = learning["usable"], learning["line"]
    if not usable["left_out"]:
        yield good("labels learnt", line)
    elif usable["usable"]:
        yield note("labels learnt", line, usable_advice(usable["left_out"]))
    else:
        yield bad("labels learnt", line, usable_advice(usable["left_out"]))


def model(session: Session) -> Iterator[Check]:
    """Demand a model if there was one before, and trainings that finish."""
    status = _status(session)
    if status["put_off"]:
        detail = f"training {put_off_of(status['put_off'])}"
        yield bad("training", detail, training_advice(status["put_off"]))
    missing = status["no_model"]
    if missing is None:
        yield good("model", f"{status['version']} is served")
    elif missing.get("by_design"):
        yield good("model", "none, by design")
    elif missing["had_model"]:
        detail = f"there was one, but none is served now: {plain(missing['reason'])}"
        fix = (
            "remove that cause, then run `labelloop train`; or serve an earlier version: "
            "`labelloop versions` lists them, `labelloop activate <version>` serves one"
        )
        yield bad("model", detail, fix)
    elif not status["learning"]["reason"]:  # that is a finding of its own
        yield note("model", f"none yet: {plain(missing['reason'])}", "label more tasks")


def encoder_known(session: Session) -> Iterator[Check]:
    """Note an encoder that tells next to nothing of the texts, or less than another might."""
    if advice := advice_on(_status(session)["card"]):
        yield note("encoder", *advice)


def files_read(session: Session) -> Iterator[Check]:
    """Name the tasks that are left out because their images or texts can't be read, by reason."""
    unread = _status(session).get("unread")  # a backend of an earlier release has no such field
    if not unread:
        return
    for why in unread["why"]:
        examples = ", ".join(f"task {one['task']} ({one['where']})" for one in why["examples"])
        more = "at least " if unread["is_more"] else ""
        counted = f"{more}{why['tasks']:,} can't be read: {why['reason']}"
        detail = f"{counted}; such as {examples}"
        if why["fix"]:
            yield bad("files", detail, f"{why['fix']}; then run `labelloop rank`")
        elif why["is_final"]:
            fix = "correct the addresses in those tasks, or delete the tasks"
            yield note("files", detail, fix)
        else:
            again = f"they are tried again from {unread['again_at']} on"
            yield note("files", detail, f"see that their server answers; {again}")


def _status(session: Session) -> dict[str, Any]:
    return session.backend.get("/status", project=session.key)
