"""Arrows point inward, and what must stay light stays light."""

import ast
import logging
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "shared" / "labelloop"

# A room, a folder or module of the package, may import itself and the rooms named here. All rooms
# stand here, none exempt.
MAY_IMPORT = {
    "errors": (),
    "observability": (),
    "quiet_onnxruntime": (),
    "messages": ("errors",),
    "picture": ("errors",),
    "domain": (),
    "ports": ("domain", "messages"),
    "config": ("domain", "errors"),
    "labelstudio": ("domain", "errors", "observability", "ports"),
    "recipes": ("domain", "errors", "labelstudio", "observability", "quiet_onnxruntime"),
    "bucket": ("domain", "errors", "observability", "ports", "recipes"),
    "usecases": (
        "bucket",
        "domain",
        "errors",
        "labelstudio",
        "messages",
        "observability",
        "ports",
        "recipes",
    ),
    "adapters": ("errors", "messages", "ports", "quiet_onnxruntime"),
    "bootstrap": (
        "adapters",
        "config",
        "domain",
        "errors",
        "messages",
        "ports",
        "recipes",
        "usecases",
    ),
    "pages": ("domain",),
    "web": (
        "bootstrap",
        "bucket",
        "config",
        "domain",
        "errors",
        "labelstudio",
        "messages",
        "observability",
        "pages",
        "usecases",
    ),
    "cli": (
        "adapters",
        "bucket",
        "domain",
        "errors",
        "labelstudio",
        "picture",
        "ports",
        "recipes",
        "usecases",
        "web",
    ),
    "local": ("domain", "errors", "picture"),
}
BELONGINGS = {
    *("Archive", "EvidenceFiles", "FeatureFiles", "Lease", "Orders", "Pool", "PoolIndexes"),
    *("ProgressFile", "SpentFiles", "Surveys"),
}
HEAVY = ("numpy", "scipy", "sklearn", "skl2onnx", "onnx", "onnxruntime", "pydantic", "fastapi")


def imports_of(path: Path) -> set[str]:
    """Return the modules a file imports, wherever in the file."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(f"{'.' * node.level}{node.module or ''}")
    return found


def room_of(path: Path) -> str:
    """Return the folder or module right below the package that a file lies in."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


FILES = [path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py"]


def test_every_room_has_a_rule():
    assert {room_of(path) for path in FILES} == set(MAY_IMPORT)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_arrows_point_inward(path):
    own = {name.split(".")[1] for name in imports_of(path) if name.startswith("labelloop.")}

    assert own - {room_of(path)} <= set(MAY_IMPORT[room_of(path)])


def test_no_room_imports_a_room_that_imports_it():
    reached = {room: set(rooms) for room, rooms in MAY_IMPORT.items()}
    for _ in MAY_IMPORT:
        for rooms in reached.values():
            rooms |= {far for near in rooms for far in reached[near]}

    assert not [room for room, rooms in reached.items() if room in rooms]


@pytest.mark.parametrize(
    "path", list((PACKAGE / "usecases").rglob("*.py")), ids=lambda path: path.name
)
def test_no_use_case_asks_label_studio_by_a_bare_id(path):
    """Ids come back: `StudioProject` compares the whole key first, whatever is asked."""
    asked = {
        node.attr
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "label_studio"
    }

    assert not asked


@pytest.mark.parametrize(
    "path",
    [path for path in FILES if room_of(path) != "bucket"],
    ids=lambda path: path.relative_to(PACKAGE).as_posix(),
)
def test_a_project_hands_out_what_belongs_to_it(path):
    imported, built = set(), set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("labelloop.bucket"):
            imported |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            built.add(node.func.id)

    assert not built & imported & BELONGINGS


@pytest.mark.parametrize("name", ["domain", "usecases", "recipes"])
def test_the_core_knows_neither_aws_nor_http(name):
    for path in (PACKAGE / name).rglob("*.py"):
        outside = {module.split(".")[0] for module in imports_of(path)}
        assert not outside & {"boto3", "botocore", "fastapi", "mangum", "aws_lambda_powertools"}


def test_only_the_settings_and_the_laptop_read_the_environment():
    readers = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if "environ" in path.read_text() or "getenv" in path.read_text()
    }
    others = {path for path in readers if not path.startswith("local/")}

    # AWS's own variables are read where boto3, which reads them itself, is not to be had; those of
    # the region, proxies and certificates by the command line; a backend's class of somebody else's
    # reads its settings there, and where its files are
    assert others == {
        "config.py",
        "quiet_onnxruntime.py",
        "adapters/aws_signature.py",
        "adapters/signed_aws.py",
        "cli/aws.py",
        "cli/network.py",
        "recipes/ml_backend/imports.py",
    }


def test_onnxruntime_is_imported_where_it_is_told_to_be_quiet():
    importers = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if "onnxruntime" in imports_of(path)
    }

    assert importers == {"quiet_onnxruntime.py"}


def test_onnxruntime_keeps_no_records_to_send(tmp_path):
    script = "import time, labelloop.recipes.text.onnx_model; time.sleep(1)"
    home = {"HOME": str(tmp_path), "PATH": os.environ["PATH"]}  # no CI, which silences it too

    subprocess.run([sys.executable, "-c", script], env=home, check=True)  # noqa: S603

    assert not list(tmp_path.rglob("*"))


def test_a_function_is_one_file_that_imports_no_sibling():
    for folder in (ROOT / "functions").iterdir():
        assert [p.name for p in folder.iterdir() if p.name != "__pycache__"] == ["app.py"]
        assert not [
            name for name in imports_of(folder / "app.py") if name.startswith((".", "func"))
        ]


def test_no_log_line_carries_a_field_that_logging_keeps_for_itself():
    reserved = {*vars(logging.makeLogRecord({})), "message", "asctime"}
    for path in [*PACKAGE.rglob("*.py"), *(ROOT / "functions").rglob("*.py")]:
        logged = re.findall(r"(?:extra=|facts = )\{([^}]*)\}", path.read_text())
        assert not set(re.findall(r'"(\w+)":', "".join(logged))) & reserved, path


@pytest.mark.parametrize(
    ("function", "banned"),
    [
        ("webhook", (*HEAVY, "boto3", "botocore", "importlib.metadata", "xml.etree")),
        ("sweep", HEAVY),
        (
            "predict",
            ("sklearn", "skl2onnx", "onnx", "scipy", "boto3", "fastapi", "pydantic", "jinja2"),
        ),
    ],
)
def test_a_cold_start_imports_nothing_it_does_not_need(function, banned):
    script = f"import functions.{function}.app, sys; print(*sys.modules)"
    run = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=True
    )

    assert not set(run.stdout.split()) & set(banned)


def test_texts_are_learnt_without_skl2onnx():
    """It loads all of scikit-learn, 0.2 s and 30 MB: for kinds of labelling that train trees."""
    script = "import labelloop.recipes.text.fitted_model, sys; print(*sys.modules)"
    run = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=True
    )

    assert "skl2onnx" not in run.stdout.split()
