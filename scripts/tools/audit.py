"""Whether a weakness is known of a package that the server needs, where who knows can be reached."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tools import sbom
from tools.terminal import complain, say

TIMEOUT_SECONDS = 120


def audit() -> bool:
    """Tell what is known; False where there is any. What cannot be found out is said in a line, and no fault."""
    with tempfile.TemporaryDirectory() as folder:
        wanted, found = Path(folder, "wanted.txt"), Path(folder, "found.json")
        wanted.write_text("\n".join(sbom.pinned()))
        options = ["--progress-spinner", "off", "--timeout", "5", "--disable-pip", "--no-deps"]
        files = ["--requirement", str(wanted), "--format", "json", "--output", str(found)]
        try:
            command = [sys.executable, "-m", "pip_audit", *options, *files]
            subprocess.run(command, check=False, capture_output=True, timeout=TIMEOUT_SECONDS)
            report: dict[str, Any] = json.loads(found.read_text())
        except (subprocess.TimeoutExpired, OSError, ValueError):
            say("not audited: what is known of weaknesses cannot be reached from here")
            return True
    weak = [package for package in report["dependencies"] if package.get("vulns")]
    for package in weak:
        for each in package["vulns"]:
            fixed = ", ".join(each["fix_versions"]) or "none"
            complain(f"{package['name']} {package['version']}: {each['id']}; fixed in: {fixed}")
    say(f"{len(report['dependencies'])} packages, {len(weak)} with a known weakness")
    return not weak
