"""Compare an imported model with versions of a recipe of one's own, where both answer one question.

Each has answers of its own form, which nothing else can read. But what both show in Label Studio is
read as people's annotations are: by the imported model's control. So labels are compared.
"""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from labelloop.bucket.pointers import ActivePointer
from labelloop.bucket.project import Project
from labelloop.domain.answers import Answers, Label
from labelloop.domain.intake.folding import Dataset
from labelloop.domain.judging.gate import Verdict
from labelloop.domain.judging.imported import judge_across
from labelloop.domain.learning.examples import Examples, examples_of
from labelloop.errors import BadModel, BadRecipe
from labelloop.recipes import BUILT_IN, control_or_none, importing, name_of
from labelloop.recipes.built_in import is_imported
from labelloop.recipes.guard import within
from labelloop.recipes.protocol import Control, Tools
from labelloop.recipes.signature import is_of
from labelloop.usecases.judging.judge_version import fresh_of

_ANSWERING_S: Final = 60.0
_USUAL_MS: Final = 20.0  # for a task, where nobody measured it
_MOST: Final = 5_000  # tasks
_MOST_READ: Final = 100  # annotations


@dataclass(frozen=True, slots=True)
class Rival:
    """The active version, of another recipe. `reader`: the control that reads labels for both.

    `examples`: as that one reads them; `said`: by task, what the version shows of it as a label,
    None if it shows none. A task that is missing is not compared on.
    """

    reader: Control
    examples: Examples
    said: Mapping[int, Label | None]


def rival_of(
    active: ActivePointer, project: Project, control: Control, dataset: Dataset, tools: Tools
) -> Rival | str:
    """Return the active version where a new one, of a control, is compared across recipes.

    Else why it is not, empty where both are of one recipe, or neither was imported. A recipe of
    one's own gets a minute. Unfinished if there is too much to fetch or to encode: call again.
    """
    made_by = name_of(active.recipe)
    if is_imported(made_by) == is_imported(control.recipe) or not active.is_trained:
        return ""
    if {made_by, control.recipe} <= BUILT_IN.keys():
        return ""
    if active.is_outdated:
        return "its recipe is not here, or is of another format"
    other = control_or_none(dataset.label_config, made_by)
    if other is None or other.recipe != made_by or not is_of(active.signature, other):
        return "it answers another label config"
    reader = other if is_imported(made_by) else control
    try:
        if not answer_the_same(reader, control if reader is other else other, dataset):
            return "they learn from other annotations"
        # An imported model has limits of its own, and its training has one around it.
        limit = nullcontext() if reader is other else within(_ANSWERING_S, "the active version")
        with limit:
            return Rival(*_said(active, project, other, reader, dataset, tools))
    except (BadModel, BadRecipe) as exc:
        return str(exc)


def answer_the_same(reader: Control, control: Control, dataset: Dataset) -> bool:
    """Say whether two controls read the same annotations; True where there are none to read."""
    results = [one.result for one in dataset.live_annotations() if not one.skipped]
    read = [result for result in results if reader.label_of(result) is not None][-_MOST_READ:]
    return not read or any(control.label_of(result) is not None for result in read)


def verdict_across(
    examples: Examples,
    answers: Answers,
    control: Control,
    rival: Rival,
    since: str,
    *,
    is_import: bool,
) -> Verdict:
    """Return whether a new version takes the active one's place.

    `examples`, `answers` and `control`: the new version's; `since`: see `Rejection`.
    """
    new = _out_of_fold(control, examples.tasks, answers, rival.reader)
    known = zip(rival.examples.tasks, rival.examples.labels, strict=True)
    labels = {task: label for task, label in known if task in new and task in rival.said}
    times = dict(zip(rival.examples.tasks, rival.examples.updated_at, strict=True))
    updated_at = np.array([times[task] for task in labels], np.str_)
    old_hits, new_hits = (_hits(rival.reader, labels, said) for said in (rival.said, new))
    fresh = fresh_of(updated_at, since)
    return judge_across(old_hits, new_hits, fresh, is_import=is_import)


def _said(
    active: ActivePointer,
    project: Project,
    control: Control,
    reader: Control,
    dataset: Dataset,
    tools: Tools,
) -> tuple[Control, Examples, dict[int, Label | None]]:
    """Return what `Rival` holds: answers out of fold where a version learnt the label."""
    artefact = project.model(active.version)
    if artefact is None:
        raise BadModel("its model is missing")
    if is_imported(control.recipe) and not importing.imported_as(control.recipe, artefact):
        raise BadModel("it was trained after an imported model")
    model, record = control.load(artefact), project.evidence.of(active.version)
    examples = examples_of(dataset, control)
    said: dict[int, Label | None] = {}
    learnt: set[int] = set()
    if record is not None:
        tasks = record.tasks.tolist()
        learnt, said = set(tasks), _out_of_fold(control, tasks, record.out_of_fold, reader)
    newest = examples.newest(_most(project, active))
    rows = [row for row in newest if examples.tasks[row] not in learnt]
    if rows:
        if model.encoder not in ("", tools.encoder, tools.image_encoder):
            raise BadModel("it was trained beside another encoder")
        features = control.features([examples.inputs[row] for row in rows], tools, model.needs)
        found = np.flatnonzero(features.are_finite())
        shown = _shown(control, model.answer(features.take(found)), reader)
        said |= {
            examples.tasks[rows[row]]: shown.get(place) for place, row in enumerate(found.tolist())
        }
    return reader, examples_of(dataset, reader), said


def _most(project: Project, active: ActivePointer) -> int:
    """Return how many tasks a version has time to answer."""
    card = project.card(active.version)
    imported: Any = (card.facts if card else {}).get("imported") or {}
    ms = float(imported.get("ms_a_task") or _USUAL_MS)
    return min(_MOST, int(_ANSWERING_S / 2 * 1_000 / max(ms, 0.1)))


def _out_of_fold(
    control: Control, tasks: Sequence[int], answers: Answers, reader: Control
) -> dict[int, Label | None]:
    """Return what is shown of tasks that a version learnt, by task.

    Where there is no answer out of fold nothing is known. An imported model has learnt none: where
    it has no answer it shows nothing.
    """
    shown = _shown(control, answers, reader)
    rows = range(len(answers)) if is_imported(control.recipe) else shown
    return {tasks[row]: shown.get(row) for row in rows}


def _shown(control: Control, answers: Answers, reader: Control) -> dict[int, Label | None]:
    """Return what a control shows of answers, as the reader's labels, by row.

    None where it shows nothing; a row that is not finite is missing.
    """
    rows = np.flatnonzero(answers.columns.are_finite())
    names = control.known(answers.names)
    if names is None or not len(rows):
        return dict.fromkeys(rows.tolist())
    results = control.results(control.shown(answers.take(rows), names))
    labels = map(reader.label_of, results)
    return dict(zip(rows.tolist(), labels, strict=True))


def _hits(
    reader: Control, labels: Mapping[int, Label], said: Mapping[int, Label | None]
) -> NDArray[np.float64]:
    """Return how right each answer is: of the parts of it or of the label, those of both."""
    return np.array([_hit(reader, label, said[task]) for task, label in labels.items()], np.float64)


def _hit(reader: Control, label: Label, said: Label | None) -> float:
    if said is None:
        return 0.0
    wanted, shown = set(_parts(reader, label)), set(_parts(reader, said))
    return len(wanted & shown) / len(wanted | shown) if wanted | shown else 1.0


def _parts(reader: Control, label: Label) -> Sequence[str]:
    return reader.parts(label)
