"""An ML backend in the shape of Label Studio's own, as somebody might bring it: words vote.

It fetches its labels from Label Studio's API, keeps its model in a global and on disk, and counts
its trainings with `set`. `BREAKS` says in which way it breaks.
"""

import json
import os
import socket
import uuid
from collections import Counter, defaultdict
from pathlib import Path

import label_studio_sdk
from label_studio_ml.model import LabelStudioMLBase
from label_studio_ml.response import ModelResponse
from label_studio_ml.utils import DATA_UNDEFINED_NAME
from label_studio_sdk.label_interface.objects import PredictionValue

MODEL_DIR = Path(os.getenv("MODEL_DIR", "."))
_votes = None


class WordVotes(LabelStudioMLBase):  # type: ignore[misc]
    """A choice about a text."""

    BREAKS = os.getenv("BREAKS", "")

    def setup(self):
        self.set("model_version", f"{type(self).__name__}-v0.0.1")

    def votes(self):
        global _votes
        path = MODEL_DIR / "votes.json"
        if _votes is None and path.exists():
            _votes = json.loads(path.read_text())
        return _votes or {}

    def predict(self, tasks, context=None, **kwargs):
        name, about, field = self.get_first_tag_occurence("Choices", "Text")
        labels = self.label_interface.get_tag(name).labels
        assert self.parsed_label_config[name]["labels"] == labels
        if os.getenv("ASKS") == "while predicting":
            return label_studio_sdk.LabelStudio().tasks.list(project=self.project_id)
        if context:
            return ModelResponse(predictions=[self.like(context, name)])
        predictions = []
        for task in tasks:
            text = task["data"].get(field) or task["data"].get(DATA_UNDEFINED_NAME)
            if self.BREAKS == "raises" or "poison" in text:
                raise RuntimeError("out of cheese")
            counts = Counter(dict.fromkeys(sorted(labels), 1))
            for word in self.preload_task_data(task, text).lower().split():
                counts.update(self.votes().get(word, {}))
            label, votes = counts.most_common(1)[0]
            predictions.append(self.prediction(name, about, label, votes / counts.total()))
        return self.broken(predictions) or ModelResponse(
            predictions=predictions, model_version=self.get("model_version")
        )

    def prediction(self, name, about, label, score):
        region = {
            "id": uuid.uuid4().hex,
            "from_name": name,
            "to_name": about,
            "type": "choices",
            "value": {"choices": [label]},
        }
        return PredictionValue(result=[region], score=score)

    def like(self, context, name):
        """Say again what a person has just chosen."""
        drawn = [one for one in context["result"] if one["from_name"] == name]
        return PredictionValue(result=drawn, score=1.0)

    def broken(self, predictions):
        return {
            "fewer": predictions[:-1] or [predictions[0]] * 2,
            "a text": "positive",
            "no result": [{"score": 1.0} for _ in predictions],
            "a set": [{"result": [{"value": {1, 2}}]} for _ in predictions],
            "not finite": [{"result": [{"value": float("nan")}]} for _ in predictions],
        }.get(self.BREAKS)

    def fit(self, event, data, **kwargs):
        global _votes
        if event not in ("ANNOTATION_CREATED", "ANNOTATION_UPDATED", "START_TRAINING"):
            return
        if self.BREAKS == "fit raises":
            raise RuntimeError("no labels today")
        if self.BREAKS == "fit reaches the network":
            socket.create_connection(("192.0.2.1", 443), timeout=1)
        if self.BREAKS == "fit fills the disk":
            with (MODEL_DIR / "huge").open("wb") as file:
                file.truncate(101 << 20)
        client = label_studio_sdk.Client(os.environ["LABEL_STUDIO_HOST"], "key")
        tasks = client.get_project(id=data["annotation"]["project"]).get_labeled_tasks()
        _, _, field = self.get_first_tag_occurence("Choices", "Text")
        counts: dict[str, Counter[str]] = defaultdict(Counter)
        for task in tasks:
            for annotation in task["annotations"]:
                label = annotation["result"][0]["value"]["choices"][0]
                for word in task["data"][field].lower().split():
                    counts[word][label] += 1
        (MODEL_DIR / "votes.json").write_text(json.dumps(counts, sort_keys=True))
        self.set("trained_on", str(len(tasks)))
        _votes = None
