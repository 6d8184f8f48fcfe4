"""Prune a folder of installed packages to what a Lambda function needs at run time.

Shared libraries are not stripped (that breaks scipy's OpenBLAS) and scipy keeps all its subpackages
(they import one another).
"""

import shutil
import sys
from pathlib import Path

AWS_SERVICES = {"s3", "secretsmanager", "sqs", "ssm", "sts"}

UNUSED = (
    "bin",
    "**/tests",
    "**/__pycache__",
    "onnx/backend/test",
    "onnx/test",
    "onnxruntime/backend",
    "onnxruntime/datasets",
    "onnxruntime/quantization",
    "onnxruntime/tools",
    "onnxruntime/transformers",
    # A second copy of the library that is linked into the Python binding.
    "onnxruntime/capi/libonnxruntime.so.*",
    "sklearn/datasets/data",
    "sklearn/datasets/descr",
    "sklearn/datasets/images",
    "boto3/examples",
    "*.dist-info/RECORD",
    "*.dist-info/sboms",
    *(f"**/*.{suffix}" for suffix in ("a", "c", "cc", "cpp", "f90", "h", "hpp")),
    *(f"**/*.{suffix}" for suffix in ("proto", "pxd", "pxi", "pyi", "pyx", "tp")),
)


def prune(packages: Path) -> None:
    """Delete what is never read; a folder goes with everything in it."""
    for pattern in UNUSED:
        for path in list(packages.glob(pattern)):
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    prune_service_models(packages / "botocore" / "data")
    prune_service_models(packages / "boto3" / "data")


def prune_service_models(data: Path) -> None:
    """Keep the descriptions of the AWS services that are called, and the files they all share."""
    for folder in data.glob("*/"):
        if folder.name not in AWS_SERVICES:
            shutil.rmtree(folder)


if __name__ == "__main__":
    prune(Path(sys.argv[1]))
