"""Refuse a build that Lambda would refuse, or that would fail at its first import there.

    python layers/check.py .aws-sam/build x86_64

Each function with its layers must fit Lambda's limit and hold libraries for one processor only. If
that is this machine's processor, its handler is imported with nothing else on the path and does a
little of its work, so that a package missing from a layer cannot hide behind one installed here.
"""

import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

LIMIT = 262_144_000  # bytes of function and layers, unzipped
ELF_MACHINES = {"x86_64": 62, "arm64": 183}
HOST = {"aarch64": "arm64"}.get(platform.machine(), platform.machine())

# What each function builds at its first call, and the packages that would slow that down too much:
# Label Studio waits one second for /health.
BUILDERS = {
    "WebhookFunction": ("accept_deps", "secret"),
    "PredictFunction": ("versions", "secret"),
    "TrainFunction": ("train_deps",),
    "RankFunction": ("rank_deps", "versions"),
    "SweepFunction": ("sweep_deps",),
    "CredentialsFunction": (),
}
HEAVY = {"PIL", "onnx", "scipy", "skl2onnx", "sklearn", "tokenizers"}
TOO_HEAVY = {
    "WebhookFunction": {"boto3", "fastapi", "numpy", "onnxruntime", "pydantic", "sklearn"},
    "PredictFunction": HEAVY | {"fastapi", "pydantic"},
    "TrainFunction": set[str](),
    "RankFunction": HEAVY,
    "SweepFunction": {"fastapi", "numpy", "onnxruntime", "pydantic", "sklearn", "tokenizers"},
    "CredentialsFunction": HEAVY | {"fastapi", "numpy", "onnxruntime", "pydantic"},
}

# What each function must be able to do with nothing but its layers. A package that is imported
# late and is missing, or was pruned too far, shows only when it is used. Recipes are named: those
# of one's own would be asked first, and are no part of what is proved.
ENCODE = """
from labelloop.labelstudio.label_config import parse
from labelloop.recipes import recipe_named

texts = [f"{word} film {n}" for n in range(20) for word in ("good", "bad")]
control = recipe_named("text_choices").read(parse(
    '<View><Text name="text" value="$text"/><Choices name="label" toName="text">'
    '<Choice value="good"/><Choice value="bad"/></Choices></View>'
))
features = control.features(texts, bootstrap.tools())
assert len(features.array("vectors")) == len(texts)
spans = recipe_named("spans").read(parse(
    '<View><Text name="text" value="$text"/><Labels name="label" toName="text">'
    '<Label value="word"/></Labels></View>'
))
words = spans.features([{"text": text} for text in texts], bootstrap.tools())
assert words.ragged("states")
pixel = "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
assert bootstrap.tools().images([f"data:image/gif;base64,{pixel}"])[0].sum() > 0
(copy,) = bootstrap.tools().copies([f"data:image/gif;base64,{pixel}"])
assert copy and copy.startswith("data:image/png")
"""
TRAIN = (
    ENCODE
    + """
control.fit(["good", "bad"] * 20, features).packed()
control.fit(["good", "bad", "other", "none"] * 10, features).packed()
spans.fit([[[0, 4, "word"]], []] * 20, words).packed()
from sklearn.ensemble import RandomForestClassifier
from labelloop.recipes.classifier.fitted import FittedClassifier

FittedClassifier(RandomForestClassifier, ["good", "bad"] * 20, features, 64, "minilm").packed()
"""
)
PAGES = """
import labelloop.web.api
from labelloop.web.pages import serve

assert serve({"path": "/ui/assets/labelloop.css", "httpMethod": "GET"})["statusCode"] == 200
from labelloop.pages.rendering import render

assert b"Log in" in render("login.html", session=None, to="/ui", problem="")
"""
PROOFS = {"PredictFunction": ENCODE + PAGES, "RankFunction": ENCODE, "TrainFunction": TRAIN}

