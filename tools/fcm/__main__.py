"""The local Firebase Cloud Messaging server as a process, for `bin/run --phone`, `bin/bench` and manual tests.

Usage: python -m tools.fcm PORT ACCOUNT_FILE
       writes a service account file, prints the address, and serves until it is stopped; PORT 0 picks a free port.

    POST /v1/projects/P/messages:send, POST /token    as Firebase does
    GET  /sent?address=TOKEN&since=N                  the messages sent to a device
    GET  /counts                                      the number of requests for each address
    POST /answers {"address", "answer", "once"}       sets the answer of an address; a 400 lists the answers
"""

import sys
from pathlib import Path
from threading import Event

from tools.fcm.server import FcmServer, write_account

if __name__ == "__main__":
    with FcmServer(int(sys.argv[1])) as server:
        write_account(Path(sys.argv[2]), token_uri=f"{server.url}/token")
        print(server.url, flush=True)
        Event().wait()
