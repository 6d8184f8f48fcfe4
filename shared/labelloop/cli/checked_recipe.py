"""The process that checks a recipe: what the recipe does wrong ends this process, and no other.

    python -m labelloop.cli.checked_recipe <to_check.json

It writes a JSON object a line: `begun` before a rule, `title` and `why` after it. What a recipe
prints goes to stderr.
"""

import json
import os
import sys
from dataclasses import asdict, dataclass
from typing import IO, Any, Final

MEGABYTE: Final = 1 << 20
LOADING: Final = "it is loaded"
FITNESS: Final = "it can run in a function"
LIGHT: Final = "it reads label configs without numpy"
_NOT_IN_ALL: Final = ("numpy", "scipy", "sklearn", "onnx", "onnxruntime", "skl2onnx", "tokenizers")
_ENCODERS: Final = ("without an encoder", "with an encoder")


@dataclass(frozen=True, slots=True)
class ToCheck:
    """What is checked: a recipe, and what people label with it; `most_mb`: of memory.

    `of_project`: whether the tasks are a project's, of which what is learnt may be worth little.
    """

    source: str
    config: str
    tasks: list[Any]
    results: list[list[dict[str, Any]]]
    most_mb: int
    in_containers: bool = False  # whether it is for functions that are container images
    of_project: bool = False
    is_light: bool = False  # whether numpy is kept away, as from the function without it

    def to_json(self) -> str:
        """Return it as the process reads it."""
        return json.dumps(asdict(self))


def main(given: IO[str], out: IO[str]) -> None:
    """Check what is given, and write what is found."""
    to_check = ToCheck(**json.load(given))
    _limit_memory(to_check.most_mb)
    if to_check.is_light:
        _read_without_numpy(to_check, out)
    else:
        _check(to_check, out)


def _limit_memory(megabytes: int) -> None:
    try:
        import resource

        size = megabytes * MEGABYTE
        resource.setrlimit(resource.RLIMIT_DATA, (size, size))
    except (ImportError, ValueError, OSError):
        return  # no such limit on this system


def _check(to_check: ToCheck, out: IO[str]) -> None:
    from labelloop.recipes.contract import RULES, Case, applies, breach, title
    from labelloop.recipes.contract.encoder import LettersEncoder
    from labelloop.recipes.tools import Toolbox

    recipe = _loaded(to_check, out)
    if recipe is None:
        return
    boxes = (Toolbox(), Toolbox(LettersEncoder.name, LettersEncoder))
    cases = [
        Case(recipe, to_check.config, to_check.tasks, to_check.results, tools) for tools in boxes
    ]
    if hasattr(recipe, "why_unfit"):
        _write(out, {"begun": FITNESS})
        reasons = recipe.why_unfit(to_check.in_containers)
        _write(out, {"title": FITNESS, "why": "; ".join(reasons)})
    for rule in RULES:
        _write(out, {"begun": title(rule)})
        why, is_poor = "", False
        for case, where in zip(cases, _ENCODERS, strict=True):
            found, was_poor = breach(rule, case) if applies(rule, case) else ("", False)
            if found and (not why or (is_poor and not was_poor)):
                why, is_poor = found if case is cases[0] else f"{where}: {found}", was_poor
        is_note = is_poor and to_check.of_project
        _write(out, {"title": title(rule), "why": why, "is_note": is_note})


def _loaded(to_check: ToCheck, out: IO[str]) -> Any:
    """Return the recipe, None if it can't be loaded, which is written."""
    from labelloop.recipes.contract import said
    from labelloop.recipes.own import load_recipe

    _write(out, {"begun": LOADING})
    try:
        recipe, why = load_recipe(to_check.source), ""
    except (Exception, SystemExit) as exc:
        recipe, why = None, said(exc)
    _write(out, {"title": LOADING, "why": why})
    return recipe


def _read_without_numpy(to_check: ToCheck, out: IO[str]) -> None:
    for name in _NOT_IN_ALL:
        sys.modules[name] = None  # type: ignore[assignment]
    from labelloop.labelstudio.label_config import parse
    from labelloop.recipes.own import load_recipe

    _write(out, {"begun": LIGHT})
    try:
        recipe = load_recipe(to_check.source)
        control, why = recipe.read(parse(to_check.config)), ""
        if control is not None:
            control.about()
            for data, result in zip(to_check.tasks, to_check.results, strict=True):
                control.input_of(data)
                control.why_unusable(result, True)
    except (Exception, SystemExit) as exc:
        why = f"{type(exc).__name__}: {' '.join(str(exc).split())}"
    _write(out, {"title": LIGHT, "why": why})


def _write(out: IO[str], row: dict[str, Any]) -> None:
    out.write(json.dumps(row) + "\n")
    out.flush()


if __name__ == "__main__":
    findings = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a recipe prints is no finding
    main(sys.stdin, findings)
