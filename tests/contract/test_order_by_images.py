"""The recipe that orders tasks by images keeps to what a recipe is, but for models."""

from labelloop.recipes.order_by_images.recipe import RECIPE
from labelloop.recipes.tools import Images, Toolbox
from tests.contract.recipe_contract import RecipeContract
from tests.kinds.order_by_images import EXAMPLE
from tests.tiny_encoder import CountingEncoder
from tests.tiny_images import encoder, fetch

BESIDE = '<Text name="t" value="$ref"/></View>'


class TestOrderByImages(RecipeContract):
    recipe = RECIPE
    config, tasks, results = EXAMPLE.config, EXAMPLE.tasks, EXAMPLE.results
    learns = False

    @classmethod
    def toolbox(cls, has_encoder):
        images = Images(encoder().name, encoder, fetch)
        return Toolbox(CountingEncoder.name, CountingEncoder, images) if has_encoder else Toolbox()


class TestOrderByImagesBesideATextWhereNoneAreSeen(RecipeContract):
    recipe = RECIPE
    config = EXAMPLE.config.replace("</View>", BESIDE)
    tasks, results = EXAMPLE.tasks, EXAMPLE.results
    learns = False
