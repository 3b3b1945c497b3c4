"""docs/build-an-app.md: its lines of curl and its TypeScript do what they say, word for word, on a running service."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from geo.models import Match
from tests.chat.processes import running_process
from tests.clients.nodes import BIN, CLIENTS, node_environment

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "build-an-app.md"
ADDRESS = "http://127.0.0.1:8000"


def section(title: str) -> str:
    """The text under a heading."""
    return DOCUMENT.read_text(encoding="utf-8").split(f"\n## {title}\n")[1].split("\n## ")[0]


def run(*command: str, source: str) -> str:
    """The output of a program that reads `source`."""
    done = subprocess.run(
        command, input=source, cwd=CLIENTS, env=node_environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def service(transactional_db: None, redis_prefix: str) -> Iterator[str]:
    with running_process(redis_prefix) as (_, address):
        yield f"http://{address}"


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("jq")), reason="bin/setup --dev could not install them")
@pytest.mark.slow
def test_the_first_match_works_with_curl_and_with_the_sdk(service: str) -> None:
    lines = re.findall(r"^    (.*)$", section("The first match with curl"), re.MULTILINE)
    [typescript] = re.findall(r"```js\n(.*?)```", section("The same with the SDK"), re.DOTALL)

    shown = run("bash", "-euo", "pipefail", source="\n".join(lines).replace(ADDRESS, service)).splitlines()

    assert shown[0] == "5000"
    assert shown[1].startswith('["Clear bottles",')
    assert "1 Tha Phae Road" not in shown[1]
    assert shown[2:7] == ["1 Tha Phae Road", "I will be there in 10 min.", "proposed", "agreed", "weighed"]
    assert shown[7] == "4"
    assert shown[8] == '[1,"match.made"]'
    assert "receipt.issued" in shown[-1]

    posting = lines[: next(index for index, line in enumerate(lines) if line.startswith("as $lek"))]
    run("bash", "-euo", "pipefail", source="\n".join(posting).replace(ADDRESS, service))
    run(str(BIN / "node"), "--input-type=module", source=f"{typescript}process.exit();".replace(ADDRESS, service))

    assert Match.objects.filter(collector__display_name="Ploy").count() == 1
