#!/bin/sh
# Builds the sdist, and the wheel from that sdist, into an emptied dist/, then looks into the wheel.
set -eu
cd "$(dirname "$0")/.."
rm -rf dist
.venv/bin/python -m build --outdir dist
.venv/bin/python packaging/check_wheel.py dist/*.whl
