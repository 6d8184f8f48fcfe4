"""A second deploy, on the embedded AWS: what runs afterwards is what was deployed."""

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from labelloop.local import stack as local
from labelloop.local.stack import LocalStack, local_stack
from tests.system.conftest import LabelStudio

pytestmark = pytest.mark.slow

BUILD = local.TEMPLATE.parent
UNTRAINED, CHANGED = 'UNTRAINED: Final = "untrained"', 'UNTRAINED: Final = "changed"'


def changed_build(folder: Path) -> Path:
    """Return a built template whose shared layer calls a project without a model otherwise."""
    layer = folder / "SharedLayer"
    shutil.copytree(BUILD / "SharedLayer", layer)
    source = next(layer.rglob("domain/version.py"))
    text = source.read_text()
    assert UNTRAINED in text
    source.write_text(text.replace(UNTRAINED, CHANGED))
    for compiled in layer.rglob("version.*.pyc"):
        compiled.unlink()

    def placed(found: re.Match[str]) -> str:
        return f"{found[1]}: {layer if found[2] == 'SharedLayer' else BUILD / found[2]}"

    template = folder / "template.yaml"
    whole = re.sub(r"(CodeUri|ContentUri): (\w+)$", placed, local.TEMPLATE.read_text(), flags=re.M)
    template.write_text(whole)
    return template


def called(stack: LocalStack, variable: str) -> dict[str, str]:
    """Return a variable of each function that the gateway calls, by the function."""
    gateway, functions = stack.client("apigatewayv2"), stack.client("lambda")
    found: dict[str, str] = {}
    for one in gateway.get_integrations(ApiId=stack.outputs["ApiId"])["Items"]:
        function: Any = functions.get_function_configuration(FunctionName=one["IntegrationUri"])
        found[function["FunctionName"]] = function["Environment"]["Variables"][variable]
    assert len(found) == 2
    return found


MODES = [{}, {"SnapStart": "on"}, pytest.param({"WarmFunctions": "1"}, marks=pytest.mark.long)]


@pytest.mark.parametrize("mode", MODES, ids=["plain", "SnapStart", "kept"])
def test_a_restart_takes_up_new_parameters_and_new_code(mode, tmp_path, monkeypatch):
    state = tmp_path / "state"
    with local_stack(state=state, parameters={"LabelStudioUrl": "http://one"} | mode) as stack:
        label_studio = LabelStudio(stack)
        assert label_studio.version() == "untrained"
        label_studio.close()

    monkeypatch.setattr(local, "TEMPLATE", changed_build(tmp_path))
    with local_stack(state=state, parameters={"LabelStudioUrl": "http://two"} | mode) as stack:
        label_studio = LabelStudio(stack)
        assert set(called(stack, "LABEL_STUDIO_URL").values()) == {"http://two"}
        assert label_studio.get("/label-studio").json()["url"] == "http://two"
        assert label_studio.version() == "changed"
        assert label_studio.predict("a film")[0]["model_version"] == "changed"
        label_studio.close()
