"""/predict without a framework: from the body that Label Studio sends to the answer it expects."""

from typing import Any

from labelloop.bootstrap import secret, tools, versions
from labelloop.config import settings
from labelloop.labelstudio.payloads import read_json, read_predict
from labelloop.observability import about
from labelloop.usecases.serving.predict import blinded, predict
from labelloop.usecases.serving.suggest import suggest
from labelloop.web.credentials import check
from labelloop.web.http import Request, answer, only, refusal


def answer_call(request: Request) -> Any:
    """Return a result for each task, in the tasks' order, from the project's active version."""
    refused = refusal(check(request.headers, secret()()), request.path)
    return refused or only("POST", request, _predict)


def _predict(request: Request) -> Any:
    body = read_predict(read_json(request.body))
    about(project=body.project)
    served = versions().of(body.project)
    about(version=served.version)
    beside = tools().beside(served.model.encoder) if served.model else tools()
    suggested = suggest(body.tasks, body.label_config, served, body.context, beside)
    predictions = suggested or predict(body.tasks, body.label_config, served, beside)
    if settings().blind_share == "on":
        predictions = blinded(predictions, body.tasks, body.project)
    results = [
        {"result": each.result, "score": each.score, "model_version": served.version}
        for each in predictions
    ]
    return answer(200, {"results": results})
