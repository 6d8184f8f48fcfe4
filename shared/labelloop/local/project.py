"""A simulated Label Studio project, with every field of the real one's events."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import quoteattr

type Json = dict[str, Any]

OWNER_ID = 1

# The settings of a project with Label Studio's defaults, as every event contains them.
PROJECT_SETTINGS: Json = {
    "expert_instruction": "",
    "show_instruction": False,
    "show_skip_button": True,
    "enable_empty_annotation": True,
    "reveal_preannotations_interactively": False,
    "show_annotation_history": False,
    "show_collab_predictions": True,
    "evaluate_predictions_automatically": False,
    "color": "#FFFFFF",
    "maximum_annotations": 1,
    "min_annotations_to_start_training": 0,
    "is_draft": False,
    "is_published": False,
    "sampling": "Uncertainty sampling",
    "skip_queue": "REQUEUE_FOR_OTHERS",
    "show_ground_truth_first": False,
    "annotator_evaluation_enabled": False,
    "show_overlap_first": False,
    "overlap_cohort_percentage": 100,
    "task_data_login": None,
    "task_data_password": None,
    "pinned_at": None,
    "custom_task_lock_ttl": None,
    "deleted_at": None,
    "purge_at": None,
    "search_vector": None,
    "deleted_by": None,
}


@dataclass(frozen=True)
class DemoProject:
    """A single-choice text project."""

    id: int
    title: str
    labels: list[str]
    task_number: int
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def key(self) -> str:
        """The project key: the project's name in /setup and /predict, of id and creation time."""
        return f"{self.id}.{int(self.created_at.timestamp())}"

    @property
    def label_config(self) -> str:
        """The label config, in Label Studio's XML."""
        choices = "".join(f"<Choice value={quoteattr(label)}/>" for label in self.labels)
        return (
            '<View><Text name="text" value="$text"/>'
            f'<Choices name="label" toName="text" choice="single">{choices}</Choices></View>'
        )


def project_json(project: DemoProject, annotated: int) -> Json:
    """Return the project as in events, with a number of annotated tasks."""
    created = timestamp(project.created_at)
    return (
        {
            "id": project.id,
            "title": project.title,
            "description": "",
            "label_config": project.label_config,
            "parsed_label_config": {"label": _parsed_control(project)},
            "label_config_hash": 8859709172853524597,
            "created_at": created,
            "updated_at": created,
            "created_by": OWNER_ID,
            "organization": 1,
            "data_types": {"text": "Text"},
            "control_weights": {"label": _control_weights(project)},
            "model_version": "labelloop",
            "token": "EXAMPLE_TOKEN",
        }
        | _counters(project, annotated)
        | PROJECT_SETTINGS
    )


def _parsed_control(project: DemoProject) -> Json:
    return {
        "type": "Choices",
        "to_name": ["text"],
        "inputs": [{"type": "Text", "valueType": None, "value": "text"}],
        "labels": project.labels,
        "labels_attrs": {label: {"value": label} for label in project.labels},
    }


def _control_weights(project: DemoProject) -> Json:
    return {"overall": 1.0, "type": "Choices", "labels": dict.fromkeys(project.labels, 1.0)}


def _counters(project: DemoProject, annotated: int) -> Json:
    return {
        "task_number": project.task_number,
        "finished_task_number": annotated,
        "total_predictions_number": 0,
        "total_annotations_number": annotated,
        "num_tasks_with_annotations": annotated,
        "useful_annotation_number": annotated,
        "ground_truth_number": 0,
        "skipped_annotations_number": 0,
        "result_count": 0,
    }


def timestamp(time: datetime) -> str:
    """Return a time as Label Studio writes it."""
    return time.isoformat(timespec="microseconds").replace("+00:00", "Z")
