#!/usr/bin/env bash
# Installs Debian or Ubuntu packages as root. A PostgreSQL or Redis that comes with them is neither created, nor
# started, nor enabled; one that was installed before is not touched.
#
# Usage: bin/lib/apt-install.sh PACKAGE...   (bin/setup calls it, through sudo where needed)
set -euo pipefail

policy=/usr/sbin/policy-rc.d # Debian's packages run it before they start a service
saved=$policy.before-tinder-for-trash
no_cluster=/etc/postgresql-common/createcluster.d/tinder-for-trash.conf

is_installed() {
    dpkg-query --show --showformat '${Status}\n' "$1" 2>/dev/null | grep -q 'ok installed'
}

# forbidden: the services that are not on this machine yet, as a pattern of the shell's case.
forbidden() {
    local services=
    if ! is_installed redis-server; then services='*redis-server*'; fi
    if ! is_installed 'postgresql-[0-9]*'; then services="${services:+$services|}*postgresql*"; fi
    printf '%s' "${services:-none}"
}

forbid_services() {
    if [ -e "$policy" ] && ! grep -q 'Tinder for Trash' "$policy"; then mv "$policy" "$saved"; fi
    cat >"$policy" <<END
#!/bin/sh
# Written by Tinder for Trash's bin/setup, which removes it when it ends; without it, this forbids nothing.
if kill -0 $$; then case "\$*" in $(forbidden)) exit 101 ;; esac; fi
if [ -x $saved ]; then exec $saved "\$@"; fi
if [ -d /run/systemd/system ]; then exit 0; fi
exit 101 # as without a policy where no init system runs, in a container or chroot
END
    chmod 755 "$policy"
    mkdir -p "$(dirname "$no_cluster")"
    printf 'create_main_cluster = false\n' >"$no_cluster"
}

allow_services() {
    rm -f "$policy" "$no_cluster"
    if [ -e "$saved" ]; then mv "$saved" "$policy"; fi
}

# keep_redis_off: it must not come up with the next boot either.
keep_redis_off() {
    if ! is_installed redis-server; then return; fi
    deb-systemd-helper disable redis-server.service >/dev/null 2>&1 || true
    update-rc.d redis-server disable >/dev/null 2>&1 || true
}

main() {
    local redis_is_new=no
    if ! is_installed redis-server; then redis_is_new=yes; fi
    export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1
    trap allow_services EXIT
    trap 'exit 130' INT TERM HUP
    forbid_services
    apt-get -o DPkg::Lock::Timeout=120 update
    apt-get -o DPkg::Lock::Timeout=120 install --yes --no-install-recommends "$@"
    if [ "$redis_is_new" = yes ]; then keep_redis_off; fi
}

main "$@"
