# shellcheck shell=bash
# Locks, and finding and stopping processes by pid file. Sourced. After kill -9 or a reboot a pid may belong to another
# process, so these functions also take a word that the command line must hold.

# command_of PID: its command line, or nothing when there is no such process.
command_of() {
    if [ -z "$1" ]; then return; fi
    if [ -d /proc/self ]; then
        tr '\0' ' ' 2>/dev/null <"/proc/$1/cmdline" || true
    else
        ps -o command= -p "$1" 2>/dev/null || true
    fi
}

# pid_in FILE: the number on its first line, or nothing.
pid_in() {
    head -n 1 "$1" 2>/dev/null | tr -dc 0-9 || true
}

# is_running PID WORD: is the process alive, and does its command line hold WORD?
is_running() {
    [ -n "$1" ] && [[ "$(command_of "$1")" == *"$2"* ]]
}

# wait_for_end PID WORD SECONDS: false when it runs after that.
wait_for_end() {
    local tries=$(($3 * 20))
    while is_running "$1" "$2"; do
        if [ "$tries" -le 0 ]; then return 1; fi
        tries=$((tries - 1))
        sleep 0.05
    done
}

# stop_process PID WORD SECONDS [SOFT HARD]: sends SOFT (TERM), and HARD (KILL) after SECONDS.
stop_process() {
    if ! is_running "$1" "$2"; then return; fi
    kill "-${4:-TERM}" "$1" 2>/dev/null || true
    if wait_for_end "$1" "$2" "$3"; then return; fi
    kill "-${5:-KILL}" "$1" 2>/dev/null || true
    wait_for_end "$1" "$2" 2 || fail "process $1 ($2) does not stop"
}

# lock PYTHON FILE [now]: waits for the lock, or with "now" is false when another process holds it. The lock is the
# kernel's, on file descriptor 9: it ends with its process, even by kill -9. A child that is to outlive the process must
# be started with 9>&-.
lock() {
    exec 9>>"$2"
    "$1" - "${3:-}" <<'END' 2>/dev/null
import fcntl, sys
fcntl.flock(9, fcntl.LOCK_EX | (fcntl.LOCK_NB if sys.argv[1] else 0))
END
}
