"""Read the tensors of a PyTorch checkpoint without PyTorch, and without running what it holds.

The format of torch.save before 1.6: four pickles (a magic number, a version, the system, the
tensors as views of storages), the storages' keys, then each storage's length and numbers.
"""

import io
import pickle  # nosec B403
from collections import OrderedDict
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

_NUMBERS: Final = {"FloatStorage": "<f4", "LongStorage": "<i8"}


class _Views(pickle.Unpickler):
    """Reads tensors as (storage, offset, shape, strides). Calls nothing that a file names."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return lambda storage, offset, shape, strides, *_: (storage, offset, shape, strides)
        if module == "torch" and name in _NUMBERS:
            return name
        raise pickle.UnpicklingError(f"{module}.{name} is no part of a checkpoint")

    def persistent_load(self, pid: Any) -> Any:
        return pid


def tensors(body: bytes) -> dict[str, NDArray[Any]]:
    """Return the tensors of a checkpoint by name."""
    file = io.BytesIO(body)
    *_, views = (_Views(file).load() for _ in range(4))
    kinds = {storage[2]: _NUMBERS[storage[1]] for storage, *_ in views.values()}
    storages = {key: _storage(file, kinds[key]) for key in _Views(file).load()}
    return {
        name: _view(storages[storage[2]][offset:], shape, strides)
        for name, (storage, offset, shape, strides) in views.items()
    }


def _storage(file: io.BytesIO, kind: str) -> NDArray[Any]:
    length = int.from_bytes(file.read(8), "little")
    return np.frombuffer(file.read(length * np.dtype(kind).itemsize), kind)


def _view(numbers: NDArray[Any], shape: tuple[int, ...], strides: tuple[int, ...]) -> NDArray[Any]:
    """Return numbers as a tensor; strides count numbers, and may have any order."""
    last = sum((length - 1) * stride for length, stride in zip(shape, strides, strict=True))
    if last >= len(numbers):
        raise pickle.UnpicklingError("a tensor is larger than its storage")
    in_bytes = [stride * numbers.itemsize for stride in strides]
    return np.lib.stride_tricks.as_strided(numbers, shape, in_bytes)
