"""Projects whose texts lie at addresses (`valueType="url"`), made of those that hold them."""

import json
import re
from collections.abc import Sequence
from typing import Any

from labelloop.errors import Unreached, Unreadable
from labelloop.recipes.tools import Toolbox
from tests.kinds.example import Example
from tests.tiny_encoder import CountingEncoder

HOST = "https://files.example.com/"
_OBJECT = re.compile(r'<(?:Text|HyperText|Paragraphs) [^>]*?value="\$(\w+)"')


class Files:
    """Texts on a server, which may be down. `asked`: the addresses that were fetched."""

    def __init__(self) -> None:
        self.bodies: dict[str, bytes] = {}
        self.is_down, self.asked = False, list[str]()

    def __call__(self, addresses: Sequence[str]) -> list[bytes | Unreadable]:
        self.asked += addresses
        if self.is_down:
            return [Unreached("the server answered 503") for _ in addresses]
        lost = Unreadable("the server answered 404")
        return [self.bodies.get(address.partition("?")[0], lost) for address in addresses]

    def put(self, value: Any) -> str:
        """Store a text, or a dialogue as JSON; return its address, with something secret in it."""
        body = value if isinstance(value, str) else json.dumps(value)
        address = f"{HOST}{len(self.bodies)}.txt"
        self.bodies[address] = body.encode("utf-8", "surrogatepass")
        return f"{address}?token=secret"

    def toolbox(self, has_encoder: bool = False) -> Toolbox:
        """Return what a stack offers in a process that has fetched nothing yet."""
        if not has_encoder:
            return Toolbox(fetch=self)
        return Toolbox(CountingEncoder.name, CountingEncoder, fetch=self)


def by_address(example: Example, files: Files) -> Example:
    """Return the same project with the texts of all its objects on a server."""
    fields = _OBJECT.findall(example.config)
    assert fields
    config = example.config
    for field in fields:
        config = config.replace(f'value="${field}"', f'value="${field}" valueType="url"')
    texts: dict[str, Any] = {}
    tasks = []
    for data in example.tasks:
        addresses = {field: files.put(data[field]) for field in fields}
        texts |= {addresses[field]: data[field] for field in fields}
        tasks.append(data | addresses)

    def answer(data: dict[str, Any]) -> list[dict[str, Any]]:
        return example.answer(data | {field: texts[data[field]] for field in fields})

    return Example(example.recipe, config, tasks, answer)
