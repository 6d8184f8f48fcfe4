"""What recipes about texts share: how texts are read, what models see of them, and the model."""

from typing import Final

FORMAT: Final = 2  # of features and of the model's artefacts; raise it when either changes meaning
