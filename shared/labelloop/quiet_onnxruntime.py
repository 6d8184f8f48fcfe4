"""onnxruntime, told to send nothing: since 1.29 it reports to its makers unless asked not to.

What it reports are names and checksums of graphs and weights, and an id of the device. It reads the
variable once, while it is imported, so everything of ours imports it from here.
"""

import os
from pathlib import Path
from typing import Any, Final

os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import onnxruntime as ort

__all__ = ["ort", "session_of"]

_FOLDER: Final = "session.model_external_initializers_file_folder_path"
_FATAL: Final = 4  # what is less severe would be written among our log lines


def session_of(graph: bytes, threads: int = 1, folder: Path | None = None) -> Any:
    """Return a session for a graph; onnxruntime raises a dozen types of its own for a bad one.

    `threads`: a function has one vCPU or little more, so others would only wait for each other.
    `folder`: where the graph may read weights that lie outside it; nowhere without one.
    """
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = _FATAL
    options.add_session_config_entry(_FOLDER, str(folder or "/nowhere"))
    return ort.InferenceSession(graph, options, ["CPUExecutionProvider"])
