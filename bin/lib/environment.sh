# shellcheck shell=bash
# Writes the variables that backend/settings.py reads, for private servers under a directory. Sourced; needs $root.
: "${root:?}"

# random_key: 64 hexadecimal digits.
random_key() {
    od -An -N32 -tx1 /dev/urandom | tr -d ' \n'
}

# secret_key DIR: created once, so that sessions survive a restart.
secret_key() {
    if [ ! -s "$1/secret-key" ]; then (umask 077 && random_key >"$1/secret-key"); fi
    cat "$1/secret-key"
}

# export_line NAME VALUE
export_line() {
    printf 'export %s=%q\n' "$1" "$2"
}

# library_lines: Homebrew's libraries are not where Python looks for them.
library_lines() {
    local prefix
    for prefix in /opt/homebrew/lib /usr/local/lib; do
        if [ -e "$prefix/libgdal.dylib" ]; then
            export_line GDAL_LIBRARY_PATH "$prefix/libgdal.dylib"
            export_line GEOS_LIBRARY_PATH "$prefix/libgeos_c.dylib"
        fi
    done
}

# write_environment DIR KIND PUBLIC_URL ALLOWED_HOSTS: writes DIR/env, to be sourced. It holds a secret.
write_environment() {
    local dir=$1
    mkdir -p "$dir/media" "$dir/static"
    (
        umask 077
        {
            export_line ENVIRONMENT "$2"
            export_line PUBLIC_URL "$3"
            export_line ALLOWED_HOSTS "$4"
            export_line SECRET_KEY "$(secret_key "$dir")"
            export_line MEDIA_ROOT "$dir/media"
            export_line PRIVATE_ROOT "$dir/private"
            export_line STATIC_ROOT "$dir/static"
            # A test holds a transaction open all the time.
            if [ "$2" = test ]; then export_line POSTGRES_IDLE_IN_TRANSACTION_S 600; fi
            library_lines
            cat "$dir/env.postgres" "$dir/env.redis"
        } >"$dir/env.new"
    )
    mv "$dir/env.new" "$dir/env"
}

# lift_limits: people may do as much as a load needs.
lift_limits() {
    export RATE_SIGN_IN=1000000/minute RATE_WRITE=1000000/minute RATE_READ=1000000/minute
    export RATE_MESSAGE=1000000/minute RATE_LIKE=1000000/minute RATE_PICKUP=1000000/minute
    export RATE_PICKUP_SQUARE=1000000/minute RATE_PHOTO=1000000/minute RATE_REPORT=1000000/minute
    export RATE_FIRST_MESSAGE=1000000/minute SOCKETS_MAX=1000000 SOCKETS_SESSION_MAX=1000000
    export SOCKET_FRAMES_PER_S=100000 MATCHES_ACTIVE_MAX=1000000 LIKES_WAITING_MAX=1000000
    export GROUPS_MAX=1000 DEVICES_MAX=1000
}
