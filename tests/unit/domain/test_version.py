"""Names of versions: ours are told from others, and the earlier from the later."""

import pytest

from labelloop.domain.version import UNTRAINED, Version, before, is_older


def test_a_version_is_known_by_its_name():
    version = Version(12, "0a1b2c3d")

    assert str(version) == "12-0a1b2c3d"
    assert Version.parse(str(version)) == version


@pytest.mark.parametrize(
    "name",
    [
        *(UNTRAINED, "", "2027-05", "12", "12-", "-0a1b2c3d", "v1-0a1b2c3d", "../12-0a1b2c3d"),
        *("12-0a1b2c3", "12-0a1b2c3d4", "12-0A1B2C3D", "12-0a1b2c3d\n", f"{'9' * 19}-0a1b2c3d"),
        "\u0663-0a1b2c3d",  # a digit elsewhere
    ],
)
def test_a_name_of_others_is_no_version(name):
    assert Version.parse(name) is None


@pytest.mark.parametrize(
    ("name", "than", "older"),
    [
        ("9-ffffffff", "10-00000000", True),
        ("10-00000000", "9-ffffffff", False),
        ("9-00000000", "9-ffffffff", False),  # of one snapshot none is the older one
        (UNTRAINED, "1-aaaaaaaa", True),
        (UNTRAINED, "another model", True),
        (UNTRAINED, UNTRAINED, False),
        ("1-aaaaaaaa", UNTRAINED, False),
        ("1-aaaaaaaa", "2027-05", False),
        ("another model", "1-aaaaaaaa", False),
    ],
)
def test_an_earlier_version_is_older(name, than, older):
    assert is_older(name, than) is older


def test_the_version_before_the_active_one_is_the_newest_older_one():
    names = ["3-aaaaaaaa", "2-aaaaaaaa", "1-aaaaaaaa"]

    assert before(names, "3-aaaaaaaa") == "2-aaaaaaaa"
    assert before(names, UNTRAINED) == "3-aaaaaaaa"
    assert before(names, "1-aaaaaaaa") is None
    assert before([], UNTRAINED) is None
