"""What a recipe is: all that the loop knows of a kind of labelling.

A recipe reads label configs of its kind and returns a `Control` for each: the recipe bound to one
project. The loop stores features, answers and artefacts and compares answers by the control's
`Measure`; only the recipe looks into them.

How to write a recipe
---------------------

`labelloop recipe new` writes one for a choice about a text. `tests/integration/test_toy_recipe.py`
holds the smallest one that is complete in itself: it learns whether a number is odd. A package
offers its recipe, an instance of `Recipe`, as an entry point of the group `labelloop.recipes`; a
file in `layers/recipes` gets one when the layer is built. `recipes.contract` has the rules that
every recipe keeps to: `labelloop recipe check` goes through them, with a label config, some dozen
tasks and their annotations. What a recipe breaks all the same is caught by `recipes.guard`.

What the loop calls, in this order:

1.  `Recipe.read`, with the project's label config. The first recipe that returns a control has the
    project. If none does, nothing is learnt, and status shows what each `why_not` says.
2.  `Control.input_of`, with each task's data. A task without an input is not learnt from and not
    ranked, and its prediction is empty.
3.  `Control.features`, with the inputs: the numbers that models see. Those of the pool are computed
    once, while it is ranked for the first time, and stored.
4.  `Control.label_of`, with each annotation's result. Of the annotations of a task the loop makes
    one label: a ground truth decides, then the majority, then the newest.
5.  `Control.missing`, with the labels: why there is no model yet. If it is empty, one is trained.
6.  `Control.fit`, with labels, features, features of up to 1,500 tasks without a label, and tools;
    then `Fitted.packed`, which gives the artefact and the answers out of fold.
7.  `Control.load`, with the artefact, and `Model.answer` for those 1,500 tasks.
8.  The measure (`domain.measure`). The gate compares the new version with the active one: on
    labels by `fair`, `log_scores` and `hits`, on labels that the active version has not learnt by
    `expected`, on the 1,500 tasks by `gain`. The card's accuracy is the mean of `hits` on the
    random share. A version that is not rejected becomes the active one.
9.  To rank the pool: `Recipe.load`, `Control.known`, `Model.answer`, `Control.shown`, and
    `Measure.reading` for the sureness of each task. `Control.vectors` tells tasks apart, so that
    the queue is diverse. `Control.results` gives what is pushed to Label Studio with the queue.
10. To answer a prediction request: the same for the tasks of the request, but with
    `Control.features` of those blocks alone that `Model.needs`.
11. While a person draws: `Interactive.suggested`, of a control that has it, and nothing else.

Rules for all methods:

- Tasks, inputs, labels and rows are in one order. Inputs, labels and results are JSON values:
  dicts with texts as keys, lists, texts, numbers, booleans.
- They are deterministic: equal arguments give equal bytes. No clock, no random number without a
  fixed seed, no order of a set.
- They keep no state between calls, except to save work.
- A control that is renamed, or whose answers take another form, is another one: `asks` says so, and
  no method gets answers, labels or models of the other. Parts that are added or removed make no
  other control: any method may get answers about parts that are not offered any more.
- One of the functions has no numpy, and reads label configs and annotations all the same. So the
  recipe's module, `read`, `why_not`, `about`, `asks`, `input_of` and `why_unusable` do without it:
  import numpy and the like within the methods that need them. (The toy recipe, a test, does not.)
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:  # functions without numpy read label configs
    import numpy as np
    from numpy.typing import NDArray

    from labelloop.domain.answers import Answers, Floats, Label
    from labelloop.domain.columns import Columns
    from labelloop.domain.intake.folding import Dataset
    from labelloop.domain.judging.savings import Law
    from labelloop.domain.measure import Measure
    from labelloop.labelstudio.label_config import LabelConfig

type Input = Any
"""What a recipe reads of a task's data, as JSON: a text, addresses of images, a pair of texts."""
type Region = dict[str, Any]
"""One region of an annotation's or a prediction's result, in Label Studio's JSON."""


class Encoder(Protocol):
    """A fixed model that turns texts into vectors: equal texts into equal vectors, always."""

    @property
    def name(self) -> str:
        """The model's name and its checksum. Vectors may be compared if the names are equal."""
        ...

    @property
    def dimensions(self) -> int:
        """The length of a vector."""
        ...

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return unit vectors, shape (texts, dimensions), for any texts, empty ones too."""
        ...

    def words(
        self, texts: Sequence[str], words: Sequence[Sequence[tuple[int, int]]]
    ) -> NDArray[np.float32]:
        """Return what words mean in their texts, laid end to end, shape (words, any).

        `words`: where those of each text start and end in it, ascending and without overlap. Zeros
        for a word that is not read, as in a long text; shape (words, 0) if the encoder can't tell.
        """
        ...


class ImageEncoder(Protocol):
    """A fixed model that turns images into vectors: equal files into equal vectors, always."""

    @property
    def name(self) -> str:
        """The model's name and its checksum. Vectors may be compared if the names are equal."""
        ...

    @property
    def dimensions(self) -> int:
        """The length of a vector."""
        ...

    def encode(self, image: bytes) -> NDArray[np.float32]:
        """Return the unit vector of a file, shape (dimensions,); Unreadable if it is no image."""
        ...


