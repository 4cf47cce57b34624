"""The tool that builds the render engine: patches fit exactly or not at all, and wheels are what pip takes."""

import importlib.util
import stat
import subprocess
import sys
import zipfile
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

CHECKOUT = Path(__file__).parent.parent


def _tool(name: str) -> ModuleType:
    sys.path.insert(0, str(CHECKOUT / "tools"))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.pop(0)


build, wheels = _tool("build_render"), _tool("render_wheels")
TEXT = "".join(f"line {number}\n" for number in range(20))


def _patch(before: str, after: str) -> str:
    import difflib

    return "".join(difflib.unified_diff(before.splitlines(keepends=True), after.splitlines(keepends=True), "a/x", "b/x"))


@given(st.lists(st.sampled_from("abcd"), max_size=30), st.lists(st.sampled_from("abcd"), max_size=30))
def test_a_patch_makes_of_the_one_text_the_other(before: list[str], after: list[str]) -> None:
    one, other = ("".join(f"{letter}\n" for letter in letters) for letters in (before, after))
    if one and other and one != other:
        assert build.patched(one, _patch(one, other)) == other


@pytest.mark.parametrize("changed", ["line 9", "line 12", "line 10"])
def test_a_patch_that_does_not_fit_is_refused(changed: str) -> None:
    patch = _patch(TEXT, TEXT.replace("line 10\n", "something else\n"))
    with pytest.raises(ValueError, match="is not"):
        build.patched(TEXT.replace(f"{changed}\n", "another line\n"), patch)


def _licence(folder: Path, text: str, name: str = "LICENSE") -> Path:
    folder.mkdir()
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_licences_are_collected_with_their_names(tmp_path: Path) -> None:
    mit = _licence(tmp_path / "mit", "Permission is hereby granted, free\nof charge, to any person")
    texts, kinds = wheels.licences({"example.com/mit": mit, "example.com/a": _licence(tmp_path / "a", "Apache License", "COPYING")})
    assert kinds == ["Apache-2.0", "MIT"]
    assert sorted(texts) == ["example.com/a/COPYING", "example.com/mit/LICENSE"]


@pytest.mark.parametrize(("name", "text"), [("LICENSE", "All rights reserved."), ("NOTICE", "Apache License"), ("x", "Apache License")])
def test_a_module_without_a_known_licence_ends_the_build(name: str, text: str, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"example\.com/a is under no licence"):
        wheels.licences({"example.com/a": _licence(tmp_path / "a", text, name)})


def _wheel(tmp_path: Path, platform: Any) -> Path:
    program = tmp_path / "build" / ("k8slblint-render.exe" if platform.goos == "windows" else "k8slblint-render")
    program.parent.mkdir(exist_ok=True)
    program.write_bytes(b"program")
    texts = {"example.com/a/LICENSE": b"Apache License"}
    return wheels.wheel(tmp_path / "dist", platform, "1.2.3", (program,), CHECKOUT, texts, ["Apache-2.0"])


@pytest.mark.parametrize("platform", wheels.PLATFORMS, ids=lambda one: f"{one.goos}-{one.goarch}")
def test_a_wheel_is_the_same_each_time_and_says_where_it_runs(platform: Any, tmp_path: Path) -> None:
    path = _wheel(tmp_path, platform)
    first = path.read_bytes()
    assert _wheel(tmp_path, platform).read_bytes() == first
    with zipfile.ZipFile(path) as packed:
        about = "k8slblint_render-1.2.3.dist-info"
        assert packed.read(f"{about}/WHEEL").decode().count("Tag: py3-none-") == len(platform.tags)
        assert packed.read(f"{about}/licenses/example.com/a/LICENSE") == b"Apache License"
        record = packed.read(f"{about}/RECORD").decode()
        assert {line.split(",")[0] for line in record.splitlines()} == set(packed.namelist())
        modes = {name: stat.S_IMODE(packed.getinfo(name).external_attr >> 16) for name in packed.namelist()}
        assert [name for name, mode in modes.items() if mode & stat.S_IXUSR] == [name for name in modes if "k8slblint-render" in name]


def test_pip_takes_a_wheel_and_k8slblint_finds_the_program(tmp_path: Path) -> None:
    (linux,) = (one for one in wheels.PLATFORMS if (one.goos, one.goarch) == ("linux", "amd64"))
    target = tmp_path / "site"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--only-binary=:all:", "--platform", linux.tags[0]]
    subprocess.run([*pip, "--target", str(target), str(_wheel(tmp_path, linux))], check=True)
    code = (
        f"import sys; sys.path[:0] = [{str(target)!r}, {str(CHECKOUT)!r}]\n"
        "from k8slblint.rendering.native import program\n"
        "program._CHECKOUT = ('none',)\n"
        "print(program.find())"
    )
    ran = subprocess.run([sys.executable, "-P", "-c", code], check=True, stdout=subprocess.PIPE, text=True)
    assert ran.stdout == f"{target / 'k8slblint_render/k8slblint-render'}\n"
    assert (target / "k8slblint_render/k8slblint-render").stat().st_mode & stat.S_IXUSR


def test_the_wheels_have_the_version_that_the_extra_names() -> None:
    assert f"k8slblint-render=={build.version()}" in (CHECKOUT / "pyproject.toml").read_text(encoding="utf-8")
