"""A project's status in words: for the command line and for the pages."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from labelloop.domain.judging.vectors_gain import little_of

CHANGE_CONFIG: Final = (
    "change it under Settings > Labeling Interface; learnt are <Choices>, <Taxonomy>, <Rating>, "
    "<Number>, <Labels>, <Pairwise> and <Ranker> about texts, and <Choices> about images, with an "
    "ImageEncoder; labels that are there already count"
)
_SILENT: Final = timedelta(minutes=1)  # without a sign of work; from then on it is said
_MEND_TRAINING: Final = (
    "look at the train function's log; give it more memory, which also makes it faster, "
    "or set Encoder to none; then run `labelloop train`"
)
_MEND_RECIPE: Final = (
    "mend the recipe ({}): go through its rules with `labelloop recipe check`, deploy it, then run "
    "`labelloop train`"
)
_INSTALL_RECIPE: Final = (
    "deploy with that recipe again, then run `labelloop train`; or change the label config to what "
    "another one learns"
)
_END_VECTORS: Final = "`labelloop activate` a version from before the import to end that"
_OWN_RECIPE: Final = "recipe"  # in the reasons that recipes of one's own give, and in no other
# In the reason that a training is put off for.
OUT_OF_REACH: Final = "images or texts are out of reach"
_REACH_FILES: Final = (
    "see that their server answers; `labelloop doctor` says what mends others of the pool; then "
    "run `labelloop train`"
)


def problems(status: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with a project, each with its fix, the worst first.

    `status`: what `describe` returns.
    """
    if archived := status["archived"]:
        why = f"nothing is ranked since {archived['since']}: {archived['reason']}"
        yield why, "restore the project in Label Studio, or run `labelloop forget`"
    if status["damaged"]:
        yield f"the stored dataset is damaged: {status['damaged']}", "run `labelloop repair`"
    if status["put_off"]:
        yield f"training {put_off_of(status['put_off'])}", training_advice(status["put_off"])
    learning, missing = status["learning"], status["no_model"]
    if learning["reason"]:
        yield f"nothing is learnt: {plain(learning['reason'])}", CHANGE_CONFIG
    elif missing and missing["had_model"] and not missing["by_design"]:
        why = f"there was a model, but none is served now: {plain(missing['reason'])}"
        yield why, "remove that cause, then train; or activate an earlier version"
    if refused := status["refused"]:
        yield refused_of(refused), look_again_of(refused)
    if left_out := (learning["usable"] or {}).get("left_out"):
        yield learning["line"], usable_advice(left_out)
    if little := little_of(status.get("card")):
        yield little
    if unread := status["unread"]:
        yield unread["line"], "run `labelloop doctor`: it says which tasks, and what mends each"
    if count := status["quarantined_events"]:
        were = "event was set aside, as it" if count == 1 else "events were set aside, as they"
        why = f"{count} {were} could not be read"
        yield why, "the train function's log says why; they are in the bucket under quarantine/"


def described(choice: str, text: str, others: list[str]) -> str:
    """Return in words which control is learnt, and which others are not."""
    rest = f"; not learnt: {', '.join(others)}" if others else ""
    return f"{choice!r} about {text}{rest}"


def learnt_of(learning: Mapping[str, Any]) -> str:
    """Return in words which control is learnt, which others are not, and how several weigh."""
    weights = learning.get("weights") or {}  # a backend of an earlier release has no such field
    line = described(learning["choice"], learning["text"], learning["others"])
    if len(set(weights.values())) < 2:
        return line
    return f"{line}; in the order {', '.join(f'{n} weighs {w:g}' for n, w in weights.items())}"


def plain(reason: str) -> str:
    """Return a reason without the API's prefix, the name of the field."""
    return reason.removeprefix("label_config: ")


def put_off_of(put_off: Mapping[str, Any]) -> str:
    """Return in words how many trainings in a row did not finish, and when the next one begins."""
    tries, reason, until = put_off["tries"], put_off["reason"], put_off["until"]
    return f"did not finish {tries} times in a row ({reason}); the next try is at {until}"


