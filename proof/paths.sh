#!/usr/bin/env bash
# Lists every panic path that is left in the flight software: where it branches off, inlined frames
# included, innermost first. Prints nothing when the link proof would pass.
# Needs objdump and addr2line (Debian: binutils). Usage: proof/paths.sh [cargo options]
set -euo pipefail
cd "$(dirname "$0")/no-panic"
host=$(rustc -vV | sed -n "s/^host: //p")
target=../../target/proof
library=$target/$host/release/libfrigoris_no_panic.so
RUSTFLAGS="-C link-arg=-nostartfiles -C link-arg=-lc" cargo build --quiet --locked --release \
    --target "$host" --target-dir "$target" "$@"

# Per function: calls into core's panicking code sit in cold blocks at the function's end. Print the
# branches into such a block; if there is none, the call itself.
branches='
    function flush(   i, j, hit) {
        for (i = 1; i <= calls; i++) {
            hit = 0
            for (j = 1; j <= jumps; j++)
                if (to[j] >= first[i] && to[j] <= call[i]) { print from[j]; hit = 1 }
            if (!hit) print call[i]
        }
        calls = jumps = 0; fresh = 1
    }
    /^[0-9a-f]+ <.*>:$/ { flush(); core = /<core::|<__rustc::/; next }
    /^ *[0-9a-f]+:/ {
        at = sprintf("%16s", $1); sub(":", "", at); at = sprintf("%16s", at); gsub(" ", "0", at)
        if (fresh) { start = at; fresh = 0 }
        if ($2 ~ /^j/ && $3 ~ /^[0-9a-f]+$/) {
            goal = sprintf("%16s", $3); gsub(" ", "0", goal); from[++jumps] = at; to[jumps] = goal
        }
        if (!core && /(call|jmp).*<(core::.*(panic|fail)|.*rust_begin_unwind|a_panic)/) {
            call[++calls] = at; first[calls] = start; fresh = 1
        }
        if ($2 == "jmp" || $2 == "ret" || $2 == "ud2") fresh = 1
    }
    END { flush() }'
objdump -dC --no-show-raw-insn "$library" | awk "$branches" | while read -r at; do
    echo "panic reached from:"
    addr2line -i -f -C -e "$library" "0x$at" | paste - - |
        sed -e 's#/rustc/[0-9a-f]*/##' -e 's#[^ \t]*/registry/src/[^/]*/##' -e "s#$(cd ../.. && pwd)/##"
done
