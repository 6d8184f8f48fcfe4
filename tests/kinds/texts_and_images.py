"""A message with a photograph: what is it about, and which colour is the thing in it?"""

from itertools import cycle
from typing import Any, Final

from tests.kinds import image_choices, text_choices
from tests.kinds.example import Example

CONFIG: Final = """<View>
  <Text name="text" value="$text"/>
  <Image name="image" value="$image"/>
  <Choices name="subject" toName="text" choice="single">
    <Choice value="money"/><Choice value="travel"/><Choice value="food"/>
  </Choices>
  <Choices name="colour" toName="image" choice="single">
    <Choice value="red"/><Choice value="green"/><Choice value="blue"/>
  </Choices>
</View>"""
# As many as there are images: a third of those can't be read, and most others are labelled.
_PAIRS: Final = list(
    zip(cycle(text_choices.EXAMPLE.tasks), image_choices.EXAMPLE.tasks, strict=False)
)


def answer(data: dict[str, Any]) -> list[dict[str, Any]]:
    """Return both answers, and of some that of the text alone."""
    subject, colour = text_choices.EXAMPLE.answer(data), image_choices.EXAMPLE.answer(data)
    return subject + (colour if int(data["ref"][:3]) % 10 else [])


EXAMPLE: Final = Example(
    "texts_and_images", CONFIG, [text | image for text, image in _PAIRS], answer
)
