"""An interactive ML backend in the shape of Label Studio's own: it marks what is marked again.

It learns nothing, and without anything drawn it predicts nothing. `BREAKS`: in which way.
"""

import os
import re
import time

import places  # type: ignore[import-not-found]
from label_studio_ml.model import LabelStudioMLBase
from label_studio_sdk.label_interface.objects import PredictionValue


class SameWords(LabelStudioMLBase):  # type: ignore[misc]
    """Spans of a text."""

    BREAKS = os.getenv("BREAKS", "")

    def predict(self, tasks, context=None, **kwargs):
        name, about, field = self.label_interface.get_first_tag_occurence("Labels", "Text")
        drawn = [one for one in (context or {}).get("result", ()) if one["from_name"] == name]
        if not drawn:
            return []
        if self.BREAKS == "raises":
            raise RuntimeError("no idea")
        if self.BREAKS == "no regions":
            return [PredictionValue(result=["a region"])]
        if self.BREAKS == "never ends":
            while True:
                time.sleep(0.01)
        if self.BREAKS == "other labels":
            drawn[0]["value"]["labels"] = ["Nobody's"]
        text, marked = tasks[0]["data"][field], drawn[0]["value"]
        found = places.of(re.escape(marked["text"]), text)
        result = [
            {
                "from_name": name,
                "to_name": about,
                "type": "labels",
                "value": {"start": a, "end": b, "text": text[a:b], "labels": marked["labels"]},
            }
            for a, b in found
        ]
        return [PredictionValue(result=result, score=1.0)]
