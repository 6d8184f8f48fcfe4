"""What is learnt of a dataset: one label for each task, agreed on by its annotators."""

from labelloop.domain.intake.folding import Dataset, fold
from labelloop.domain.learning.examples import Examples, examples_of
from labelloop.recipes import control_of
from tests.builders import created, label_config, region

CONTROL = control_of(label_config("Positive", "Negative"))


def found_in(*events, control=CONTROL) -> Examples:
    return examples_of(fold(Dataset(), events), control)


def examples(*events, control=CONTROL):
    found = found_in(*events, control=control)
    return found.inputs, found.labels


def test_the_newest_examples_are_those_labelled_last_whatever_their_ids():
    days = {5: 20, 6: 23, 7: 21, 8: 22}
    given = [
        created(i, updated_at=f"2026-11-{day}T10:00:00.000000+00:00") for i, day in days.items()
    ]

    found = found_in(*given)

    assert [found.tasks[row] for row in found.newest(2)] == [8, 6]


def test_skipped_and_empty_annotations_teach_nothing():
    assert examples(created(1, skipped=True), created(2, None)) == ([], [])


def test_a_label_that_is_offered_no_more_is_not_learnt():
    fewer = control_of(label_config("Positive", "Neutral"))

    assert examples(created(1, "Positive"), created(2, "Negative"), control=fewer) == (
        ["Task 1"],
        ["Positive"],
    )


def test_annotators_who_disagree_are_outvoted():
    votes = [
        created(i, label, task=9) for i, label in enumerate(["Positive", "Negative", "Positive"], 1)
    ]

    assert examples(*votes) == (["Task 9"], ["Positive"])


def test_in_a_tie_the_newest_annotation_decides():
    assert examples(created(1, "Positive", task=9), created(2, "Negative", task=9))[1] == [
        "Negative"
    ]


def test_a_ground_truth_decides_alone():
    votes = [created(i, "Positive", task=9) for i in (1, 2)]
    truth = created(
        3, "Negative", task=9, ground_truth=True, updated_at="2020-01-01T00:00:00+00:00"
    )

    assert examples(*votes, truth)[1] == ["Negative"]


def test_an_example_tells_when_its_label_was_last_confirmed_and_who_said_what():
    times = [f"2026-11-23T10:00:0{i}+00:00" for i in range(5)]
    votes = [
        created(1, "Negative", task=9, annotator=1, updated_at=times[0]),
        created(2, "Positive", task=9, annotator=1, updated_at=times[1]),
        created(3, "Positive", task=9, annotator=2, updated_at=times[2]),
        created(4, "Negative", task=9, annotator=3, updated_at=times[3]),
    ]
    truth = created(5, "Positive", task=9, annotator=None, updated_at=times[4], ground_truth=True)

    outvoted = found_in(*votes[1:])
    decided = found_in(*votes, truth)

    assert (outvoted.tasks, outvoted.labels) == ([9], ["Positive"])
    assert outvoted.updated_at == [times[2]]
    assert outvoted.votes == [["Positive", "Positive", "Negative"]]
    assert decided.updated_at == [times[4]]
    assert decided.votes == [["Positive"]]


BESIDE = control_of(
    '<View><Text name="text" value="$text"/>'
    '<Choices name="label" toName="text" choice="multiple"><Choice value="Positive"/></Choices>'
    '<Labels name="ner" toName="text"><Label value="Person"/></Labels></View>'
)
SPANS = {"start": 0, "end": 4, "labels": ["Person"]}
SPAN = {"from_name": "ner", "to_name": "text", "type": "labels", "value": SPANS}


def at(id_: int, minute: int, *result, **changes):
    time = f"2026-11-23T10:{minute:02d}:00.000000+00:00"
    return created(id_, result=list(result), updated_at=time, **changes)


def test_an_empty_annotation_answers_each_control_that_was_there():
    given = at(1, 1, region("Positive")), at(2, 2), at(3, 3, SPAN, region("Positive")), at(4, 4)

    found = found_in(*given, control=BESIDE)

    assert dict(zip(found.tasks, found.labels, strict=True)) == {
        1: {"label": ["Positive"]},
        2: {"label": []},  # nobody had marked a span yet
        3: {"label": ["Positive"], "ner": [[0, 4, "Person"]]},
        4: {"label": [], "ner": []},
    }


def test_a_control_of_another_type_that_had_the_name_is_another_one():
    only = control_of(
        '<View><Text name="text" value="$text"/>'
        '<Labels name="label" toName="text"><Label value="Person"/></Labels></View>'
    )
    span = SPAN | {"from_name": "label"}

    found = found_in(at(1, 1, region("Positive")), at(2, 2), at(3, 3, span), at(4, 4), control=only)

    assert found.tasks == [3, 4]
    assert found_in(at(2, 2), at(3, 3, span), control=only).tasks == [2, 3]
    assert found_in(at(1, 1, region("Positive")), at(2, 2), control=only).tasks == []
    assert found_in(at(2, 2), at(3, 3), control=only).tasks == [2, 3]


def test_an_empty_annotation_that_was_saved_again_answers_what_is_there_now():
    given = at(1, 1, region("Positive")), at(2, 2), at(3, 3, SPAN)

    assert "ner" not in found_in(*given, control=BESIDE).labels[1]
    assert found_in(*given, at(2, 5), control=BESIDE).labels[1] == {"label": [], "ner": []}


class Given:
    """Reads of a task how its text begins, and of an annotation all that its regions choose."""

    def about(self):
        return {"choice": "label"}

    def input_of(self, data):
        return {"first": data["text"][:1]} if data.get("text") else None

    def label_of(self, result):
        return [choice for part in result for choice in part["value"]["choices"]] or None


def test_labels_and_inputs_may_be_any_json_and_equal_texts_are_equal_labels():
    both, one = [region("a"), region("b")], [region("b")]
    given = [
        created(1, result=both, task=9, annotator=1),
        created(2, result=one, task=9, annotator=2),
        created(3, result=both, task=9, annotator=3),
        created(4, None, task=8),
    ]

    found = examples_of(fold(Dataset(), given), Given())

    assert (found.tasks, found.inputs, found.labels) == ([9], [{"first": "T"}], [["a", "b"]])
    assert found.votes == [[["a", "b"], ["b"], ["a", "b"]]]
    assert found.updated_at == [given[2].annotations[0].updated_at]


def test_a_task_that_cannot_be_read_is_no_example():
    given = [created(1, text=""), created(2, text="x")]

    assert examples_of(fold(Dataset(), given), Given()).tasks == [2]
