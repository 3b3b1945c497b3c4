"""One worker of the quota's test: `python -m tools.fcm.quota_worker SECONDS` sends as fast as the quota lets it."""

import os
import sys
import time

from notifications.push.fcm import FcmBackend
from tools.fcm.messages import make_message

if __name__ == "__main__":
    until, backend = time.monotonic() + float(sys.argv[1]), FcmBackend()
    while time.monotonic() < until:
        list(backend.send([make_message(f"phone-{number}") for number in range(10)]))
    # Not by the usual way: google-auth asks Google about the made-up account, and would be waited for.
    os._exit(0)
