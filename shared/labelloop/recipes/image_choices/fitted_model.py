"""A model of images as it is fitted, and its answers out of fold."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Final

import numpy as np

from labelloop.domain.answers import Answers
from labelloop.domain.columns import Columns
from labelloop.errors import BadModel, Unprocessable
from labelloop.recipes.image_choices.features import VECTORS, View, vectors_of
from labelloop.recipes.image_choices.fitting import Examples, codes_of
from labelloop.recipes.image_choices.model import NEEDS, LinearModel, load
from labelloop.recipes.protocol import Trained
from labelloop.recipes.text.probabilities import answers_of, probabilities_of

TOLERANCE: Final = 1e-5
_CHECKED: Final = 100  # tasks


class FittedImages:
    """A model of two classes or more, by the vectors of labelled tasks. Deterministic.

    `around`: tasks without a label; what all tasks have in common is learnt from them, too.
    Unprocessable where no vectors are to be seen.
    """

    needs = NEEDS

    def __init__(
        self, features: Columns, labels: Sequence[str], around: Columns | None, encoder: str
    ) -> None:
        vectors = vectors_of(features)
        if vectors is None:
            raise Unprocessable(
                "this stack can't see images: deploy it with the parameter ImageEncoder"
            )
        others = vectors_of(around) if around is not None else None
        every = vectors if others is None else np.concatenate([vectors, others])
        view = View.of(every)
        names, codes = codes_of(labels)
        examples = Examples(view.seen(vectors), codes, len(names))
        self._choices = examples.tuned()
        fit = examples.fit(self._choices)
        self.names, self.encoder, self._sharpness = names, encoder, fit.sharpness
        self._model = LinearModel(
            names,
            encoder,
            view,
            np.asarray(fit.sharpness * fit.scorer.coefficients, np.float32),
            np.asarray(fit.sharpness * fit.scorer.intercepts, np.float32),
        )
        self._out_of_fold = np.exp(fit.out_of_fold).astype(np.float32)
        self._out_of_fold[np.bincount(codes)[codes] == 1] = np.nan
        self._probes = features.take(range(min(len(features), _CHECKED))).only((VECTORS,))

    def answer(self, features: Columns) -> Answers:
        """Return the probability of each class for each task."""
        return self._model.answer(features)

    def packed(self) -> Trained:
        """Return the model as it is stored; BadModel if that answers differently."""
        artefact = self._model.packed()
        stored, fitted = load(artefact).answer(self._probes), self.answer(self._probes)
        difference = float(np.abs(probabilities_of(stored) - probabilities_of(fitted)).max())
        if not difference <= TOLERANCE:
            raise BadModel(f"the stored model's probabilities are up to {difference:.1e} off")
        facts = {
            "bytes": len(artefact),
            "choices": asdict(self._choices),
            "sharpness": round(self._sharpness, 3),
            "largest_difference": difference,
        }
        return Trained(artefact, facts, answers_of(self._out_of_fold, self.names))
