"""The order before the first model: which inputs it is made of, and how an outdated one goes.

Of a label config it depends on the inputs that are labelled, and on nothing else. Its parts are
named after them, so a part that was scored of other inputs is never mixed in, however late.
"""

from contextlib import AbstractContextManager
from hashlib import sha256
from typing import Final

from labelloop.bucket.pool import Pool
from labelloop.bucket.project import Project
from labelloop.domain.intake.folding import Dataset
from labelloop.domain.version import UNTRAINED
from labelloop.labelstudio.project import StudioProject
from labelloop.recipes import control_or_none

_LASTS: Final = 1_000  # labelled tasks: then what is left is scored anew, as a shortlist ends
_UNREAD: Final = "unread"  # nothing of the label config can be learnt, so no task has a place


def dataset_with_config(project: Project, studio: StudioProject | None) -> Dataset:
    """Return a project's dataset; before its first event, with Label Studio's label config."""
    dataset = project.dataset(project.dataset_pointer().value)
    if dataset.label_config is None and studio is not None:
        dataset.label_config = studio.settings()["label_config"]
    return dataset


def inputs_now(version: str, project: Project, studio: StudioProject | None) -> str:
    """Return the name of the inputs that a version's parts depend on now; see `inputs_of`."""
    if version != UNTRAINED:
        return ""
    encoder = project.options().value.encoder
    return inputs_of(version, dataset_with_config(project, studio), encoder)


def inputs_of(version: str, dataset: Dataset, encoder: str | None = None) -> str:
    """Return the name of the inputs that a version's parts depend on; empty once there is a model.

    `encoder`: the one that the project chose over the stack's.

    The inputs of a model are fixed: other inputs make another version. Without one, tasks are
    scored anew after many are labelled: parts name the tasks that were left when they were scored.
    """
    if version != UNTRAINED:
        return ""
    control = control_or_none(dataset.label_config)
    if control is None:
        return _UNREAD
    sees = control.sees if encoder is None else f"{control.sees}\n{encoder}"
    read, done = sha256(sees.encode()).hexdigest()[:16], len(dataset.done_tasks())
    return f"{read}.{done // _LASTS}" if done >= _LASTS else read


def is_outdated(project: Project) -> bool:
    """Say whether a project without a model has parts of other inputs than those labelled now."""
    version, pool = project.active_version(), project.pool
    if version != UNTRAINED or not pool.scored(version):
        return False
    return bool(_others(version, inputs_now(version, project, None), pool))


def forget_other_inputs(
    version: str,
    inputs: str,
    pool: Pool,
    studio: StudioProject | None,
    alone: AbstractContextManager[bool],
) -> bool:
    """Delete the parts scored of other inputs; before them, Label Studio's predictions of those.

    The predictions would keep their old places in the new order. Killed in between, it is done
    again. False if there is something to delete, but a push is running.
    """
    others = _others(version, inputs, pool)
    if not others:
        return True
    with alone as is_mine:
        if not is_mine:
            return False
        if studio is not None:
            pool.set_ranked("")  # so that the sweep sends wake-ups until it is pushed
            if others - {_UNREAD}:
                studio.delete_predictions(version)
        pool.forget_parts(version, others)
    return True


def _others(version: str, inputs: str, pool: Pool) -> set[str]:
    """Return the inputs to forget: none while the label config can't be read, which may pass."""
    return set() if inputs in ("", _UNREAD) else pool.scored_inputs(version) - {inputs}
