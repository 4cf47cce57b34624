"""The recipes of docs/ci.md are valid by the schemas of their servers, and call k8slblint with options that it has."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest

from k8slblint.commands.cli import cli
from k8slblint.reporting import FORMATS

DOCS = Path(__file__).parent.parent / "docs"
BLOCK = re.compile(r"^```(?:yaml|groovy)\n(?:#|//) (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
RECIPES = {match[1]: match[2] for match in BLOCK.finditer((DOCS / "ci.md").read_text(encoding="utf-8"))}
SCHEMAS = {
    ".github/workflows/k8slblint.yml": "vendor.github-workflows",
    ".gitlab-ci.yml": "vendor.gitlab-ci",
    "azure-pipelines.yml": "vendor.azure-pipelines",
    ".circleci/config.yml": "vendor.circle-ci",
    "bitbucket-pipelines.yml": "vendor.bitbucket-pipelines",
}
CALL = re.compile(r"k8slblint (scan(?:[^\n']|\n\s+--)*)")


def test_every_server_has_its_recipe() -> None:
    assert set(RECIPES) == {*SCHEMAS, "Jenkinsfile"}


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_recipe_is_valid_by_the_schema_of_its_server(tmp_path: Path, name: str) -> None:
    path = tmp_path / "recipe.yml"
    path.write_text(RECIPES[name], encoding="utf-8")
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", SCHEMAS[name]]
    if name == ".gitlab-ci.yml":
        command += ["--data-transform", "gitlab-ci"]
    if name == "azure-pipelines.yml":
        command += ["--data-transform", "azure-pipelines"]
    done = subprocess.run([*command, str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_calls_a_scan_as_it_is(name: str) -> None:
    calls = CALL.findall(RECIPES[name])
    assert calls
    for call in calls:
        words = shlex.split(call)
        context = click.Context(cli.commands["scan"], info_name="scan")
        cli.commands["scan"].parse_args(context, words[1:])
        assert context.params["new_only"]
        for report in context.params["report"]:
            assert report.partition("=")[0] in FORMATS


def test_the_page_of_formats_has_them_all() -> None:
    text = (DOCS / "report-formats.md").read_text(encoding="utf-8")

    assert set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)) == set(FORMATS)
