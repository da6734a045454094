#!/usr/bin/env bash
# The proof campaign: usage: proof/campaign/fly.sh [SEED [FOLDER]], defined in the README beside this file.
# Stopped, it goes on where it stood. Writes FOLDER/acceptance.md and copies it to proof/campaign/summary.md.
set -euo pipefail
cd "$(dirname "$0")/../.."
seed=${1:-20401} out=${2:-out/proof}

acceptance() {
    cargo run --quiet --locked --release -p frigoris-campaign --example acceptance -- --seed "$seed" "$@"
}

acceptance --only =a-nominal,b-nominal --runs 3000 --out "$out/nominal"
acceptance --single-faults --runs 300 --out "$out/faults"
acceptance --merge "$out/nominal,$out/faults" --out "$out"
cp "$out/acceptance.md" proof/campaign/summary.md
