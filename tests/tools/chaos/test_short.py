"""One kill of each kind, through `bin/chaos` itself, and the control in which every planted fault must be counted."""

import json
import subprocess

import pytest

from tools.chaos.processes import ROOT

KINDS = 7


@pytest.mark.slow
def test_nothing_is_lost_when_any_part_is_killed() -> None:
    command = [str(ROOT / "bin/chaos"), "--runs", str(KINDS), "--only", "ours", "--hurry", "--json"]

    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=420)

    assert ran.returncode == 0, ran.stderr[-2000:] + ran.stdout
    ours = json.loads(ran.stdout)["ours"]
    assert len(ours["kinds"]) == KINDS
    for kind, counts in ours["kinds"].items():
        assert counts["acknowledged"] == counts["stored"] == counts["shown"] > 0, kind
        faults = [counts[fault] for fault in ("lost", "twice", "unordered", "push_lost")]
        assert faults == [0, 0, 0, 0], kind
    assert ours["total"]["pushed"] > 0
    assert ours["total"]["resets"] == 0
    assert ours["sees_faults"]
    assert {name: seen["is_as_promised"] for name, seen in ours["outages"].items()} == {
        "Redis": True,
        "PostgreSQL": True,
    }
