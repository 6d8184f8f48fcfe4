"""One choice or several by a model that people import as an ONNX file, and what is learnt after it.

No label config is read by this recipe unless the version at work is one of its own: an imported
model, or one that was trained after it. All tasks look as they do to the recipe of texts, and
besides, raw, as the model's own inputs are made from that.
"""

from typing import Final

NAME: Final = "imported"
FORMAT: Final = 1
