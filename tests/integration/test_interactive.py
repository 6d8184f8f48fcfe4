"""What a person draws reaches a recipe that wants it, and what that says reaches Label Studio."""

import json
from pathlib import Path

import pytest

from labelloop import bootstrap
from labelloop.domain.ordering.random_share import is_random
from labelloop.recipes import forget_added
from labelloop.usecases.serving import suggest as suggests
from labelloop.usecases.serving.predict import OwnRecipes
from tests.moved_backends import BACKENDS, deployed
from tests.texts_by_address import Files

# As Label Studio 1.23.2 sends it when somebody marks "Ada" as a person.
DRAWN = json.loads(Path(BACKENDS, "drawn.json").read_text())
CHOICES = "<Choices name='mood' toName='text'><Choice value='good'/><Choice value='bad'/></Choices>"
LIMIT_S = 0.3


@pytest.fixture
def deploy(tmp_path, monkeypatch):
    monkeypatch.setattr(suggests, "WHILE_DRAWING", OwnRecipes(limit_s=LIMIT_S, rests_s=60))
    with deployed("same_words", tmp_path) as again:
        yield again


@pytest.fixture
def draw(call):
    def draw(body=DRAWN):
        answer = call("predict-predict-interactive", body=json.dumps(body))
        assert answer.status == 200
        return [one["result"] for one in answer.body["results"]]

    return draw


def spans(result):
    return [(one["value"]["start"], one["value"]["end"], *one["value"]["labels"]) for one in result]


@pytest.mark.usefixtures("deploy")
def test_a_backend_marks_again_what_a_person_has_marked(draw):
    (result,) = draw()

    assert spans(result) == [(0, 3, "PER"), (19, 22, "PER")]


@pytest.mark.usefixtures("deploy")
def test_another_region_gets_another_answer(draw):
    body = json.loads(json.dumps(DRAWN))
    value = body["params"]["context"]["result"][0]["value"]
    draw()

    value |= {"start": 8, "end": 13, "text": "Grace", "labels": ["ORG"]}

    assert spans(draw(body)[0]) == [(8, 13, "ORG")]


@pytest.mark.usefixtures("deploy")
def test_without_anything_drawn_it_is_a_prediction_like_any_other(draw):
    assert draw(DRAWN | {"params": {"context": None}}) == [[]]


@pytest.mark.usefixtures("deploy")
def test_what_has_a_label_that_is_not_offered_is_left_out(deploy, draw):
    deploy("other labels")

    assert draw() == [[]]


@pytest.mark.parametrize("breaks", ["raises", "never ends", "no regions"])
def test_a_recipe_that_fails_while_somebody_draws_shows_nothing(breaks, deploy, draw, caplog):
    deploy(breaks)

    assert draw() == [[]]
    assert "recipe failed" in {one.message for one in caplog.records}


def test_one_that_never_ends_is_not_asked_again_for_a_while(deploy, draw):
    deploy("never ends")
    draw()

    deploy()

    assert draw() == [[]]


@pytest.mark.usefixtures("deploy")
def test_beside_another_control_it_is_asked_for_its_own(draw):
    config = DRAWN["label_config"].replace("<Text", f"{CHOICES}<Text")

    assert spans(draw(DRAWN | {"label_config": config})[0]) == [(0, 3, "PER"), (19, 22, "PER")]


def test_no_recipe_that_wants_it_is_asked_for_a_prediction(draw):
    forget_added()

    assert draw() == [[]]


@pytest.mark.usefixtures("deploy")
def test_the_random_share_comes_without_suggestions_here_too(draw):
    key, (task,) = DRAWN["project"], DRAWN["tasks"]
    random = next(id_ for id_ in range(1, 100) if is_random(id_, key))

    assert draw(DRAWN | {"tasks": [task | {"id": random}]}) == [[]]
    assert draw(DRAWN | {"tasks": [task | {"id": random, "is_labeled": True}]}) != [[]]


class TextsByAddress:
    """The same task whose text lies at an address, and what a person draws in it."""

    config = DRAWN["label_config"].replace('"$text"', '"$text" valueType="url"')

    def __init__(self, files: Files) -> None:
        (task,) = DRAWN["tasks"]
        address = files.put("\ufeff" + task["data"]["text"])
        tasks = [task | {"data": {"text": address}}]
        self.body = DRAWN | {"label_config": self.config, "tasks": tasks}


@pytest.fixture
def files(monkeypatch) -> Files:
    made = Files()
    monkeypatch.setattr(bootstrap, "_fetched", made)
    return made


@pytest.mark.usefixtures("deploy")
@pytest.mark.parametrize("has_other", [False, True], ids=["alone", "beside another control"])
def test_a_recipe_gets_the_text_where_tasks_name_its_address(draw, files, has_other):
    body = TextsByAddress(files).body
    if has_other:
        body |= {"label_config": body["label_config"].replace("<Text", f"{CHOICES}<Text")}

    assert spans(draw(body)[0]) == [(0, 3, "PER"), (19, 22, "PER")]
    draw(body)
    assert len(files.asked) == 1


@pytest.mark.usefixtures("deploy")
def test_a_text_out_of_reach_gets_no_suggestion_and_its_recipe_is_asked_again(draw, files):
    body = TextsByAddress(files).body

    files.is_down = True
    assert draw(body) == [[]]
    files.is_down = False

    assert draw(body) != [[]]


@pytest.mark.usefixtures("deploy")
def test_nothing_of_it_is_stored(draw, keys):
    before = keys()

    draw()

    assert keys() == before
