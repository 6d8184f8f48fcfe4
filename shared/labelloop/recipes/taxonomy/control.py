"""Paths through a tree, about a text: what `<Taxonomy>` means for the loop."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from json import dumps
from typing import TYPE_CHECKING, Any

from labelloop.recipes.taxonomy import NAME
from labelloop.recipes.taxonomy.tree import Paths, Tree, name_of, with_all_above
from labelloop.recipes.text.control import TextControl, landmarks_of
from labelloop.recipes.text.objects import TextInput

if TYPE_CHECKING:
    from labelloop.domain.answers import Answers
    from labelloop.domain.columns import Columns
    from labelloop.recipes.protocol import Fitted, Model, Region, Tools
    from labelloop.recipes.taxonomy.measure import PathMeasure


@dataclass(frozen=True, slots=True)
class Taxonomy(TextControl):
    """A taxonomy: its name, the text it is about, and the tree it offers.

    `others`: controls of the config that are not learnt; `is_pushable`: whether Label Studio's
    import of predictions accepts its results. See `recipes.protocol.Control`. What needs numpy is
    imported late: a function without it reads label configs, too.
    """

    from_name: str
    to_name: str
    text: TextInput
    tree: Tree
    others: tuple[str, ...] = ()
    is_pushable: bool = True

    @property
    def recipe(self) -> str:
        """The recipe's name."""
        return NAME

    @property
    def asks(self) -> str:
        """Paths, by the control's name."""
        return f"taxonomy {self.from_name!r}"

    @property
    def offered(self) -> tuple[str, ...]:
        """The names of all choices of the tree: those with others within them are parts, too."""
        return self.tree.names

    @property
    def measure(self) -> "PathMeasure":
        """How its answers are compared."""
        from labelloop.recipes.taxonomy.measure import PathMeasure

        return PathMeasure(self.tree)

    @property
    def law(self) -> None:
        """No saving is claimed: no law was fitted to paths."""
        return None

    def about(self) -> dict[str, Any]:
        """Return what people are shown of it."""
        return self._about(list(map(name_of, self.tree.choosable)))

    # -- what is read of tasks and annotations -----------------------------------------------

    def label_of(self, result: list["Region"]) -> Paths | None:
        """Return the paths that an annotation's result gives, None if none that is offered."""
        return self.tree.label_of(self._chosen(result))

    def _chosen(self, result: list["Region"]) -> Any:
        """Return the paths of an annotation's result as they are written there; None if nothing.

        Of several regions of one control the editor shows the last.
        """
        for region in reversed(result):
            value = region.get("value")
            chosen = value.get("taxonomy") if isinstance(value, Mapping) else None
            if region.get("from_name") == self.from_name and chosen:
                return chosen
        return None

    def why_unusable(self, result: list["Region"], is_readable: bool) -> tuple[str, str]:
        """Return why an annotation can't be learnt, and what it chose where that is not offered."""
        chosen = self._chosen(result)
        if chosen is None:
            return f"without an answer to {self.from_name!r}", ""
        if self.tree.label_of(chosen) is None:
            return "with paths that the label config doesn't offer", _named(chosen)
        return self._unread(is_readable)

    def parts(self, label: Paths) -> tuple[str, ...]:
        """Return the names of the paths, and of the choices above them."""
        return tuple(with_all_above(label))

    # -- learning ------------------------------------------------------------------------------

    def missing(self, labels: Sequence[Paths], least: int) -> str:
        """Return why nothing can be learnt yet: too few labels, or all of one path."""
        paths = len({name_of(path) for label in labels for path in label})
        if paths >= 2 and len(labels) >= least:
            return ""
        number = f"{len(labels)} label" + ("" if len(labels) == 1 else "s")
        kinds = f"{paths} path" + ("" if paths == 1 else "s")
        return (
            f"a model takes {least} usable labels of 2 paths or more, and there are {number} "
            f"of {kinds}"
        )

    def fit(
        self,
        labels: Sequence[Paths],
        features: "Columns",
        pool: "Columns | None" = None,
        tools: "Tools | None" = None,
    ) -> "Fitted":
        """Learn from texts, from those of the pool, and from the names of the paths."""
        from labelloop.recipes.taxonomy.fitted import FittedTaxonomy
        from labelloop.recipes.taxonomy.path_names import name_vectors
        from labelloop.recipes.text.bags import Features

        encoder = tools.encoder if tools else ""
        names = name_vectors(self.tree, labels, tools) if tools and encoder else {}
        landmarks = landmarks_of(pool)
        return FittedTaxonomy(Features.of(features), labels, landmarks, names, encoder)

    def load(self, artefact: bytes) -> "Model":
        """Return a stored model."""
        from labelloop.recipes.taxonomy.model import TaxonomyModel

        return TaxonomyModel(artefact)

    # -- showing -------------------------------------------------------------------------------

    def known(self, names: Sequence[str]) -> tuple[str, ...] | None:
        """Return the paths of a version that may be chosen, None if fewer than two are."""
        choosable = set(map(name_of, self.tree.choosable))
        offered = tuple(name for name in names if name in choosable)
        return offered if len(offered) >= 2 else None

    def shown(self, answers: "Answers", names: Sequence[str]) -> "Answers":
        """Return the shares of these paths, scaled to sum to 1."""
        return self.measure.shown(answers, names)

    def results(self, answers: "Answers") -> list[list["Region"]]:
        """Return the likeliest path for each text, and all likelier than not."""
        labels = self.measure.labels(answers)
        scores = self.measure.reading(answers).confidence.tolist()
        return [[self._region(*each)] for each in zip(labels, scores, strict=True)]

    def largest(self, names: Sequence[str]) -> list["Region"]:
        """Return the largest of the results that answers of these names give."""
        paths = [list(self.tree.path_of(name)) for name in names or ("",)]
        longest = sorted(paths, key=lambda path: -len(dumps(path)))[: self.tree.most]
        return [self._region(longest, 1 / 3)]

    def _region(self, label: Paths, confidence: float) -> "Region":
        """Return the region that shows a label in Label Studio."""
        return {
            "from_name": self.from_name,
            "to_name": self.to_name,
            "type": "taxonomy",
            "value": {"taxonomy": label},
            "score": confidence,
        }


def _named(chosen: Any) -> str:
    """Return chosen paths as messages name them."""
    first = chosen[0] if isinstance(chosen, list) and chosen else chosen
    return " / ".join(map(str, first))[:80] if isinstance(first, list) else str(first)[:40]