def no_model_of(missing: Mapping[str, Any]) -> tuple[str, str]:
    """Return in words that no model is served, and why."""
    reason = plain(missing["reason"])
    if missing.get("by_design"):  # a backend of an earlier release has no such field
        return "no model, by design", reason
    return ("no model any more" if missing["had_model"] else "no model yet"), reason


def training_advice(put_off: Mapping[str, Any]) -> str:
    """Return what to do about trainings that did not finish."""
    reason = put_off["reason"]
    if OUT_OF_REACH in reason:
        return _REACH_FILES
    if "not installed" in reason:
        return _INSTALL_RECIPE
    return _MEND_RECIPE.format(reason) if _OWN_RECIPE in reason else _MEND_TRAINING


def waiting_of(status: Mapping[str, Any]) -> str:
    """Return in words what waits to be learnt: events, and labels that no training has learnt."""
    events = status["pending_events"]
    line = f"{events} event{'' if events == 1 else 's'}, not learnt yet"
    if not status["card"] or status["dataset"]["seq"] <= status["trained_on"]:
        return line
    usable = (status["learning"]["usable"] or {}).get("usable", 0)
    more = usable - status["card"]["labels"]
    if more > 0:
        labels = "label" if more == 1 else "labels"
        return f"{line}; {more} {labels} more than {status['version']} has learnt"
    return f"{line}; labels changed since {status['version']} was trained"


def refused_of(refused: Mapping[str, Any]) -> str:
    """Return in words which version was not served, and why."""
    return f"{refused['version']} was not served: {refused['reason']}"


def look_again_of(refused: Mapping[str, Any]) -> str:
    """Return what to do about a version that was not served."""
    return (
        f"look at the labels given before {refused['at']} (`labelloop doubts` lists some); "
        f"`labelloop activate {refused['version']}` serves it all the same"
    )


def usable_advice(left_out: list[dict[str, Any]]) -> str:
    """Return the fix for the most frequent reason that annotations are left out for."""
    reason = left_out[0]["reason"]
    if "choice" in reason:
        return "put those choices back into the label config, or change the labels of those tasks"
    if "without a text" in reason:
        return "let the <Text> of the label config name the field of the tasks that holds the text"
    return "label those tasks again if they were meant to have a label"


def imported_of(imported: Mapping[str, Any], *, is_imported: bool) -> str:
    """Return what is said of a version that people imported, or that was trained on one's answers.

    `imported`: from its card.
    """
    source = f"{imported.get('file', 'a model')}, sha256 {str(imported.get('sha256', ''))[:12]}"
    if not is_imported:
        return f"it was trained on what an imported model sees ({source}); {_END_VECTORS}"
    if imported.get("as") == "vectors":
        line = f"it was imported ({source}), and the next training learns from what it sees"
        return f"{line}; {_END_VECTORS}"
    return f"it was imported ({source}), and stays until a training is clearly better"


def work_of(rows: Sequence[Mapping[str, Any]], now: datetime | None = None) -> list[str]:
    """Return in words what is under way, as `training: features 40%`; none if nothing is.

    `rows`: what `progress` returns. `now`: for how long there has been no sign of work.
    """
    return [_of(row, now or datetime.now(UTC)) for row in rows]


def _of(row: Mapping[str, Any], now: datetime) -> str:
    percent = "" if row["percent"] is None else f" {row['percent']}%"
    silent = now - datetime.fromisoformat(row["noted_at"])
    minutes = int(silent.total_seconds() // 60)
    silence = f" (no sign of work for {minutes} min)" if silent >= _SILENT else ""
    return f"{row['work']}: {row['stage']}{percent}{silence}"


def chosen_options(options: Mapping[str, Any]) -> str:
    """Return in words the options that are chosen for a project; empty if there are none."""
    names = "strategy", "delete_predictions", "encoder"
    chosen = {name: options[name] for name in names if options.get(name) is not None}
    return ", ".join(f"{name} = {value}" for name, value in chosen.items())


def label_in_words(label: Any) -> str:
    """Return a label for people: a text as it is, any other as JSON."""
    return label if isinstance(label, str) else json.dumps(label, ensure_ascii=False)


def minute_of(time: str) -> str:
    """Return the date and the minute of a time in ISO 8601."""
    return time[:16].replace("T", " ")
