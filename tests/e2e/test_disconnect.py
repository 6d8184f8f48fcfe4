"""Disconnecting leaves nothing behind."""

from tests.e2e.report import Exactly, find


def test_no_backend_webhook_or_setting_stays(new_project, studio, labelloop, documents):
    annotator = new_project("disconnected")
    before = _wiring(annotator)
    annotator.bring([{"text": document.text} for document in documents[:10]])
    labelloop.cli("connect", studio.personal_token, annotator.project)
    connected = _wiring(annotator)

    labelloop.cli("disconnect", studio.personal_token, annotator.project)

    find(Exactly("backends and webhooks after connect", connected[0], "", 2))
    left, *settings = _wiring(annotator)
    find(Exactly("backends and webhooks after disconnect", left, "", 0))
    assert settings == list(before[1:])


def _wiring(annotator) -> tuple[int, str, str]:
    backends = annotator.ask("GET", "/api/ml/", params={"project": annotator.project})
    hooks = annotator.ask("GET", "/api/webhooks/", params={"project": annotator.project})
    settings = annotator.settings()
    return len(backends) + len(hooks), settings["sampling"], settings["model_version"] or ""
