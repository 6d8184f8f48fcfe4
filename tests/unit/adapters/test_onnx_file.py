import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from labelloop.adapters.onnx_file import OLDEST_OPSET, Slot, read_onnx
from labelloop.errors import BadModel


def model(nodes=None, opset=17, domains=(), initializers=(), **named):
    nodes = nodes or [helper.make_node("Softmax", ["x"], ["y"])]
    ends = (
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 4])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 4])],
    )
    graph = helper.make_graph(nodes, "g", *ends, initializer=list(initializers))
    opsets = [helper.make_opsetid("", opset), *(helper.make_opsetid(d, 1) for d in domains)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8, **named)


def test_a_file_says_what_it_takes_and_gives():
    read = read_onnx(model(producer_name="tests").SerializeToString())

    assert read.inputs == (Slot("x", "float", ("n", 4)),)
    assert read.outputs == (Slot("y", "float", ("n", 4)),)
    assert (read.opset, read.producer, read.operators) == (17, "tests", (":Softmax",))
    assert str(read.inputs[0]) == "'x' (float[n, 4])"


def test_weights_are_no_inputs():
    weight = numpy_helper.from_array(np.ones(4, np.float32), "w")
    whole = model([helper.make_node("Mul", ["x", "w"], ["y"])], initializers=[weight])
    whole.graph.input.append(helper.make_tensor_value_info("w", TensorProto.FLOAT, [4]))

    assert [slot.name for slot in read_onnx(whole.SerializeToString()).inputs] == ["x"]


def external():
    weight = numpy_helper.from_array(np.ones(4, np.float32), "w")
    weight.data_location = TensorProto.EXTERNAL
    weight.ClearField("raw_data")
    weight.external_data.add(key="location", value="weights.bin")
    return model([helper.make_node("Mul", ["x", "w"], ["y"])], initializers=[weight])


def nested(depth):
    graph = helper.make_graph([helper.make_node("Softmax", ["x"], ["y"])], "g", [], [])
    for _ in range(depth):
        node = helper.make_node("If", ["c"], ["y"], then_branch=graph, else_branch=graph)
        graph = helper.make_graph([node], "g", [], [])
    return model(list(graph.node))


def without(field):
    whole = model()
    whole.graph.ClearField(field)
    return whole


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "it is empty"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "Git LFS"),
        (b"PK\x03\x04 archive", "zip file"),
        (b"\x80\x04\x95 pickled", "pickle"),
        (b"<!doctype html>", "a page"),
        (b"no model at all, just words", "no ONNX"),
        (model().SerializeToString()[:-20], "no ONNX file, or a part of one"),
        (onnx.ModelProto(ir_version=8).SerializeToString(), "no graph"),
        (model(opset=99).SerializeToString(), "its opset is 99"),
        (model(opset=OLDEST_OPSET - 1).SerializeToString(), "its opset is 6"),
        (without("input").SerializeToString(), "no input"),
        (without("output").SerializeToString(), "no output"),
        (external().SerializeToString(), "weights in another file ('weights.bin')"),
        (nested(9).SerializeToString(), "graphs within graphs"),
        (
            model([helper.make_node("Tokenise", ["x"], ["y"], domain="my")]).SerializeToString(),
            "operators of its own: my:Tokenise",
        ),
        (
            model([helper.make_node("Nonesuch", ["x"], ["y"])]).SerializeToString(),
            "no operator Nonesuch",
        ),
    ],
)
def test_what_can_not_be_served_is_refused_with_the_reason_and_what_to_do(body, says):
    with pytest.raises(BadModel) as refused:
        read_onnx(body)

    assert says in str(refused.value)
    assert refused.value.fix


def test_a_file_that_is_too_large_is_not_read():
    with pytest.raises(BadModel, match="and 10 fit"):
        read_onnx(model().SerializeToString(), most_bytes=10)