class Tools(Protocol):
    """What the stack offers a recipe to compute features with."""

    @property
    def encoder(self) -> str:
        """The name of the stack's encoder, empty without one."""
        ...

    @property
    def image_encoder(self) -> str:
        """The name of the stack's image encoder, empty without one."""
        ...

    def vectors(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return unit vectors, shape (texts, dimensions). ValueError without an encoder.

        Vectors are remembered, in a training stored with the project, so no text is encoded twice.
        May raise Unfinished if there is more to encode than a function has time for: let it pass,
        and the next call goes on from there. Where nothing may be encoded, a text without a stored
        vector gets a row of NaN: pass it on as a row of NaN.
        """
        ...

    def words(
        self, texts: Sequence[str], words: Sequence[Sequence[tuple[int, int]]]
    ) -> NDArray[np.float32]:
        """Return what the encoder says of words, see `Encoder.words`. ValueError without one.

        They are too large to be stored beside vectors, so each training computes them again.
        """
        ...

    def images(self, addresses: Sequence[str]) -> NDArray[np.float32]:
        """Return unit vectors of images, shape (addresses, dimensions). As `vectors` in all else.

        An image that can't be read, or may not be fetched from where it is, gets a row of NaN; so
        the task is not learnt from and not ranked, and its prediction is empty.
        """
        ...

    def texts(self, addresses: Sequence[str]) -> list[str | None]:
        """Return the texts at addresses, None for each that can't be read or may not be fetched.

        They are fetched as images are, and may raise Unfinished as `vectors` does. A recipe that
        reads a `<Text>` need not call it: one with `valueType="url"` is read for it before.
        """
        ...

    def copies(self, addresses: Sequence[str]) -> list[str | None]:
        """Return a small copy of each image as a data: URI of PNG or JPEG, None as for texts.

        For models that read pixels. Upright, opaque, 320 * 320 pixels at most, the sides in
        proportion. ValueError without an image encoder.
        """
        ...


class Model(Protocol):
    """A model ready to predict: one that was loaded from its artefact, or just fitted."""

    @property
    def names(self) -> Sequence[str]:
        """What its answers are about, equal to `Answers.names` of all of them."""
        ...

    @property
    def encoder(self) -> str:
        """The name of the encoder whose vectors it needs, empty if it needs none.

        A stack that has it neither in a layer nor in the bucket does not serve the model.
        """
        ...

    @property
    def needs(self) -> Collection[str]:
        """The names of the blocks of features that it reads; it may get no others."""
        ...

    def answer(self, features: Columns) -> Answers:
        """Return the answers for n tasks, by their features.

        The answer for a task does not depend on the other tasks. If n is 0 the blocks may be
        missing, too: the pool is not ranked yet.
        """
        ...


@dataclass(frozen=True, slots=True)
class Trained:
    """What a training results in.

    `artefact`: the model as bytes, with the same answers as the fitted one. `facts`: what goes on
    the model card besides what the loop writes there; JSON values by name. `out_of_fold`: for each
    example, in their order, the answer of a model that has not learnt the example's label
    (cross-validation: Stone 1974); NaN in some column where there is no such model, as for the only
    example of a class. They are stored as float16. On these answers versions are compared, and
    labels doubted.
    """

    artefact: bytes
    facts: dict[str, Any]
    out_of_fold: Answers


class Fitted(Model, Protocol):
    """A model as it was fitted."""

    def packed(self) -> Trained:
        """Return the model as it is stored. BadModel if the artefact answers differently."""
        ...


class Control(Protocol):
    """A recipe bound to one project's label config. Immutable; equal for equal label configs.

    One that learns several controls, each by its own recipe, names them: see `Composed`.
    """

    def __hash__(self) -> int:
        """Return equal numbers for equal controls: what is computed of one is cached by it."""
        ...

    @property
    def recipe(self) -> str:
        """The recipe's name."""
        ...

    @property
    def sees(self) -> str:
        """What `input_of` reads of a task's data, as a text: `text` for `$text`, say.

        Stored features are used again while it is the same, so it changes with what is read, and
        with nothing else in the label config.
        """
        ...

    @property
    def asks(self) -> str:
        """What people are asked, in a few words: the tag, its name and the form of its answers.

        `rating 'stars' from 1 to 5`, say. A version is used only where what it `sees`, what it asks
        and the recipe's format are those that it was trained with: see `recipes.signature`. So it
        differs for another name, and wherever the answers of a model would mean something else; it
        stays the same when parts are added or removed, as `known` and `Measure.aligned` see to
        those.
        """
        ...

    @property
    def offered(self) -> tuple[str, ...]:
        """The parts of labels that the config offers, in its order; none if labels are numbers."""
        ...

    @property
    def measure(self) -> Measure:
        """How its answers are compared with labels and with each other."""
        ...

    @property
    def law(self) -> Law | None:
        """How many labels an active order saves, by the error; None: no saving is claimed."""
        ...

    @property
    def is_pushable(self) -> bool:
        """Whether Label Studio's import of predictions accepts `results`.

        If not, those of the first tasks of the queue are stored one by one, and the others are
        pushed with empty ones; answers to prediction requests have them all.
        """
        ...

    def about(self) -> dict[str, Any]:
        """Return what status and the command line show of it, as JSON, with exactly these keys.

        `choice`: the control's name; `text`: what it reads of tasks, as the config has it;
        `labels`: what it offers; `others`: the titles of controls that are not learnt.
        """
        ...

    def input_of(self, data: Any) -> Input | None:
        """Return what is read of a task's data, None if there is nothing to read.

        `data` may be any JSON value, not only an object: never raise.
        """
        ...

    def work(self, input_: Input) -> int:
        """Return the cost of predicting for an input, above 0, in characters that an encoder reads.

        A request is answered in batches of 30,000, and rejected early if it would take too long.
        """
        ...

    def features(
        self, inputs: Sequence[Input], tools: Tools, only: Collection[str] | None = None
    ) -> Columns:
        """Return what models see of n inputs, n rows; n may be 0.

        A row depends on its input and the stack's encoders alone, never on the other rows or on
        labels: rows serve all versions. Numbers are finite, unless `Tools` gave NaN. A
        block's name has no dot, and is none of `tasks`, `updated_at`, `is_readable`, `ids`,
        `counts` and `lengths`, which have a meaning where features are stored, or `tuned`, see
        `fit`. `only`: the blocks to compute, all for None. A block that takes an encoder is left
        out without one.
        """
        ...

    def apart(self, encoder: str) -> Collection[str]:
        """Return the blocks that `vectors` reads.

        `encoder`: the one of the stack's that the recipe uses, empty without one. The blocks
        are stored with each shortlist: fewer and smaller ones make ranking faster.
        """
        ...

    def vectors(self, features: Columns) -> Floats:
        """Return vectors that are close for tasks that are alike, shape (n, dimensions).

        Of unit length, or zero for a task that nothing is known of. All tasks that are compared
        come in one call, so what all of them have in common may weigh less. At least the blocks of
        `apart` are given.
        """
        ...

    def label_of(self, result: list[Region]) -> Label | None:
        """Return the label that an annotation's result gives, None if none that can be learnt.

        `result` is a list of any JSON objects, also by other controls: never raise. Labels are the
        same if their JSON with sorted keys is. If an empty result gives a label, the loop takes it
        only of annotations that may be answers to this control: see `examples.labels_of`.
        """
        ...

    def why_unusable(self, result: list[Region], is_readable: bool) -> tuple[str, str]:
        """Return why an annotation can't be learnt, and an example of it; empty texts if it can.

        Status counts annotations by reason. The reason follows a number of them ("without an answer
        to 'label'"); the example may be empty. There is a reason if `label_of` returns None, or if
        `is_readable` is false: the task has no input.
        """
        ...

    def parts(self, label: Label) -> Sequence[str]:
        """Return what a label is made of: the choice, the types of its spans; none for a number.

        All are in `offered`. The gate counts labels by part: one that nearly vanishes is a reason
        to reject a version.
        """
        ...

    def missing(self, labels: Sequence[Label], least: int) -> str:
        """Return why no model can be learnt of these labels yet, as a sentence; empty if it can.

        `least`: how many labels a first model takes by the stack's settings, 0 where few will do.
        If the result is empty, `fit` succeeds, unless there is nothing to see in the features.
        """
        ...

    def fit(
        self,
        labels: Sequence[Label],
        features: Columns,
        pool: Columns | None = None,
        tools: Tools | None = None,
    ) -> Fitted:
        """Learn from n labels and the features of their tasks. Equal arguments, equal artefacts.

        `features`: beside an encoder that was tuned to some of the texts, with a dense block
        `tuned` that says which. Their vectors give the labels away, so how sure a model may be is
        to be learnt from the other rows; the loop drops their answers out of fold. `pool`: features
        of some tasks without a label, maybe 0 rows without any block. It is called without `pool`
        and `tools` for the ten small models that tell whether the strategy does better than random
        order. Unprocessable if nothing can be learnt.
        """
        ...

    def load(self, artefact: bytes) -> Model:
        """Return a stored model. BadModel for any other bytes; OutOfMemory."""
        ...

    def known(self, names: Sequence[str]) -> tuple[str, ...] | None:
        """Return those of a model's `names` that the label config offers, in their order.

        The label config may have changed since the training. None if too few are left to predict
        anything: predictions are empty until the next version. An empty tuple if names mean
        nothing to this kind of labelling.
        """
        ...

    def shown(self, answers: Answers, names: Sequence[str]) -> Answers:
        """Return the answers by these names, which `known` returned, and no others.

        Called before tasks are ranked by answers, and before answers are shown.
        """
        ...

    def results(self, answers: Answers) -> list[list[Region]]:
        """Return each task's result in Label Studio's JSON, with the confidence as `score`.

        By `label_of` it gives the label of `Measure.labels`. `answers`: as `shown` returned them.
        """
        ...

    def largest(self, names: Sequence[str]) -> list[Region]:
        """Return a result whose JSON is about as long as any for these names can be.

        By it a request is rejected before it is answered, if the answer would be too large.
        """
        ...


class Interactive(Control, Protocol):
    """A control that answers while a person draws: "interactive pre-annotation".

    Label Studio asks for it if the backend is set up so, or a region is drawn by a smart tool.
    """

    def suggested(
        self, model: Model | None, task: Mapping[str, Any], context: Mapping[str, Any]
    ) -> list[Region]:
        """Return the result that a task gets in place of its prediction.

        `model`: the version at work, None before the first; `task`: as Label Studio sends it, with
        `data`, in which texts stand in place of their addresses (`valueType="url"`); `context`:
        `result`, the regions drawn so far, and, where Label Studio sends them, the numbers
        `annotation_id`, `draft_id` and `user_id`. It takes 5 s at most, and its results are neither
        stored nor ranked by. An empty one shows nothing.
        """
        ...


class Composed(Control, Protocol):
    """A control of several others. A label is theirs by name, without those that have none."""

    @property
    def controls(self) -> tuple[tuple[str, Control], ...]:
        """The others, by name."""
        ...

    def only(self, names: Collection[str]) -> Composed:
        """Return the same without all others than these."""
        ...

    def weighted(self, weights: Mapping[str, float]) -> Composed:
        """Return the same whose readings are means of the others' own by weights, 1 by default.

        By name; 0 or more. Nothing else changes: versions are compared as before.
        """
        ...


class Recipe(Protocol):
    """A kind of labelling.

    One that computes features by `Tools.images`, not by `Tools.vectors`, also has an attribute
    `sees_images`, which is true: its versions are made anew when the stack's image encoder is
    another one, and not when its encoder of texts is.

    One that learns several controls of a label config by one model has a method `takes_all(config)`
    that says whether it learns all of them: it is then asked before the recipe that puts together
    one control's recipe and another's.

    One that can't run everywhere has a method `why_unfit(in_containers)`, which returns the reasons
    why it can't in a function that is a zip file, or a container: `labelloop recipe check` shows
    them.

    One whose models need nothing of this package may say so by a method `standalone(max_tokens)`,
    which returns lines of Python that predict with `model.onnx` in the current folder, and the
    encoder in the folder `encoder`, which reads `max_tokens` tokens (0: without an encoder).
    `labelloop export` shows them.
    """

    @property
    def name(self) -> str:
        """Its name: lower-case letters, digits and underscores. Stored with all that it makes."""
        ...

    @property
    def format(self) -> int:
        """The format of its artefacts and features, 1 or more.

        Raise it when either changes its meaning: features are computed anew, and projects trained.
        """
        ...

    def read(self, config: LabelConfig) -> Control | None:
        """Return the control of a label config, None if it has none of this kind."""
        ...

    def why_not(self, config: LabelConfig) -> str:
        """Return why a label config has no control of this kind, for its author to read."""
        ...

    def load(self, artefact: bytes) -> Model:
        """Return a stored model, whatever the label config. BadModel for other bytes; OutOfMemory.

        `Control.load` returns the same.
        """
        ...


class Replayable(Recipe, Protocol):
    """A recipe whose projects `labelloop backtest` can replay from an export.

    An export has tasks and annotations and no label config.
    """

    def of_export(self, dataset: Dataset, control: str, field: str) -> Control | None:
        """Return the control that most annotations of an export are by, None if none is this kind.

        `control` and `field`: the control and the field of the tasks' data that a person named,
        empty if none. Unprocessable says what the export lacks.
        """
        ...

    def same(self, input_: Input) -> str:
        """Return a text that is equal for inputs with the same content; empty for a blank one.

        Of inputs with the same content one is replayed, and of blank ones none.
        """
        ...
