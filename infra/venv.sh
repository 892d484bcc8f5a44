#!/usr/bin/env bash
# Installs the Python packages that a file pins into a folder of their own, once for each content of the file, and
# prints where their programs are. The folder is kept between runs.
#
#   infra/venv.sh infra/proof/requirements.txt
set -euo pipefail

readonly requirements=$1
readonly cache="${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/acrotask-ci"
venv="$cache/venv-$(cksum <"$requirements" | cut -d' ' -f1)"
readonly venv

# An installation that was cut off does not have this file, and is made anew.
if [ ! -e "$venv/complete" ]; then
    rm -rf "$venv"
    python3 -m venv "$venv" >&2
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$requirements" >&2
    touch "$venv/complete"
fi
echo "$venv/bin"
