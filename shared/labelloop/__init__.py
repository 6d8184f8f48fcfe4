"""Labelloop: every annotation trains a model, every version re-orders the tasks.

The loop, and where each step lives:

1. Label Studio calls over HTTP; `http` reads the request, `labelstudio` understands its events.
2. `usecases.accept` stores an event as one immutable object and sends a wake-up (`messages`).
3. `usecases.featurise` turns texts into what models see of them (`domain.features`), bags of terms
   and an encoder's vectors; `usecases.look` does so once and keeps it (`kept_features`).
4. `usecases.train` folds events into a dataset (`domain.folding`), asks `domain.policy` whether a
   training is due, fits and converts (`adapters.sklearn_head`, `recipes`), publishes, switches.
5. `usecases.predict` serves the active version; `domain.selection` turns probabilities into scores.
6. `usecases.sweep` wakes the projects that were forgotten.

`project` says what lies where in the bucket; `ports` what the code needs from outside; `adapters`
are those outside things; `bootstrap` is the one place where both meet.
"""

__version__ = "0.1.0"
