"""The text nodes of a page of HTML, as Label Studio's editor counts their characters."""

from html.parser import HTMLParser
from typing import Final

_UNSEEN: Final = {"script", "template"}  # not in the page that the editor makes


def text_of(page: str) -> tuple[str, list[int]]:
    """Return the text nodes laid end to end, and where each but the first starts.

    Entities are decoded, blanks kept, a line break is one character whether written as CRLF or as
    `<br>`, and scripts don't count, as in Label Studio 1.23's `globalOffsets`.
    """
    parser = _Nodes()
    parser.feed(page.replace("\r\n", "\n").replace("\r", "\n"))
    parser.close()
    return parser.read()


class _Nodes(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._nodes: list[str] = []
        self._is_open = False
        self._unseen = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._is_open = False
        if tag == "br":
            self._nodes.append("\n")
        elif tag in _UNSEEN and not self._unseen:
            self._unseen = tag

    def handle_endtag(self, tag: str) -> None:
        self._is_open = False
        if tag == self._unseen:
            self._unseen = ""

    def handle_data(self, data: str) -> None:
        if self._unseen:
            return
        if self._is_open:
            self._nodes[-1] += data
        else:
            self._nodes.append(data)
            self._is_open = True

    def read(self) -> tuple[str, list[int]]:
        starts, place = [], 0
        for node in self._nodes:
            starts.append(place)
            place += len(node)
        return "".join(self._nodes), starts[1:]
