"""What the built-in encoder's vectors add to words: for English texts, and for other languages.

    apt-get -o Acquire::Languages=de,fr,it,... -o Dir::State::lists=FOLDER update
    python -m tests.bench.languages FOLDER >gains.jsonl

Needs `make build`, and the sets of `tests.bench.labels.sources`. The other languages are Slovenian
opinions, and one-line descriptions of Debian's packages by section, as translators wrote them: the
same task in each. By these numbers the thresholds in `labelloop.domain.judging.vectors_gain` were
chosen.
"""

import json
import random
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from xml.sax.saxutils import quoteattr

from labelloop.adapters.encoder_files import EncoderFiles
from labelloop.adapters.onnx_encoder import OnnxEncoder
from labelloop.cli.exported_model import BUILT
from labelloop.recipes import control_of
from labelloop.recipes.tools import Toolbox
from tests.bench.labels.packages import NoSet
from tests.bench.labels.sources import Rows, text_sets

SIZES, POOL, SEEDS, LETTERS = (100, 200), 50, 2, 200
SECTIONS = 8  # the largest ones
NO_TASK = {"localization", "oldlibs", "metapackages", "debug"}
_FIELD = re.compile(r"^(Package|Section|Description)(?!-md5)[\w-]*: (.+)$", re.MULTILINE)
_APT = "/usr/lib/apt/apt-helper"


def paragraphs(folder: Path, name: str) -> Iterator[dict[str, str]]:
    """Yield the fields of each package in a list of apt's, whatever it is packed with."""
    for path in folder.glob(f"*_main_{name}.*"):
        command = [_APT, "cat-file", str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
        for block in done.stdout.split("\n\n"):
            yield dict(_FIELD.findall(block))


def packages(folder: Path) -> Iterator[tuple[str, Rows]]:
    """Yield each language's descriptions, with the packages' sections."""
    lists = "binary-amd64_Packages"
    known = {one["Package"]: one for one in paragraphs(folder, lists) if len(one) == 3}
    sections = {name: one["Section"].rpartition("/")[2] for name, one in known.items()}
    texts = {"en": {name: one["Description"] for name, one in known.items()}}
    for path in sorted(folder.glob("*_i18n_Translation-*")):
        language = path.name.partition("Translation-")[2].partition(".")[0]
        rows = paragraphs(folder, f"i18n_Translation-{language}")
        texts[language] = {one["Package"]: one["Description"] for one in rows if len(one) == 2}
    for language, by_package in texts.items():
        named = {text: sections.get(name, "") for name, text in by_package.items()}
        sizes = Counter(section for section in named.values() if section not in {"", *NO_TASK})
        largest = {section for section, _ in sizes.most_common(SECTIONS)}
        yield language, [row for row in named.items() if row[1] in largest]


def sets(folder: Path) -> Iterator[tuple[str, str, Rows]]:
    """Yield the name, the language and the rows of each set that is to be had."""
    for name, load in text_sets().items():
        try:
            pool, test = load()
        except NoSet as exc:
            print(exc, file=sys.stderr)
            continue
        yield name, "sl" if name.startswith("Slovenian") else "en", [*pool, *test]
    for language, rows in packages(folder):
        yield f"Debian, {language}", language, rows


def gains(rows: Rows, tools: Toolbox, seed: int) -> Iterator[dict[str, float]]:
    """Yield what vectors add at each number of labels."""
    labels = sorted({label for _, label in rows})
    choices = "".join(f"<Choice value={quoteattr(label)}/>" for label in labels)
    control = control_of(
        '<View><Text name="text" value="$text"/>'
        f'<Choices name="label" toName="text">{choices}</Choices></View>'
    )
    drawn = random.Random(seed).sample(rows, min(len(rows), max(SIZES) + POOL))
    features = control.features([text[:LETTERS] for text, _ in drawn], tools)
    pool = features.take(range(max(SIZES), len(drawn)))
    for size in SIZES:
        learnt = [label for _, label in drawn[:size]]
        fitted = control.fit(learnt, features.take(range(len(learnt))), pool, tools)
        gain = fitted.packed().facts.get("vectors_add")
        if gain:
            yield gain


def main(folder: Path) -> None:
    """Write a line for each set, draw and number of labels."""
    encoder = OnnxEncoder(EncoderFiles.in_folder("minilm", BUILT))
    tools = Toolbox(encoder.name, lambda: encoder)
    for name, language, rows in sets(folder):
        for seed in range(SEEDS):
            for gain in gains(rows, tools, seed):
                print(json.dumps({"set": name, "language": language, "seed": seed} | gain))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
