"""The local Firebase Cloud Messaging as a process of its own, for `bin/run --phone` and for trying things by hand.

Usage: python -m tools.fcm PORT ACCOUNT_FILE
       writes a service account whose tokens it grants, and serves until it is stopped.

    POST /v1/projects/P/messages:send, POST /token    as Firebase does
    GET  /sent?address=TOKEN&since=N                  what a device was sent
    GET  /counts                                      how often each was tried
    POST /answers {"address", "answer", "once"}       what it is answered from now on; 400 lists the answers
"""

import sys
from pathlib import Path
from threading import Event

from tools.fcm.account import write_account
from tools.fcm.server import FcmServer


def main(port: int, account: Path) -> None:
    """Serve until the process is stopped."""
    with FcmServer(port) as server:
        write_account(account, token_uri=f"{server.url}/token")
        Event().wait()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
