"""Check an encoder in a process of its own, within limits, and say what it takes."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from labelloop.adapters.sandbox import SandboxLimits, run_sandboxed
from labelloop.adapters.sentence_transformers import Described
from labelloop.domain.prices import seconds_cost
from labelloop.errors import BadModel, Rejected

FUNCTION_MB: Final = 1_769  # of the functions that predict and rank: template.yaml
BUILT_IN: Final = ("none", "minilm", "efficientnet")
_OTHERS_MB: Final = 350  # what such a function has in memory beside encoders
_LIMITS: Final = SandboxLimits(megabytes=3_008, seconds=300)
_CHECK: Final = "labelloop.adapters.encoder_check:checked"


@dataclass(frozen=True, slots=True)
class EncoderFound:
    """An encoder that can be used. `ms` and `own_ms`: of a text; `peak_mb`: while it is loaded.

    `doubt`: why it would have been refused, had it not been forced.
    """

    name: str
    description: dict[str, Any]
    ms: float
    own_ms: float
    peak_mb: int
    doubt: str = ""


def check_encoder(
    folder: Path,
    name: str,
    wanted: Described,
    texts: Sequence[str] = (),
    limits: SandboxLimits = _LIMITS,
    *,
    is_forced: bool = False,
) -> EncoderFound:
    """Return what the encoder in a folder, model.onnx and tokenizer.json, is. BadModel: why not.

    `is_forced`: whatever its vectors say of the ten sentences.
    """
    given = {
        "folder": str(folder),
        "name": name,
        "wanted": asdict(wanted),
        "texts": list(texts),
        "is_forced": is_forced,
    }
    found = EncoderFound(**run_sandboxed(_CHECK, given, limits))
    if found.peak_mb > FUNCTION_MB - _OTHERS_MB:
        raise BadModel(
            f"it takes {found.peak_mb:,} MB of memory; the functions that predict and rank have "
            f"{FUNCTION_MB:,}, and need {_OTHERS_MB} for the rest",
            "take a smaller one, or a quantised export: onnx/model_quantized.onnx",
        )
    return found


@dataclass(frozen=True, slots=True)
class PoolCost:
    """What it takes to encode a pool once."""

    tasks: int
    minutes: float
    usd: float

    @classmethod
    def of(cls, tasks: int, ms: float) -> "PoolCost":
        """Return it for a number of texts, by the milliseconds of one on a virtual CPU."""
        seconds = tasks * ms / 1_000
        return cls(tasks, round(seconds / 60, 1), round(seconds_cost(seconds, FUNCTION_MB), 4))


def demand_name(name: str) -> None:
    """Raise Rejected for what can't be the name of an encoder in the bucket."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,63}", name) or name in BUILT_IN:
        raise Rejected(
            f"{name!r} can't be an encoder's name",
            f"take lower-case letters, digits, . _ -, and none of {', '.join(BUILT_IN)}",
        )
