"""How a model's images are prepared: by preprocessor_config.json, as Hugging Face's processors have
it, or as a person names it.

Both give the fields of `recipes.imported.pixels.Pixels` that are known.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from labelloop.errors import BadSettings

_NAME: Final = "preprocessor_config.json"
_NAME_IT: Final = "name how its images are prepared: --image-size, --crop-from, --mean, --deviation"
_WHOLE: Final = 384  # from this size on ConvNeXT's processor cuts nothing off
_ON_A_SIDE: Final = ("height", "width")
_WITHOUT_PROPORTION: Final = ("DeiT", "Beit")  # one number is that of both sides to them


def prepared_by(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a preprocessor_config.json says; BadSettings for what can't be done as it says.

    Old ones name a size by one number: of the shorter side where the middle is cut out, else of
    both sides.
    """
    if not any(name in config for name in ("size", "crop_size", "image_mean", "rescale_factor")):
        return {}
    try:
        return _sizes(config) | _colours(config)
    except (AttributeError, KeyError, TypeError, ValueError) as exc:
        reason = f"{type(exc).__name__}: {exc}"
        raise BadSettings(f"{_NAME} can't be read: {reason}", _NAME_IT) from exc


def _sizes(config: Mapping[str, Any]) -> dict[str, Any]:
    if config.get("do_pad"):
        raise BadSettings(f"{_NAME}: padding (do_pad) is not known here", _NAME_IT)
    found: dict[str, Any] = {}
    if "resample" in config:
        found["resample"] = int(config["resample"])
    size, cut = config.get("size"), config.get("crop_size")
    is_cut = bool(config.get("do_center_crop", cut is not None))
    if not config.get("do_resize", True):
        size = None
    if is_cut and cut is not None:
        return found | _cut(cut, size, _is_in_proportion(size, config))
    if size is None:
        return found
    share = config.get("crop_pct")
    if share is not None:
        side = _shorter(size)
        short = int(side / float(share)) if side < _WHOLE else 0
        return found | {"height": side, "width": side} | ({"short": short} if short else {})
    if isinstance(size, Mapping) and "shortest_edge" in size:
        side = int(size["shortest_edge"])  # whatever the longer one is: its middle is read
        return found | {"height": side, "width": side, "short": side}
    height, width = _both(size)
    return found | {"height": height, "width": width}


def _is_in_proportion(size: Any, config: Mapping[str, Any]) -> bool:
    if isinstance(size, Mapping):
        return "shortest_edge" in size
    name = config.get("image_processor_type") or config.get("feature_extractor_type") or ""
    return not str(name).startswith(_WITHOUT_PROPORTION)


def _cut(cut: Any, size: Any, is_in_proportion: bool) -> dict[str, Any]:
    """Return how the middle is cut out of an image that was scaled to a size, if it is."""
    height, width = _both(cut)
    whole = {"height": height, "width": width}
    if size is None:
        return whole
    if is_in_proportion:
        return whole | {"short": max(_shorter(size), height, width)}
    high, wide = _both(size)
    if height * wide != width * high or height > high:
        raise BadSettings(f"{_NAME}: {width} x {height} out of {wide} x {high}", _NAME_IT)
    return whole | {"share": height / high}


def _both(size: Any) -> tuple[int, int]:
    if isinstance(size, Mapping):
        if not all(side in size for side in _ON_A_SIDE):
            names = ", ".join(map(str, size))
            raise BadSettings(f"{_NAME}: a size by {names} is not known here", _NAME_IT)
        return int(size["height"]), int(size["width"])
    if isinstance(size, Sequence):
        width, height = size
        return int(height), int(width)
    return int(size), int(size)


def _shorter(size: Any) -> int:
    if isinstance(size, Mapping) and "shortest_edge" in size:
        return int(size["shortest_edge"])
    return min(_both(size))


def _colours(config: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if config.get("do_flip_channel_order"):
        found["order"] = "bgr"
    is_scaled = bool(config.get("do_rescale", True))
    found["scale"] = float(config.get("rescale_factor", 1 / 255)) if is_scaled else 1.0
    if not config.get("do_normalize", "image_mean" in config):
        return found | ({"mean": (1.0,) * 3} if config.get("rescale_offset") else {})
    mean, deviation = _three(config.get("image_mean", 0.5)), _three(config.get("image_std", 0.5))
    if config.get("rescale_offset"):  # EfficientNet's: less 1 before the mean
        mean = [number + 1 for number in mean]
    if config.get("include_top"):  # EfficientNet's: divided twice
        deviation = [number * number for number in deviation]
    return found | {"mean": tuple(mean), "deviation": tuple(deviation)}


def _three(numbers: Any) -> list[float]:
    given = numbers if isinstance(numbers, Sequence) else [numbers] * 3
    return [float(number) for number in given]


def named(
    size: str, crop_from: int | None, channels: str, scale: str, mean: str, deviation: str
) -> dict[str, Any]:
    """Return what a person says by options; empty ones say nothing. BadSettings with an example."""
    found: dict[str, Any] = {}
    if size:
        width, _, height = size.lower().partition("x")
        found["width"] = _whole(width, "--image-size")
        found["height"] = _whole(height or width, "--image-size")
    if crop_from is not None:
        found["short"] = crop_from
    if channels:
        found["order"] = channels.lower()
    if scale:
        found["scale"] = _fraction(scale)
    for name, numbers in (("mean", mean), ("deviation", deviation)):
        if numbers:
            found[name] = tuple(_number(each, f"--{name}") for each in numbers.split(","))
    return found


def _fraction(text: str) -> float:
    above, _, below = text.partition("/")
    divisor = _number(below, "--scale") if below else 1.0
    if not divisor:
        raise BadSettings(f"--scale {text}: a division by 0", "as --scale 1/255")
    return _number(above, "--scale") / divisor


def _number(text: str, option: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise BadSettings(f"{option} {text}: expected numbers", f"as {_EXAMPLES[option]}") from None


def _whole(text: str, option: str) -> int:
    if not text.strip().isdecimal():
        raise BadSettings(f"{option} {text}: expected numbers", f"as {_EXAMPLES[option]}")
    return int(text)


_EXAMPLES: Final = {
    "--image-size": "--image-size 224, or 320x240",
    "--scale": "--scale 1/255",
    "--mean": "--mean 0.485,0.456,0.406",
    "--deviation": "--deviation 0.229,0.224,0.225",
}
