"""The active version, as new versions are compared with it."""

from dataclasses import dataclass

from labelloop.bucket.evidence import TrainingRecord
from labelloop.bucket.pointers import ActivePointer
from labelloop.bucket.project import Project
from labelloop.domain.judging.gate import Verdict, first_version
from labelloop.errors import BadModel, OutOfMemory
from labelloop.recipes import BUILT_IN, comparable, importing, name_of
from labelloop.recipes.built_in import is_imported
from labelloop.recipes.protocol import Control, Model
from labelloop.recipes.signature import why_not_of


@dataclass(frozen=True, slots=True)
class Champion:
    """The active version: the record of its training, and its model.

    `imported_as`: see `importing`. A version that nobody trained here needs no encoder, and may
    have no record.
    """

    record: TrainingRecord
    model: Model
    imported_as: str = ""


def why_another(active: ActivePointer, project: Project, control: Control) -> str:
    """Return of what else than a control the active version is, empty if it is of the control."""
    control = comparable(control, active.recipe)
    if name_of(active.recipe) != control.recipe:
        return _another_recipe(active.recipe, control.recipe)
    card = None if active.signature else project.card(active.version)
    why = why_not_of(project.signature(card) if card else active.signature, control)
    return f"of another control: {why}" if why else ""


def _another_recipe(made_by: str, recipe: str) -> str:
    if is_imported(made_by):
        return "an imported model"
    if {name_of(made_by), recipe} <= BUILT_IN.keys():
        return "of another kind of labelling"
    return f"by another recipe, {name_of(made_by)!r}"


def champion_of(
    active: ActivePointer, project: Project, control: Control, encoder: str
) -> Champion | Verdict:
    """Return the active version, or the verdict where there is nothing to compare with.

    OutOfMemory is raised: it says nothing against the active version, so nothing replaces it.
    """
    if not active.is_trained:
        return first_version()
    if why := why_another(active, project, control):
        return Verdict(True, f"the active version is {why}")
    if active.is_outdated:
        return Verdict(True, f"the active version has format {active.format}")
    artefact = project.model(active.version)
    imported_as = importing.imported_as(active.recipe, artefact) if artefact is not None else ""
    if active.encoder != encoder and not imported_as:
        return Verdict(True, "the active version was trained beside another encoder")
    record = project.evidence.of(active.version)
    if artefact is None or (record is None and not imported_as):
        return Verdict(True, "no record of the active version's training can be read")
    try:
        model = control.load(artefact)
        nothing = control.measure.alike(tuple(model.names), 0)
        return Champion(record or TrainingRecord.without_labels(nothing), model, imported_as)
    except OutOfMemory:
        raise
    except BadModel as exc:
        return Verdict(True, f"the active version cannot be loaded: {exc}")
