#!/bin/sh
# Makes .venv in the project's root and installs the program in it, editable, with the extras named as
# arguments. What is there already is reused; an unchanged checkout costs nothing.
set -eu
cd "$(dirname "$0")/.."

say() { printf '%s\n' "$@" >&2; }
stop() { say "$@"; exit 1; }

# Some commands named python3.x are shims of a version manager that only print an error: try each.
is_new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
    if [ -n "${PYTHON:-}" ]; then set -- "$PYTHON"; else set -- python3.13 python3.12 python3.11 python3; fi
    for candidate; do
        if is_new_enough "$candidate"; then echo "$candidate"; return; fi
    done
    stop "CoUn needs Python 3.11 or newer, found none as $*: install one, or name it: make PYTHON=/path/to/python3"
}

# Debian and its kin keep the standard library's ensurepip in a package of its own.
need_ensurepip() {
    if "$1" -c 'import ensurepip, venv' 2>/dev/null; then return; fi
    package=$("$1" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
    command -v apt-get >/dev/null || stop "$1 has no ensurepip: install your system's package of Python's venv module."
    if [ "$(id -u)" -ne 0 ]; then
        stop "Python's venv module is missing. Run this once, then make again:" \
            "sudo apt-get install -y $package"
    fi
    say "Installing $package."
    apt-get update -q || say "apt-get update failed; trying with the package lists there are."
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$package"
}

# A .venv that was moved, copied or left half made still points elsewhere: its pip tells.
is_usable() {
    .venv/bin/python -m pip --version >/dev/null 2>&1 && grep -qF "$(pwd -P)/.venv/bin/python" .venv/bin/pip
}

extras=$(echo "$*" | tr ' ' ',')
state="$(pwd -P) $(cksum < pyproject.toml)"
# Without extras, the mark of any set of extras will do.
is_set_up() { grep -qxF "$state" .venv/set-up-"$extras"* 2>/dev/null; }

if is_set_up; then exit 0; fi
# Two calls at once would install over each other: the second waits, and finds the work done.
if command -v flock >/dev/null; then exec 9< pyproject.toml; flock 9; fi
if is_set_up; then exit 0; fi

if ! is_usable; then
    python=$(find_python)
    need_ensurepip "$python"
    say "Making .venv with $("$python" --version)."
    "$python" -m venv --clear .venv
fi
say "Installing CoUn${extras:+ with what \"$extras\" needs} (the first time several GB, PyTorch above all)."
.venv/bin/python -m pip install --disable-pip-version-check --editable ".${extras:+[$extras]}"
printf '%s\n' "$state" > ".venv/set-up-${extras:-base}"
