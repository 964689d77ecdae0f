#!/bin/sh
# Make a virtual environment with the newest suitable Python: make_venv.sh FOLDER
set -eu
folder=$1
for name in "${PYTHON:-}" python3.13 python3.12 python3.11 python3 python; do
    [ -n "$name" ] || continue
    command -v "$name" >/dev/null 2>&1 || continue
    "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue
    if ! "$name" -c 'import ensurepip' 2>/dev/null; then
        version=$("$name" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
        sh "$(dirname "$0")/debian_packages.sh" "python$version-venv"
    fi
    echo "Making $folder with $("$name" --version)"
    exec "$name" -m venv "$folder"
done
echo "LandmarkDiff needs Python 3.11 or newer; install it, or set PYTHON to it." >&2
exit 2
