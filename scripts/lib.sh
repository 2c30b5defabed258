# Shared by the scripts of this folder (sourced, never run): finding the repository, installing
# what is missing, Python environments under .cache/, and progress for slow steps.
# Everything that is already there costs milliseconds; everything that is installed is said first.

set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
CACHE="$ROOT/.cache"
cd "$ROOT"
PATH=$PATH:/usr/sbin:/sbin # debootstrap is there, and not on everyone's PATH

say() { printf '%s\n' "$*" >&2; }
fail() { printf 'error: %s\n' "$*" >&2; exit 1; }

# --- system packages -----------------------------------------------------------------------------

MISSING=()
need_tool() { command -v "$1" >/dev/null 2>&1 || MISSING+=("$2"); }                # command, package
need_library() { pkg-config --exists "$1" 2>/dev/null || MISSING+=("$2"); }        # pkg-config name, package
need_file() { [ -e "$1" ] || MISSING+=("$2"); }                                    # path, package

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null 2>&1; then sudo "$@"
  else fail "needs root (no sudo here): $*"
  fi
}

apt_updated=no
apt_update() {
  [ $apt_updated = yes ] && return 0
  mkdir -p "$CACHE"
  as_root apt-get update >"$CACHE/apt.log" 2>&1 || { tail -n 5 "$CACHE/apt.log" >&2; return 1; }
  apt_updated=yes
}

# Installs what the need_… calls before it found missing. Returns 1 when it cannot.
install_missing() {
  [ ${#MISSING[@]} -eq 0 ] && return 0
  local packages=("${MISSING[@]}")
  MISSING=()
  if ! command -v apt-get >/dev/null 2>&1; then
    say "missing here: ${packages[*]} (Debian's names; this system has no apt-get, please install them)"
    return 1
  fi
  say "installing system packages: ${packages[*]}"
  apt_update || return 1
  with_progress "apt-get install" "$CACHE/apt.log" as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y --no-install-recommends "${packages[@]}"
}

# What building needs besides Swift itself, which is not a Debian package.
install_build_packages() {
  command -v swift >/dev/null 2>&1 ||
    fail "swift is not on the PATH: install Swift 6.2 or newer from swift.org (swift.org/install/linux)"
  need_tool pkg-config pkg-config
  need_tool git git
  need_library libcurl libcurl4-openssl-dev
  need_library sqlite3 libsqlite3-dev
  install_missing || fail "the packages above are needed to build"
}

# What the tests need besides: a browser, foreign peers, a private CA, a Debian to install into.
install_test_packages() {
  if ! command -v chromedriver >/dev/null 2>&1; then
    # Ubuntu's names differ (and are snaps); Debian's come first.
    apt_update || return 1
    if apt-cache show chromium-driver >/dev/null 2>&1; then MISSING+=(chromium chromium-driver)
    else MISSING+=(chromium-browser chromium-chromedriver)
    fi
  fi
  need_tool tinyproxy tinyproxy
  need_tool nghttpx nghttp2-proxy
  need_tool openssl openssl
  need_tool node nodejs
  need_tool curl curl
  need_tool debootstrap debootstrap
  need_file /usr/share/keyrings/debian-archive-keyring.gpg debian-archive-keyring
  install_missing
}

# --- Python --------------------------------------------------------------------------------------

# Prints a Python of 3.10 or newer that can make a venv; returns 1 if there is none.
find_python() {
  local name
  for name in python3 python3.13 python3.12 python3.11 python3.10 /usr/bin/python3; do
    if "$name" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
      command -v "$name"
      return 0
    fi
  done
  return 1
}

ensure_python() {
  find_python >/dev/null && return 0
  MISSING+=(python3 python3-venv)
  install_missing && find_python >/dev/null
}

# ensure_venv DIRECTORY REQUIREMENTS LABEL: a virtual environment with exactly these pins. The stamp
# file is written last, so an interrupted installation is continued and a finished one costs nothing.
ensure_venv() {
  local directory=$1 requirements=$2 label=$3
  [ -x "$directory/bin/python" ] && cmp -s "$requirements" "$directory/installed-pins" && return 0
  ensure_python || { say "no Python 3.10 or newer with venv here"; return 1; }
  mkdir -p "$CACHE"
  if ! "$directory/bin/python" -c 'import pip' 2>/dev/null; then
    rm -rf "$directory"
    "$(find_python)" -m venv "$directory" || return 1
  fi
  with_progress "$label" "$directory/install.log" "$directory/bin/python" -m pip install \
    --disable-pip-version-check --no-input --retries 2 --timeout 30 -r "$requirements" || return 1
  cp "$requirements" "$directory/installed-pins"
}

# --- progress ------------------------------------------------------------------------------------

# with_progress LABEL LOG COMMAND…: runs it with its output in LOG and shows that time passes: one
# line rewritten each second on a terminal, a line every 20 s elsewhere. On failure the log's end.
with_progress() {
  local label=$1 log=$2 started=$SECONDS status=0 pid last
  shift 2
  mkdir -p "$(dirname "$log")"
  "$@" >"$log" 2>&1 </dev/null &
  pid=$!
  # A background child of a script ignores Ctrl-C; it is told by hand.
  trap 'kill "$pid" 2>/dev/null; exit 130' INT TERM
  while kill -0 "$pid" 2>/dev/null; do
    if [ -t 2 ]; then
      last=$(tail -n 1 "$log" 2>/dev/null | tr -d '\r' | cut -c1-60 || true)
      printf '\r\033[K%s … %d s  %s' "$label" $((SECONDS - started)) "$last" >&2
    elif [ $(((SECONDS - started) % 20)) = 19 ]; then
      say "$label … $((SECONDS - started)) s"
    fi
    sleep 1
  done
  wait "$pid" || status=$?
  trap - INT TERM
  [ -t 2 ] && printf '\r\033[K' >&2
  if [ $status -ne 0 ]; then
    say "$label failed after $((SECONDS - started)) s; the end of $log:"
    tail -n 15 "$log" >&2
    return $status
  fi
  say "$label: done in $((SECONDS - started)) s"
}
