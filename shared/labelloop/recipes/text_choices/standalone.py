"""How to predict with a version's artefact and onnxruntime alone, as lines of Python.

For people who take a model elsewhere. The lines do what `recipes.text.terms` and `OnnxModel` do,
for one text; a test compares the two.
"""

from typing import Final

from labelloop.recipes.text import HAN

_BAG: Final = """\
import collections, json, re, sys, unicodedata, zlib, numpy, onnxruntime
session = onnxruntime.InferenceSession("model.onnx")
model = json.loads(session.get_modelmeta().custom_metadata_map["labelloop"])
text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", sys.argv[1][:20000]).casefold())
terms = ["=" + word for word in re.findall(r"\\w+", text) + re.findall(r"HAN", text)]
terms += [f" {c} "[i:][:n] for c in text.split() for n in (2, 3, 4) for i in range(len(c) + 3 - n)]
counts = collections.Counter(1 + zlib.crc32(term.encode()) % 2**22 for term in terms)
known = {n: counts[id_] for n, id_ in enumerate(model["terms"], 1) if id_ in counts} or {0: 0}
feed = {"ids": numpy.array([list(known)]), "counts": numpy.array([list(known.values())], "f")}
""".replace("HAN", HAN)
_VECTOR: Final = """\
import tokenizers
tokenizer = tokenizers.Tokenizer.from_file("encoder/tokenizer.json")
tokenizer.no_padding()
tokenizer.enable_truncation({tokens})
ids = numpy.array([tokenizer.encode(sys.argv[1][: {tokens} * 32]).ids])
inputs = {{"input_ids": ids, "attention_mask": 0 * ids + 1, "token_type_ids": 0 * ids}}
encoder = onnxruntime.InferenceSession("encoder/model.onnx")
states = encoder.run(None, {{node.name: inputs[node.name] for node in encoder.get_inputs()}})[0]
vectors = states.mean(axis=1) if states.ndim == 3 else states
feed["vectors"] = vectors / numpy.linalg.norm(vectors)
"""
_ANSWER: Final = """\
print(dict(zip(model["classes"], session.run(None, feed)[0][0].tolist())))
"""


def lines(max_tokens: int) -> str:
    """Return the lines. `max_tokens`: how many the version's encoder reads, 0 without one."""
    return _BAG + (_VECTOR.format(tokens=max_tokens) if max_tokens else "") + _ANSWER
