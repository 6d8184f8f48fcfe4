"""Labelloop: every annotation trains a model, every version re-orders the tasks.

The loop, and where each step lives:

1. Label Studio calls over HTTP (`web`); `labelstudio` reads its payloads and label configs.
2. `usecases.intake.accept` stores an event as one immutable object (`bucket`) and sends a wake-up
   (`messages`).
3. `usecases.learning.featurise` turns texts into what models see of them, bags of terms and an
   encoder's vectors; `usecases.learning.look` does so once and stores it (`bucket.features`).
4. `usecases.learning.train` folds events into a dataset (`domain.intake.folding`), finds out
   whether a training is due (`domain.learning.policy`), and trains (`recipes`). A version that is
   worse than the active one is stored, not served (`usecases.judging.publish_version`,
   `domain.judging.gate`).
5. `usecases.ordering.rank` puts the pool in order (`domain.ordering.strategies`).
6. `usecases.serving.predict` serves the active version.
7. `usecases.sweep` wakes the projects that were forgotten.

`ports` says what the code needs from outside; `adapters` are those outside things; `bootstrap` is
the one place where both meet. `tests/test_architecture.py` says which room may import which.
"""

__version__ = "0.1.0"
