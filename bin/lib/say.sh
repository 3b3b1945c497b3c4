# shellcheck shell=bash
# Words for the person at the terminal. Sourced; progress goes to stdout, refusals to stderr.

say() {
    printf '%s\n' "$*"
}

# fail MESSAGE [STATUS]: says why, and ends the script.
fail() {
    printf '%s: %s\n' "$(basename "$0")" "$1" >&2
    exit "${2:-1}"
}

# logged LOG COMMAND...: runs a talkative command; its words are shown only if it fails.
logged() {
    local log=$1
    shift
    if ! "$@" >"$log" 2>&1; then
        tail -n 30 "$log" >&2
        fail "that did not work; all it said is in $log"
    fi
}

has() {
    command -v "$1" >/dev/null 2>&1
}
