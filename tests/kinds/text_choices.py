"""One choice about a text: is a message about money, travel or food?"""

from typing import Any

from tests.kinds.example import Example

SUBJECTS = {
    "money": ("the bank charged a fee", "my salary arrived late", "the loan has a high rate"),
    "travel": ("our flight was delayed", "the hotel lost my booking", "the train left early"),
    "food": ("the soup was cold", "this bread is delicious", "dinner came with fresh salad"),
}
ENDINGS = ("again", "this morning", "as usual", "and nobody told us", "last week", "on Sunday", "")


def _tasks() -> list[dict[str, Any]]:
    texts = [
        f"{sentence} {ending}".strip()
        for ending in ENDINGS
        for sentences in zip(*SUBJECTS.values(), strict=True)
        for sentence in sentences
    ]
    return [{"text": text} for text in texts]


def _answer(data: dict[str, Any]) -> list[dict[str, Any]]:
    subject = next(
        subject
        for subject, sentences in SUBJECTS.items()
        if any(sentence in data["text"] for sentence in sentences)
    )
    return [
        {
            "id": "Qx3kT0pWzA",
            "from_name": "subject",
            "to_name": "text",
            "type": "choices",
            "origin": "manual",
            "value": {"choices": [subject]},
        }
    ]


EXAMPLE = Example(
    recipe="text_choices",
    config=(
        '<View><Text name="text" value="$text"/><Choices name="subject" toName="text">'
        '<Choice value="money"/><Choice value="travel"/><Choice value="food"/></Choices></View>'
    ),
    tasks=_tasks(),
    answer=_answer,
)
