#!/usr/bin/env bash
# The whole flight software, fed recorded descents, on this machine and on emulated flight processors: an Arm
# Cortex-M7 with its FPU for doubles (QEMU mps2-an500) and a 64-bit RISC-V (QEMU virt); the first descent also
# on a Cortex-M7 that has doubles in software alone. All they say must be the same to the bit; then what a cycle
# costs is printed, in instructions, by phase. Instructions are counted exactly (-icount) and repeat for one
# build; they are no time: the emulator knows no caches, no pipelines and no buses.
# Needs qemu-system-arm, qemu-system-riscv64 and Rust's bare-metal targets, or in their place Debian's compiler
# with its library source and lld (see .ci/run). Usage: proof/processors.sh [TAPE of crates/rig/examples/tape.rs]...
set -euo pipefail
cd "$(dirname "$0")/.."
out=$PWD/target/processors
board=$PWD/proof/processors/board
manifest=proof/processors/Cargo.toml
arm=thumbv7em-none-eabihf
riscv=riscv64gc-unknown-none-elf
mkdir -p "$out"

fail() {
    echo "FAILED: $*" >&2
    exit 1
}

# Healthy from ignition; every sensor, from orbit, dispersed; a cold restart in braking; plans over rocks.
tapes=("$@")
if [ $# = 0 ]; then
    for flight in m2-nominal-from-ignition:0 m2-further-sensors:1 history-beresheet:0 hazard-avoidance:0; do
        tapes+=("$out/${flight%:*}.tape")
        cargo run --quiet --locked --release -p frigoris-rig --example tape -- \
            "$out/${flight%:*}.tape" "scenarios/${flight%:*}.toml" "${flight#*:}"
    done
fi

compiler=(cargo build)
if [ ! -d "$(rustc --print target-libdir --target "$arm")" ] || [ ! -d "$(rustc --print target-libdir --target "$riscv")" ]; then
    linker=$(compgen -c ld.lld | sort -V | tail -1)
    [ -n "$linker" ] || fail "no lld to link with"
    compiler=(env RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1
        CARGO_TARGET_THUMBV7EM_NONE_EABIHF_LINKER="$linker"
        CARGO_TARGET_RISCV64GC_UNKNOWN_NONE_ELF_LINKER="$linker"
        /usr/bin/cargo build -Zbuild-std=core)
fi
# Builds the board program: folder, options of the compiler for Arm, targets.
build() {
    local folder=$1 arm_flags=$2 target targets=()
    shift 2
    for target in "$@"; do targets+=(--target "$target"); done
    CARGO_TARGET_THUMBV7EM_NONE_EABIHF_RUSTFLAGS="$arm_flags -C link-arg=-T$board/cortex_m7.ld" \
        CARGO_TARGET_RISCV64GC_UNKNOWN_NONE_ELF_RUSTFLAGS="-C link-arg=-T$board/riscv64.ld" \
        "${compiler[@]}" --quiet --locked --release --manifest-path "$manifest" \
        -p frigoris-processors-board "${targets[@]}" --target-dir "$out/$folder"
}
# One beside the other: each spends most of its time in one thread, linking.
build double "-C target-cpu=cortex-m7" "$arm" "$riscv" &
double=$!
build single "" "$arm"
cargo build --quiet --locked --release --manifest-path "$manifest" -p frigoris-processors-host --target-dir "$out/host"
wait "$double" || fail "the board program cannot be built"

# Each of these flies one tape; it ends with an exit code of its own.
host() { "$out/host/release/frigoris-processors-host" "$1"; }
on_arm() {
    timeout 600 qemu-system-arm -M mps2-an500 -display none -monitor none -serial none -chardev stdio,id=console \
        -semihosting-config enable=on,target=native,chardev=console -icount shift=6,sleep=off \
        -device "loader,file=$2,addr=0x60000000,force-raw=on" -kernel "$out/$1/$arm/release/frigoris-processors-board"
}
cortex_m7() { on_arm double "$1"; }
doubles_in_software() { on_arm single "$1"; }
riscv64() {
    timeout 600 qemu-system-riscv64 -M virt -m 256M -display none -monitor none -serial stdio -bios none \
        -icount shift=0,sleep=off -device "loader,file=$1,addr=0x84000000,force-raw=on" \
        -kernel "$out/double/$riscv/release/frigoris-processors-board"
}

# All that one processor said of a tape, and a table: phase, cycles, then mean and worst of each processor.
said() { grep -E '^(hash|snapshots|events) ' "$1"; }
compare() {
    local tape=$1 one files=()
    shift
    for one in "$@"; do
        [ "$(said "$tape.$one" | wc -l)" = 3 ] || fail "$one says nothing of $tape"
        printf '%-20s %s\n' "$one" "$(said "$tape.$one" | paste -s -d ' ')"
        [ "$(said "$tape.$one")" = "$(said "$tape.host")" ] || fail "$one and the host differ on $tape"
        [ "$one" = host ] || files+=("$tape.$one")
    done
    paste -d '|' "${files[@]}" | awk -F '|' -v names="$*" '
        BEGIN {
            n = split(names, name, " ")
            printf "%-17s %7s", "instructions", "cycles"
            for (i = 2; i <= n; i++) printf " %20s", name[i]
            print ""
        }
        /^phase / {
            sub("phase ", "", $1); printf "%-17s %7d", $1, $2
            for (i = 0; i < n - 1; i++) printf " %10d %9d", $(3 + 4 * i), $(4 + 4 * i)
            print ""
        }'
}

processors=(host riscv64 cortex_m7 doubles_in_software)
for tape in "${tapes[@]}"; do
    printf '\n%s\n' "$(basename "$tape")"
    running=()
    for one in "${processors[@]}"; do
        "$one" "$tape" >"$tape.$one" </dev/null &
        running+=("$!")
    done
    for each in "${!running[@]}"; do
        one=${processors[$each]}
        wait "${running[$each]}" || { cat "$tape.$one"; fail "$one does not fly $tape"; }
    done
    compare "$tape" "${processors[@]}"
    processors=(host riscv64 cortex_m7)
done
