# shellcheck shell=bash
# A lock of the kernel on file descriptor 9. Sourced. It ends with its process, even by kill -9. A child that is
# to outlive the process must be started with 9>&-.

# lock PYTHON FILE [now]: waits for the lock, or with "now" is false when another process holds it.
lock() {
    exec 9>>"$2"
    "$1" - "${3:-}" <<'END' 2>/dev/null
import fcntl, sys
fcntl.flock(9, fcntl.LOCK_EX | (fcntl.LOCK_NB if sys.argv[1] else 0))
END
}
