"""The alert rules, read by Prometheus' own promtool where it is to be had."""

from __future__ import annotations

import subprocess

from tools import debian
from tools.environment import ROOT
from tools.terminal import say

FILE = ROOT / "deploy" / "alerts.yaml"


def check() -> bool:
    """Whether promtool takes them; without promtool a line, and no fault."""
    try:
        promtool = debian.find("promtool", ["prometheus"])
    except debian.Missing:
        say("not read by promtool, which is not to be had here (apt-get install prometheus)")
        return True
    return subprocess.run([promtool, "check", "rules", FILE.relative_to(ROOT)], cwd=ROOT, check=False).returncode == 0
