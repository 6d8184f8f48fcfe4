"""What the functions weigh with their layers, unzipped, for both processors."""

import re
import subprocess
from collections import defaultdict
from collections.abc import Iterator

from labelloop.local.emulator import ROOT
from tests.bench.report import Finding

SERVING, TRAINING = 110.0, 230.0  # MB
ENCODERS = re.compile(r"^(?:Image)?EncoderLayer +(\S+) +([\d,]+) bytes", re.MULTILINE)
FUNCTION = re.compile(r"^(\w+)Function +(\S+) +([\d,]+) bytes", re.MULTILINE)


def measure() -> Iterator[Finding]:
    """Build for both, this machine's last, and read what the build says."""
    built = subprocess.run(
        ["make", "build-all"],  # noqa: S607 - the one on the PATH
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    encoders: defaultdict[str, float] = defaultdict(float)
    for processor, size in ENCODERS.findall(built.stdout):
        encoders[processor] += _mb(size)
    for name, processor, size in FUNCTION.findall(built.stdout):
        mb = _mb(size)
        if name in ("Predict", "Rank", "Train"):
            goal = TRAINING if name == "Train" else SERVING
            sparse = mb - encoders[processor]
            yield Finding(f"{name}, {processor}, without encoders", sparse, "MB", goal)
            yield Finding(f"{name}, {processor}, with both", mb, "MB", 262.1)
        else:
            yield Finding(f"{name}, {processor}", mb, "MB", SERVING)


def _mb(size: str) -> float:
    return int(size.replace(",", "")) / 1e6
