"""onnxruntime, told to send nothing: since 1.29 it reports to its makers unless asked not to.

What it reports are names and checksums of graphs and weights, and an id of the device. It reads the
variable once, while it is imported, so everything of ours imports it from here.
"""

import os

os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import onnxruntime as ort

__all__ = ["ort"]
