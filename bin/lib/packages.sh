# shellcheck shell=bash
# The system packages that the service needs, and their installation. Sourced; needs $root, say.sh and
# find-postgres.sh.
: "${root:?}"

# has_library NAME: can GeoDjango load lib<NAME>?
has_library() {
    case $(uname) in
        Darwin) compgen -G "/opt/homebrew/lib/lib$1.dylib" || compgen -G "/usr/local/lib/lib$1.dylib" ;;
        *) [[ "$(PATH=$PATH:/sbin:/usr/sbin ldconfig -p)" == *"lib$1.so"* ]] ;;
    esac >/dev/null
}

knows_package() {
    [ -n "$(apt-cache show --no-all-versions "$1" 2>/dev/null)" ]
}

# postgis_package: for an installed server, else the newest available, else that of the release.
postgis_package() {
    local major _bin
    while read -r major _bin; do
        if [ "$major" -ge 15 ]; then
            printf 'postgresql-%s-postgis-3\n' "$major"
            return
        fi
    done < <(postgres_bins)
    for major in 19 18 17 16 15; do
        if knows_package "postgresql-$major-postgis-3"; then
            printf 'postgresql-%s-postgis-3\n' "$major"
            return
        fi
    done
    echo postgresql-postgis
}

# venv_package PYTHON: Debian's own Python comes without what `python -m venv` needs.
venv_package() {
    if ! "$1" -c 'import ensurepip, venv' 2>/dev/null; then
        "$1" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])'
    fi
}

# missing_packages: Debian names, one a line.
missing_packages() {
    if ! find_postgres >/dev/null; then
        postgis_package # brings GDAL and GEOS
    elif ! has_library gdal || ! has_library geos_c; then
        echo gdal-bin
    fi
    has redis-server || echo redis-server
    # Receipts as PDF: Pango shapes Thai, and breaks its lines with libthai.
    has_library pangoft2-1.0 || echo libpangoft2-1.0-0
    has_thai_font || echo fonts-tlwg-laksaman-ttf
}

has_thai_font() {
    [ -e /usr/share/fonts/truetype/tlwg/Laksaman.ttf ] || [[ "$(fc-list :lang=th 2>/dev/null)" ]]
}

# missing_extras: packages that only single tests need. Ubuntu has Chromium only as a snap.
missing_extras() {
    has pdftotext || echo poppler-utils # reads receipts
    has curl || echo curl               # plays docs/build-an-app.md
    has jq || echo jq
    has pgbackrest || echo pgbackrest # backs up and restores
    has restic || echo restic
    has chromium || has google-chrome || grep -q '^ID=ubuntu' /etc/os-release || echo chromium
    [ -d /usr/share/fonts/truetype/tlwg ] || echo fonts-thai-tlwg
}

# lacks_promtool: which tests the alarms.
lacks_promtool() {
    ! has promtool && [ ! -x "$root/.local/bin/promtool" ]
}

# fetch_promtool: the program alone, without the server that is in the same package.
fetch_promtool() (
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    cd "$folder"
    apt-get download prometheus || { as_root apt-get update && apt-get download prometheus; }
    dpkg-deb --fsys-tarfile prometheus_*.deb | tar x ./usr/bin/promtool
    install -D usr/bin/promtool "$root/.local/bin/promtool"
)

# as_root COMMAND...: runs it directly as root, or through sudo; false when neither is possible.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif has sudo && sudo -n true 2>/dev/null; then
        sudo -n "$@"
    elif has sudo && [ -t 0 ]; then
        say "sudo may ask for your password, to install packages."
        sudo -v && sudo "$@"
    else
        return 1
    fi
}

# refuse_with_command PACKAGES: for users who may not install them.
refuse_with_command() {
    fail "this machine lacks: $*
Run this as a user who may install packages, then start again:

    apt-get update && apt-get install --yes --no-install-recommends $*
"
}

# install_packages LOG PACKAGE...
install_packages() {
    local log=$1
    shift
    if ! has apt-get; then
        fail "this machine lacks PostgreSQL 15+ with PostGIS 3, Redis 7+, GDAL, GEOS, Pango or a Thai font, and has no apt to install them"
    fi
    as_root true || refuse_with_command "$@"
    say "      installing $*"
    logged "$log" as_root "$root/bin/lib/apt-install.sh" "$@"
}

# check_homebrew: on macOS this only prints what to install.
check_homebrew() {
    if find_postgres >/dev/null && has redis-server && has_library gdal && has_library geos_c && has_library pangoft2-1.0; then return; fi
    fail "install what is missing with Homebrew, then start again:

    brew install python@3.13 postgresql@17 postgis redis gdal pango
"
}
