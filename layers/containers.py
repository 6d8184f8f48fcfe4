"""Write the template whose functions are container images, for what is beyond Lambda's 250 MB.

    python layers/containers.py template.yaml template.containers.yaml

In a SAM template a function is a zip file or an image, and no parameter chooses: so this template
is made of the other one. What calls recipes becomes the image of layers/Dockerfile; the rest
starts faster as a zip file, and stays one. Both are of the same stack, so deploying one of them
replaces the functions of the other, and nothing else.
"""

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import yaml
from samtranslator.yaml_helper import yaml_parse

type Json = dict[str, Any]

LOADING: Final = (
    "Predict",
    "Train",
    "Rank",
)  # models and encoders, for which there may be more room
IMAGES: Final = (*LOADING, "Sweep")
ZIPS: Final = ("Webhook", "Credentials")
OF_ZIPS: Final = ("Runtime", "Handler")
# What a container has instead of layers; and what Lambda offers for none.
WITHOUT: Final = ("CodeUri", "Layers", "SnapStart")
OF_LAYERS: Final = ("HasEncoder", "HasImageEncoder", "BuildsRecipes")  # conditions
METADATA: Final = {
    "Dockerfile": "layers/Dockerfile",
    "DockerContext": ".",
    "DockerTag": "labelloop",
}
SIZES: Final = {
    "ContainerMemory": {
        "Type": "Number",
        "Default": 3008,
        "MinValue": 512,
        "MaxValue": 10240,
        "Description": "Memory in MB to predict, train and rank; new accounts have 3008 at most",
    },
    "ContainerStorage": {
        "Type": "Number",
        "Default": 512,
        "MinValue": 512,
        "MaxValue": 10240,
        "Description": "Room in MB for models and encoders that come out of the bucket",
    },
}
_HEADER = "# Made of template.yaml by layers/containers.py: change that one.\n"


def with_containers(template: Json) -> Json:
    """Return a template with images for the functions that call recipes; changes its argument."""
    resources, settings = template["Resources"], template["Globals"]["Function"]
    of_zips = {name: settings.pop(name) for name in OF_ZIPS}
    for name in ZIPS:
        resources[f"{name}Function"]["Properties"] |= of_zips
    for name in IMAGES:
        function = resources[f"{name}Function"]
        function["Metadata"] = dict(METADATA)
        function["Properties"] = _imaged(name, function["Properties"])
    template["Parameters"] |= SIZES
    for name in ("CostAlarm", "OperationsDashboard"):
        resources[name] = _counted(resources[name])
    _remove(template, ["RecipesLayerArn"], "Parameters")
    _remove(template, _only_of_images(template), "Resources")
    _remove(template, OF_LAYERS, "Conditions")
    description = resources["ChosenSettings"]["Properties"]["Description"]["Fn::Join"]
    description[1] = [part for part in description[1] if not _depends(part, OF_LAYERS)]
    return template


def _imaged(name: str, properties: Json) -> Json:
    without = {key: value for key, value in properties.items() if key not in WITHOUT}
    if "VersionDescription" in without:  # layers are named there; SAM sees another image by itself
        chosen = [{"Ref": "ChosenSettings"}, {"Ref": "AWS::NoValue"}]
        without["VersionDescription"] = {"Fn::If": ["IsPublished", *chosen]}
    if name in LOADING:
        without["MemorySize"] = {"Ref": "ContainerMemory"}
        without["EphemeralStorage"] = {"Size": {"Ref": "ContainerStorage"}}
    command = [f"functions.{name.lower()}.app.lambda_handler"]
    return {"PackageType": "Image", "ImageConfig": {"Command": command}, **without}


def _counted(value: Any) -> Any:
    """Return what reckons with the functions' memory, an alarm say, with that of now."""
    if isinstance(value, list):
        return [_counted(one) for one in value]
    if isinstance(value, dict):
        return {key: _counted(one) for key, one in value.items()}
    names = "|".join(LOADING).lower()
    is_text = isinstance(value, str)
    return (
        re.sub(rf"(FILL\(({names}),0\)\*)\d+", r"\1${ContainerMemory}", value) if is_text else value
    )


def _only_of_images(template: Json) -> list[str]:
    """Return the layers that no function has any more."""
    functions = [template["Resources"][f"{name}Function"]["Properties"] for name in ZIPS]
    used = str([function["Layers"] for function in functions])
    layers = [name for name in template["Resources"] if name.endswith("Layer")]
    return [name for name in layers if f"'{name}'" not in used]


def _depends(value: Json, conditions: Sequence[str]) -> bool:
    return value.get("Fn::If", [""])[0] in conditions


def _remove(template: Json, names: Sequence[str], section: str) -> None:
    for name in names:
        del template[section][name]


if __name__ == "__main__":
    made = with_containers(yaml_parse(Path(sys.argv[1]).read_text()))
    Path(sys.argv[2]).write_text(_HEADER + yaml.safe_dump(made, sort_keys=False, width=120))
