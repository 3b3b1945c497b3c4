"""Free local ports for servers that tools and tests start."""

import errno
import random
import socket

# Below the ports from which the kernel picks for outgoing connections (from 32,768 on): such a connection would take
# the port before the server does, and a connection to a port that nobody serves can even meet itself.
PORTS = range(20_000, 32_000)


def free_port() -> int:
    """A port of 127.0.0.1 at which nobody listens."""
    for port in random.sample(PORTS, len(PORTS)):
        try:
            with socket.create_server(("127.0.0.1", port)):
                return port
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
    raise RuntimeError(f"no free port from {PORTS.start} to {PORTS.stop - 1}")
