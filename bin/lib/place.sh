# shellcheck shell=bash
# Where a private server keeps its data and its socket. Sourced.
#
# Two things get in the way: PostgreSQL will not run as root, and the user it then runs as may not be
# able to enter the checkout; and the path of a unix socket ends at 107 bytes (103 on macOS).

# hash_of TEXT: 12 hexadecimal digits.
hash_of() {
    printf '%s' "$1" | { sha256sum 2>/dev/null || shasum -a 256; } | cut -c 1-12
}

# elsewhere_for DIR: the place outside the checkout that stands in for DIR.
elsewhere_for() {
    printf '/var/lib/tinder-for-trash/%s' "$(hash_of "$1")"
}

# suits_socket DIR: short enough, and free of what a URL or a PostgreSQL setting would misread.
suits_socket() {
    local LC_ALL=C
    [ "${#1}" -le 80 ] && [[ "$1" =~ ^[A-Za-z0-9/._-]+$ ]]
}

# is_private DIR OWNER: a true directory, OWNER's alone. Anybody may make directories in /tmp.
is_private() {
    [ -n "$(find "$1" -maxdepth 0 -type d -user "$2" -perm 700 2>/dev/null)" ]
}

# socket_dir HOME OWNER: HOME itself, or a short stand-in under /tmp that HOME/socket-dir remembers.
socket_dir() {
    local home=$1 owner=$2 prefix short
    if suits_socket "$home"; then
        printf '%s' "$home"
        return
    fi
    prefix=/tmp/tft-$(hash_of "$home")-
    short=$(cat "$home/socket-dir" 2>/dev/null || true)
    if [[ "$short" != "$prefix"* ]] || ! is_private "$short" "$owner"; then
        short=$(mktemp -d "${prefix}XXXXXX")
        if [ "$(id -u)" = 0 ]; then chown "$owner" "$short"; fi
        printf '%s\n' "$short" >"$home/socket-dir"
    fi
    printf '%s' "$short"
}

# remove_place HOME: the data and the stand-in for the socket.
remove_place() {
    local short
    short=$(cat "$1/socket-dir" 2>/dev/null || true)
    if [[ "$short" == /tmp/tft-"$(hash_of "$1")"-* ]]; then rm -rf "$short"; fi
    rm -rf "$1"
}
