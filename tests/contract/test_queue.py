"""One suite, run on the fake and on SQS in moto."""

import pytest

from labelloop.adapters.signed_aws import SignedSqs
from labelloop.adapters.sqs_queue import SqsQueue
from labelloop.messages import RankWakeUp, WakeUp
from tests.fakes import MemoryQueue


@pytest.fixture(params=["memory", "boto3", "signed"])
def queue_and_received(request):
    if request.param == "memory":
        fake = MemoryQueue()
        return fake, lambda: [wake_up for wake_up, delay in fake.sent if not delay]
    aws = request.getfixturevalue("aws")

    def received():
        messages = aws.sqs.receive_message(QueueUrl=aws.queue_url, MaxNumberOfMessages=10)
        return [WakeUp.from_json(message["Body"]) for message in messages.get("Messages", [])]

    return SqsQueue(aws.queue_url, SignedSqs() if request.param == "signed" else None), received


def test_a_wake_up_arrives_as_it_was_sent(queue_and_received):
    queue, received = queue_and_received

    queue.send(WakeUp("1.2", "event", "name"), 0)

    assert received() == [WakeUp("1.2", "event", "name")]


def test_a_delayed_wake_up_does_not_arrive_at_once(queue_and_received):
    queue, received = queue_and_received

    queue.send(WakeUp("1.2", "sweep"), 900)

    assert received() == []


@pytest.mark.parametrize("client", ["boto3", "signed"])
@pytest.mark.parametrize("message", [WakeUp("1.2", "sweep"), RankWakeUp("1.2")])
def test_a_projects_messages_are_a_group_that_holds_up_no_other(aws, client, message):
    queue = SqsQueue(aws.queue_url, SignedSqs() if client == "signed" else None)

    queue.send(message, 0)

    names = ["MessageGroupId"]
    found = aws.sqs.receive_message(QueueUrl=aws.queue_url, MessageSystemAttributeNames=names)
    assert found["Messages"][0]["Attributes"] == {"MessageGroupId": "1.2"}
