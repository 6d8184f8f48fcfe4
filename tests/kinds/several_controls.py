"""Messages with a tone and, of complaints alone, an urgency; a note that nobody learns beside."""

from typing import Any, Final

from tests.kinds.example import Example

CONFIG: Final = """
<View>
  <Text name="message" value="$message"/>
  <Choices name="tone" toName="message" choice="single">
    <Choice value="Complaint" alias="bad"/><Choice value="Praise" alias="good"/>
  </Choices>
  <Choices name="about.what" toName="message" choice="single-radio">
    <Choice value="Delivery"/><Choice value="Price"/><Choice value="Service"/>
  </Choices>
  <TextArea name="note" toName="message"/>
</View>
"""
_TONES: Final = {"bad": ("awful", "late again", "a poor show"), "good": ("lovely", "great", "fine")}
_TOPICS: Final = {
    "Delivery": "the parcel came by courier",
    "Price": "the bill says what it costs",
    "Service": "the shop assistant talked to me",
}


def _data(number: int) -> dict[str, Any]:
    tone, topic = tuple(_TONES)[number % 2], tuple(_TOPICS)[number // 2 % 3]
    first, second = _TONES[tone][number % 3], _TONES[tone][number // 3 % 3]
    return {"message": f"{first}, {_TOPICS[topic]}, {second}, {number}", "id": number}


def answer(data: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the topic and the tone; of each tenth message the tone alone, and of some a note."""
    number = data["id"]
    tone, topic = tuple(_TONES)[number % 2], tuple(_TOPICS)[number // 2 % 3]
    result = [_region("about.what", "choices", choices=[topic])] if number % 10 else []
    result.append(_region("tone", "choices", choices=[tone]))
    return result + ([] if number % 7 else [_region("note", "textarea", text=["see above"])])


def _region(name: str, kind: str, **value: Any) -> dict[str, Any]:
    about = {"from_name": name, "to_name": "message", "type": kind, "origin": "manual"}
    return about | {"id": f"{name[:4]}-3f9xQ", "value": value}


EXAMPLE: Final = Example("several_controls", CONFIG, [_data(n) for n in range(72)], answer)
