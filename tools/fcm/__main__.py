"""A local Firebase as a process, for `bin/run --phone`, `bin/bench`, staging (deploy/compose.staging.yaml) and manual
tests: messages, and the users and tokens of the Auth emulator.

Usage: python -m tools.fcm PORT ACCOUNT_FILE [URL]
       writes a service account file, prints the address, and serves until it is stopped; PORT 0 picks a free port.
       With URL it listens for other machines too, which reach it there. Its tokens are unsigned, as the emulator's are.

    POST /v1/projects/P/messages:send, POST /token    as Firebase does
    POST /identitytoolkit.googleapis.com/v1/projects/P/accounts:lookup    as the Auth emulator does
    POST /sign-in {"phone"}                           an ID token of the user with this number, for the service
    GET  /sent?address=TOKEN&since=N                  the messages sent to a device
    GET  /counts                                      the number of requests for each address
    POST /answers {"address", "answer", "once"}       sets the answer of an address; a 400 lists the answers
"""

import sys
from pathlib import Path
from threading import Event

from tools.fcm.server import FcmServer, write_account

if __name__ == "__main__":
    port, file, *url = sys.argv[1:]
    with FcmServer(int(port), host="0.0.0.0" if url else "127.0.0.1") as server:
        write_account(Path(file), token_uri=f"{url[0] if url else server.url}/token")
        print(server.url, flush=True)
        Event().wait()
