"""Imports run one way: web_min -> appliance -> {dsp, firmware_bridge}; modules have tests."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
OURS = {"dsp", "firmware_bridge", "appliance", "web_min"}
MAY_IMPORT = {
    "dsp": set(),
    "firmware_bridge": set(),
    "appliance": {"dsp", "firmware_bridge"},
    "web_min": {"appliance"},
}
#: Modules that only name things: tested by those that use them.
WITHOUT_TESTS = {"__init__", "__main__", "api", "block", "call", "documents", "events"}


def modules(package):
    return sorted((ROOT / package).rglob("*.py"))


def imports(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: write imports in full"
            yield node.module


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_imports_flow_one_way(package):
    for path in modules(package):
        for name in imports(path):
            top = name.split(".")[0]
            assert top not in OURS or top in {package} | MAY_IMPORT[package], f"{path}: {name}"


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_inside_a_package_imports_make_no_circle(package):
    graph = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts): {
            name for name in imports(path) if name.split(".")[0] == package
        }
        for path in modules(package)
    }
    done, walking = set(), []

    def walk(name):
        assert name not in walking, f"circle: {' -> '.join([*walking, name])}"
        if name in done or name not in graph:
            return
        walking.append(name)
        for below in sorted(graph[name]):
            walk(below)
        walking.pop()
        done.add(name)

    for name in sorted(graph):
        walk(name)


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_every_module_has_its_test_file(package):
    missing = [
        str(path.relative_to(ROOT))
        for path in modules(package)
        if path.stem not in WITHOUT_TESTS
        and not (ROOT / "tests" / path.relative_to(ROOT).parent / f"test_{path.stem}.py").exists()
    ]
    assert not missing


def test_nothing_outside_the_project_is_named():
    words = ("../" + "shared", "/work" + "/", "farm" + "-", "pypi" + ".org", "deb.debian" + ".org")
    for path in ROOT.rglob("*"):
        known = path.suffix in {".py", ".md", ".toml", ".sh", ".txt", ".lock", ".html", ".js"}
        inside = not any(part.startswith(".venv") or part == ".git" for part in path.parts)
        if known and inside and path.is_file():
            text = path.read_text(errors="replace")
            assert not [w for w in words if w in text], path
