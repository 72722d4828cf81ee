"""Every plugin on the how-to page is installed, and does what the page says it does."""

import inspect
import re
import tomllib
from io import BytesIO
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to.md"
SECTION = re.compile(r"^## (.+?)$(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
BLOCK = re.compile(
    r"^```(?:python|toml) (plugin|check|grants|migration|settings)\n(.*?)^```$",
    re.MULTILINE | re.DOTALL,
)

NO_TABLES = "revision = 'x'\ndown_revision = branch_labels = depends_on = None\n"
NO_TABLES += "def upgrade(): pass\n"


def recipes():
    """Return each section that has a plugin, and the check of it."""
    found = {
        title: dict(BLOCK.findall(text))
        for title, text in SECTION.findall(PAGE.read_text())
    }
    return {title: blocks for title, blocks in found.items() if blocks}


RECIPES = recipes()


@pytest.fixture
def installed(request, make_plugin, open_home):
    """The plugin of a recipe, in an open host."""
    recipe = RECIPES[request.param]
    make_plugin(
        "sample",
        recipe["plugin"],
        requires=["core_documents"],
        files={"migrations/0001_first.py": recipe.get("migration", NO_TABLES)},
        grants=tomllib.loads(recipe.get("grants", "")),
        settings=tomllib.loads(recipe.get("settings", "")).get("settings"),
    )
    open_home()
    return recipe


@pytest.mark.plugins("core_identity", "core_documents", "sample")
@pytest.mark.parametrize("installed", RECIPES, indirect=True)
def test_the_recipe_works(installed, request):
    namespace = {"BytesIO": BytesIO}
    exec(compile(installed["check"], str(PAGE), "exec"), namespace)
    check = namespace["check"]
    fixtures = inspect.signature(check).parameters
    check(**{name: request.getfixturevalue(name) for name in fixtures})


def test_there_are_recipes_and_each_has_its_check():
    assert len(RECIPES) >= 5
    assert all({"plugin", "check"} <= blocks.keys() for blocks in RECIPES.values())
