"""Print the first free TCP port from PORT on.

Usage: free_port.py HOST PORT
"""

import socket
import sys


def is_free(host: str, port: int) -> bool:
    """Whether a server could listen there now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


if __name__ == "__main__":
    wanted = int(sys.argv[2])
    candidates = (port for port in range(wanted, min(wanted + 100, 65536)) if is_free(sys.argv[1], port))
    port = next(candidates, None)
    if port is None:
        sys.exit(f"cannot listen on {sys.argv[1]}, on no port from {wanted} to {wanted + 99}")
    sys.stdout.write(f"{port}\n")
