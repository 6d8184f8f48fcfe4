"""The gate: sound versions pass, broken ones don't, and no refusal is for ever."""

import json
from dataclasses import replace

import numpy as np
import pytest

from labelloop.domain.judging.evidence import Evidence
from labelloop.domain.judging.gate import first_version, judge
from labelloop.recipes.text.probabilities import answers_of, probabilities_of
from labelloop.recipes.text_choices.measure import MEASURE

CLASSES, KNOWN, NEW, POOL = 4, 300, 60, 1_000
NAMES = ["a", "b", "c", "d"]


def said(rows):
    return answers_of(rows, NAMES)


def answers(truth, right, rng, sure=0.8):
    """Answers of a model that is right this often; it is less sure where it is wrong."""
    n = len(truth)
    wrong = rng.random(n) >= right
    said = np.where(wrong, (truth + rng.integers(1, CLASSES, n)) % CLASSES, truth)
    confidence = np.where(wrong, 0.45, sure)
    rows = np.full((n, CLASSES), ((1 - confidence) / (CLASSES - 1))[:, None])
    rows[np.arange(n), said] = confidence
    return rows


def better(base, truth, share, rng):
    """The same answers with some of the rows right that were wrong, or, below 0, spoilt."""
    rows = base.copy()
    wrong = rows.argmax(axis=1) != truth
    flips = (wrong if share > 0 else ~wrong) & (rng.random(len(truth)) < abs(share))
    target = truth if share > 0 else (truth + 1) % CLASSES
    rows[flips] = 0.55 / (CLASSES - 1)
    rows[flips, target[flips]] = 0.45
    return rows


def evidence(share=0.2, seed=0, known=KNOWN, new=NEW):
    """A champion right on 85 %, and a challenger that mends (or spoils) a share of the rows."""
    rng = np.random.default_rng(seed)
    truth, pool = rng.integers(0, CLASSES, known + new), rng.integers(0, CLASSES, POOL)
    champion, pool_champion = answers(truth, 0.85, rng), answers(pool, 0.9, rng)
    is_old = np.arange(known + new) < known
    return Evidence(
        measure=MEASURE,
        known=NAMES,
        parts=[(name,) for name in NAMES],
        before=np.where(is_old, truth, -1),
        labels=truth,
        is_random=np.arange(known + new) % 10 == 9,
        is_fresh=np.full(known + new, False),
        is_tuned=np.full(known + new, False),
        champion=said(champion),
        challenger=said(better(champion, truth, share, rng)),
        pool_champion=said(pool_champion),
        pool_challenger=said(better(pool_champion, pool, share, rng)),
        offered=NAMES,
    )


def with_new(e, labels, champion, challenger, is_fresh):
    """The same evidence, and labels that are new to the champion, beside both versions' answers."""
    count = len(labels)
    return replace(
        e,
        before=np.concatenate([e.before, np.full(count, -1)]),
        labels=np.concatenate([e.labels, labels]),
        is_random=np.concatenate([e.is_random, np.full(count, False)]),
        is_fresh=np.concatenate([e.is_fresh, is_fresh]),
        is_tuned=np.append(e.is_tuned, np.full(len(labels), False)),
        champion=said(np.vstack([probabilities_of(e.champion), champion])),
        challenger=said(np.vstack([probabilities_of(e.challenger), challenger])),
    )


def with_fresh(e, count, share):
    """The same evidence, and labels after a refusal: the champion wrong on a share of them."""
    rng = np.random.default_rng(1)
    truth = rng.integers(0, CLASSES, count)
    good, bad = answers(truth, 0.95, rng), answers(truth, 0.95 - abs(share), rng)
    champion, challenger = (bad, good) if share > 0 else (good, bad)
    return with_new(e, truth, champion, challenger, np.full(count, True))


def test_the_first_version_is_switched_on():
    assert first_version().switches


@pytest.mark.parametrize("seed", range(20))
def test_a_better_version_passes(seed):
    assert judge(evidence(0.2, seed)).switches


@pytest.mark.parametrize("seed", range(20))
def test_an_equal_version_passes(seed):
    assert judge(evidence(0.0, seed)).switches


