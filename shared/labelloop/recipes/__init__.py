"""A room for each kind of labelling, and the functions that find the recipe of a label config.

Those that installed packages name as entry points of the group `labelloop.recipes` come first, by
their names: whoever installs one wants it used. Then come the built-in ones, last of all those
that predict nothing and order tasks alone. What reads several controls asks all others for each, so
it comes before them. All that the loop knows of any is in `protocol`.
"""

from labelloop.recipes.built_in import BUILT_IN, GENERATION, name_of, origin_of
from labelloop.recipes.controls import (
    comparable,
    continued,
    control_of,
    control_of_imported,
    control_or_none,
    demand_sound,
    failures,
    forget_added,
    read,
    why_order_alone,
)
from labelloop.recipes.entry_points import GROUP, added_state, are_all_loaded, has_own
from labelloop.recipes.registry import (
    both_encoders,
    encoder_of,
    folder_of,
    format_of,
    installed,
    load,
    recipe_named,
    that_see_images,
    uses_images,
)

__all__ = [
    "BUILT_IN",
    "GENERATION",
    "GROUP",
    "added_state",
    "are_all_loaded",
    "both_encoders",
    "comparable",
    "continued",
    "control_of",
    "control_of_imported",
    "control_or_none",
    "demand_sound",
    "encoder_of",
    "failures",
    "folder_of",
    "forget_added",
    "format_of",
    "has_own",
    "installed",
    "load",
    "name_of",
    "origin_of",
    "read",
    "recipe_named",
    "that_see_images",
    "uses_images",
    "why_order_alone",
]