IMPORT = """
import sys, time
layers, builders, proof = sys.argv[1].split(), sys.argv[2].split(), sys.argv[3]
sys.path[:0] = layers
start = time.perf_counter()
import app
imported = time.perf_counter()
from labelloop import bootstrap
for builder in builders:
    getattr(bootstrap, builder)()
built = time.perf_counter()
print(f"imports in {built - start:.2f} s, {imported - start:.2f} s of it at cold start")
print(callable(app.lambda_handler) and " ".join({name.partition(".")[0] for name in sys.modules}))
exec(proof)
"""


def main(build: Path, architecture: str) -> Iterator[str]:
    """Print a line per function; yield a sentence for each problem."""
    template = yaml.safe_load((build / "template.yaml").read_text())
    for layer in ("EncoderLayer", "ImageEncoderLayer"):
        size = size_of([build / layer])
        print(f"{layer:19} {architecture:7} {size:12,} bytes, in all that read tasks")
    for name, resource in template["Resources"].items():
        if resource["Type"] != "AWS::Serverless::Function":
            continue
        layers = [build / layer for layer in layers_of(resource["Properties"])]
        folders = [build / name, *layers]
        size = size_of(folders)
        print(f"{name:19} {architecture:7} {size:12,} bytes {size / LIMIT:5.0%}", end="  ")
        if size > LIMIT:
            yield f"{name} is {size - LIMIT:,} bytes over Lambda's limit: RUNBOOK.md, Containers"
        yield from (
            f"{library} is not built for {architecture}: build with make build ARCH={architecture}"
            for folder in folders
            for library in folder.rglob("*.so*")
            if elf_machine(library) != ELF_MACHINES[architecture]
        )
        if architecture != HOST:
            print("(import not tried: another processor)")
            continue
        path = [folders[0], *(layer / "python" for layer in layers)]
        yield from importing(name, path, variables(template))


def layers_of(properties: dict[str, Any]) -> list[str]:
    """Return the names of a function's layers, including those that depend on a condition."""
    chosen = (layer.get("Fn::If", [None, layer])[1] for layer in properties["Layers"])
    return [layer["Ref"] for layer in chosen]


def size_of(folders: list[Path]) -> int:
    """Return the total size of all files, in bytes."""
    files = (file for folder in folders for file in folder.rglob("*") if file.is_file())
    return sum(file.stat().st_size for file in files)


def elf_machine(library: Path) -> int:
    """Return the ELF number of the processor that a shared library is built for."""
    return int.from_bytes(library.read_bytes()[18:20], "little")


def variables(template: dict[str, Any]) -> dict[str, str]:
    """Return the functions' environment: defaults of parameters, made-up values for the rest."""
    declared = template["Globals"]["Function"]["Environment"]["Variables"]
    parameters = template["Parameters"]
    return {
        variable: str(parameters.get(value.get("Ref"), {}).get("Default", "made-up"))
        if isinstance(value, dict)
        else value
        for variable, value in declared.items()
    }


def importing(name: str, path: list[Path], environment: dict[str, str]) -> Iterator[str]:
    """Import a handler in isolation (-I -S: no site-packages); yield each problem."""
    keys = dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "made-up")
    environment = environment | {"IMAGE_ENCODER": "efficientnet"}  # none by default
    done = subprocess.run(  # noqa: S603 - this interpreter, with our own code
        [
            *(sys.executable, "-B", "-I", "-S", "-c", IMPORT),
            *(" ".join(map(str, path)), " ".join(BUILDERS[name]), PROOFS.get(name, "")),
        ],
        env={"PATH": os.environ["PATH"], "AWS_DEFAULT_REGION": "us-east-1", **keys, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        print("does not work")
        yield f"{name} does not work with what was built:\n{done.stderr}"
        return
    times, modules = done.stdout.splitlines()
    print(times)
    if heavy := TOO_HEAVY[name] & set(modules.split()):
        yield f"{name} must not import {', '.join(sorted(heavy))}"


if __name__ == "__main__":
    if problems := list(main(Path(sys.argv[1]), sys.argv[2])):
        sys.exit("\n".join(problems))
