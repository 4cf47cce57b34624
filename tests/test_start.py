"""What a scan of one file loads: each module takes as long to load as a small file takes to be checked."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SERVICE = """apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 80}]}
"""
CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"

_CODE = """
import json, sys
from k8slblint.commands.entry import main
try:
    main(sys.argv[1:])
finally:
    print(json.dumps(sorted(sys.modules)), file=sys.stderr)
"""

LEFT_OUT = {
    *("click", "inspect", "dataclasses", "datetime", "textwrap", "string", "pathlib", "subprocess", "jsonschema"),
    *("k8slblint.commands.cli", "k8slblint.traffic.attachment.attachments", "k8slblint.traffic.policies.targets"),
}
"""What takes long to load and is not needed for a Service."""


def _loaded(folder: Path, text: str) -> set[str]:
    (folder / "a.yaml").write_text(text, encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if "K8SLBLINT" not in name}
    command = [sys.executable, "-P", "-c", _CODE, "scan", "--no-config", "--exit-zero", "a.yaml"]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True, env=environment)
    return set(json.loads(run.stderr.splitlines()[-1]))


def test_what_takes_long_is_not_loaded(tmp_path: Path) -> None:
    assert LEFT_OUT & _loaded(tmp_path, SERVICE) == set()


@pytest.mark.parametrize(("text", "most"), [(SERVICE, 298), (CONFIG_MAP, 150)])
def test_few_modules_are_loaded(tmp_path: Path, text: str, most: int) -> None:
    own = [name for name in _loaded(tmp_path, text) if name.startswith("k8slblint")]
    assert len(own) <= most, len(own)
