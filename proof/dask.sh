#!/usr/bin/env bash
# A campaign on Dask: usage: proof/dask.sh PROGRAM PYTHON, with PROGRAM the release build of frigoris and PYTHON one
# that has `distributed`. Kills one shard in the middle, sees Dask start it again, and compares with what one process
# leaves, octet by octet.
set -euo pipefail
program=$(realpath "$1")
python=$(realpath -s "$2")
root=$(realpath "$(dirname "$0")/..")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
runs=1200 shards=4

fail() {
    echo "FAILED: $*" >&2
    cat "$scratch/dask.txt" >&2 || true
    exit 1
}

cat >"$scratch/brief.toml" <<SCENARIO
extends = "$root/scenarios/m2-nominal-from-ignition.toml"
title = "The first forty seconds of a descent"
duration_s_max = 40.0
SCENARIO
cd "$scratch"
"$program" campaign "$scratch/brief.toml" --runs $runs --out whole </dev/null >whole.txt
"$python" "$root/python/frigoris_dask.py" brief.toml --runs $runs --shards $shards --out kept \
    --program "$program" >dask.txt 2>&1 &
dask=$!
# Shard 2 flies runs 301 to 600 in parts of 100: it dies with one of them done.
for try in $(seq 400); do
    ! ls kept/part-*-00000301-00000401.parquet >/dev/null 2>&1 || break
    sleep 0.05
done
shard=$(pgrep -f -- "--out $scratch/kept --threads 1 --shard 2/$shards" | head -n 1 || true)
[ -n "$shard" ] || fail "shard 2 does not fly (try $try)"
kill -KILL "$shard"
wait $dask || fail "the campaign does not survive a killed shard"
grep 'shard 2 of' dask.txt
! grep -q "shard 2 of $shards: .* 0 from before" dask.txt || fail "the shard's finished part was not taken"
cmp kept/campaign.parquet whole/campaign.parquet || fail "the merged file is not that of one process"
echo "$runs runs in $shards shards on Dask, one of them killed: the same file as that of one process"
