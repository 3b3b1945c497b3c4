# shellcheck shell=bash
# Finds the PostgreSQL programs on the disk, without starting anything. Sourced.

# postgres_bins: "MAJOR DIRECTORY" of every server on this machine, the newest first.
postgres_bins() {
    local bin
    for bin in /usr/lib/postgresql/*/bin /usr/pgsql-*/bin \
        /opt/homebrew/opt/postgresql@*/bin /usr/local/opt/postgresql@*/bin \
        "$(pg_config --bindir 2>/dev/null || true)"; do
        if [ -x "$bin/postgres" ] && [ -x "$bin/pg_config" ]; then
            printf '%s %s\n' "$("$bin/postgres" --version | sed -E 's/^[^0-9]*([0-9]+).*/\1/')" "$bin"
        fi
    done | sort -rn
}

has_postgis() {
    [ -e "$("$1/pg_config" --sharedir)/extension/postgis.control" ]
}

# find_postgres [MAJOR]: the directory of that version, or of the newest from 15 on, that has PostGIS.
find_postgres() {
    local major bin
    while read -r major bin; do
        if [ "$major" -ge 15 ] && [ "${1:-$major}" = "$major" ] && has_postgis "$bin"; then
            printf '%s' "$bin"
            return
        fi
    done < <(postgres_bins)
    return 1
}
