"""The order of tasks alone by the images that they show: of boxes, masks, key points and others."""

from typing import Final

NAME: Final = "order_by_images"
FORMAT: Final = 1  # of features; raise it when they change their meaning