@pytest.mark.parametrize("seed", range(20))
def test_a_version_that_spoils_a_tenth_is_refused(seed):
    assert not judge(evidence(-0.1, seed)).switches


def test_the_louder_voice_is_the_reason():
    e = evidence(-0.1)

    by_labels = judge(replace(e, pool_challenger=e.pool_champion))
    by_pool = judge(replace(e, challenger=e.champion))

    assert by_labels.reason.startswith("worse on the 300 labels")
    assert by_pool.reason.startswith("expected to lose")


def test_being_bolder_is_no_merit_and_being_modest_no_fault():
    e = evidence(0.0)
    for power in (0.5, 2.0):
        odds = (probabilities_of(one) ** power for one in (e.champion, e.pool_champion))
        challenger, pool = (said(rows / rows.sum(axis=1, keepdims=True)) for rows in odds)
        assert judge(replace(e, challenger=challenger, pool_challenger=pool)).switches


def test_a_version_of_less_than_a_hundred_labels_is_no_measure():
    verdict = judge(evidence(-0.5, known=99, new=30))

    assert verdict.switches
    assert "too few labels" in verdict.reason
    assert not judge(evidence(-0.5, known=100, new=30)).switches


def test_a_pool_that_is_all_labelled_is_no_obstacle():
    e = evidence(0.2)
    empty = said(np.empty((0, CLASSES)))

    assert judge(replace(e, pool_champion=empty, pool_challenger=empty)).switches


def test_labels_turned_round_are_judged_by_what_they_were():
    e = evidence(0.0)
    swapped = np.array([1, 0, 2, 3])

    verdict = judge(
        replace(
            e,
            labels=swapped[e.labels],
            challenger=said(probabilities_of(e.challenger)[:, swapped]),
            pool_challenger=said(probabilities_of(e.pool_challenger)[:, swapped]),
        )
    )

    assert not verdict.switches
    assert "of the labels were changed" in verdict.reason


def test_corrections_that_the_champion_agrees_with_turn_nothing_round():
    e = evidence(0.2)
    wrong = np.arange(len(e.labels)) % 15 == 0
    before = np.where(wrong & (e.before >= 0), (e.labels + 1) % CLASSES, e.before)

    assert judge(replace(e, before=before)).switches


def test_a_class_whose_labels_are_gone_is_named_by_its_numbers():
    e = evidence(0.2)
    labels = np.where(e.labels == 2, -1, e.labels)

    verdict = judge(replace(e, labels=labels))

    assert not verdict.switches
    assert verdict.reason.startswith("1 class lost nearly all labels")


def test_a_class_that_is_offered_no_more_may_go():
    e = evidence(0.2)
    labels = np.where(e.labels == 2, -1, e.labels)

    assert judge(replace(e, labels=labels, offered=["a", "b", "d"])).switches


def test_most_labels_gone_is_refused_however_good_the_rest_looks():
    e = evidence(0.3)
    labels = np.where((np.arange(len(e.labels)) % 5 < 3) & (e.before >= 0), -1, e.labels)

    assert not judge(replace(e, labels=labels)).switches


def test_a_bad_annotators_labels_may_be_deleted():
    e = evidence(0.4)
    labels = np.where((np.arange(len(e.labels)) % 10 < 3) & (e.before >= 0), -1, e.labels)

    assert judge(replace(e, labels=labels)).switches


def test_labels_after_a_refusal_let_a_changed_project_go_on():
    refused = evidence(-0.3)

    assert not judge(refused).switches
    assert not judge(with_fresh(refused, 29, 0.4)).switches
    assert judge(with_fresh(refused, 30, 0.4)).switches


def test_a_project_that_is_labelled_anew_goes_on_without_new_tasks():
    refused = evidence(-0.3)
    is_other = probabilities_of(refused.champion).argmax(axis=1) < 3
    anew = (np.arange(len(refused.labels)) < 45) & is_other
    labels = np.where(anew, 3, refused.labels)
    challenger = probabilities_of(refused.challenger).copy()
    challenger[anew] = [0.05, 0.05, 0.05, 0.85]

    changed = replace(refused, labels=labels, challenger=said(challenger))

    assert not judge(changed).switches
    assert judge(replace(changed, is_fresh=anew)).switches


