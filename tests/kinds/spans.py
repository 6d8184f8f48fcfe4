"""People, places and companies in short texts, in pages of HTML and in dialogues."""

import random
from collections.abc import Callable
from typing import Any

from tests.kinds.example import Example

TYPES = ("Person", "Place", "Company")
NAMES = {
    "Person": ["Ada Lovelace", "Paul", "Mary Shelley", "Émile Zola", "Grace Hopper", "Alan", "Li"],
    "Place": ["Paris", "New York", "Zürich", "Cape Town", "Oslo", "Tel Aviv", "Rome"],
    "Company": ["Acme Corp", "Globex", "Initech", "Umbrella Inc", "Hooli", "Stark Industries"],
}
SENTENCES = (
    "Hi 😀 {Person} flew to {Place}.",
    "{Person} works for {Company} in {Place}",
    "yesterday {Company} opened an office in {Place}, said {Person}",
    "The weather in {Place} was fine\r\nand {Person} went home.",
    "shares of {Company} fell again",
    "nothing to report today",
    "{Person} met {Person} at the {Company} fair",
    "From {Place} to {Place} by train 🚂 with {Person}",
)
LABELS = "".join(f'<Label value="{name}"/>' for name in TYPES)
TEXT = (
    f'<View><Labels name="ner" toName="text">{LABELS}</Labels>'
    '<Text name="text" value="$text"/></View>'
)
PAGE = (
    f'<View><HyperTextLabels name="ner" toName="page">{LABELS}</HyperTextLabels>'
    '<HyperText name="page" value="$html"/></View>'
)
DIALOGUE = (
    f'<View><ParagraphLabels name="ner" toName="talk">{LABELS}</ParagraphLabels>'
    '<Paragraphs name="talk" value="$talk" layout="dialogue"/></View>'
)

type Said = tuple[str, list[tuple[int, int, str]]]  # a text, and its spans in code points
type Data = dict[str, Any]
type Region = dict[str, Any]


def said(number: int) -> Said:
    """Return the sentence of that number, with its names filled in."""
    rng = random.Random(number)
    text, spans = "", []
    for part in SENTENCES[number % len(SENTENCES)].replace("{", "|{").replace("}", "}|").split("|"):
        kind = part.strip("{}")
        word = rng.choice(NAMES[kind]) if part.startswith("{") else part
        if word is not part:
            spans.append((len(text), len(text) + len(word), kind))
        text += word
    return text, spans


SAID = [said(number) for number in range(72)]


def _spans_of(text: str) -> list[tuple[int, int, str]]:
    return next(spans for one, spans in SAID if one == text)


def _region(to_name: str, key: str, number: int, value: Data) -> Region:
    id_ = f"{key[:3]}{number:07d}"
    names = {"id": id_, "from_name": "ner", "to_name": to_name, "type": key, "origin": "manual"}
    return {"value": value} | names


def in_text(data: Data) -> list[Region]:
    """Mark a text: code points."""
    text = data["text"]
    return [
        _region(
            "text",
            "labels",
            number,
            {"start": start, "end": end, "text": text[start:end], "labels": [kind]},
        )
        for number, (start, end, kind) in enumerate(_spans_of(text))
    ]


def in_page(data: Data) -> list[Region]:
    """Mark a page: an xpath with UTF-16 units, and code points of all text nodes."""
    text = data["html"].removeprefix("<h1>News</h1><p>").removesuffix("</p>")
    plain = text.replace("\r\n", "\n")
    regions = []
    for number, (start, end, kind) in enumerate(_spans_of(text)):
        lost = text[:start].count("\r\n")
        start, end = start - lost, end - lost
        units = [len(plain[:place].encode("utf-16-le")) // 2 for place in (start, end)]
        path = "/p[1]/text()[1]"
        value = {"start": path, "startOffset": units[0], "end": path, "endOffset": units[1]}
        value["globalOffsets"] = {"start": 4 + start, "end": 4 + end}
        value |= {"text": plain[start:end], "hypertextlabels": [kind]}
        regions.append(_region("page", "hypertextlabels", number, value))
    return regions


def in_dialogue(data: Data) -> list[Region]:
    """Mark a dialogue: phrases by texts, UTF-16 units."""
    regions: list[Region] = []
    for phrase, part in enumerate(data["talk"]):
        text = part["text"]
        for start, end, kind in _spans_of(text) if part["author"] == "User" else []:
            units = [len(text[:place].encode("utf-16-le")) // 2 for place in (start, end)]
            value = {"start": str(phrase), "end": str(phrase), "text": text[start:end]}
            value |= {"startOffset": units[0], "endOffset": units[1], "paragraphlabels": [kind]}
            regions.append(_region("talk", "paragraphlabels", len(regions), value))
    return regions


def _project(config: str, data: Callable[[str], Data], answer: Any) -> Example:
    return Example("spans", config, [data(text) for text, _ in SAID], answer)


EXAMPLE = _project(TEXT, lambda text: {"text": text}, in_text)
PAGES = _project(PAGE, lambda text: {"html": f"<h1>News</h1><p>{text}</p>"}, in_page)
DIALOGUES = _project(
    DIALOGUE,
    lambda text: {
        "talk": [{"author": "Bot", "text": "Hello 😀, tell me"}, {"author": "User", "text": text}]
    },
    in_dialogue,
)
