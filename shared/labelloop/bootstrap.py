"""The one place where ports meet adapters: a builder for each function, built once a cold start.

Adapters are imported inside the builders, so that no function needs another one's layer.

A use case gets its ports and settings as one frozen value, built here by keyword, so that their
order does not matter; a use case that needs a single port gets that port. A port is passed as an
object, or as a function that returns it if it may be missing, or is slow to load and not always
needed.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from labelloop.adapters.aws_clients import quick_client_of
from labelloop.config import library_paths, processors, settings
from labelloop.errors import BadModel, BadSettings, Unreadable
from labelloop.ports import LabelStudio, ObjectStore, Queue
from labelloop.usecases.intake.accept import AcceptDeps

if TYPE_CHECKING:
    from labelloop.adapters.encoder_files import EncoderFiles
    from labelloop.adapters.fetching import Fetcher
    from labelloop.adapters.image_encoder_files import ImageEncoderFiles
    from labelloop.adapters.label_studio_api import LabelStudioApi
    from labelloop.adapters.ssm_secret import SsmSecret
    from labelloop.recipes.protocol import Encoder, ImageEncoder
    from labelloop.recipes.tools import Images, Texts, Toolbox
    from labelloop.usecases.intake.feed import FeedDeps
    from labelloop.usecases.intake.repair import RepairDeps
    from labelloop.usecases.learning.train import TrainDeps
    from labelloop.usecases.ordering.ranking import RankDeps
    from labelloop.usecases.serving.activate import ActivateDeps
    from labelloop.usecases.serving.choose import ChooseDeps
    from labelloop.usecases.serving.pin import PinDeps
    from labelloop.usecases.serving.serve import Versions
    from labelloop.usecases.sweep import SweepDeps


@cache
def store() -> ObjectStore:
    """Return the bucket."""
    from labelloop.adapters.s3_store import S3Store

    return S3Store(settings().bucket)


@cache
def queue() -> Queue:
    """Return the queue of wake-ups."""
    from labelloop.adapters.sqs_queue import SqsQueue

    return SqsQueue(settings().train_queue_url)


@cache
def rank_queue() -> Queue:
    """Return the queue of rank wake-ups."""
    from labelloop.adapters.sqs_queue import SqsQueue

    return SqsQueue(settings().rank_queue_url)


def label_studio() -> LabelStudio | None:
    """Return the Label Studio in the settings, None if they name none or there is no token."""
    if not settings().label_studio_url or not token().read():
        return None
    return _label_studio_api()


@cache
def _label_studio_api() -> "LabelStudioApi":
    from labelloop.adapters.label_studio_api import LabelStudioApi

    return LabelStudioApi(settings().label_studio_url, token().read)


@cache
def token() -> "SsmSecret":
    """Return the secret that holds Label Studio's token."""
    from labelloop.adapters.ssm_secret import SsmSecret

    chosen = settings()
    return SsmSecret(chosen.label_studio_token_parameter, key=chosen.kms_key_arn)


@cache
def secret() -> Callable[[], str]:
    """Return a function that reads the credentials."""
    from labelloop.adapters.ssm_secret import SsmSecret

    return SsmSecret(settings().credentials_parameter, quick_client_of("ssm")).read


def secret_parameter(name: str) -> "SsmSecret":
    """Return the secret in a parameter."""
    from labelloop.adapters.ssm_secret import SsmSecret

    return SsmSecret(name)


@cache
def accept_deps() -> AcceptDeps:
    """Return what `functions/webhook` works with."""
    from labelloop.adapters.s3_store import S3Store
    from labelloop.adapters.sqs_queue import SqsQueue

    chosen = settings()
    return AcceptDeps(
        store=S3Store(chosen.bucket, quick_client_of("s3")),
        train_queue=SqsQueue(chosen.train_queue_url, quick_client_of("sqs")),
        quiet_s=chosen.quiet_s,
    )


@cache
def setup_deps() -> "ChooseDeps":
    """Return what POST /setup chooses options with. It uses quick clients: Label Studio waits."""
    from labelloop.usecases.serving.choose import ChooseDeps

    return ChooseDeps(store=accept_deps().store, train_queue=accept_deps().train_queue)


