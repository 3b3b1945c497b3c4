#!/usr/bin/env bash
# Checks the proxies' configurations and the systemd units in deploy/, each with its own program where that is installed.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
export PATH=$PATH:/usr/sbin:/sbin
. "$root/bin/lib/say.sh"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# certificate: what the configurations name.
certificate() {
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=trash.example.org \
        -keyout "$dir/trash.example.org.key" -out "$dir/trash.example.org.pem" 2>/dev/null
    cat "$dir/trash.example.org.key" >>"$dir/trash.example.org.pem"
}

# check FILE COMMAND...: with the certificate of this run.
check() {
    local file=$1
    shift
    if ! has "$1"; then
        say "$1 is not installed: deploy/$file is not checked"
        return
    fi
    sed "s#/etc/tinder-for-trash/tls#$dir#" "$root/deploy/$file" >"$dir/$file"
    "$@" "$dir/$file"
}

# check_units: the program they start need not be installed here.
check_units() {
    local unit found
    has systemd-analyze || { say "systemd-analyze is not installed: deploy/systemd is not checked" && return; }
    for unit in "$root"/deploy/systemd/*; do
        sed -E "s#^(ExecStart(Post)?=)[^ ]*#\1$(command -v true)#" "$unit" >"$dir/${unit##*/}"
    done
    # It ends with 0 for what it ignores, such as a value it does not know.
    found=$(systemd-analyze verify --man=no "$dir"/tinder-for-trash* 2>&1 | grep "$dir" || true)
    if [ -n "$found" ]; then fail "$found"; fi
}

certificate
check nginx.conf nginx -t -q -c
check haproxy.cfg haproxy -c -q -f
check_units
