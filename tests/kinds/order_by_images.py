"""Photographs on which people draw rectangles, polygons and key points."""

from typing import Any, Final

from tests.kinds.example import Example
from tests.tiny_images import COLOURS, FILE, inline, picture

CONFIG: Final = """
<View>
  <Image name="image" value="$image" zoom="true"/>
  <RectangleLabels name="box" toName="image"><Label value="Dent"/></RectangleLabels>
  <PolygonLabels name="outline" toName="image"><Label value="Stain"/></PolygonLabels>
  <KeyPointLabels name="point" toName="image"><Label value="Screw"/></KeyPointLabels>
</View>
"""
_NAMES: Final = tuple(COLOURS)


def _task(number: int) -> dict[str, Any]:
    colour = _NAMES[number * 7 % 10 % 3]
    elsewhere = f"{FILE}{colour}-{number}.png"
    image = elsewhere if number % 4 == 3 else inline(picture(colour, number))
    return {"image": image, "ref": number}


def answer(data: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a rectangle, a polygon and a key point, as the editor saves them: in percent."""
    shared = {"to_name": "image", "origin": "manual", "image_rotation": 0}
    shared |= {"original_width": 8, "original_height": 8}
    drawn: dict[str, tuple[str, dict[str, Any]]] = {
        "box": ("rectanglelabels", {"x": 10, "y": 20, "width": 30, "height": 12.5, "rotation": 0}),
        "outline": ("polygonlabels", {"points": [[5, 5], [50, 5], [20, 60]], "closed": True}),
        "point": ("keypointlabels", {"x": 40, "y": 60, "width": 0.6}),
    }
    labels = {"box": "Dent", "outline": "Stain", "point": "Screw"}
    return [
        shared
        | {"id": f"{name[:3]}{data['ref']:06d}", "from_name": name, "type": kind}
        | {"value": place | {kind: [labels[name]]}}
        for name, (kind, place) in drawn.items()
    ]


EXAMPLE: Final = Example("order_by_images", CONFIG, [_task(n) for n in range(80)], answer)