@cache
def choose_deps() -> "ChooseDeps":
    """Return what PUT /options works with."""
    from labelloop.usecases.serving.choose import ChooseDeps

    return ChooseDeps(store=store(), train_queue=queue(), demand_encoder=_full_name)


@cache
def compare_deps() -> AcceptDeps:
    """Return what POST /compare works with: the store can also list, as the quick client cannot."""
    return replace(accept_deps(), store=store())


@cache
def feed_deps() -> "FeedDeps":
    """Return what POST /tasks works with."""
    from labelloop.usecases.intake.feed import FeedDeps

    return FeedDeps(accepting=compare_deps(), rank_queue=rank_queue())


@cache
def repair_deps() -> "RepairDeps":
    """Return what POST /repair works with."""
    from labelloop.usecases.intake.repair import RepairDeps

    return RepairDeps(store=store(), train_queue=queue(), rank_queue=rank_queue())


@cache
def activate_deps() -> "ActivateDeps":
    """Return what POST /activate works with."""
    from labelloop.usecases.serving.activate import ActivateDeps

    return ActivateDeps(
        store=store(), rank_queue=rank_queue(), has_encoder=lambda name: not why_lacking(name)
    )


@cache
def pin_deps() -> "PinDeps":
    """Return what POST /pin and POST /unpin work with."""
    from labelloop.usecases.serving.pin import PinDeps

    return PinDeps(store=store(), train_queue=queue())


@cache
def sweep_deps() -> "SweepDeps":
    """Return what `functions/sweep` works with."""
    from labelloop.usecases.sweep import SweepDeps

    chosen, files, image_files = settings(), encoder_files(), image_encoder_files()
    return SweepDeps(
        store=store(),
        train_queue=queue(),
        rank_queue=rank_queue(),
        label_studio=label_studio,
        encoder=files.name if files else "",
        image_encoder=image_files.name if image_files else "",
        chosen=_name_in_use,
        fetches=bool(image_files or chosen.fetch_hosts or chosen.fetch_buckets),
        keep_models=chosen.keep_models,
    )


@cache
def train_deps() -> "TrainDeps":
    """Return what `functions/train` works with."""
    from labelloop.domain.learning.policy import Patience
    from labelloop.usecases.learning.train import TrainDeps

    chosen = settings()
    return TrainDeps(
        store=store(),
        rank_queue=rank_queue(),
        tools=tools(),
        patience=Patience(chosen.quiet_s, chosen.max_wait_s, chosen.retrain_after),
        min_labels=chosen.min_labels,
        strategy=chosen.strategy,
        is_connected=bool(chosen.label_studio_url),
        is_blind=chosen.blind_share == "on",
        try_model=_try_model,
    )


def _try_model(artefact: bytes, rows: Sequence[Any]) -> dict[str, Any]:
    """Try a model that people imported, with as much memory as the function that predicts has."""
    from labelloop.adapters.sandbox import SandboxLimits, run_on_file
    from labelloop.recipes.importing import TRIAL

    limits = SandboxLimits(megabytes=1_300, seconds=90, variables=library_paths())
    return run_on_file(TRIAL, "package", artefact, {"rows": list(rows)}, limits)


@cache
def rank_deps() -> "RankDeps":
    """Return what `functions/rank` works with."""
    from labelloop.usecases.ordering.ranking import RankDeps

    chosen = settings()
    return RankDeps(
        store=store(),
        train_queue=queue(),
        rank_queue=rank_queue(),
        versions=versions,
        tools=tools,
        label_studio=label_studio,
        strategy=chosen.strategy,
        queue_length=chosen.queue_length,
        keeps_predictions=chosen.superseded_predictions == "keep",
        is_blind=chosen.blind_share == "on",
    )


@cache
def versions() -> "Versions":
    """Return the model versions that `functions/predict` serves."""
    from labelloop.recipes import load
    from labelloop.usecases.serving.serve import Versions

    offered = tools()
    return Versions(store(), load, offered.encoder, offered.image_encoder, demand=offered.demand)


@cache
def tools() -> "Toolbox":
    """Return what recipes compute features with."""
    from labelloop.recipes.tools import Texts, Toolbox

    files, image_files = encoder_files(), image_encoder_files()
    images = _images_by(image_files) if image_files else None
    texts = Texts(files.name, _encoder, cache(files.tuned_to)) if files else Texts("", None)
    return Toolbox(
        texts.encoder,
        texts.load,
        images,
        fetch=_fetched,
        find=_found_encoder,
        tuned_to=texts.tuned_to,
    )


