"""Learning curves as a picture."""

from pathlib import Path

import pytest

from labelloop.errors import Rejected
from labelloop.picture import Line, draw, drawn

LINES = [Line("ours", [(10, 0.5), (20, 0.8)], "C0"), Line("theirs", [(10, 0.4), (20, 0.6)], "C1")]


@pytest.mark.parametrize("count", [1, 2, 7])
def test_each_panel_has_its_title_and_all_share_one_legend(count):
    figure = drawn({f"set {n}": LINES for n in range(count)}, "held-out texts")

    assert [axes.get_title() for axes in figure.axes] == [f"set {n}" for n in range(count)]
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["ours", "theirs"]


@pytest.mark.parametrize(
    ("kind", "start"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")]
)
def test_a_picture_is_of_the_kind_its_name_says(tmp_path, kind, start):
    path = tmp_path / f"curves.{kind}"

    draw({"cost $5, $6, \u6f22": LINES}, "held-out tasks", path)

    assert path.read_bytes().startswith(start)


def test_a_file_that_cannot_be_written_is_refused_by_name():
    with pytest.raises(Rejected, match=r"/none/x\.png: No such file"):
        draw({"": LINES}, "held-out tasks", Path("/none/x.png"))
