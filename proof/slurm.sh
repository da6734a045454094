#!/usr/bin/env bash
# A campaign on a real Slurm: usage: proof/slurm.sh PROGRAM, with PROGRAM the release build of frigoris.
# Starts a single node on loopback, all state in one folder, no system service, no cgroups; submits a campaign as an
# array, kills one shard in the middle, sees the merge refuse, submits again, and compares with what one process
# leaves, octet by octet. Needs root and Debian's slurm-wlm, slurmctld, slurmd and munge (.ci/run installs them).
set -euo pipefail
program=$(realpath "$1")
root=$(realpath "$(dirname "$0")/..")
scratch=$(mktemp -d)
chmod 755 "$scratch"
export SLURM_CONF=$scratch/slurm.conf
runs=1200 shards=4

fail() {
    echo "FAILED: $*" >&2
    tail -n 5 "$scratch"/*.log "$scratch"/kept/slurm/*.txt >&2 || true
    exit 1
}

stop() {
    local file pid
    for file in slurmd.pid ctld.pid munge/pid; do
        pid=$(cat "$scratch/$file" 2>/dev/null || true)
        [ -n "$pid" ] && kill "$pid" 2>/dev/null || continue
        # Slurm writes its state while it stops.
        for _ in $(seq 100); do kill -0 "$pid" 2>/dev/null && sleep 0.1 || break; done
    done
    rm -rf "$scratch"
}
trap stop EXIT

# After a recipe that was tried by hand on Debian 12 (Slurm 22.05).
start() {
    local host memory try
    host=$(hostname -s)
    memory=$(awk '/MemTotal/ { print int($2 / 1024 * 0.8) }' /proc/meminfo)
    mkdir -p "$scratch"/{state,spool,munge}
    chmod 700 "$scratch/munge"
    head -c 128 /dev/urandom >"$scratch/munge/key"
    chmod 400 "$scratch/munge/key"
    cat >"$SLURM_CONF" <<CONF
ClusterName=frigoris
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=16817
SlurmdPort=16818
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
AuthType=auth/munge
AuthInfo=socket=$scratch/munge/sock
CredType=cred/munge
SlurmUser=root
SlurmdUser=root
StateSaveLocation=$scratch/state
SlurmdSpoolDir=$scratch/spool
SlurmctldPidFile=$scratch/ctld.pid
SlurmdPidFile=$scratch/slurmd.pid
SlurmctldLogFile=$scratch/ctld.log
SlurmdLogFile=$scratch/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
MpiDefault=none
SchedulerParameters=sched_interval=1
NodeName=$host NodeAddr=127.0.0.1 CPUs=$(nproc) RealMemory=$memory State=UNKNOWN
PartitionName=main Nodes=$host Default=YES MaxTime=INFINITE State=UP
CONF
    munged --force --key-file="$scratch/munge/key" --socket="$scratch/munge/sock" \
        --pid-file="$scratch/munge/pid" --log-file="$scratch/munge.log" --seed-file="$scratch/munge/seed"
    slurmctld
    slurmd
    for try in $(seq 60); do
        ! sinfo -h -o %T 2>/dev/null | grep -q idle || return 0
        sleep 0.5
    done
    fail "the node of Slurm does not become idle after $try tries"
}

# Until the queue is empty.
drain() {
    local try
    for try in $(seq 200); do
        [ -n "$(squeue -h -o %A)" ] || return 0
        sleep 0.5
    done
    fail "the queue does not empty in $try tries: $(squeue)"
}

campaign() {
    (cd "$scratch" && "$program" campaign "$scratch/brief.toml" --runs $runs "$@" </dev/null)
}

cat >"$scratch/brief.toml" <<SCENARIO
extends = "$root/scenarios/m2-nominal-from-ignition.toml"
title = "The first forty seconds of a descent"
duration_s_max = 40.0
SCENARIO
start
sinfo --version
campaign --threads "$(nproc)" --out whole >"$scratch/whole.txt"
campaign --slurm --shards $shards --out kept | tee "$scratch/first.txt"
job=$(sed -n 's/.*submitted as job \([0-9]*\),.*/\1/p' "$scratch/first.txt")
# Shard 2 flies runs 301 to 600 in parts of 100: it dies with one of them done.
for try in $(seq 400); do
    ! ls "$scratch"/kept/part-*-00000301-00000401.parquet >/dev/null 2>&1 || break
    sleep 0.05
done
scancel --signal=KILL "${job}_2"
drain
[ ! -e "$scratch/kept/campaign.parquet" ] || fail "merged although a shard was killed (try $try)"
cat "$scratch/kept/slurm/merge.txt"
grep -q "^missing: frigoris campaign .* --first-run 401 --runs 200 " "$scratch/kept/slurm/merge.txt" || fail "the merge does not say what is missing"
campaign --slurm --shards $shards --out kept | tee "$scratch/second.txt"
grep -q "^1 of $shards shards submitted" "$scratch/second.txt" || fail "not one shard was submitted again"
drain
grep 'from before' "$scratch/kept/slurm/shard-2.txt"
! grep -q ' 0 from before' "$scratch/kept/slurm/shard-2.txt" || fail "the shard's finished part was not taken"
cmp "$scratch/kept/campaign.parquet" "$scratch/whole/campaign.parquet" ||
    fail "the merged file is not that of one process"
echo "$runs runs in $shards shards, one of them killed: the same file as that of one process"
