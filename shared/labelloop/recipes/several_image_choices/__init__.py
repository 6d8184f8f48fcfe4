"""Several choices about one page's images, each learnt as `image_choices`, in one version."""

from typing import Final

NAME: Final = "several_image_choices"
