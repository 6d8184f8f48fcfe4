"""What every recipe keeps to, built in or not, as rules that are checked with tasks and labels.

`labelloop recipe check` prints them, a line each, and the tests of this package are made of the
same ones. A rule is a function: its name is the sentence, and it raises `Broken` or whatever the
recipe raises.
"""

from collections.abc import Callable
from typing import Final

from labelloop.recipes.contract import answering, learning, reading
from labelloop.recipes.contract.case import Broken, Case, Poor

__all__ = ["RULES", "Broken", "Case", "Rule", "applies", "breach", "said", "title"]

type Rule = Callable[[Case], None]

RULES: Final[tuple[Rule, ...]] = (*reading.RULES, *learning.RULES, *answering.RULES)
_OF_ALL: Final = {
    *reading.RULES,
    learning.what_is_missing_is_said,
    learning.what_is_no_model_is_refused,
    answering.what_hits_are_called_can_stand_in_a_line,
}


def title(rule: Rule) -> str:
    """Return a rule as a sentence."""
    return rule.__name__.replace("_", " ")


def applies(rule: Rule, case: Case) -> bool:
    """Say whether a rule is one of the case's recipe: one that only orders tasks has no models."""
    return case.learns or rule in _OF_ALL


def breach(rule: Rule, case: Case) -> tuple[str, bool]:
    """Return in words how a recipe breaks a rule, empty if it keeps to it; and if it is just poor.

    That may be chance with other tasks than those that come with a recipe.
    """
    try:
        rule(case)
    except Exception as exc:  # a recipe may raise anything
        return said(exc), isinstance(exc, Poor)
    return "", False


def said(exc: BaseException) -> str:
    """Return what an exception says, in one line; with its place in the code if it is no rule's."""
    text = " ".join(str(exc).split())
    if isinstance(exc, Broken):
        return text
    return f"{type(exc).__name__}{f': {text}' if text else ''}{_place(exc)}"


def _place(exc: BaseException) -> str:
    """Return where an exception was raised: the last line that is not of this package, if any."""
    steps, step = [], exc.__traceback__
    while step is not None:
        steps.append((step.tb_frame.f_code.co_filename, step.tb_lineno))
        step = step.tb_next
    own = [one for one in steps if "/labelloop/recipes/contract/" not in one[0]]
    return f" ({own[-1][0].rpartition('/')[2]}, line {own[-1][1]})" if own else ""
