//! A recorded descent on a processor without an operating system, emulated by QEMU.
//!
//! Owns: the first instructions after reset, the console, the way out; one file a processor.
//! Does not own: the descent (`processors`). The emulator puts the tape into memory before reset.
//! Refuses: real boards. Clocks, caches and memory controllers would have to be set up first.
#![no_std]
#![no_main]
#![allow(unsafe_code)] // registers, and memory that others have written

#[cfg_attr(target_arch = "arm", path = "cortex_m7.rs")]
#[cfg_attr(target_arch = "riscv64", path = "riscv64.rs")]
mod machine;

use core::fmt::Write;
use core::panic::PanicInfo;

/// Instructions of the known piece, and how far its count may be off: reading the counter counts too.
const KNOWN: (u64, u64) = (10_000, 10);

/// Octets of memory that the tape may fill: the smaller of the two boards has 16 MB for it.
const TAPE_OCTETS: usize = 16 << 20;

/// Called by the first instructions, with a stack and the floating-point unit on.
#[unsafe(no_mangle)]
extern "C" fn main() -> ! {
    let mut counter = machine::counter();
    let before = counter();
    machine::known();
    let counted = counter().wrapping_sub(before);
    if counted.abs_diff(KNOWN.0) > KNOWN.1 {
        let _ = writeln!(machine::Console, "{} instructions count as {counted}", KNOWN.0);
        machine::exit(1)
    }
    // SAFETY: memory of both boards, written before reset and by nobody afterwards.
    let tape = unsafe { core::slice::from_raw_parts(machine::TAPE, TAPE_OCTETS) };
    match processors::run(tape, counter) {
        Ok(summary) => {
            let _ = write!(machine::Console, "{summary}");
            machine::exit(0)
        }
        Err(trouble) => {
            let _ = writeln!(machine::Console, "the tape cannot be flown: {trouble:?}");
            machine::exit(1)
        }
    }
}

/// An exception: memory that is not there, an instruction that does not exist.
#[unsafe(no_mangle)]
extern "C" fn fault() -> ! {
    let _ = writeln!(machine::Console, "the processor took an exception");
    machine::exit(1)
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    let _ = writeln!(machine::Console, "{info}");
    machine::exit(1)
}
