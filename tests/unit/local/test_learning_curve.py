"""What is concluded from two learning curves."""

from labelloop.local.campaign import Point
from labelloop.local.learning_curve import labels_saved, lines, table

RANDOM = [Point(20, 0.60, "1"), Point(40, 0.70, "2"), Point(60, 0.65, "3"), Point(80, 0.80, "4")]


def test_labels_saved_is_how_many_more_random_order_took():
    assert labels_saved(Point(40, 0.75, "2"), RANDOM) == "33"


def test_a_loss_is_shown_as_a_loss():
    assert labels_saved(Point(60, 0.60, "3"), RANDOM) == "-40"


def test_what_random_order_never_reached_is_said_to_be_so():
    assert labels_saved(Point(60, 0.90, "3"), RANDOM) == "not reached (> 20)"


def test_at_the_end_of_the_budget_nothing_is_claimed():
    assert labels_saved(Point(80, 0.90, "4"), RANDOM) == "not reached"


def test_the_table_has_a_row_per_round():
    assert table(RANDOM, RANDOM).row_count == len(RANDOM)


def test_both_orders_are_drawn():
    active, random = lines(RANDOM[:2], RANDOM)

    assert (active.name, active.curve) == ("active", [(20, 0.60), (40, 0.70)])
    assert (random.name, len(random.curve)) == ("random", len(RANDOM))
    assert active.colour != random.colour
