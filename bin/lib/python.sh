# shellcheck shell=bash
# The virtual environment in .venv with the packages of a lock file, and the compiled message catalogues. Sourced; needs
# say.sh, $root and $log.
: "${root:?}" "${log:?}"

venv=$root/.venv

# find_python: the first Python on the path that is 3.11 or newer. PYTHON=... overrides.
find_python() {
    local python
    for python in ${PYTHON:+"$PYTHON"} python3.13 python3.12 python3.11 python3; do
        if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$python"
            return
        fi
    done
    return 1
}

# stamp: the Python version and the path; a venv is valid for one of each.
stamp() {
    "$venv/bin/python" -c 'import sys; print(sys.version_info[:2], sys.prefix)' 2>/dev/null
}

# holds NAME: was the present requirements/NAME.lock installed completely into this venv?
holds() {
    cmp -s "$root/requirements/$1.lock" "$venv/$1.lock" && [ "$(stamp)" = "$(cat "$venv/stamp" 2>/dev/null)" ]
}

# is_ready WANTED: dev.lock lists all that run.lock does, and more.
is_ready() {
    holds "$1" || { [ "$1" = run ] && holds dev; }
}

# make_venv PYTHON: keeps a complete one; creates it again when it is incomplete or of another Python.
make_venv() {
    if [ -e "$venv/stamp" ] && [ "$(stamp)" = "$(cat "$venv/stamp")" ]; then return; fi
    rm -rf "$venv"
    logged "$log" "$1" -m venv "$venv"
}

# install_lock NAME: writes the stamp last, so that an interrupted installation is not taken for complete.
install_lock() {
    local lock=$root/requirements/$1.lock
    rm -f "$venv/stamp" "$venv/run.lock" "$venv/dev.lock"
    logged "$log" "$venv/bin/python" -m pip install --disable-pip-version-check --no-input \
        --require-hashes --no-deps --requirement "$lock"
    cp "$lock" "$venv/$1.lock"
    stamp >"$venv/stamp"
}

# catalogues: compiled with Babel, so that gettext is not needed.
catalogues() {
    find "$root"/{backend,geo,chat,notifications,tools} -path '*/locale/*/LC_MESSAGES/django.po' 2>/dev/null || true
}

# stale_catalogues: catalogues whose compiled file is missing or older.
stale_catalogues() {
    local po
    catalogues | while read -r po; do
        if [ ! "${po%.po}.mo" -nt "$po" ]; then printf '%s\n' "$po"; fi
    done
}

compile_catalogues() {
    local po
    while read -r po; do
        "$venv/bin/python" -m babel.messages.frontend --quiet compile \
            --input-file "$po" --output-file "${po%.po}.mo"
    done < <(stale_catalogues)
}
