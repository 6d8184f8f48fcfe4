"""A recipe of a scikit-learn classifier keeps to what a recipe is."""

from labelloop.recipes.classifier.recipe import TextClassifier
from tests.contract.recipe_contract import RecipeContract
from tests.contract.test_text_choices import TestTextChoices as Choices


def forest():
    from sklearn.ensemble import RandomForestClassifier

    return RandomForestClassifier(50, random_state=0)


class TestClassifier(RecipeContract):
    recipe = TextClassifier("forest", forest)
    config = Choices.config
    tasks = Choices.tasks
    results = Choices.results


del Choices  # or its tests would run here, too
