"""What onnxruntime raises, in words."""

from contextlib import contextmanager
from typing import Any, Final

from labelloop.errors import BadModel, OutOfMemory

_LONGEST: Final = 300  # characters of what onnxruntime says


@contextmanager
def explained(options: Any = None, run_s: float = 0.0) -> Any:
    """Turn whatever onnxruntime raises into BadModel, with what it says.

    `options`: of a run that may be ended, after `run_s` seconds.
    """
    try:
        yield
    except MemoryError as exc:
        raise OutOfMemory("there is too little memory for the model") from exc
    except Exception as exc:  # onnxruntime raises a dozen types of its own
        if options is not None and options.terminate:
            raise BadModel(
                f"it does not end within {run_s:g} s: it is too slow, or has an endless loop",
                "use a smaller model, or one without loops",
            ) from exc
        said = " ".join(str(exc).split())
        said = said.rpartition("[ONNXRuntimeError] : ")[2][:_LONGEST]
        fix = "export it again for onnxruntime, with opset 17, and try it there"
        raise BadModel(f"onnxruntime does not run it: {said}", fix) from exc
