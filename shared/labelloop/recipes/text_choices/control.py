"""One choice of several about a text: what `<Choices>` on `<Text>` means for the loop."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from labelloop.recipes.text import seen
from labelloop.recipes.text.control import TextControl, landmarks_of
from labelloop.recipes.text.objects import TextInput
from labelloop.recipes.text_choices import NAME
from labelloop.recipes.text_choices.offered import Offered
from labelloop.recipes.text_choices.single import SingleChoice

if TYPE_CHECKING:
    from labelloop.domain.columns import Columns
    from labelloop.domain.judging.savings import Law
    from labelloop.recipes.protocol import Fitted, Model, Region, Tools


@dataclass(frozen=True, slots=True)
class TextChoices(SingleChoice, TextControl):
    """A single-choice control: its name, the text it is about, and the choices it offers.

    `others`: controls of the config that are not learnt; `is_pushable`: whether Label Studio's
    import of predictions accepts its results; answers to /predict have them in any case;
    `most_landmarks`: how many texts of the pool are learnt from.
    See `recipes.protocol.Control`. What needs numpy is imported late: a function without it reads
    label configs, too.
    """

    from_name: str
    to_name: str
    text: TextInput
    choices: Offered
    others: tuple[str, ...] = ()
    is_pushable: bool = True
    most_landmarks: int = seen.LANDMARKS

    @property
    def recipe(self) -> str:
        """The recipe's name."""
        return NAME

    @property
    def law(self) -> "Law":
        """What an active order saves by the error: fitted to simulated projects on real texts."""
        from labelloop.domain.judging.savings import Law

        return Law(at_one=-0.26, per_log_error=-0.45, per_log_labels=0.14, spread=0.5)

    def about(self) -> dict[str, Any]:
        """Return what people are shown of it."""
        return self._about(self.offered)

    # -- what is read of tasks and annotations -----------------------------------------------

    def why_unusable(self, result: list["Region"], is_readable: bool) -> tuple[str, str]:
        """Return why an annotation can't be learnt, and what it chose where that is not offered."""
        reason, example = self.why_no_label(result)
        return (reason, example) if reason else self._unread(is_readable)

    # -- learning ------------------------------------------------------------------------------

    def fit(
        self,
        labels: Sequence[str],
        features: "Columns",
        pool: "Columns | None" = None,
        tools: "Tools | None" = None,
    ) -> "Fitted":
        """Learn from texts, from those of the pool, and from the names of the choices."""
        from labelloop.recipes.text.bags import Features
        from labelloop.recipes.text.fitted_model import FittedModel
        from labelloop.recipes.text.label_names import words_of

        encoder, names = tools.encoder if tools else "", {}
        if tools and encoder:
            vectors = tools.vectors([words_of(name) for name in self.offered])
            names = dict(zip(self.offered, vectors, strict=True))
        landmarks = landmarks_of(pool, self.most_landmarks)
        return FittedModel(Features.of(features), labels, landmarks, names, encoder)

    def load(self, artefact: bytes) -> "Model":
        """Return a stored model."""
        from labelloop.recipes.text.onnx_model import OnnxModel

        return OnnxModel(artefact)
