# shellcheck shell=bash
# Compiles the message catalogues with Babel, so that gettext is not needed. Sourced; needs $root.
: "${root:?}"

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
        "$root/.venv/bin/python" -m babel.messages.frontend --quiet compile \
            --input-file "$po" --output-file "${po%.po}.mo"
    done < <(stale_catalogues)
}
