"""From the body that Label Studio sends to /predict to what it wants to hear."""

from typing import Any

from labelloop.bootstrap import featuriser, versions
from labelloop.config import settings
from labelloop.labelstudio.payloads import read_json, read_predict
from labelloop.usecases.serving.predict import blinded, predict


def predictions_for(body: bytes) -> dict[str, Any]:
    """Return a result for each task of the body, in its order, by the project's active version."""
    asked = read_predict(read_json(body))
    served = versions().of(asked.project)
    answers = predict(asked.tasks, asked.label_config, served, featuriser())
    if settings().blind_share == "on":
        answers = blinded(answers, asked.tasks, asked.project)
    results = [
        {"result": one.result, "score": one.score, "model_version": served.version}
        for one in answers
    ]
    return {"results": results}
