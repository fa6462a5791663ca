"""scripts/check: what scripts/test does not read: containers, YAML, shell, and what the server is made of."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tools import rules, sbom
from tools.audit import audit
from tools.environment import ROOT
from tools.terminal import complain, say

BIN = Path(sys.executable).parent
YAML_RULES = "{extends: default, rules: {line-length: {max: 110}}}"


def main() -> int:
    """Run every linter, whatever failed before it; status 1 if any failed."""
    commands = [
        ["hadolint", "Dockerfile"],
        ["yamllint", "--strict", "-d", YAML_RULES, "compose.yaml", "deploy/alerts.yaml"],
        ["check-jsonschema", "--builtin-schema", "vendor.compose-spec", "compose.yaml"],
        ["shellcheck", *_shell_programs()],
    ]
    failed = []
    for name, *arguments in commands:
        say("== " + " ".join([name, *arguments]))
        if subprocess.run([BIN / name, *arguments], cwd=ROOT, check=False).returncode:
            failed.append(name)
    say("== alert rules")
    if not rules.check():
        failed.append("promtool")
    say("== bill of materials")
    say(f"{sbom.write()} packages: {sbom.FILE.relative_to(ROOT)}")
    say("== audit")
    if not audit():
        failed.append("audit")
    if failed:
        complain(f"failed: {', '.join(failed)}")
    return 1 if failed else 0


def _shell_programs() -> list[str]:
    files = [*(ROOT / "scripts").iterdir(), *(ROOT / ".ci").iterdir()]
    texts = sorted(path for path in files if path.is_file() and path.suffix in {"", ".sh"})
    return [str(path.relative_to(ROOT)) for path in texts if "sh" in path.read_text().partition("\n")[0]]
