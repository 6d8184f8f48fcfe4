"""Images with a colour and, of some alone, a brightness; a note that nobody learns beside."""

from typing import Any, Final

from tests.kinds.example import Example
from tests.tiny_images import FILE, inline, picture

CONFIG: Final = """<View>
  <Image name="image" value="$image"/>
  <Choices name="colour" toName="image" choice="single">
    <Choice value="red"/><Choice value="blue"/>
  </Choices>
  <Choices name="warm" toName="image" choice="single-radio">
    <Choice value="warm"/><Choice value="cold"/>
  </Choices>
  <TextArea name="note" toName="image"/>
</View>"""
_NAMES: Final = ("red", "blue")


def _task(number: int) -> dict[str, Any]:
    colour = _NAMES[number * 7 % 10 % 2]
    file = f"{FILE}{colour}-{number}.png"
    image = file if number % 3 == 2 else inline(picture(colour, number))
    return {"image": image, "ref": f"{number:03}-{colour}"}


def answer(data: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the colour, and of nine tenths of the images whether it is warm."""
    number, _, colour = data["ref"].partition("-")
    warm = "warm" if colour == "red" else "cold"
    result = [_region("colour", "choices", choices=[colour])]
    result += [_region("warm", "choices", choices=[warm])] if int(number) % 10 else []
    return result + ([] if int(number) % 7 else [_region("note", "textarea", text=["look"])])


def _region(name: str, kind: str, **value: Any) -> dict[str, Any]:
    about = {"from_name": name, "to_name": "image", "type": kind, "origin": "manual"}
    return about | {"id": f"{name[:4]}-3f9xQ", "value": value}


EXAMPLE: Final = Example("several_image_choices", CONFIG, [_task(n) for n in range(72)], answer)
