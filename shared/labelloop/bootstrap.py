"""The one place where ports meet adapters: a builder for each function, built once a cold start.

Adapters are imported inside the builders, so that no function needs another one's layer.
"""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from labelloop.config import settings
from labelloop.domain.policy import Patience
from labelloop.messages import RankWakeUp
from labelloop.ports import ObjectStore, Queue, Secret
from labelloop.usecases.accept import AcceptDeps
from labelloop.usecases.sweep import SweepDeps

if TYPE_CHECKING:
    from labelloop.usecases.serve import Versions
    from labelloop.usecases.train import TrainDeps


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
def secret() -> Callable[[], str]:
    """Return the reader of the credentials."""
    from labelloop.adapters.ssm_secret import SsmSecret

    return SsmSecret(settings().credentials_parameter).read


@cache
def accept_deps() -> AcceptDeps:
    """Return what `functions/webhook` works with."""
    return AcceptDeps(store(), queue(), settings().quiet_s)


@cache
def sweep_deps() -> SweepDeps:
    """Return what `functions/sweep` works with."""
    return SweepDeps(store(), queue())


@cache
def label_studio_token() -> Secret:
    """Return the secret that Label Studio's token is kept as."""
    from labelloop.adapters.ssm_secret import SsmSecret

    return SsmSecret(settings().label_studio_token_parameter)


@cache
def request_rank() -> Callable[[str], None]:
    """Return what asks for a new ranking of a project."""
    from labelloop.adapters.sqs_queue import SqsQueue

    ranks = SqsQueue(settings().rank_queue_url)
    return lambda project: ranks.send(RankWakeUp(project), 0)


@cache
def train_deps() -> "TrainDeps":
    """Return what `functions/train` works with."""
    from labelloop.adapters.sklearn_head import train_head
    from labelloop.usecases.train import TrainDeps

    chosen = settings()
    patience = Patience(chosen.quiet_s, chosen.max_wait_s, chosen.retrain_after)
    return TrainDeps(store(), train_head, patience, chosen.min_labels)


@cache
def versions() -> "Versions":
    """Return the versions that `functions/predict` serves."""
    from labelloop.adapters.onnx_head import OnnxHead
    from labelloop.usecases.serve import Versions

    return Versions(store(), OnnxHead)
