#!/usr/bin/env bash
# Packets of a real flight through clients that others wrote: usage: proof/interop.sh PROGRAM PYTHON, with PROGRAM the
# release build of frigoris and PYTHON one that has what python/interop-requirements.txt lists.
# Flies a short descent, decodes it with space_packet_parser by our XTCE, with ccsdspy, with spacepackets and with
# F Prime's ground system, compares every value with ours, and sends commands from F Prime (proof/interop.py).
set -euo pipefail
program=$(realpath "$1")
python=$(realpath -s "$2")
root=$(realpath "$(dirname "$0")/..")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

cat >"$scratch/brief.toml" <<SCENARIO
extends = "$root/scenarios/m2-nominal-from-ignition.toml"
title = "The first ninety seconds of a descent"
duration_s_max = 90.0
SCENARIO
cd "$scratch"
code=0
"$program" fly "$scratch/brief.toml" --out flight </dev/null >flight.txt || code=$?
[ $code -le 1 ] || { cat flight.txt; exit 1; }
"$python" "$root/proof/interop.py" flight "$program" "$scratch"
