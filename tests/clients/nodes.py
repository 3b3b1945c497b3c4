"""Node of the virtual environment, for the packages under clients/."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CLIENTS = ROOT / "clients"
BIN = Path(sys.executable).parent


def run_node_tool(tool: str, *arguments: str, package: str) -> None:
    """Run a tool of clients/node_modules in a package."""
    run_node(str(CLIENTS / "node_modules" / tool), *arguments, package=package)


def run_node(script: str, *arguments: str, package: str) -> None:
    """Run a script in a package under clients/; its output is shown when it fails."""
    command = [str(BIN / "node"), script, *arguments]
    where = CLIENTS / package
    done = subprocess.run(command, cwd=where, env=node_environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def node_environment() -> dict[str, str]:
    """The environment with Node of the virtual environment in front."""
    return os.environ | {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "NO_COLOR": "1"}
