# shellcheck shell=bash
# Where a private server keeps its data and its socket. Sourced.
#
# There are two limits: PostgreSQL does not run as root, and its user may not be able to enter the checkout; and the
# path of a unix socket has at most 107 bytes (103 on macOS).

# hash_of TEXT: 12 hexadecimal digits.
hash_of() {
    printf '%s' "$1" | { sha256sum 2>/dev/null || shasum -a 256; } | cut -c 1-12
}

# elsewhere_for DIR: the directory outside the checkout that replaces DIR.
elsewhere_for() {
    printf '/var/lib/tinder-for-trash/%s' "$(hash_of "$1")"
}

# suits_socket DIR: short, and without characters that a URL or a PostgreSQL setting would misread.
suits_socket() {
    local LC_ALL=C
    [ "${#1}" -le 80 ] && [[ "$1" =~ ^[A-Za-z0-9/._-]+$ ]]
}

# is_private DIR OWNER: a directory that only OWNER can enter. Any user may create directories in /tmp.
is_private() {
    [ -n "$(find "$1" -maxdepth 0 -type d -user "$2" -perm 700 2>/dev/null)" ]
}

# socket_dir HOME OWNER: HOME itself, or a short directory under /tmp whose name HOME/socket-dir keeps.
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

# remove_place HOME: removes the data and the directory of the socket.
remove_place() {
    local short
    short=$(cat "$1/socket-dir" 2>/dev/null || true)
    if [[ "$short" == /tmp/tft-"$(hash_of "$1")"-* ]]; then rm -rf "$short"; fi
    rm -rf "$1"
}
