"""/predict, without a framework: from the body that Label Studio sends to what it wants to hear."""

from typing import Any

from labelloop.bootstrap import secret, tools, versions
from labelloop.config import settings
from labelloop.labelstudio.payloads import read_json, read_predict
from labelloop.usecases.serving.predict import blinded, predict
from labelloop.web.credentials import check
from labelloop.web.http import Request, answer, only, refusal


def answer_call(request: Request) -> Any:
    """Answer with a result for each task, in their order, by the project's active version."""
    refused = refusal(check(request.headers, secret()()), request.path)
    return refused or only("POST", request, _predict)


def _predict(request: Request) -> Any:
    asked = read_predict(read_json(request.body))
    served = versions().of(asked.project)
    answers = predict(asked.tasks, asked.label_config, served, tools())
    if settings().blind_share == "on":
        answers = blinded(answers, asked.tasks, asked.project)
    results = [
        {"result": one.result, "score": one.score, "model_version": served.version}
        for one in answers
    ]
    return answer(200, {"results": results})
