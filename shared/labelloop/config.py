"""Settings: the only reader of the environment."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from typing import Any

from labelloop.domain.prices import Machine
from labelloop.domain.serving.options import ENCODER_NAME, STRATEGY_NAMES
from labelloop.errors import BadSettings


def _setting(variable: str, default: Any = None, **limits: Any) -> Any:
    """Declare one setting: its environment variable, its default (None = required), its limits."""
    return field(metadata={"variable": variable, "default": default, **limits})


_HOSTS = r"^((\*\.)?[A-Za-z0-9.-]+(, *(\*\.)?[A-Za-z0-9.-]+)*)?$"
_BUCKETS = r"^([a-z0-9][a-z0-9.-]{1,61}[a-z0-9](,[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])*)?$"


@dataclass(frozen=True)
class Settings:
    """The settings of a deployment. A test compares README's table of settings with this class."""

    bucket: str = _setting("BUCKET")
    train_queue_url: str = _setting("TRAIN_QUEUE_URL")
    rank_queue_url: str = _setting("RANK_QUEUE_URL")
    credentials_parameter: str = _setting("CREDENTIALS_PARAMETER")
    label_studio_url: str = _setting("LABEL_STUDIO_URL", "")
    label_studio_token_parameter: str = _setting("LABEL_STUDIO_TOKEN_PARAMETER")
    kms_key_arn: str = _setting("KMS_KEY_ARN", "")
    quiet_s: int = _setting("QUIET_SECONDS", 10, least=0, most=900)
    max_wait_s: int = _setting("MAX_WAIT_SECONDS", 120, least=0, most=3600)
    retrain_after: int = _setting("RETRAIN_AFTER", 20, least=1, most=100_000)
    min_labels: int = _setting("MIN_LABELS", 10, least=2, most=100_000)
    queue_length: int = _setting("QUEUE_LENGTH", 1_000, least=1, most=100_000)
    keep_models: int = _setting("KEEP_MODELS", 50, least=10, most=100_000)
    superseded_predictions: str = _setting(
        "SUPERSEDED_PREDICTIONS", "delete", among=("delete", "keep")
    )
    blind_share: str = _setting("BLIND_SHARE", "on", among=("on", "off"))
    strategy: str = _setting("STRATEGY", STRATEGY_NAMES[0], among=STRATEGY_NAMES)
    encoder: str = _setting("ENCODER", "minilm", matching=ENCODER_NAME)
    image_encoder: str = _setting("IMAGE_ENCODER", "none", matching=ENCODER_NAME)
    fetch_hosts: str = _setting("FETCH_HOSTS", "", matching=_HOSTS)
    fetch_buckets: str = _setting("FETCH_BUCKETS", "", matching=_BUCKETS)

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "Settings":
        """Return the settings in an environment; BadSettings names a missing or invalid one."""
        return cls(**{f.name: _read(f.type is int, f.metadata, environment) for f in fields(cls)})


def _read(is_number: bool, meta: Mapping[str, Any], environment: Mapping[str, str]) -> Any:
    variable, default = meta["variable"], meta["default"]
    text = environment.get(variable, "").strip() or default
    if text is None:
        raise BadSettings(f"{variable} is not set")
    if not is_number:
        if text not in meta.get("among", (text,)):
            raise BadSettings(f"{variable} is {text!r}, not one of {', '.join(meta['among'])}")
        if not re.search(meta.get("matching", ""), text):
            raise BadSettings(f"{variable} is {text!r}, which does not match {meta['matching']}")
        return str(text)
    try:
        number = int(text)
    except ValueError:
        raise BadSettings(f"{variable} is {text!r}, not a whole number") from None
    if not meta["least"] <= number <= meta["most"]:
        raise BadSettings(f"{variable} is {number}, not in {meta['least']}..{meta['most']}")
    return number


@cache
def settings() -> Settings:
    """Return this process's settings, read once."""
    return Settings.read(os.environ)


def machine(environment: Mapping[str, str] = os.environ) -> Machine:
    """Return what this process runs on."""
    processor = {"aarch64": "arm64"}.get(os.uname().machine, os.uname().machine)
    return Machine(int(environment.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE") or 0), processor)


def library_paths(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the variables that a process of our own needs to start, and no others."""
    return {name: environment[name] for name in ("LD_LIBRARY_PATH", "PATH") if name in environment}


def processors(environment: Mapping[str, str] = os.environ) -> int:
    """Return how many threads are useful: Lambda gives a virtual CPU for each 1,769 MB."""
    memory_mb = int(environment.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE") or 0)
    return max(1, round(memory_mb / 1_769))
