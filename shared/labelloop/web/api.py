"""All routes of the predict function, with FastAPI behind Mangum: they are described on /docs.

The function answers /predict without importing this module, which takes longer than an answer. The
route is also here, to describe it, and with the same answers when the app is served by itself.
"""

import logging
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse
from mangum import Mangum
from starlette.exceptions import HTTPException
from starlette.middleware.base import RequestResponseEndpoint
from starlette.responses import Response

from labelloop.bootstrap import secret, store
from labelloop.errors import LabelloopError
from labelloop.observability import logger
from labelloop.usecases.serving.list_versions import list_versions
from labelloop.web import http, predictions
from labelloop.web.credentials import check
from labelloop.web.docs_page import HEADERS, docs_page
from labelloop.web.management import management
from labelloop.web.schemas import (
    PROJECT_SCHEMA,
    ErrorAnswer,
    PredictAnswer,
    PredictBody,
    VersionsAnswer,
)

app = FastAPI(
    title="Labelloop",
    summary="The ML backend routes that Label Studio calls, and those that the CLI manages it by.",
    docs_url=None,  # FastAPI's own pages would be open to everybody
    redoc_url=None,
    openapi_url=None,
    responses={
        status: {"model": ErrorAnswer} for status in (400, 401, 403, 404, 413, 415, 422, 503)
    },
)
app.include_router(management)


@app.middleware("http")
async def _authorise(request: Request, call_next: RequestResponseEndpoint) -> Response:
    """Refuse requests without credentials for their path, whether or not the path exists."""
    try:
        refused = http.refusal(check(request.headers, secret()()), request.scope["path"])
    except LabelloopError as error:
        return _refuse(request, error)
    if refused:
        return _response(refused)
    return await call_next(request)


def _response(answer: Mapping[str, Any]) -> Response:
    return Response(answer["body"], answer["statusCode"], answer["headers"])


@app.exception_handler(LabelloopError)
def _refuse(_: Request, error: LabelloopError) -> JSONResponse:
    status = http.status_of(error)
    if status >= 500:
        logger().error("request failed", exc_info=error)
    return JSONResponse(http.body_of(error), status)


@app.exception_handler(HTTPException)
def _not_found(request: Request, error: HTTPException) -> JSONResponse:
    headers = dict(error.headers or {})
    if error.status_code == 405:  # FastAPI names the methods of the path's first route only
        headers["allow"] = ", ".join(sorted(_methods_of(request.url.path)))
    return JSONResponse({"error": error.detail}, error.status_code, headers)


def _methods_of(path: str) -> set[str]:
    methods = app.openapi()["paths"].get(path, {})
    return {method.upper() for method in methods} or {"GET"}


@app.exception_handler(RequestValidationError)
def _unprocessable(_: Request, error: RequestValidationError) -> JSONResponse:
    wrong = (f"{'.'.join(map(str, e['loc'][1:]))}: {e['msg']}" for e in error.errors())
    return JSONResponse({"error": "; ".join(wrong)}, 422)


@app.exception_handler(Exception)
def _fail(_: Request, error: Exception) -> JSONResponse:
    logger().error("request failed", exc_info=error)
    return JSONResponse({"error": "internal error"}, 500)


@app.post(
    "/predict",
    responses={200: {"model": PredictAnswer}},
    openapi_extra=PredictBody.openapi(),
)
async def predict_tasks(request: Request) -> Response:
    """Predict tasks with the project's active version: one result each, in the same order."""
    body = await request.body()
    plain = http.Request(request.method, request.scope["path"], request.headers, body)
    return _response(predictions.answer_call(plain))


@app.get("/versions")
async def versions_of(
    project: Annotated[str | None, Query(json_schema_extra=PROJECT_SCHEMA)] = None,
    deleted: bool = False,
) -> VersionsAnswer:
    """List a project's versions, newest first. Label Studio calls this without a project.

    `deleted`: list those that were deleted after them, as it may still have their predictions.
    """
    return VersionsAnswer(versions=list_versions(project, store(), with_deleted=deleted))


@app.get("/openapi.json", include_in_schema=False)
async def openapi_page() -> JSONResponse:
    page = app.openapi()
    page["components"]["securitySchemes"] = {"basic": {"type": "http", "scheme": "basic"}}
    return JSONResponse(page | {"security": [{"basic": []}]})


@app.get("/docs", include_in_schema=False)
async def show_docs() -> HTMLResponse:
    return HTMLResponse(docs_page(app.openapi()), headers=HEADERS)


logging.getLogger("mangum.http").setLevel(logging.CRITICAL)  # _fail has logged it already
_serve = Mangum(app, lifespan="off")


def serve(event: dict[str, Any], context: Any) -> Any:
    """Answer one request of API Gateway."""
    try:
        return _serve(event, context)
    except ValueError:  # odd hosts, broken Base64, lone surrogates: HTTP can't carry such a request
        return http.answer(400, {"error": "the request cannot be read"})
