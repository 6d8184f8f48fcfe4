"""One choice of several about an image by a model that people import, and what is learnt after it.

As `recipes.imported` for texts. Tasks look as they do to the recipe of images, and besides there is
a small copy of each image, as the model's own input is made from that.
"""

from typing import Final

NAME: Final = "imported_images"
FORMAT: Final = 1
