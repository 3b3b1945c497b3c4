# shellcheck shell=bash
# One at a time. Sourced. The lock is the kernel's, on file descriptor 9: it ends with its holder, even by
# kill -9. Whatever is to outlive the holder must be started with 9>&-.

# lock PYTHON FILE [now]: waits for its turn, or with "now" is false when somebody else holds the lock.
lock() {
    exec 9>>"$2"
    "$1" - "${3:-}" <<'END' 2>/dev/null
import fcntl, sys
fcntl.flock(9, fcntl.LOCK_EX | (fcntl.LOCK_NB if sys.argv[1] else 0))
END
}
