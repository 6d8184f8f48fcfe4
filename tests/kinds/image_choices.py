"""Images of three colours, inline, uploaded or elsewhere: which colour is it?"""

from typing import Any

from tests.kinds.example import Example
from tests.tiny_images import COLOURS, FILE, UPLOAD, inline, picture

CONFIG = """<View>
  <Header value="Which colour?"/>
  <Image name="image" value="$image" zoom="true"/>
  <Choices name="colour" toName="image" choice="single" required="true">
    <Choice value="red"/><Choice value="green"/><Choice value="blue"/>
  </Choices>
</View>"""
_NAMES = tuple(COLOURS)


def _task(number: int) -> dict[str, Any]:
    colour = _NAMES[number * 7 % 10 % 3]
    file = f"{colour}-{number}.png"
    # Where only inline ones can be read, as beside a new Label Studio, there are enough of them.
    elsewhere = (UPLOAD if number % 2 else FILE) + file
    image = elsewhere if number % 3 == 2 else inline(picture(colour, number))
    return {"image": image, "ref": f"{number:03}-{colour}"}


def answer(data: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the result as the editor saves it."""
    number, _, colour = data["ref"].partition("-")
    return [
        {
            "value": {"choices": [colour]},
            "id": f"zRoxwyL{number}",
            "from_name": "colour",
            "to_name": "image",
            "type": "choices",
            "origin": "manual",
        }
    ]


EXAMPLE = Example("image_choices", CONFIG, [_task(number) for number in range(120)], answer)
