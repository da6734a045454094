"""A campaign of Frigoris on a Dask cluster: one task a shard, then the merge.

    python frigoris_dask.py m2-nominal-from-ignition --runs 10000 --shards 40 --out /shared/campaign
    python frigoris_dask.py my.toml --runs 10000 --scheduler tcp://head:8786 --out /shared/campaign -- --seed 7

Needs `dask` and `distributed` (BSD licence). A task is the program itself, `frigoris campaign FILE --shard K/N`, so
every worker must see the program and the folder under the same path. A task that dies, or whose worker dies, is
started again and goes on with the parts that it left; a task that ran twice is counted once, because the merge counts
every run once. The result is the file that one process on one machine would have left.
"""

import argparse
import os
import subprocess
import sys

from dask.distributed import Client, LocalCluster


def commands(program, file, runs, shards, out, threads=1, more=()):
    """The command of each shard."""
    head = [program, "campaign", file, "--runs", str(runs), "--out", out, "--threads", str(threads)]
    return [head + ["--shard", f"{number}/{shards}", *more] for number in range(1, shards + 1)]


def fly(command):
    """Runs one command; its last line but one tells what was flown."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: exit code {done.returncode}\n{done.stderr}")
    sys.stderr.write(done.stderr)
    return done.stdout.splitlines()[-2]


def campaign(client, file, runs, shards, out, program="frigoris", threads=1, more=(), retries=3):
    """Flies a campaign on the workers of `client` and merges it; what the merge prints."""
    tasks = commands(program, file, runs, shards, out, threads, more)
    for told in client.gather(client.map(fly, tasks, retries=retries, pure=False)):
        print(told, flush=True)
    merge = [program, "campaign", "--merge", out]
    # What it complains of goes where ours does.
    return subprocess.run(merge, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=True).stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", help="scenario file, or name of a shipped scenario")
    parser.add_argument("--runs", type=int, required=True)
    parser.add_argument("--shards", type=int, default=8)
    parser.add_argument("--out", required=True, help="folder that every worker sees")
    parser.add_argument("--scheduler", help="address of a Dask scheduler; without it one task a core here")
    parser.add_argument("--threads", type=int, default=1, help="threads of a task")
    parser.add_argument("--program", default="frigoris")
    parser.add_argument("--retries", type=int, default=3, help="how often a task that died is started again")
    parser.add_argument("more", nargs="*", help="after --: further arguments of `frigoris campaign`")
    given = parser.parse_args()
    file = os.path.abspath(given.file) if os.path.exists(given.file) else given.file
    cluster = given.scheduler or LocalCluster(
        n_workers=os.cpu_count(), threads_per_worker=1, processes=False, dashboard_address=None
    )
    with Client(cluster) as client:
        out = os.path.abspath(given.out)
        told = campaign(
            client, file, given.runs, given.shards, out, given.program, given.threads, given.more, given.retries
        )
    sys.stdout.write(told)


if __name__ == "__main__":
    main()
