# shellcheck shell=bash
# The npm packages of clients/, and what is built from them. Node and npm come with the Python packages. Sourced; needs
# say.sh, $root and $log.
: "${root:?}" "${log:?}"

clients=$root/clients

# npm ARGUMENTS...: in clients/, with the Node of .venv.
npm() {
    (cd "$clients" && PATH=$root/.venv/bin:$PATH NO_UPDATE_NOTIFIER=1 "$root/.venv/bin/npm" "$@")
}

# has_npm_packages: was the present lock installed completely?
has_npm_packages() {
    cmp -s "$clients/package-lock.json" "$clients/node_modules/installed.lock"
}

install_npm_packages() {
    if has_npm_packages; then return; fi
    logged "$log" npm ci
    cp "$clients/package-lock.json" "$clients/node_modules/installed.lock"
}

# stale_builds: the packages of clients/ whose build is older than what it is made of, in the order to build them.
stale_builds() {
    if is_stale typescript "$root/docs/openapi.yaml" "$root/docs/asyncapi.yaml"; then
        echo typescript
        echo phone
    elif is_stale phone; then
        echo phone
    fi
}

# is_stale PACKAGE MORE...: is one of its sources, or one of the files MORE, newer than its last build?
is_stale() {
    local dir=$clients/$1 built=$clients/$1/dist/built
    shift
    [ ! -e "$built" ] || [ -n "$(find "$dir" "$clients/package-lock.json" "$@" \
        -type f -not -path '*/dist/*' -not -path '*/node_modules/*' -not -name schema.ts -not -name frames.ts -newer "$built" -print -quit)" ]
}

# build_clients: keeps the time before the build, so that a change during it counts as newer.
build_clients() {
    local package now
    now=$(mktemp)
    for package in $(stale_builds); do
        logged "$log" npm run --workspace "$package" build
        if [ "$package" = phone ]; then logged "$log" "$venv/bin/python" -m whitenoise.compress "$clients/phone/dist"; fi
        touch -r "$now" "$clients/$package/dist/built"
    done
    rm -f "$now"
}
