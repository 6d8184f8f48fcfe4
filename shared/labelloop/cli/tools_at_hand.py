"""What a model is tried with where nothing can be fetched: on a person's machine."""

from collections.abc import Sequence
from typing import NoReturn

from labelloop.adapters.fetching import Fetcher
from labelloop.adapters.guarded_https import GuardedHttps, Hosts
from labelloop.errors import BadModel, Unreadable
from labelloop.recipes.importing import any_image
from labelloop.recipes.tools import Images, Toolbox


def tools_at_hand() -> Toolbox:
    """Return tools that fetch nothing: an address stands for the text that lies there, and any
    image for one that is not in the data itself.
    """
    inline = Fetcher(GuardedHttps(Hosts()))

    def images(addresses: Sequence[str]) -> Sequence[bytes | Unreadable]:
        return inline([one if one[:5].lower() == "data:" else any_image() for one in addresses])

    def copy_of(image: bytes) -> str:
        from labelloop.adapters import image_decoding

        return image_decoding.copy_of(image)

    def no_encoder() -> NoReturn:
        raise BadModel("no image encoder is here")

    return Toolbox(
        images=Images("none", no_encoder, images, copy_of),
        fetch=lambda addresses: [address.encode() for address in addresses],
    )
