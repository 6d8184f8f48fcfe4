"""What a backfill sends of the project."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from labelloop.bucket.project import Project
from labelloop.cli.backfill import _project_to_send
from labelloop.domain.intake.folding import fold
from labelloop.usecases.serving.describe import describe
from tests.builders import PROJECT, created


def test_a_label_config_with_half_a_surrogate_pair_is_sent_once(store):
    config = "<View>\ud83d</View>"
    get = lambda *_, **__: describe(PROJECT, store)  # noqa: E731
    session: Any = SimpleNamespace(
        has_studio=True,
        project={"label_config": config},
        key=PROJECT,
        backend=SimpleNamespace(get=get),
    )
    assert _project_to_send(session)["label_config"] == config

    project = Project(store, PROJECT)
    pointer = project.dataset_pointer()
    known = project.dataset(pointer.value)
    project.add_dataset(pointer, fold(known, [replace(created(1), label_config=config)]))
    assert "label_config" not in _project_to_send(session)
