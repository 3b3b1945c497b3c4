"""`bin/kill-workers`: the play on an empty database, and what it came to."""

import argparse
import os
import sys
import tempfile
from pathlib import Path

import django
from django.core.management import call_command

django.setup()

from tools.fcm.account import PROJECT, write_account  # noqa: E402 - once Django is set up
from tools.fcm.server import FcmServer  # noqa: E402
from tools.kill_workers.account import Account  # noqa: E402
from tools.kill_workers.play import play  # noqa: E402


def main() -> int:
    """0 when nothing was lost and nothing is shown twice."""
    parser = argparse.ArgumentParser(prog="bin/kill-workers", description="Kill workers while they push, and count.")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--people", type=int, default=150)
    arguments = parser.parse_args()
    call_command("migrate", verbosity=0)
    with tempfile.TemporaryDirectory() as folder, FcmServer() as fcm:
        account = write_account(Path(folder) / "account.json", token_uri=f"{fcm.url}/token")
        environment = {
            "FIREBASE_PROJECT_ID": PROJECT,
            "GOOGLE_APPLICATION_CREDENTIALS": str(account),
            "FCM_ENDPOINT": fcm.url,
        }
        log = Path(os.environ["KILLS_LOG"])
        came_to = play(
            kills=arguments.kills, people=arguments.people, fcm=fcm, environment=environment, log=log, say=_say
        )
    per_kill = came_to.sent_twice / max(arguments.kills, 1)
    sys.stdout.write(f"{arguments.kills} kills: {came_to}; {per_kill:.1f} messages sent again a kill\n")
    return 0 if is_well(came_to) else 1


def is_well(account: Account) -> bool:
    """What is promised whatever is killed."""
    return account.lost == account.shown_twice == 0


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())
