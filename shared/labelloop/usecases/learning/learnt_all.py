"""Say which version has learnt all labels, so that a training would find nothing to do."""

from labelloop.bucket.project import Project
from labelloop.errors import BadModel
from labelloop.ports import ObjectStore
from labelloop.recipes.tools import Looking


def learnt_all(key: str, store: ObjectStore, tools: Looking) -> str:
    """Return the active version if nothing waits for a training; empty if anything does, or may."""
    project = Project(store, key)
    active = project.active().value
    if not active.is_trained or active.pinned or active.held_until:
        return ""
    if project.has_pending() or project.imports.waiting() or project.snapshots.damage():
        return ""
    try:
        untrained = project.untrained_dataset(
            tools.encoder, tools.image_encoder, chosen=lambda name: tools.chosen(name).encoder
        )
    except BadModel:  # the encoder that was chosen is gone, which the training says
        return ""
    return "" if untrained else active.version
