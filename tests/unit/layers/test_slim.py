"""What layers leave out of wheels: debug sections, which are never loaded."""

import struct

import pytest

from layers.slim import only_loaded

SEGMENT, PAGE = struct.Struct("<IIQQQQQQ"), 65_536
LOADED, NOTE = 1, 4


def elf(*segments: tuple[int, int, bytes, int], table: int = 64) -> bytes:
    """Return a library of segments: (kind, place in the file, bytes, alignment)."""
    end = max(place + len(body) for _, place, body, _ in segments)
    made = bytearray(b"\xdd" * end)  # what is in no segment
    made[:64] = b"\x7fELF" + bytes(60)
    struct.pack_into("<QQ", made, 32, table, 999)
    struct.pack_into("<HHHHH", made, 54, 56, len(segments), 64, 30, 29)
    for _, place, body, _ in segments:
        if place:
            made[place : place + len(body)] = body
    for number, (kind, place, body, align) in enumerate(segments):
        fields = (kind, 5, place, place + PAGE, place + PAGE, len(body), len(body), align)
        SEGMENT.pack_into(made, table + 56 * number, *fields)
    return bytes(made)


def segments_of(body: bytes) -> list[tuple[int, ...]]:
    (table,) = struct.unpack_from("<Q", body, 32)
    (count,) = struct.unpack_from("<H", body, 56)
    return [SEGMENT.unpack_from(body, table + 56 * number) for number in range(count)]


@pytest.fixture
def library() -> bytes:
    return elf(
        (LOADED, 0, bytes(512), 0x1000),
        (LOADED, 0x100 + 40 * PAGE, b"appended", 0x200000),
        (NOTE, 0x102 + 40 * PAGE, b"pend", 4),
    )


def test_what_lies_between_segments_is_left_out(library):
    slim = only_loaded(library)

    assert len(library) > 40 * PAGE
    assert len(slim) < 2 * PAGE


def test_segments_hold_what_they_held_at_the_same_addresses(library):
    slim = only_loaded(library)

    for old, new in zip(segments_of(library), segments_of(slim), strict=True):
        assert (new[0], new[3:6]) == (old[0], old[3:6])
        assert (new[2] - new[3]) % new[7] == 0 or new[0] == NOTE
        if old[2]:
            assert slim[new[2] :][: new[5]] == library[old[2] :][: old[5]]


def test_there_is_no_table_of_sections(library):
    slim = only_loaded(library)

    assert struct.unpack_from("<Q", slim, 40) == (0,)
    assert struct.unpack_from("<HHH", slim, 58) == (0, 0, 0)
