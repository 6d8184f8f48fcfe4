"""What Label Studio was seen to have is true, whatever was told, lost, or left undated."""

import random

import pytest

from labelloop.domain.events import Event
from labelloop.domain.folding import Dataset, fold
from tests.living_project import LOUD, SILENT, LivingProject

SEEDS = range(100)


def folded(events: list[Event], dataset: Dataset | None = None) -> Dataset:
    read = [Event.from_json(one.to_json()) for one in events]
    start = dataset or Dataset()
    return fold(Dataset.from_lines(start.to_lines()), read)


def known(dataset: Dataset):
    live = dataset.live_annotations()
    labels = {one.id: (one.task, one.result, one.skipped) for one in live}
    texts = {one.task: dataset.tasks[one.task].data for one in live}
    most = dataset.settings.get("maximum_annotations")
    return labels, texts, (dataset.label_config, most)


def lived(project: LivingProject, things: tuple[str, ...], chance: random.Random, losing: float):
    """Return the events that arrived, surveys' among them; each sees what arrived by then."""
    arrived: list[Event] = []
    for _ in range(chance.randint(1, 25)):
        told = project.live(chance.choice(things))
        arrived += [one for one in told if chance.random() >= losing]
        if chance.random() < 0.2:
            seen = [one for one in arrived if chance.random() < 0.8]
            arrived += project.survey(folded(seen))
    return arrived


@pytest.mark.parametrize("seed", SEEDS)
def test_a_survey_ends_in_what_label_studio_has_whatever_happened(seed):
    chance = random.Random(seed)
    project = LivingProject(chance)
    arrived = lived(project, (*LOUD, *SILENT, "save", "restore"), chance, chance.random())

    dataset = folded(arrived)
    for _ in range(2):  # what moved to an earlier page is found by the next survey
        dataset = folded(project.survey(dataset), dataset)

    labels, texts, settings = known(dataset)
    there = project.known()
    assert (labels, texts) == there[:2]
    assert not labels or settings == there[2]
    assert project.survey(dataset) == []


@pytest.mark.parametrize("seed", SEEDS)
def test_any_order_and_number_of_events_and_surveys_gives_the_same_bytes(seed):
    chance = random.Random(seed)
    project = LivingProject(chance)
    arrived = lived(project, (*LOUD, *SILENT), chance, chance.choice((0, 0.3)))
    expected = folded(arrived).to_lines()

    for _ in range(5):
        often = [one for one in arrived for _ in range(chance.randint(1, 3))]
        chance.shuffle(often)
        cut = chance.randint(0, len(often))
        assert folded(often[cut:], folded(often[:cut])).to_lines() == expected


@pytest.mark.parametrize("seed", SEEDS)
def test_labels_whose_events_were_lost_give_the_same_bytes_after_a_survey(seed):
    chance = random.Random(seed)
    project = LivingProject(chance)
    things = ("label", "skip", "change", "import")
    told = [one for _ in range(20) for one in project.live(chance.choice(things))]
    arrived = [one for one in told if chance.random() >= chance.random()]

    dataset = folded(arrived)
    dataset = folded(project.survey(dataset), dataset)

    whole = folded(told)
    dataset.label_config_at = whole.label_config_at  # the API doesn't tell it
    assert dataset.to_lines() == whole.to_lines()


def test_what_agrees_is_left_as_it_is():
    project = LivingProject(random.Random(1))
    things = ("label", "skip", "change", "delete", "label", "import", "label", "delete_task")
    told = [one for what in things * 3 for one in project.live(what)]

    assert project.survey(folded(told)) == []
