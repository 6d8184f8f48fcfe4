"""Several choices at once: what a customer writes about, often more than one thing, or none."""

from typing import Any

from tests.kinds.example import Example

_SAID = {
    "Billing": (
        "I was charged twice for the same invoice.",
        "Please refund the amount on my last bill.",
        "The price on the invoice is wrong.",
        "My card was charged without a receipt.",
    ),
    "Delivery": (
        "The parcel never arrived.",
        "The courier left my package in the rain.",
        "Shipping took three weeks.",
        "When will the parcel be delivered?",
    ),
    "login": (
        "I cannot sign in any more.",
        "The password reset mail does not come.",
        "My account is locked after one attempt.",
        "The sign in page rejects my password.",
    ),
    "Praise": (
        "Thank you, great service!",
        "I love the new design.",
        "Your team was wonderful and kind.",
        "Great work, thank you very much.",
    ),
}
_NEUTRAL = ("Hello there.", "This is about order {n}.", "Regards, customer {n}.")
_MIXES: tuple[tuple[str, ...], ...] = (
    ("Billing",),
    ("Delivery",),
    ("login",),
    ("Praise",),
    ("Billing", "Delivery"),
    ("Billing", "login"),
    ("Delivery", "Praise"),
    (),
)


def _text(number: int) -> str:
    said = [_SAID[name][(number // 8 + place) % 4] for place, name in enumerate(_mix(number))]
    around = _NEUTRAL[number % 3].format(n=number)
    return " ".join([around, *said])


def _mix(number: int) -> tuple[str, ...]:
    return _MIXES[number % len(_MIXES)]


def _answer(data: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what the editor saves: aliases, in the config's order; nothing if no box is ticked."""
    number = int(data["ticket"])
    ticked = list(_mix(number))
    if not ticked:
        return []
    return [
        {
            "value": {"choices": ticked},
            "id": f"tick{number:06d}",
            "from_name": "topics",
            "to_name": "message",
            "type": "choices",
            "origin": "manual",
        }
    ]


EXAMPLE = Example(
    recipe="several_choices",
    config=(
        '<View><Text name="message" value="$text"/>'
        '<Choices name="topics" toName="message" choice="multiple">'
        '<Choice value="Billing"/><Choice value="Delivery"/>'
        '<Choice value="Login" alias="login"/><Choice value="Praise"/>'
        "</Choices></View>"
    ),
    tasks=tuple({"text": _text(number), "ticket": number} for number in range(96)),
    answer=_answer,
)
