"""Questions that people answer in words of their own, and parts that they mark beside a picture."""

from typing import Any, Final

from tests.kinds.example import Example

CONFIG: Final = """
<View>
  <Header value="Answer the question"/>
  <Image name="image" value="$image"/>
  <Text name="question" value="$question"/>
  <Paragraphs name="talk" value="$talk"/>
  <RectangleLabels name="box" toName="image"><Label value="Scratch"/></RectangleLabels>
  <TextArea name="answer" toName="question" rows="4"/>
  <DateTime name="when" toName="question" only="date"/>
</View>
"""
_WHAT: Final = ("cup", "lamp", "desk", "bicycle", "camera", "violin", "kettle", "tent")
_WHERE: Final = ("in the kitchen", "on the train", "at the fair", "behind the school", "by the sea")


def _data(number: int) -> dict[str, Any]:
    what, where = _WHAT[number % len(_WHAT)], _WHERE[number // len(_WHAT) % len(_WHERE)]
    return {
        "image": f"https://files.example.com/{number}.png",
        "question": f"What happened to the {what} {where} on day {number}?",
        "talk": [{"author": "Ann", "text": f"I saw the {what}."}, {"author": "Bo", "text": where}],
    }


def answer(data: dict[str, Any]) -> list[dict[str, Any]]:
    """Return an answer in words, and a rectangle where something is scratched."""
    words = f"It fell. {data['talk'][0]['text']}"
    about = {"id": "mHsWpLqTzU", "origin": "manual"}
    written = {"from_name": "answer", "to_name": "question", "type": "textarea"}
    drawn = {"from_name": "box", "to_name": "image", "type": "rectanglelabels"}
    size = {"x": 10.5, "y": 20.0, "width": 30.0, "height": 12.5, "rotation": 0}
    return [
        about | written | {"value": {"text": [words]}},
        about
        | drawn
        | {"id": "a3Rj0wq1Kd", "original_width": 800, "original_height": 600, "image_rotation": 0}
        | {"value": size | {"rectanglelabels": ["Scratch"]}},
    ]


EXAMPLE: Final = Example("order_alone", CONFIG, [_data(number) for number in range(80)], answer)
