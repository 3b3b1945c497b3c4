"""The local Firebase endpoint in a process of its own: `python -m tools.bench.fcm_endpoint FOLDER`.

Prints its address once it listens, writes FOLDER/account.json for it, and ends when its input does.
"""

import sys
from pathlib import Path

from tools.fcm.account import write_account
from tools.fcm.server import FcmServer

if __name__ == "__main__":
    with FcmServer() as server:
        write_account(Path(sys.argv[1]) / "account.json", token_uri=f"{server.url}/token")
        print(server.url, flush=True)
        sys.stdin.read()
