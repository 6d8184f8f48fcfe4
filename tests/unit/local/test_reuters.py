"""The demo's data set, on a tiny made-up tab file."""

import pytest

from labelloop.local.reuters import DataSet, Document, NoDataSet, read_tab, split

TAB = "Category\tText\nd\tstring\nclass\t\nearn\tprofit rose \nacq\tone firm bought another\n\n"


def documents(*texts: str) -> list[Document]:
    return [Document(text, "earn") for text in texts]


def test_rows_below_the_three_header_rows_are_documents():
    assert list(read_tab(TAB)) == [
        Document("profit rose", "earn"),
        Document("one firm bought another", "acq"),
    ]


def test_the_columns_may_come_in_any_order():
    swapped = "Text\tCategory\nstring\td\n\tclass\nprofit rose\tearn\n"

    assert list(read_tab(swapped)) == [Document("profit rose", "earn")]


def test_a_file_without_the_columns_is_named_as_such():
    with pytest.raises(NoDataSet, match="found Title, Body"):
        list(read_tab("Title\tBody\n"))


def test_no_text_is_used_twice():
    train, test = documents("a", "a", "b"), documents("b", "c", "c", "d")

    data = split(train, test, pool=2, held_out=2, seed=0)

    assert sorted(document.text for document in data.pool) == ["a", "b"]
    assert sorted(document.text for document in data.held_out) == ["c", "d"]


def test_the_same_seed_draws_the_same_documents():
    train, test = documents(*"abcdefgh"), documents(*"ijklmnop")

    assert split(train, test, 4, 4, seed=1) == split(train, test, 4, 4, seed=1)


def test_more_documents_than_there_are_cannot_be_drawn():
    with pytest.raises(NoDataSet, match=r"asked for 3 \+ 1 documents of 2 \+ 1"):
        split(documents("a", "b"), documents("c"), pool=3, held_out=1, seed=0)


def test_a_data_set_counts_its_documents_and_classes():
    data = DataSet(pool=[Document("x", "earn")], held_out=[Document("y", "acq")])

    assert (data.documents, data.labels) == (2, ["acq", "earn"])
