"""Copies the conformance reports of Gateway API implementations into the catalog: `tools/gateway_features.py FOLDER COMMIT DATE`.

FOLDER is a checkout of kubernetes-sigs/gateway-api, COMMIT and DATE (`2026-08-21`) say which. Only `reports`, `as_of` and `source` of
`catalogs/gateway-features.json` are written: which implementations there are, and which field asks for which feature, is kept by hand.
Projects that report and that no implementation of the catalog names are printed, and so are features that it does not have.
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

CATALOG = Path(__file__).parent.parent / "catalogs" / "gateway-features.json"
_RENAMED = {"HTTPResponseHeaderModification": "HTTPRouteResponseHeaderModification"}
"""Features that reports before v1.1.0 call otherwise."""

_DAY = re.compile(r"20\d\d-[01]\d-[0-3]\d")
_RELEASE = re.compile(r"v(\d+)\.(\d+)(?:\.(\d+))?")


def reports_of(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield the reports of a checkout by release of Gateway API, project, version and name of the file."""
    below = folder / "conformance" / "reports"
    releases = (path for path in below.iterdir() if _RELEASE.fullmatch(path.name) and path.is_dir() and not path.is_symlink())
    for release in sorted(releases, key=lambda path: _numbers(path.name)):
        for path in sorted(release.glob("*/*.yaml")):
            raw = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
            if isinstance(raw, dict) and raw.get("kind") == "ConformanceReport" and raw.get("profiles"):
                yield _report(raw, release.name, str(path.relative_to(folder)))


def _report(raw: dict[str, Any], release: str, source: str) -> dict[str, Any]:
    """Return what a report says; the profiles of one report are read together, for each of them runs some of the tests."""
    implementation = raw["implementation"]
    claimed, others = _features(raw, "supportedFeatures"), _features(raw, "unsupportedFeatures")
    day = str(raw.get("date"))[:10]
    return {
        "project": f"{implementation['organization']}/{implementation['project']}".lower(),
        "version": str(implementation["version"]),
        "release": release,
        **({"channel": raw["gatewayAPIChannel"]} if raw.get("gatewayAPIChannel") else {}),
        **({"date": day} if _DAY.fullmatch(day) else {}),
        "claimed": sorted(claimed),
        "not_claimed": sorted(others - claimed),
        "source": source,
    }


def _features(raw: dict[str, Any], field: str) -> set[str]:
    names = {str(name) for profile in raw["profiles"] for name in (profile.get("extended") or {}).get(field) or ()}
    return {_RENAMED.get(name, name) for name in names}


def _numbers(release: str) -> tuple[int, ...]:
    found = _RELEASE.fullmatch(release)
    return tuple(int(number or 0) for number in found.groups()) if found else ()


def catalog_text(catalog: dict[str, Any]) -> str:
    """Return the catalog as it is written: one row per line."""
    parts = []
    for name, value in catalog.items():
        if isinstance(value, list | dict) and value:
            keys = [f"{json.dumps(key)}: " for key in value] if isinstance(value, dict) else [""] * len(value)
            values = list(value.values()) if isinstance(value, dict) else value
            rows = ",\n".join(f"  {key}{json.dumps(row)}" for key, row in zip(keys, values, strict=True))
            opening, closing = "{}" if isinstance(value, dict) else "[]"
            parts.append(f" {json.dumps(name)}: {opening}\n{rows}\n {closing}")
        else:
            parts.append(f" {json.dumps(name)}: {json.dumps(value)}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def main(arguments: list[str]) -> int:
    """Write the catalog; return 1 where a project or a feature is in neither part of it, 2 for a wrong call."""
    if len(arguments) != 3 or not Path(arguments[0]).is_dir():  # noqa: PLR2004 - the folder, the commit and the date
        print("usage: tools/gateway_features.py FOLDER COMMIT DATE", file=sys.stderr)
        return 2
    folder, commit, date = arguments
    catalog = json.loads(CATALOG.read_text(encoding="utf-8"))
    found = list(reports_of(Path(folder)))
    wanted = {project for row in catalog["implementations"] for project in row["projects"]}
    known = wanted | set(catalog["left_out"])
    catalog["as_of"], catalog["source"] = date, f"kubernetes-sigs/gateway-api {commit[:8]} conformance/reports"
    catalog["reports"] = [row for row in found if row["project"] in wanted]
    CATALOG.write_text(catalog_text(catalog), encoding="utf-8", newline="\n")
    projects = sorted({row["project"] for row in found} - known)
    features = sorted({name for row in found for name in (*row["claimed"], *row["not_claimed"])} - set(catalog["features"]))
    for word, names in (("project", projects), ("feature", features)):
        for name in names:
            print(f"new {word}: {name}")
    return 1 if projects or features else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
