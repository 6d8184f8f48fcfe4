"""Prune a folder of installed packages to what a Lambda function needs at run time.

Shared libraries are not stripped: that breaks scipy's OpenBLAS. Subpackages that no training
imports are deleted: check.py trains with the remaining ones, with nothing else on the path.
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
    "onnx/fuzz",
    "onnx/reference",
    "joblib/test",
    # Readers of other libraries' data frames, which are not used here.
    *(f"narwhals/_{name}" for name in ("arrow", "dask", "duckdb", "ibis", "pandas_like", "polars")),
    *(f"narwhals/_{name}" for name in ("spark_like", "sql")),
    "numpy/_core/_*_tests.*.so",
    "numpy/_core/_simd.*.so",
    *(f"scipy/{name}" for name in ("cluster", "differentiate", "fftpack", "io", "odr", "signal")),
    "sklearn/datasets",
    "sklearn/inspection",
    "skl2onnx/tutorial",
    "tokenizers/tools",
    "boto3/examples",
    "*.dist-info/RECORD",
    "*.dist-info/sboms",
    *(f"**/*.{suffix}" for suffix in ("a", "c", "cc", "cpp", "f90", "h", "hpp")),
    *(f"**/*.{suffix}" for suffix in ("proto", "pxd", "pxi", "pyi", "pyx", "tp")),
)


def prune(packages: Path) -> None:
    """Delete files that are never read, and folders with everything in them."""
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
