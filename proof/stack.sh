#!/usr/bin/env bash
# The deepest stack that the flight software can use, by its machine code: for each entry point of
# proof/no-panic the largest sum of frames along any path of calls, return addresses included.
# An upper bound for this compiler and this processor: every push and every subtraction from the stack
# pointer in a function counts, whether one path meets all of them or not. A call through a pointer counts
# as the deepest function that nobody calls by name (the readers in the telemetry dictionary) or as a memory
# copy of the C library, which is a leaf of 256 octets (assumed; it saves some registers). Fails on recursion
# and on a frame whose size is not constant. Needs objdump and the library that `.ci/run no_panic` links. Usage: proof/stack.sh [bytes allowed for step]
set -euo pipefail
cd "$(dirname "$0")/.."
host=$(rustc -vV | sed -n "s/^host: //p")
library=${STACK_LIBRARY:-target/proof/$host/release/libfrigoris_no_panic.so}
allowed=${1:-65536}
[ -f "$library" ] || { echo "no $library: run .ci/run no_panic first" >&2; exit 1; }
case $host in x86_64-*) ;; *) echo "reads x86-64 machine code, not that of $host" >&2; exit 1 ;; esac

# shellcheck disable=SC2016
objdump -d --no-show-raw-insn "$library" | awk -v allowed="$allowed" '
    function hex(text,   i, n) {
        n = 0; text = tolower(text); sub(/^0x/, "", text)
        for (i = 1; i <= length(text); i++) n = 16 * n + index("0123456789abcdef", substr(text, i, 1)) - 1
        return n
    }
    function fail(why) { print "FAILED: " why > "/dev/stderr"; failed = 1 }
    # A leaf of the C library: copies need no more than some saved registers (assumed: 256 octets).
    function foreign(name) { return name ~ /@plt/ }
    function depth(f,   n, i, list, most, d) {
        if (foreign(f)) return 8 + 256
        if (state[f] == 2) return deepest[f]
        if (state[f] == 1) { fail("recursion through " f); return 0 }
        state[f] = 1; most = 0
        n = split(calls[f], list, " ")
        for (i = 1; i <= n; i++) {
            d = depth(list[i])
            if (d > most) { most = d; next_of[f] = list[i] }
        }
        if (indirect[f] && pointed > most) { most = pointed; next_of[f] = "a pointer" }
        if (odd[f] != "") fail("frame of " f " is not constant: " odd[f])
        state[f] = 2; deepest[f] = 8 + frame[f] + most
        return deepest[f]
    }
    /^[0-9a-f]+ <.*>:$/ {
        name = $2; gsub(/[<>:]/, "", name); at[name] = 1; frame[name] += 0; probe = 0; next
    }
    /^ *[0-9a-f]+:/ {
        if ($2 ~ /^push/) frame[name] += 8
        else if ($2 == "lea" && $3 ~ /^-0x[0-9a-f]+\(%rsp\),%r11$/) {
            size = $3; sub(/^-/, "", size); sub(/\(.*/, "", size); frame[name] += hex(size); probe = 1
        }
        else if ($2 == "sub" && $3 ~ /^\$0x[0-9a-f]+,%rsp$/) {
            size = $3; sub(/^\$/, "", size); sub(/,.*/, "", size)
            if (probe) probe = 0; else frame[name] += hex(size)
        }
        else if ($2 == "add" && $3 ~ /^\$0xf*[89a-f][0-9a-f]+,%rsp$/ && $3 ~ /0xffffffffffff/) {
            size = $3; sub(/^\$0x/, "", size); sub(/,.*/, "", size); frame[name] += 128
        }
        else if (($2 == "sub" || $2 == "and") && $3 ~ /^%.*,%rsp$/) odd[name] = $0
        else if ($2 == "and" && $3 ~ /^\$0xf.*,%rsp$/) frame[name] += 64
        if ($2 ~ /^call/ && $3 ~ /^\*/) indirect[name] = 1
        if (($2 ~ /^call/ || $2 ~ /^j/) && $4 ~ /^</) {
            goal = $4; gsub(/[<>]/, "", goal); sub(/\+0x[0-9a-f]+$/, "", goal)
            if (goal != name && !((name, goal) in seen)) { seen[name, goal] = 1; called[goal] = 1; calls[name] = calls[name] " " goal }
        }
    }
    END {
        n = split("receive_load power_up step planner divert housekeeping raw_cycle beacon answer frame beacon_frame receive_command read_command downlink_begin downlink send_command receive_telemetry deliver", entry, " ")
        for (i = 1; i <= n; i++) called[entry[i]] = 1
        pointed = 8 + 256
        for (f in at) if (!(f in called) && !foreign(f)) {
            if (indirect[f]) fail(f " is called through a pointer and calls through one")
            else { d = depth(f); if (d > pointed) { pointed = d; target = f } }
        }
        delete next_of["a pointer"]
        for (i = 1; i <= n; i++) {
            if (!(entry[i] in at)) continue
            total = depth(entry[i])
            text = sprintf("%-17s %7d octets:", entry[i], total)
            for (f = entry[i]; f != ""; f = next_of[f]) {
                short = f; gsub(/^_ZN|17h[0-9a-f]+E$/, "", short)
                text = text sprintf(" %s (%d)", short, frame[f])
            }
            print text
            if (entry[i] == "step" && total > allowed) fail("step may use " total " octets, " allowed " are allowed")
        }
        print "a call through a pointer counts " pointed " octets"
        exit failed
    }'
