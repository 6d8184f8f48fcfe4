"""The files that pages load are those that were fetched from npm."""

from hashlib import sha256
from pathlib import Path

from labelloop import pages

FOLDER = Path(pages.__file__).parent / "assets"
OUR_OWN = {"labelloop.css"}


def test_each_file_of_others_has_its_checksum_and_its_licence():
    lines = (FOLDER / "SHA256SUMS").read_text().splitlines()
    sums = {name: digest for digest, name in (line.split() for line in lines)}
    files = {file.name for file in FOLDER.iterdir() if file.suffix in (".css", ".js")}

    assert set(sums) == files - OUR_OWN
    for name, digest in sums.items():
        assert sha256((FOLDER / name).read_bytes()).hexdigest() == digest
        assert name in (FOLDER / "NOTICE").read_text()
