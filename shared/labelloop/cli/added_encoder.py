"""Check an encoder of texts, tell what it is and costs, and put it into a stack's bucket."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Final

from labelloop.adapters.sentence_transformers import Given
from labelloop.bucket.project import Project
from labelloop.cli import aws
from labelloop.cli.check_encoder import FUNCTION_MB, EncoderFound, PoolCost, check_encoder
from labelloop.cli.encoder_bucket import BucketEncoders
from labelloop.cli.encoder_source import Hub, Opened, opened
from labelloop.cli.export import key_of
from labelloop.cli.report import Report
from labelloop.errors import Rejected
from labelloop.ports import ObjectStore
from labelloop.recipes import control_or_none
from labelloop.recipes.text.seen import texts_in

_MEASURED: Final = 40  # of a project's texts
_MOST_SHARDS: Final = 100_000  # counted one by one where there is no index
_LANGUAGES_SHOWN: Final = 12


@dataclass(frozen=True, slots=True)
class Wanted:
    """An encoder to put into the bucket by a name. `project`: whose pool it may encode, or empty.

    `is_forced`: though the ten sentences show no sense in its vectors. The rest is as
    `encoder_source.opened` takes it.
    """

    name: str
    source: str
    given: Given
    hub: Hub
    project: str = ""
    is_forced: bool = False


@dataclass(frozen=True, slots=True)
class Pool:
    """How many tasks a project's pool has, the texts of some, and the project's label config."""

    tasks: int = 0
    texts: Sequence[str] = ()
    label_config: str = ""


def put_encoder(wanted: Wanted, stack: str, report: Report) -> None:
    """Check an encoder and store it, unless it is stored already. BadModel, Rejected: why not."""
    encoders = encoders_of(stack)
    pool = pool_of(wanted.project, encoders.store) if wanted.project else Pool()
    with opened(wanted.source, wanted.given, wanted.hub) as files:
        found = check_encoder(
            files.folder, wanted.name, files.described, pool.texts, is_forced=wanted.is_forced
        )
        cost = PoolCost.of(pool.tasks, found.own_ms or found.ms)
        _tell(report, found, files, cost, wanted.project)
        hints = {
            "languages": list(files.described.languages),
            "licence": files.described.licence,
            "source": wanted.source,
        }
        bodies = {
            file: (files.folder / file).read_bytes() for file in ("model.onnx", "tokenizer.json")
        }
        tuned, texts_tuned_to = files.tuned()
        description, bodies = found.description | hints | tuned, bodies | texts_tuned_to
        is_new = encoders.put(wanted.name, description, bodies)
    report.data["stored"] = is_new
    report.say(f"{wanted.name} is in the bucket" + ("" if is_new else " already"))


def encoders_of(stack: str) -> BucketEncoders:
    """Return the encoders in a stack's bucket."""
    return BucketEncoders(aws.bucket(stack), aws.parameters(aws.session(), stack))


def pool_of(named: str, store: ObjectStore) -> Pool:
    """Return what is known of a project's pool. Rejected if there is none."""
    project = Project(store, key_of(named, store))
    dataset = project.dataset(project.dataset_pointer().value)
    control = control_or_none(dataset.label_config)
    shards = project.pool.shards()
    if control is None or not shards:
        raise Rejected(
            f"project {named} has no pool of tasks yet", "leave --project out, or connect it first"
        )
    tasks = project.pool_index.count(dataset.deleted_tasks, _MOST_SHARDS) or 0
    some = list(project.pool.read(shards[:1]).values())[:_MEASURED]
    inputs = [control.input_of(task.data) for task in some]
    texts = [" ".join(texts_in(input_)) for input_ in inputs]
    return Pool(tasks, [text for text in texts if text], dataset.label_config or "")


def _tell(report: Report, found: EncoderFound, files: Opened, cost: PoolCost, project: str) -> None:
    known, wanted = found.description, files.described
    report.data |= asdict(found) | {"bytes": files.model_bytes, "model": wanted.model}
    report.data |= {"languages": list(wanted.languages), "licence": wanted.licence}
    reads = (
        "gives vectors itself" if known["pooling"] == "pooled" else f"{known['pooling']} of states"
    )
    prefix = f", after {known['prefix']!r}" if known.get("prefix") else ""
    report.say(
        f"{wanted.model}: {files.model_bytes / 1e6:,.0f} MB, {known['dimensions']:,} dimensions; "
        f"it {reads}, and reads {known['max_tokens']} tokens{prefix}"
    )
    if wanted.prompts and not known.get("prefix"):
        prompts = ", ".join(f"{name}: {text!r}" for name, text in wanted.prompts.items())
        report.say(f"no prefix is put before texts; its files name these: {prompts}")
    report.say(f"languages by its model card: {languages_in_words(wanted.languages)}")
    report.say(f"licence by its model card: {wanted.licence or 'not said'}")
    report.say(
        f"{found.ms} ms a text on this machine; {found.peak_mb:,} MB of memory at most, and the "
        f"functions that load it have {FUNCTION_MB:,}; it is not written to /tmp"
    )
    if known.get("is_alone"):
        report.say(
            "its activations are quantised or depend on the batch: each text is encoded by itself, "
            "and another kind of processor may give slightly other vectors"
        )
    if found.doubt:
        report.step("sentences", "warning", found.doubt)
    if project:
        report.data["pool"] = asdict(cost)
        report.say(
            f"the pool of project {project}: {cost.tasks:,} tasks, {cost.minutes} minutes and "
            f"${cost.usd} of Lambda, if it is as fast as this machine"
        )


def languages_in_words(codes: tuple[str, ...]) -> str:
    """Return codes of languages as they are shown."""
    shown = ", ".join(codes[:_LANGUAGES_SHOWN])
    more = len(codes) - _LANGUAGES_SHOWN
    return (shown + (f" and {more} more" if more > 0 else "")) or "not said"
