"""What the loop and the command line do with a model that people import, whatever it looks like.

An artefact is its ONNX file, the tokenizer and how both are used, as one: see `imported.package`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from labelloop.errors import BadModel, Unprocessable
from labelloop.recipes.built_in import is_imported

if TYPE_CHECKING:
    from labelloop.recipes.imported.matching import Slot
    from labelloop.recipes.protocol import Control, Tools

TRIAL: Final = "labelloop.recipes.imported.smoke:smoke"  # for a process of its own
ROLES: Final = ("model", "vectors")
MOST_TOKENS: Final = 512
_TOKENS: Final = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFile:
    """The file of a model to import, and what a person says of it.

    `knows`: the outcomes that the graph names, in the order of its numbers. `labels`: theirs in the
    label config, in that order. `gets`: what inputs are fed with, by name; `columns`: fields of the
    only input; `output` and `vectors`: names of outputs. `source`: what the card shows of the file.
    `pixels`: how images are prepared, as far as is known: see `imported.pixels.Pixels`.
    """

    graph: bytes
    inputs: "Sequence[Slot]"
    outputs: "Sequence[Slot]"
    knows: Sequence[str | int] = ()
    labels: Sequence[str]
    tokenizer: bytes = b""
    gets: Mapping[str, str] = field(default_factory=dict)
    columns: Sequence[str] = ()
    output: str = ""
    vectors: str = ""
    role: str = ROLES[0]
    max_tokens: int = 0
    source: Mapping[str, Any] = field(default_factory=dict)
    pixels: Mapping[str, Any] = field(default_factory=dict)


def packed(file: ModelFile) -> bytes:
    """Return a model as an artefact; BadModel if it is not clear how it is used, with a fix."""
    from labelloop.recipes.imported.image_input import pixels_of
    from labelloop.recipes.imported.matching import Named, inputs_of
    from labelloop.recipes.imported.outputs import output_of, vectors_of
    from labelloop.recipes.imported.package import IDS, Description, Package

    named = Named(dict(file.gets), tuple(file.columns), file.output, file.vectors)
    inputs = inputs_of(file.inputs, named, bool(file.tokenizer))
    answers = output_of(file.outputs, file.labels, file.knows, named)
    has_tokens = any(fed.role == IDS for fed in inputs)
    most = min(file.max_tokens or _TOKENS, MOST_TOKENS)
    description = Description(
        labels=answers.labels,
        inputs=inputs,
        output=answers.output,
        keys=answers.keys,
        max_tokens=most if has_tokens else 0,
        role=file.role,
        vectors=vectors_of(file.outputs, named) if file.role == "vectors" else "",
        source=dict(file.source),
        pixels=pixels_of(inputs, file.pixels),
    )
    return Package(description, file.graph, file.tokenizer if has_tokens else b"").packed()


def read_as(artefact: bytes, form: str) -> bytes:
    """Return an artefact whose output is read as probabilities, or as logits."""
    from labelloop.recipes.imported.package import Package

    package = Package.unpacked(artefact)
    return replace(package, description=replace(package.description, form=form)).packed()


def about(artefact: bytes) -> dict[str, Any]:
    """Return what people are shown of a model that was imported, as JSON; BadModel for others."""
    from labelloop.recipes.imported.package import Package

    description = Package.unpacked(artefact).description
    return {
        **description.source,
        "as": description.role,
        "labels": list(description.labels),
        "inputs": [_shown(fed, description.pixels) for fed in description.inputs],
        "output": f"{description.output} ({description.form})",
    }


def imported_as(recipe: str, artefact: bytes) -> str:
    """Return as what a version was imported, of `ROLES`; empty for one that was trained here."""
    from labelloop.recipes.imported.package import Package, is_package

    if not is_imported(recipe) or not is_package(artefact):
        return ""
    try:
        package = Package.unpacked(artefact)
    except BadModel:
        return ""
    return "" if package.head else package.description.role


def pixels_shown(artefact: bytes) -> str:
    """Return how a model's images are prepared, for people; empty if it reads none."""
    from labelloop.recipes.imported.package import Package

    pixels = Package.unpacked(artefact).description.pixels
    return "" if pixels is None else str(pixels)


def any_image() -> str:
    """Return an image as a data: URI, for one that can't be fetched where a model is tried."""
    from labelloop.recipes.imported.pixels import odd_copies

    return odd_copies()[-1]


def fitted_to(artefact: bytes, control: "Control") -> bytes:
    """Return an artefact that answers as a control asks: with one label, or with several."""
    from labelloop.recipes.imported.package import Package

    package = Package.unpacked(artefact)
    is_several = bool(getattr(control, "is_several", False))
    return replace(
        package, description=replace(package.description, is_several=is_several)
    ).packed()


def demand_offered(artefact: bytes, control: "Control") -> list[str]:
    """Return the labels that a project offers and a model does not know.

    Unprocessable if it knows one that is not offered, or answers otherwise than is asked.
    """
    from labelloop.recipes.imported.package import Package

    description = Package.unpacked(artefact).description
    _demand_read(control, reads_images=description.pixels is not None)
    labels, is_several = description.labels, bool(getattr(control, "is_several", False))
    if description.is_several != is_several:
        asked = "several labels" if is_several else "one label"
        raise Unprocessable(f"the label config asks for {asked} by now", "import it again")
    if is_several and description.role != ROLES[0]:
        raise Unprocessable(
            "trainings learn from what a model sees for a single choice only",
            "import it without --as vectors",
        )
    foreign = [label for label in labels if label not in control.offered]
    if foreign:
        raise Unprocessable(
            f"the label config offers no {', '.join(foreign)}",
            f"name the labels as it has them: {', '.join(control.offered)}",
        )
    return [label for label in control.offered if label not in labels]


def demand_tools(artefact: bytes, tools: "Tools") -> None:
    """Raise Unprocessable if a model reads what this deployment does not."""
    from labelloop.recipes.imported.package import Package

    if Package.unpacked(artefact).description.pixels is not None and not tools.image_encoder:
        raise Unprocessable(
            "this deployment reads no images", "deploy it with the parameter ImageEncoder"
        )


def _demand_read(control: "Control", *, reads_images: bool) -> None:
    """Raise Unprocessable if a model reads something else than people are asked about."""
    is_about_images = bool(getattr(control, "reads_images", False))
    if is_about_images and not reads_images:
        raise Unprocessable(
            "the label config asks about an image, and the model reads none",
            "import one that reads images, or ask about a text",
        )
    if reads_images and not is_about_images:
        raise Unprocessable(
            "the label config asks about a text, and the model reads images",
            "import one that reads texts, or ask about an <Image>",
        )


def rows_of(inputs: Sequence[Any], control: "Control", tools: "Tools") -> list[Any]:
    """Return what a model gets of tasks, without those whose texts can't be read."""
    from labelloop.recipes.imported import model

    seen = control.features(inputs, tools, (model.RAW,))
    return model.rows_of(seen.take(seen.are_finite().nonzero()[0]))


def tried(artefact: bytes, rows: Sequence[Any]) -> dict[str, Any]:
    """Try a model in this very process: what it takes and what it gives. BadModel if it fails."""
    from tempfile import NamedTemporaryFile

    from labelloop.recipes.imported.smoke import smoke

    with NamedTemporaryFile() as file:
        file.write(artefact)
        file.flush()
        return smoke({"package": file.name, "rows": list(rows)})


def _shown(fed: Any, pixels: Any) -> str:
    more = f" {', '.join(fed.fields)}" if fed.fields else ""
    more = more if pixels is None else f" {pixels}"
    return f"{fed.name}: {fed.role}{more}"
