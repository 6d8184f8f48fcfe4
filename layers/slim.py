"""Prune a folder of installed packages to what a Lambda function needs at run time.

Shared libraries are not stripped, as that breaks scipy's OpenBLAS; of others what is never loaded
is left out, which is most of some of them. Subpackages that no training imports are deleted:
check.py trains with the remaining ones, with nothing else on the path.
"""

import shutil
import struct
import sys
from pathlib import Path

# Of the headers of an ELF file, and of each segment: what it is, and where in the file.
_TABLE, _TABLE_SIZE, _LOADED = 32, 54, 1
_PAGE = 65_536  # bytes: the largest page of either processor
_SEGMENT = struct.Struct("<IIQQQQQQ")  # kind, flags, offset, two addresses, two lengths, alignment

AWS_SERVICES = {"s3", "secretsmanager", "sqs", "ssm", "sts"}

UNUSED = (
    "bin",
    "**/tests",
    "**/__pycache__",
    "aws_lambda_powertools/event_handler",
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
    "scipy/stats/_unuran",
    "scipy/**/_test*.so",
    "sklearn/datasets",
    "sklearn/inspection",
    "skl2onnx/tutorial",
    "tokenizers/tools",
    # Pillow reads images, and neither writes text on them nor manages colours.
    *(f"PIL/_{name}.*.so" for name in ("avif", "imagingcms", "imagingft", "imagingtk")),
    *(f"PIL/{name}.py" for name in ("ImageFont", "ImageCms", "ImageTk", "ImageQt", "PdfParser")),
    *(f"pillow.libs/lib{name}-*" for name in ("avif", "brotlicommon", "brotlidec", "freetype")),
    *(f"pillow.libs/lib{name}-*" for name in ("harfbuzz", "lcms2", "png16")),
    "boto3/examples",
    "*.dist-info/RECORD",
    "*.dist-info/sboms",
    *(f"**/*.{suffix}" for suffix in ("a", "c", "cc", "cpp", "f90", "h", "hpp")),
    *(f"**/*.{suffix}" for suffix in ("proto", "pxd", "pxi", "pyi", "pyx", "tp")),
)

# Not scipy.libs and numpy.libs: OpenBLAS stays as it is.
LOADED_ALONE = ("PIL/*.so", "pillow.libs/*", "scipy/**/*.so", "sklearn/**/*.so", "numpy/**/*.so")


def prune(packages: Path) -> None:
    """Delete files that are never read, and folders with everything in them."""
    for pattern in UNUSED:
        for path in list(packages.glob(pattern)):
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    for pattern in LOADED_ALONE:
        for library in packages.glob(pattern):
            library.write_bytes(only_loaded(library.read_bytes()))
    prune_service_models(packages / "botocore" / "data")
    prune_service_models(packages / "boto3" / "data")


def only_loaded(elf: bytes) -> bytes:
    """Return a 64-bit ELF library without what lies between the segments that are loaded.

    patchelf, which wheels are repaired with, appends a segment, and leaves debug sections before
    it. A segment is moved by whole pages; only its place in the file changes.
    """
    (table,) = struct.unpack_from("<Q", elf, _TABLE)
    size, count = struct.unpack_from("<HH", elf, _TABLE_SIZE)
    segments = [list(_SEGMENT.unpack_from(elf, table + i * size)) for i in range(count)]
    kept, moves = bytearray(), []
    for kind, _, offset, *_, length, _, align in sorted(segments, key=lambda one: one[2]):
        if kind == _LOADED:
            gap = (offset - len(kept)) % min(align, _PAGE)
            moves.append((offset, len(kept) + gap))
            kept += elf[offset - gap : offset + length]

    def moved(offset: int) -> int:
        return next((offset - old + new for old, new in reversed(moves) if offset >= old), offset)

    for number, (kind, flags, offset, *rest, align) in enumerate(segments):
        place = moved(table) + number * size
        _SEGMENT.pack_into(kept, place, kind, flags, moved(offset), *rest, min(align, _PAGE))
    struct.pack_into("<QQ", kept, _TABLE, moved(table), 0)  # and no table of sections
    struct.pack_into("<HHH", kept, _TABLE_SIZE + 4, 0, 0, 0)
    return bytes(kept)


def prune_service_models(data: Path) -> None:
    """Keep the descriptions of the AWS services that are called, and the files they all share."""
    for folder in data.glob("*/"):
        if folder.name not in AWS_SERVICES:
            shutil.rmtree(folder)


if __name__ == "__main__":
    prune(Path(sys.argv[1]))
