"""Rules of what a recipe learns: its models, their artefacts, and the answers out of fold."""

import json
from typing import Final

import numpy as np

from labelloop.errors import BadModel
from labelloop.recipes.contract.case import Broken, Case, demand, demand_close, demand_worth

_FEW: Final = 5
_NO_MODELS: Final = (b"", b"\x00", b"{}", b"no model of anybody's")


def what_is_missing_is_said(case: Case) -> None:
    control, labels = case.control, case.labels
    why = control.missing(labels, 2)
    if case.learns:
        demand(why == "", f"missing says of {len(labels)} labels: {why}")
    else:
        demand(why, "missing says nothing, though there are no models")
    demand(control.missing([], 2), "missing says nothing of no labels")
    most = len(labels) + 1
    demand(control.missing(labels, most), "missing says nothing of fewer labels than a model takes")


def training_is_deterministic(case: Case) -> None:
    again = case.control.fit(case.labels, case.seen, case.seen, case.tools).packed()
    demand(again.artefact == case.artefact, "the same labels give another artefact")
    facts = case.fitted.packed().facts
    try:
        demand(json.loads(json.dumps(facts, allow_nan=False)) == facts, "facts change as JSON")
    except (TypeError, ValueError) as exc:
        raise Broken(f"facts are no JSON: {exc}") from exc


def the_pool_and_tools_may_be_left_out(case: Case) -> None:
    answers = case.control.fit(case.labels, case.seen).answer(case.seen)
    demand(len(answers) == len(case.seen), "not an answer for each task")


def there_is_a_finite_answer_for_each_task(case: Case) -> None:
    answers, rows = case.answers, len(case.seen)
    demand(len(answers) == rows, f"{len(answers)} answers for {rows} tasks")
    for name, block in answers.columns.blocks.items():
        demand(len(block) == rows, f"block {name!r} has {len(block)} rows for {rows} tasks")
    demand(tuple(case.fitted.names) == tuple(answers.names), "Model.names are not Answers.names")
    demand(answers.columns.are_finite().all(), "answers are not finite")


def the_artefact_answers_as_the_fitted_model(case: Case) -> None:
    for model in (case.control.load(case.artefact), case.recipe.load(case.artefact)):
        unknown = sorted(set(model.needs) - set(case.seen.blocks))
        demand(not unknown, f"needs names {unknown[:3]}, which features lacks")
        answers = model.answer(case.seen.only(model.needs))
        demand_close(answers, case.answers, "answers of the loaded model")


def an_answer_does_not_depend_on_the_others(case: Case) -> None:
    model = case.control.load(case.artefact)
    for row in range(min(_FEW, len(case.seen))):
        alone = model.answer(case.seen.take([row]))
        demand_close(alone, case.answers.take([row]), "answers for one task at a time")
    demand(len(model.answer(case.seen.take([]))) == 0, "answers for no task")
    nothing = model.answer(type(case.seen)(0, {}))
    demand(len(nothing) == 0, "answers for no task, without blocks")


def answers_out_of_fold_are_better_than_none(case: Case) -> None:
    out_of_fold, measure = case.out_of_fold, case.control.measure
    rows = len(case.labels)
    demand(len(out_of_fold) == rows, f"{len(out_of_fold)} answers out of fold for {rows} labels")
    known = np.flatnonzero(out_of_fold.columns.are_finite())
    demand(len(known), "no answer out of fold is finite")
    given = [case.labels[row] for row in known.tolist()]
    nothing = measure.log_scores(measure.alike(out_of_fold.names, len(known)), given).mean()
    learnt = measure.log_scores(out_of_fold.take(known), given).mean()
    demand_worth(
        learnt > nothing, f"they score {learnt:.3f}, and knowing nothing scores {nothing:.3f}"
    )


def what_is_no_model_is_refused(case: Case) -> None:
    for artefact in _NO_MODELS:
        _demand_refused(case, artefact)


def a_model_that_was_cut_off_is_refused(case: Case) -> None:
    _demand_refused(case, case.artefact[: len(case.artefact) // 2])


def _demand_refused(case: Case, artefact: bytes) -> None:
    for load in (case.control.load, case.recipe.load):
        try:
            load(artefact)
        except BadModel:
            continue
        except Exception as exc:
            raise Broken(f"load({artefact[:30]!r}) raises no BadModel but {exc!r}") from exc
        raise Broken(f"load({artefact[:30]!r}) raises no BadModel")


RULES: Final = (
    what_is_missing_is_said,
    training_is_deterministic,
    the_pool_and_tools_may_be_left_out,
    there_is_a_finite_answer_for_each_task,
    the_artefact_answers_as_the_fitted_model,
    an_answer_does_not_depend_on_the_others,
    answers_out_of_fold_are_better_than_none,
    what_is_no_model_is_refused,
    a_model_that_was_cut_off_is_refused,
)
