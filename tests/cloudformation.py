"""What CloudFormation makes of template.yaml: SAM's own translator, then the values of a deploy.

Enough of CloudFormation to say what a deploy changes: conditions and functions are worked out, and
what is replaced by an update gets another name, made of what replaces it.
"""

import json
from collections.abc import Mapping
from copy import deepcopy
from hashlib import sha256
from typing import Any

from boto3.session import Session
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

from tests.test_template import TEMPLATE

type Json = dict[str, Any]

STACK = "labelloop"
_PSEUDO = {
    "AWS::StackName": STACK,
    "AWS::Region": "eu-central-1",
    "AWS::Partition": "aws",
    "AWS::AccountId": "123456789012",
}
_NO_VALUE = {"Ref": "AWS::NoValue"}


def translated(
    parameters: Mapping[str, Any], uploads: Mapping[str, str], template: Json = TEMPLATE
) -> Json:
    """Return what SAM's transform makes of a template; uploads are the names of new contents."""
    template = _long(deepcopy(template))
    for name, resource in template["Resources"].items():
        for uri in ("CodeUri", "ContentUri"):
            if uri in resource["Properties"]:
                resource["Properties"][uri] = f"s3://uploads/{uploads.get(name, name)}"
    values = {name: str(value) for name, value in parameters.items()} | {
        "AWS::Region": _PSEUDO["AWS::Region"],
        "AWS::Partition": "aws",
    }
    session = Session(region_name=_PSEUDO["AWS::Region"])
    made: Json = Translator({}, Parser(), boto_session=session).translate(template, values)
    return made


class Resolved:
    """A translated template with all its values; `properties` of resources by their name."""

    def __init__(
        self,
        parameters: Mapping[str, Any] = {},
        uploads: Mapping[str, str] = {},
        template: Json = TEMPLATE,
    ) -> None:
        defaults = {name: made["Default"] for name, made in template["Parameters"].items()}
        self._values = {n: str(v) for n, v in (defaults | dict(parameters)).items()} | _PSEUDO
        self._template = translated(defaults | dict(parameters), uploads, template)
        self.resources: Json = {
            name: resource
            for name, resource in self._template["Resources"].items()
            if "Condition" not in resource or self._holds(resource["Condition"])
        }
        self._properties: Json = {}
        self.outputs: Json = self._of(self._template["Outputs"])

    def properties(self, name: str) -> Json:
        """Return a resource's properties with their values."""
        if name not in self._properties:
            self._properties[name] = self._of(self.resources[name].get("Properties", {}))
        properties: Json = self._properties[name]
        return properties

    def of_type(self, type_: str) -> dict[str, Json]:
        """Return the properties of all resources of a type, by name."""
        named = [n for n, resource in self.resources.items() if resource["Type"] == type_]
        return {name: self.properties(name) for name in named}

    def _holds(self, condition: str) -> bool:
        return bool(self._of(self._template["Conditions"][condition]))

    def _of(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._of(one) for one in value if not self._is_nothing(one)]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((function, argument),) = value.items()
            if worked_out := getattr(self, f"_{function.removeprefix('Fn::').lower()}", None):
                return worked_out(argument)
        return {k: self._of(v) for k, v in value.items() if not self._is_nothing(v)}

    def _is_nothing(self, value: Any) -> bool:
        while isinstance(value, dict) and "Fn::If" in value:
            value = self._branch(value["Fn::If"])
        return bool(value == _NO_VALUE)

    def _branch(self, argument: Any) -> Any:
        condition, yes, no = argument
        return yes if self._holds(condition) else no

    def _if(self, argument: Any) -> Any:
        return self._of(self._branch(argument))

    def _condition(self, name: str) -> bool:
        return self._holds(name)

    def _equals(self, argument: Any) -> bool:
        one, other = self._of(argument)
        return str(one) == str(other)

    def _not(self, argument: Any) -> bool:
        return not self._of(argument)[0]

    def _or(self, argument: Any) -> bool:
        return any(self._of(argument))

    def _and(self, argument: Any) -> bool:
        return all(self._of(argument))

    def _ref(self, name: str) -> Any:
        return self._values[name] if name in self._values else self._named(name)

    def _getatt(self, argument: Any) -> Any:
        name, attribute = argument.split(".", 1) if isinstance(argument, str) else argument
        if attribute in ("Value", "Name"):
            return self.properties(name)[attribute]
        return f"{self._named(name)}.{attribute}"

    def _named(self, name: str) -> str:
        """Return a resource's name; whatever replaces the resource by another one changes it."""
        type_ = self.resources[name]["Type"]
        if type_ == "AWS::Lambda::LayerVersion":
            properties = self.properties(name)
            layer = f"{properties['LayerName']}:{_digest([name, properties])}"
            return f"arn:aws:lambda:eu-central-1:123456789012:layer:{layer}"
        if type_ == "AWS::IAM::ManagedPolicy":
            return f"arn:aws:iam::123456789012:policy/{name}-{_digest(self.properties(name))}"
        if type_ == "AWS::Lambda::Version":
            return f"{name}-{_digest(self.properties(name))}"
        return name

    def _sub(self, argument: Any) -> str:
        text, given = (argument, {}) if isinstance(argument, str) else argument
        for name in _names_in(text):
            if name in given:
                value = self._of(given[name])
            else:
                value = self._getatt(name) if "." in name else self._ref(name)
            text = text.replace(f"${{{name}}}", str(value))
        return text

    def _join(self, argument: Any) -> str:
        between, parts = argument
        return str(between.join(map(str, self._of(parts))))

    def _split(self, argument: Any) -> list[str]:
        between, text = argument
        return str(self._of(text)).split(between)

    def _select(self, argument: Any) -> Any:
        index, among = argument
        return self._of(among)[int(index)]


def _digest(value: Any) -> str:
    return sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:12]


def _names_in(text: str) -> list[str]:
    return [part.partition("}")[0] for part in text.split("${")[1:]]


def _long(value: Any) -> Any:
    """Return a template with attributes as the lists that the translator reads."""
    if isinstance(value, list):
        return [_long(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        key: one.split(".", 1) if key == "Fn::GetAtt" and isinstance(one, str) else _long(one)
        for key, one in value.items()
    }