def why_lacking(encoder: str) -> str:
    """Return why the encoders of a version are not here, by their full name; empty if they are."""
    try:
        tools().beside(encoder)
    except BadModel as exc:
        return str(exc)
    return ""


@cache
def encoder_files() -> "EncoderFiles | None":
    """Return the files of the encoder in the settings, None if there is none."""
    return _files_of(settings().encoder)


def _files_of(name: str) -> "EncoderFiles | None":
    """Return the files of an encoder by its name, None for `none`; BadModel if it is not here."""
    from labelloop.adapters.encoder_files import EncoderFiles

    if name == "none":
        return None
    if settings().encoder == "none":
        raise BadModel(
            f"encoder {name} has no layer to run in: deploy with another Encoder than none"
        )
    return EncoderFiles.built_in() if name == "minilm" else EncoderFiles.of(store(), name)


def _full_name(name: str) -> str:
    files = _files_of(name)
    return files.name if files else ""


def _name_in_use(name: str) -> str:
    """Return the full name of an encoder that a project chose, empty where no layer runs it.

    A stack that is deployed without encoders goes on without them: the status says so.
    """
    return "" if settings().encoder == "none" else _full_name(name)


def _found_encoder(name: str) -> "Texts | Images":
    """Return an encoder that a project chose, or that a version was trained beside; loaded once."""
    from labelloop.adapters.image_encoder_files import sees_images
    from labelloop.adapters.onnx_encoder import OnnxEncoder
    from labelloop.recipes.tools import Texts

    if sees_images(store(), name):
        return _images_by(_image_files_of(name))
    files = _files_of(name) if _name_in_use(name) else None
    if files is None:
        return Texts("", None)

    load = cache(lambda: OnnxEncoder(files, processors()))
    return Texts(files.name, load, cache(files.tuned_to))


@cache
def _encoder() -> "Encoder":
    from labelloop.adapters.onnx_encoder import OnnxEncoder

    files = encoder_files()
    if files is None:
        raise BadSettings("ENCODER is none")
    return OnnxEncoder(files, processors())


@cache
def image_encoder_files() -> "ImageEncoderFiles | None":
    """Return the files of the image encoder in the settings, None if there is none."""
    name = settings().image_encoder
    return None if name == "none" else _image_files_of(name)


def _image_files_of(name: str) -> "ImageEncoderFiles":
    """Return the files of an image encoder by its name; BadModel if it is not here."""
    from labelloop.adapters.image_encoder_files import BUILT_IN, ImageEncoderFiles

    if settings().image_encoder == "none":
        raise BadModel(
            f"image encoder {name} has no layer to run in: deploy with another ImageEncoder than "
            "none"
        )
    is_built_in = name == BUILT_IN
    return ImageEncoderFiles.built_in() if is_built_in else ImageEncoderFiles.of(store(), name)


def _images_by(files: "ImageEncoderFiles") -> "Images":
    """Return what sees images by an encoder, which is loaded once, when it is needed."""
    from labelloop.recipes.tools import Images

    @cache
    def load() -> "ImageEncoder":
        from labelloop.adapters.onnx_image_encoder import OnnxImageEncoder

        return OnnxImageEncoder(files, processors())

    return Images(files.name, load, _fetched, _copied)


def _copied(image: bytes) -> str:
    from labelloop.adapters.image_decoding import copy_of

    return copy_of(image)


def _fetched(addresses: Sequence[str]) -> list[bytes | Unreadable]:
    return _fetcher()(addresses)


@cache
def _fetcher() -> "Fetcher":
    from labelloop.adapters.aws_clients import client_of
    from labelloop.adapters.fetching import Buckets, Fetcher, Uploads
    from labelloop.adapters.guarded_https import GuardedHttps, Hosts

    chosen = settings()
    https = GuardedHttps(Hosts.listed(chosen.fetch_hosts))
    uploads = None
    if chosen.label_studio_url:
        api = _label_studio_api()
        uploads = Uploads(api.http.url, api.http.header, https, forget=api.http.forget_token)
    buckets = Buckets(Hosts.listed(chosen.fetch_buckets), cache(lambda: client_of("s3")))
    return Fetcher(https, uploads, buckets)
