"""The template with containers: what SAM makes of it, and that it is the other one but for them."""

import re
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse

from layers.containers import IMAGES, LOADING, ZIPS, with_containers
from tests.cloudformation import Json, Resolved
from tests.test_template import PARAMETERS

SOURCE = yaml_parse((Path(__file__).parents[1] / "template.yaml").read_text())
CONTAINERS: Json = with_containers(deepcopy(SOURCE))
IMAGE = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/labelloop:1"


def command_of(name: str) -> list[str]:
    """Return what starts a function's container."""
    properties = CONTAINERS["Resources"][f"{name}Function"]["Properties"]
    command: list[str] = properties["ImageConfig"]["Command"]
    return command


def deployed(image: str = IMAGE, **parameters: Any) -> Resolved:
    """Return the stack as `sam deploy` makes it, once the images are pushed."""
    template = deepcopy(CONTAINERS)
    for name in IMAGES:
        template["Resources"][f"{name}Function"]["Properties"]["ImageUri"] = image
    return Resolved(parameters, template=template)


@pytest.mark.parametrize("name", IMAGES)
def test_what_calls_recipes_is_an_image(name):
    function = deployed().properties(f"{name}Function")

    assert function["PackageType"] == "Image"
    assert function["Code"] == {"ImageUri": IMAGE}
    assert not {"Runtime", "Handler", "Layers", "SnapStart"} & set(function)


@pytest.mark.parametrize("name", ZIPS)
def test_the_rest_stays_a_zip_file(name):
    function, before = (stack.properties(f"{name}Function") for stack in (deployed(), Resolved()))

    assert function["Runtime"] == "python3.13"
    assert {k: v for k, v in function.items() if k != "Layers"} == {
        k: v for k, v in before.items() if k != "Layers"
    }


@pytest.mark.parametrize("name", IMAGES)
def test_an_image_has_the_rights_settings_and_queues_of_the_zip_file(name):
    stack, before = deployed(), Resolved()
    function, zipped = (s.properties(f"{name}Function") for s in (stack, before))

    assert function["Environment"] == zipped["Environment"]
    assert function["Timeout"] == zipped["Timeout"]
    role = f"{name}FunctionRole"
    assert stack.properties(role) == before.properties(role)


def test_only_functions_and_layers_differ():
    stack, before = deployed(), Resolved()
    changed = {
        re.sub("[0-9a-f]{10}$", "", name)  # SAM's digest of a layer's contents
        for name in before.resources
        if name not in stack.resources or stack.properties(name) != before.properties(name)
    }

    assert changed == {
        *(f"{name}Function" for name in IMAGES),
        *("PredictFunctionVersion", "PredictFunctionAliaslive"),
        *("ServingLayer", "TrainingLayer", "EncoderLayer", "ImageEncoderLayer", "RecipesLayer"),
        "OperationsDashboard",
    }


@pytest.mark.parametrize("name", LOADING)
def test_memory_and_room_can_be_chosen(name):
    function = deployed(ContainerMemory=10_240, ContainerStorage=4_096).properties(
        f"{name}Function"
    )

    assert function["MemorySize"] == "10240"
    assert function["EphemeralStorage"] == {"Size": "4096"}


def test_a_day_is_paid_by_the_memory_that_was_chosen():
    stack = deployed(ContainerMemory=10_240, DailyCostLimit=5)
    expression = stack.properties("CostAlarm")["Metrics"][0]["Expression"]

    for name in ("webhook,0)*1024", "predict,0)*10240", "train,0)*10240", "rank,0)*10240"):
        assert name in expression
        assert name in str(stack.properties("OperationsDashboard"))


def test_another_image_is_another_published_version():
    def versions(image: str) -> set[str]:
        return set(deployed(image, WarmFunctions=1).of_type("AWS::Lambda::Version"))

    assert versions(IMAGE) != versions(f"{IMAGE}-newer")


def test_all_settings_are_those_of_the_other_template_and_two_more():
    assert set(CONTAINERS["Parameters"]) == {
        *set(PARAMETERS) - {"RecipesLayerArn"},
        *("ContainerMemory", "ContainerStorage"),
    }
