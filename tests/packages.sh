#!/bin/sh
# The Debian packages that the tests need beside Rust and gcc: a browser, the two databases, Chinese letters
# for screenshots, a second opinion on our PDFs. As root it installs what is missing; anybody else is told. Servers are never left running:
# the tests start their own, on free ports (tests/it/services.rs).
set -eu

missing=""
need() { # need PACKAGE COMMAND...: the package is missing when the command fails
    package=$1
    shift
    "$@" >/dev/null 2>&1 || missing="$missing $package"
}
has_postgres() { ls /usr/lib/postgresql/*/bin/initdb; }
has_chinese_font() { ls /usr/share/fonts/truetype/wqy/* || ls /usr/share/fonts/opentype/noto/NotoSansCJK* || fc-list :lang=zh family | grep .; }

need chromium command -v chromium
need chromium-driver command -v chromedriver
need redis-server command -v redis-server
need postgresql has_postgres
need fonts-wqy-microhei has_chinese_font
need poppler-utils command -v pdftoppm
[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "The tests need these Debian packages:$missing" >&2
    echo "Install them, then run make test again:  sudo apt-get install$missing" >&2
    exit 1
fi

# Packages of servers start them when installed; this file, Debian's own switch for it, says no.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    trap 'exit 130' INT TERM
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod +x "$policy"
fi

export DEBIAN_FRONTEND=noninteractive
# Another session may hold the lock for a while.
apt="apt-get -y -qq -o DPkg::Lock::Timeout=300"
echo "Installing:$missing"
$apt update
# shellcheck disable=SC2086 # a list of words, on purpose
$apt install --no-install-recommends $missing
