#!/usr/bin/env bash
# The proof campaign: usage: proof/campaign/fly.sh [SEED [FOLDER]], defined in the README beside this file.
# Stopped, it goes on where it stood. Writes proof/campaign/summary.md.
set -euo pipefail
cd "$(dirname "$0")/../.."
seed=${1:-20401} out=${2:-out/proof}

acceptance() {
    cargo run --quiet --locked --release -p frigoris-campaign --example acceptance -- --seed "$seed" "$@"
}

acceptance --only =a-nominal,b-nominal --runs 3000 --out "$out/nominal"
acceptance --single-faults --runs 300 --out "$out/faults"
acceptance --merge "$out/nominal,$out/faults" --out "$out"
cargo run --quiet --locked --release -- rare m2-nominal-from-ignition --method subset --event not-standing \
    --seed "$seed" --out "$out/rare" </dev/null | tee "$out/rare.txt"
{
    cat "$out/acceptance.md"
    printf '\nChance that the nominal landing does not stand, estimated (`frigoris rare`):\n\n```\n'
    # Without the lines of progress.
    grep -Ev '^[0-9]+ runs, [0-9.]+ a second$' "$out/rare.txt"
    printf '```\n'
} >proof/campaign/summary.md
