# shellcheck shell=bash
# Output for the terminal. Sourced; progress goes to stdout, errors to stderr.

say() {
    printf '%s\n' "$*"
}

# fail MESSAGE [STATUS]: prints the message, and ends the script.
fail() {
    printf '%s: %s\n' "$(basename "$0")" "$1" >&2
    exit "${2:-1}"
}

# logged LOG COMMAND...: runs a command and prints its output only if it fails.
logged() {
    local log=$1
    shift
    if ! "$@" >"$log" 2>&1; then
        tail -n 30 "$log" >&2
        fail "the command failed; its whole output is in $log"
    fi
}

has() {
    command -v "$1" >/dev/null 2>&1
}
