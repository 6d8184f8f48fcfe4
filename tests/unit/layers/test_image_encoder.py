"""The image encoder's graph: EfficientNet-Lite0, as its formulas say."""

import io
import pickle
import sys
from collections import OrderedDict
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from labelloop.quiet_onnxruntime import ort
from layers.image_encoder import efficientnet as module
from layers.image_encoder.checkpoint import tensors
from layers.image_encoder.efficientnet import efficientnet

SIZE, WIDTH, EXPANDED = 32, 4, 6
KERNELS = (3, *(3,) * 2, *(5,) * 2, *(3,) * 3, *(5,) * 3, *(5,) * 4, 3)
STRIDES = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1)
HEAD = 1_280


def weights() -> dict[str, Any]:
    """Return random weights by the names of a checkpoint; all blocks are narrow."""
    rng = np.random.default_rng(1)
    shapes: dict[str, tuple[int, ...]] = {"_conv_stem": (WIDTH, 3, 3, 3)}
    norms = {"_bn0": WIDTH, "_bn1": HEAD}
    for number, kernel in enumerate(KERNELS):
        name, inner = f"_blocks.{number}.", WIDTH if number == 0 else EXPANDED
        if number:
            shapes[f"{name}_expand_conv"] = (EXPANDED, WIDTH, 1, 1)
            norms[f"{name}_bn0"] = EXPANDED
        shapes[f"{name}_depthwise_conv"] = (inner, 1, kernel, kernel)
        shapes[f"{name}_project_conv"] = (WIDTH, inner, 1, 1)
        norms |= {f"{name}_bn1": inner, f"{name}_bn2": WIDTH}
    shapes["_conv_head"] = (HEAD, WIDTH, 1, 1)
    made = {f"{name}.weight": rng.normal(0, 0.5, shape) for name, shape in shapes.items()}
    for name, width in norms.items():
        made |= {f"{name}.{part}": rng.uniform(0.5, 1.5, width) for part in ("weight", "bias")}
        made[f"{name}.running_mean"] = rng.normal(0, 0.1, width)
        made[f"{name}.running_var"] = rng.uniform(0.5, 1.5, width)
    return {name: values.astype(np.float32) for name, values in made.items()}


def reference(table: dict[str, Any], image: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the vector of an image by the paper's formulas."""

    def convolved(x: Any, conv: str, norm: str, stride: int = 1) -> Any:
        kernel = table[f"{conv}.weight"].astype(np.float64)
        outputs, inputs, size, _ = kernel.shape
        places = -(-x.shape[1] // stride)
        padding = max((places - 1) * stride + size - x.shape[1], 0)
        sides = (padding // 2, padding - padding // 2)
        padded = np.pad(x, ((0, 0), sides, sides))
        made = np.empty((outputs, places, places))
        for i, j in np.ndindex(places, places):
            part = padded[:, i * stride :, j * stride :][:, :size, :size]
            is_depthwise = inputs == 1 and len(x) > 1
            sums = (kernel[:, 0] * part if is_depthwise else kernel * part[None]).reshape(
                outputs, -1
            )
            made[:, i, j] = sums.sum(axis=1)
        scale = table[f"{norm}.weight"] / np.sqrt(table[f"{norm}.running_var"] + 1e-3)
        moved = made - table[f"{norm}.running_mean"][:, None, None]
        return moved * scale[:, None, None] + table[f"{norm}.bias"][:, None, None]

    x = np.clip(convolved(image, "_conv_stem", "_bn0", 2), 0, 6)
    for number, stride in enumerate(STRIDES):
        name, inner = f"_blocks.{number}.", x
        if number:
            inner = np.clip(convolved(x, f"{name}_expand_conv", f"{name}_bn0"), 0, 6)
        inner = np.clip(convolved(inner, f"{name}_depthwise_conv", f"{name}_bn1", stride), 0, 6)
        outer = convolved(inner, f"{name}_project_conv", f"{name}_bn2")
        x = outer + x if number and stride == 1 else outer
    mean = np.clip(convolved(x, "_conv_head", "_bn1"), 0, 6).mean(axis=(1, 2))
    return np.asarray(mean / np.linalg.norm(mean))


def test_the_graph_is_efficientnet(monkeypatch):
    monkeypatch.setattr(module, "SIZE", SIZE)
    table = weights()
    images = np.random.default_rng(2).normal(size=(2, 3, SIZE, SIZE)).astype(np.float32)

    session = ort.InferenceSession(efficientnet(table).SerializeToString())
    vectors = session.run(None, {"images": images})[0]

    for vector, image in zip(vectors, images, strict=True):
        assert vector @ reference(table, image) > 0.999  # what 8 bits leave


def test_its_bytes_are_the_same_each_time():
    made = [efficientnet(weights()).SerializeToString(deterministic=True) for _ in range(2)]

    assert made[0] == made[1]


# -- checkpoints -------------------------------------------------------------------------------


class View:
    """A tensor as PyTorch pickles it: a view of a storage."""

    def __init__(self, key: str, offset: int, shape: Any, strides: Any) -> None:
        self.storage, self.view = key, (offset, shape, strides)

    def __reduce__(self) -> Any:
        rebuild = sys.modules["torch._utils"]._rebuild_tensor_v2
        return rebuild, (Storage(self.storage), *self.view, False, OrderedDict())


class Storage(str):
    """What stands for a storage in a pickle."""


class Writer(pickle.Pickler):
    def persistent_id(self, obj: Any) -> Any:
        if not isinstance(obj, Storage):
            return None
        kind = sys.modules["torch"].FloatStorage
        return ("storage", kind, str(obj), "cpu", 6, None)


@pytest.fixture
def torch(monkeypatch) -> None:
    """Stand in for PyTorch's modules, whose names pickles hold."""
    for name, member in {"torch": "FloatStorage", "torch._utils": "_rebuild_tensor_v2"}.items():
        made = ModuleType(name)
        function = type(member, (), {}) if name == "torch" else lambda *_: None
        function.__module__, function.__qualname__ = name, member
        function.__name__ = member
        setattr(made, member, function)
        monkeypatch.setitem(sys.modules, name, made)


def checkpoint(views: dict[str, Any], numbers: NDArray[np.float32]) -> bytes:
    file = io.BytesIO()
    for part in (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}, OrderedDict(views)):
        Writer(file, 2).dump(part)
    pickle.dump(["7"], file, 2)
    file.write(len(numbers).to_bytes(8, "little") + numbers.tobytes())
    return file.getvalue()


@pytest.mark.usefixtures("torch")
def test_tensors_are_views_of_storages_in_any_order():
    numbers = np.arange(8, dtype="<f4")
    body = checkpoint(
        {"rows": View("7", 2, (2, 3), (3, 1)), "columns": View("7", 0, (2, 3), (1, 2))}, numbers
    )

    found = tensors(body)

    assert found["rows"].tolist() == [[2, 3, 4], [5, 6, 7]]
    assert found["columns"].tolist() == [[0, 2, 4], [1, 3, 5]]


@pytest.mark.usefixtures("torch")
def test_a_tensor_beyond_its_storage_is_refused():
    body = checkpoint({"rows": View("7", 2, (2, 3), (4, 1))}, np.arange(8, dtype="<f4"))

    with pytest.raises(pickle.UnpicklingError):
        tensors(body)


def test_nothing_that_a_checkpoint_names_is_called():
    class Evil:
        def __reduce__(self) -> Any:
            return print, ("called",)

    with pytest.raises(pickle.UnpicklingError, match="print"):
        tensors(pickle.dumps(Evil(), 2))
