"""An imported model at work: what it reads, and what it does where it can't answer."""

import json
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper

from labelloop.domain.columns import Columns
from labelloop.errors import BadModel, Unprocessable
from labelloop.recipes import control_of, control_of_imported
from labelloop.recipes.imported.control import ImportedChoice
from labelloop.recipes.imported.model import RAW, ImportedModel, load, raw_of
from labelloop.recipes.imported.package import LOGITS, Description, Fed, Package
from labelloop.recipes.text.probabilities import probabilities_of
from tests.broken_models import AXIS, FLOAT, INT64, TABLE, bytes_of, op, slot, weight
from tests.builders import label_config
from tests.onnx_models import artefact_of, number_model, text_pipeline, tokenizer_of, transformer

LABELS = ("good", "bad")
WORDS = ("great lovely fine", "awful boring poor")


def rows(*texts, **fields):
    return [{"text": text, "fields": fields} for text in texts]


def answered(model, given):
    features = Columns(len(given), {RAW: raw_of(given)})
    return probabilities_of(model.answer(features))


def small(**parts):
    """A model that adds up what its tokens say: see `tests.broken_models`."""
    description = Description(
        labels=("a", "b", "c"),
        inputs=(Fed("input_ids", "ids", "int64", (0, 0)),),
        output="logits",
        form=LOGITS,
        max_tokens=64,
    )
    words = tokenizer_of(["a", "b", "c", "bomb", *"defghijklmnopqrstuvwxyz"])
    return Package(description, bytes_of(**parts)(), words)


def test_a_pipeline_of_texts_answers_as_scikit_learn_does():
    texts = [f"{WORDS[place % 2]} number {place}" for place in range(20)]
    graph = text_pipeline(texts, [LABELS[place % 2] for place in range(20)])
    with_maps = text_pipeline(texts, [LABELS[place % 2] for place in range(20)], zipmap=True)

    given = rows("great", "boring boring", "", "Straße 東京 \ud800")
    answers = answered(load(artefact_of(graph, LABELS)), given)

    assert load(artefact_of(graph, LABELS)).names == ("bad", "good")  # in its own order
    assert answers.shape == (4, 2)
    assert answers[0, 1] > 0.7 > 0.3 > answers[1, 1]
    assert np.allclose(answers.sum(axis=1), 1)
    assert np.allclose(answers, answered(load(artefact_of(with_maps, LABELS)), given), atol=1e-5)


@pytest.mark.parametrize("types", [False, True])
def test_a_transformer_answers_alike_alone_and_among_others(types):
    graph, tokenizer = transformer([words.split() for words in WORDS], types=types)
    model = load(artefact_of(graph, LABELS, tokenizer=tokenizer))
    given = rows("great", "boring and awful", "", "lovely " * 400, "unknown words")

    together = answered(model, given)

    assert np.allclose(together, [answered(model, [one])[0] for one in given], atol=1e-5)
    assert together[0, 0] > 0.6
    assert together[1, 1] > 0.6


def test_a_graph_of_a_fixed_number_of_tokens_gets_that_many():
    fixed = slot("input_ids", TensorProto.INT64, ["n", 6])
    mask = slot("attention_mask", TensorProto.INT64, ["n", 6])
    nodes = [
        op("Gather", "table", "input_ids", "x"),
        op("Cast", "attention_mask", "m", to=TensorProto.FLOAT),
        op("Unsqueeze", "m", "two", "column"),
        op("Mul", "x", "column", "kept"),
        helper.make_node("ReduceSum", ["kept", "axis"], ["logits"], keepdims=0),
    ]
    graph = bytes_of(nodes, [fixed, mask], weights=[TABLE, AXIS, weight("two", np.array([2]))])()
    model = load(
        artefact_of(graph, ("a", "b", "c"), tokenizer=tokenizer_of(list("abc")), role="model")
    )

    answers = answered(model, rows("a", "a b c a b c a b c"))

    assert np.isfinite(answers).all()
    assert answers.shape == (2, 3)


def test_columns_are_read_by_name_and_a_task_without_them_is_not_answered():
    values = [[float(place), place % 2 * 10.0] for place in range(20)]
    graph = number_model(values, [LABELS[place % 2] for place in range(20)])
    model = load(artefact_of(graph, LABELS, columns=("age", "income")))

    given = [
        *rows("", age=3, income=10.0),
        *rows("", age="4", income="0.5"),
        *rows("", age=5),
        *rows("", age=6, income="much"),
    ]
    answers = answered(model, given)

    assert np.isfinite(answers).all(axis=1).tolist() == [True, True, False, False]
    assert answers[0].argmax() != answers[1].argmax()