def test_labels_after_a_refusal_that_side_with_the_champion_keep_it():
    refused = evidence(-0.3)

    assert not judge(with_fresh(refused, 60, -0.3)).switches
    assert not judge(with_fresh(refused, 150, -0.3)).switches


def test_after_a_hundred_labels_an_equal_version_is_let_through():
    assert judge(with_fresh(evidence(-0.3), 100, 0.0)).switches


def test_lost_labels_are_forgiven_once_people_went_on_without_them():
    e = evidence(0.2)
    lost = replace(e, labels=np.where(e.labels == 2, -1, e.labels))

    assert not judge(with_fresh(lost, 10, 0.1)).switches
    assert judge(with_fresh(lost, 40, 0.1)).switches


def with_random_labels(e, count, fresh=0):
    """The same evidence, and labels given at random; both versions go on saying what was right."""
    rng = np.random.default_rng(2)
    truth = rng.integers(0, CLASSES, count)
    right = answers(truth, 0.9, rng)
    given = (truth + rng.integers(1, CLASSES, count)) % CLASSES
    used_to_it = 0.6 * right + 0.4 / CLASSES
    return with_new(e, given, right, used_to_it, np.arange(count) >= count - fresh)


def test_a_round_of_labels_that_contradict_what_was_learnt_is_refused():
    verdict = judge(with_random_labels(evidence(0.0, new=0), 30))

    assert not verdict.switches
    assert "more than expected contradict the labels before them" in verdict.reason


@pytest.mark.parametrize("fresh", [30, 60, 100])
def test_going_on_contradicting_makes_no_sense_of_it(fresh):
    assert not judge(with_random_labels(evidence(0.0, new=0), 30 + fresh, fresh)).switches


@pytest.mark.parametrize("seed", range(20))
def test_unsure_tasks_that_come_out_as_unsure_as_they_were_contradict_nothing(seed):
    e, rng = evidence(0.1, seed, new=0), np.random.default_rng(seed)
    odds = rng.dirichlet(np.ones(CLASSES), 60)
    truth = np.array([rng.choice(CLASSES, p=row) for row in odds])

    assert judge(with_new(e, truth, odds, odds, np.full(60, False))).switches


def test_the_random_share_is_told_with_its_uncertainty():
    share = judge(evidence(0.9)).numbers["random_share"]

    assert share["labels"] == 36
    assert share["challenger"] >= share["champion"]
    assert share["gain_90"][0] <= share["challenger"] - share["champion"] <= share["gain_90"][1]


@pytest.mark.parametrize("known", [0, 50])
def test_of_few_random_labels_no_interval_is_told(known):
    e = evidence(0.2)
    numbers = judge(replace(e, is_random=np.arange(len(e.labels)) < known // 10)).numbers

    assert numbers["random_share"]["gain_90"] is None


def test_a_version_that_is_wrong_on_every_random_label_is_refused():
    e, rng = evidence(0.2), np.random.default_rng(0)
    right, half = answers(e.labels, 1.0, rng), answers(e.labels, 0.5, rng)
    wrong = answers((e.labels + 1) % CLASSES, 1.0, rng)
    random = e.is_random[:, None]

    found = judge(
        replace(
            e,
            champion=said(np.where(random, right, half)),
            challenger=said(np.where(random, wrong, right)),
        )
    )

    assert found.reason == "worse on the random share of 30 labels"


def test_the_numbers_of_a_verdict_are_json_however_clear_it_is():
    e = evidence(known=256)  # of a power of two alike rows the mean is exact
    same = np.where(e.before >= 0, 0, -1), np.zeros_like(e.labels)
    shy, sure = (
        said(np.tile([1 - 3 * rest, rest, rest, rest], (len(e.labels), 1))) for rest in (0.25, 0.1)
    )

    found = judge(replace(e, before=same[0], labels=same[1], champion=shy, challenger=sure))

    assert found.numbers["labels"]["z"] == 99.0
    json.dumps(found.numbers, allow_nan=False)
