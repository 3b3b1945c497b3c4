"""Wait until URL answers 200; give up after SECONDS, or as soon as process PID has ended.

Usage: wait_for_url.py URL SECONDS PID
"""

import http.client
import os
import sys
import time
import urllib.error
import urllib.request


def answers(url: str) -> bool:
    """Whether URL answers 200 now."""
    try:
        with urllib.request.urlopen(url, timeout=5) as response:  # noqa: S310 - always our own http address
            return bool(response.status == http.HTTPStatus.OK)
    except (urllib.error.URLError, OSError, http.client.HTTPException):
        return False


def is_alive(pid: int) -> bool:
    """Whether there is a process PID."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


if __name__ == "__main__":
    url, seconds, pid = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])
    deadline = time.monotonic() + seconds
    while not answers(url):
        if not is_alive(pid):
            sys.exit("the server ended before it answered")
        if time.monotonic() > deadline:
            sys.exit(f"{url} did not answer within {seconds:.0f} s")
        time.sleep(0.1)