def test_columns_may_be_inputs_of_their_own_and_be_named():
    ends = [slot(name, kind, ["n", 1]) for name, kind in (("age", FLOAT), ("n", INT64))]
    nodes = [
        op("Cast", "n", "m", to=FLOAT),
        helper.make_node("Concat", ["age", "m"], ["logits"], axis=1),
    ]
    graph = bytes_of(nodes, ends, [slot("logits", FLOAT, ["rows", 2])], [])()
    rules = {"n": "column:count"}
    model = load(artefact_of(graph, LABELS, gets=rules, columns=("unused",)))

    given = [*rows("", age=0.9, count=0), *rows("", age="0.2", count=1), *rows("", age=1)]
    answers = answered(model, given)

    assert answers[:2].argmax(axis=1).tolist() == [0, 1]
    assert np.isnan(answers[2]).all()


def test_a_config_of_several_controls_is_not_answered():
    config = label_config().replace("</View>", '<Rating name="stars" toName="text"/></View>')

    with pytest.raises(Unprocessable, match="several controls are asked"):
        control_of_imported(config)
    with pytest.raises(Unprocessable, match="only a <Choices> about a text"):
        control_of_imported('<View><Image name="i" value="$i"/></View>')


@pytest.mark.parametrize(
    ("control", "says"),
    [
        ('<Rating name="c" toName="i"/>', "only a <Choices> about a text is learnt"),
        (
            '<Choices name="c" toName="i" choice="multiple"><Choice value="a"/><Choice value="b"/>'
            "</Choices>",
            "^label_config: Choices 'c' allows several choices; of images only a single choice is",
        ),
    ],
)
def test_what_is_asked_of_an_image_is_one_choice(control, says):
    with pytest.raises(Unprocessable, match=says):
        control_of_imported(f'<View><Image name="i" value="$i"/>{control}</View>')


def test_a_model_that_an_earlier_release_stored_is_read():
    stored = json.loads(small().description.to_json())
    assert stored.pop("pixels") is None

    assert Description.from_json(json.dumps(stored)) == small().description


def test_a_text_that_breaks_the_graph_takes_no_other_with_it():
    model = ImportedModel(small(weights=[weight("table", np.eye(7, 3, dtype=np.float32)), AXIS]))

    answers = answered(model, rows("a b", "bomb b", "b c"))  # the table ends before the bomb

    assert np.isfinite(answers).all(axis=1).tolist() == [True, False, True]


def test_a_text_that_never_ends_is_ended_and_the_model_rests():
    body = helper.make_graph(
        [op("Identity", "go", "go_on"), op("Add", "acc", "one", "more")],
        "body",
        [
            slot("i", TensorProto.INT64, []),
            slot("go", TensorProto.BOOL, []),
            slot("acc", TensorProto.FLOAT, ["n", 3]),
        ],
        [slot("go_on", TensorProto.BOOL, []), slot("more", TensorProto.FLOAT, ["n", 3])],
    )
    nodes = [
        op("Gather", "table", "input_ids", "x"),
        helper.make_node("ReduceSum", ["x", "axis"], ["sums"], keepdims=0),
        op("ReduceSum", "sums", "sum", keepdims=0),
        op("Greater", "sum", "two", "go"),
        helper.make_node("Loop", ["", "go", "sums"], ["logits"], body=body),
    ]
    table = np.zeros((40, 3), np.float32)
    table[7] = 1.0  # the bomb
    weights = [
        weight("table", table),
        AXIS,
        weight("two", np.array(2.0, np.float32)),
        weight("one", np.ones(1, np.float32)),
    ]
    model = ImportedModel(small(nodes=nodes, weights=weights), run_s=0.5)

    assert np.isfinite(answered(model, rows("a"))).all()
    assert np.isnan(answered(model, rows("bomb"))).all()
    assert np.isnan(answered(model, rows("a"))).all()  # it rests


def test_no_task_gives_no_answer():
    graph, tokenizer = transformer([words.split() for words in WORDS])
    model = load(artefact_of(graph, LABELS, tokenizer=tokenizer))

    assert len(model.answer(Columns(0, {}))) == 0
    with pytest.raises(BadModel, match="what is read of tasks"):
        model.answer(Columns(1, {}))


def test_a_package_gives_the_same_bytes_and_reads_them():
    package = small()

    assert package.packed() == package.packed()
    assert Package.unpacked(package.packed()) == package


def test_an_input_holds_what_may_be_a_column():
    plain: Any = control_of(label_config())
    control = ImportedChoice.over(plain)

    seen = control.input_of(
        {"text": "a text", "age": 3, "rate": 0.5, "no": float("nan"), "is": True, "deep": [1]}
    )

    assert seen == {
        "text": "a text",
        "fields": {"text": "a text", "age": 3, "rate": 0.5, "is": True},
    }
    assert control.input_of(7) is None
    assert control.after(b"x") == control
    assert control.plain == plain


@pytest.mark.parametrize("module", ["imported.model", "imported_images.head"])
def test_what_predicts_needs_nothing_of_what_trains(module):
    script = f"import labelloop.recipes.{module}, sys; print(*sys.modules)"
    run = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    assert not {"scipy", "sklearn", "skl2onnx", "onnx"} & set(run.stdout.split())
