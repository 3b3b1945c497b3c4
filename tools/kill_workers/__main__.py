"""`bin/kill-workers`: run on an empty database, and print the sums."""

import argparse
import os
import sys
import tempfile
from pathlib import Path

import django
from django.core.management import call_command

django.setup()

from tools.fcm.server import FcmServer, write_account  # noqa: E402 - needs Django's apps
from tools.fcm.users import PROJECT  # noqa: E402
from tools.kill_workers.harness import run  # noqa: E402


def main() -> int:
    """Return 0 when nothing was lost and nothing is shown twice."""
    parser = argparse.ArgumentParser(prog="bin/kill-workers", description="Kill workers while they push, and count.")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--people", type=int, default=150)
    given = parser.parse_args()
    call_command("migrate", verbosity=0)
    with tempfile.TemporaryDirectory() as folder, FcmServer() as fcm:
        account = write_account(Path(folder) / "account.json", token_uri=f"{fcm.url}/token")
        environment = {
            "FIREBASE_PROJECT_ID": PROJECT,
            "GOOGLE_APPLICATION_CREDENTIALS": str(account),
            "FCM_ENDPOINT": fcm.url,
        }
        log = Path(os.environ["KILLS_LOG"])
        result = run(kills=given.kills, people=given.people, fcm=fcm, environment=environment, log=log, report=_report)
    per_kill = result.sent_again / max(given.kills, 1)
    print(f"{given.kills} kills: {result}; {per_kill:.1f} messages sent again a kill")
    return 0 if result.is_good else 1


def _report(text: str) -> None:
    print(text, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
