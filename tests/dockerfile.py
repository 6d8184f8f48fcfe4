"""Runs a Dockerfile's steps without Docker, each stage in a folder that stands for its root.

What the base images hold is not there: commands are this machine's, and paths that the file itself
names stand below the folder. A test that passes says that the steps make what the functions need,
not that the base images are as described.
"""

import io
import os
import shutil
import subprocess
import sys
from pathlib import Path
from string import Template

from dockerfile_parse import DockerfileParser

_OF_LAMBDA = {"LAMBDA_TASK_ROOT": "/var/task"}  # set by AWS's base images


def run_steps(dockerfile: Path, context: Path, folder: Path) -> tuple[Path, list[str]]:
    """Return the root of the last stage, and its command; ValueError for a step that is unknown."""
    parser = DockerfileParser(fileobj=io.StringIO(dockerfile.read_text()))
    stages: dict[str, Path] = {}
    root, command, work = folder, [], "/"
    for step in parser.structure:
        name, value = step["instruction"], step["value"]
        if name == "COMMENT":
            continue
        if name == "FROM":
            label = value.partition(" AS ")[2] or "last"
            root, work = folder / label, "/"
            stages[label] = root
            root.mkdir()
        elif name == "WORKDIR":
            work = value
            _below(root, work).mkdir(parents=True, exist_ok=True)
        elif name == "COPY":
            _copy(Template(value).substitute(_OF_LAMBDA).split(), context, stages, root, work)
        elif name == "RUN":
            _run(value.replace(f"{work}/", f"{_below(root, work)}/"), _below(root, work))
        elif name == "CMD":
            command = parser.cmd.strip('[]"').split('", "')
        else:
            raise ValueError(f"{name} {value}: not known here")
    return root, command


def _copy(words: list[str], context: Path, stages: dict[str, Path], root: Path, work: str) -> None:
    source = context
    if words[0].startswith("--from="):
        source = stages[words.pop(0).partition("=")[2]]
    else:
        allowed = (context / ".dockerignore").read_text().splitlines()
        assert f"!{words[0]}" in allowed, f"{words[0]} does not get to Docker: .dockerignore"
    what, where = words
    shutil.copytree(
        _below(source, what),
        _below(root, f"{work}/{where}" if not where.startswith("/") else where),
        ignore=shutil.ignore_patterns("__pycache__"),
        dirs_exist_ok=True,
    )


def _run(command: str, work: Path) -> None:
    environment = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": os.environ["HOME"],  # pip's own settings and cache
    } | {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    done = subprocess.run(  # noqa: S602 - our own Dockerfile
        command, shell=True, cwd=work, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"


def _below(root: Path, path: str) -> Path:
    return root / path.lstrip("/")
