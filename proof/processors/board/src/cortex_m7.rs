//! Arm Cortex-M7 on the board MPS2 with image AN500, as QEMU's `mps2-an500`.
//!
//! Console and way out by semihosting. Instructions by the board's 32-bit timer: it counts at 25 MHz, one
//! tick in 40 ns, and `-icount shift=6` lets each instruction take 64 ns, so 8 ticks are 5 instructions and
//! a difference is known to one.

use core::arch::{asm, global_asm};
use core::ptr::{read_volatile, write_volatile};

/// The board's 16 MB of PSRAM.
pub const TAPE: *const u8 = 0x6000_0000 as *const u8;

// The vectors: initial stack, reset, fourteen exceptions. The code sits in RAM from address 0 on.
global_asm!(
    ".section .vectors, \"a\"",
    ".word stack_top",
    ".word reset",
    ".rept 14",
    ".word fault",
    ".endr",
    ".section .text.reset, \"ax\"",
    ".global reset",
    ".type reset, %function",
    ".thumb_func",
    "reset:",
    "ldr r0, =0xE000ED88", // CPACR: full access to the floating-point unit
    "ldr r1, [r0]",
    "orr r1, r1, #0xF00000",
    "str r1, [r0]",
    "dsb",
    "isb",
    "bl main",
);

fn semihosting(operation: usize, parameter: usize) {
    // SAFETY: the emulator answers this breakpoint and changes nothing but r0.
    unsafe { asm!("bkpt #0xAB", inout("r0") operation => _, in("r1") parameter) };
}

/// Text to the emulator's own output.
pub struct Console;

impl core::fmt::Write for Console {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        for octet in text.bytes() {
            semihosting(0x03, (&raw const octet).addr()); // SYS_WRITEC
        }
        Ok(())
    }
}

/// Ends the emulator with this exit code.
pub fn exit(code: usize) -> ! {
    let block = [0x2_0026, code]; // ADP_Stopped_ApplicationExit
    semihosting(0x20, block.as_ptr().addr()); // SYS_EXIT_EXTENDED
    loop {}
}

/// Control, value and reload of the first timer: it counts down and starts again.
const TIMER: [*mut u32; 3] =
    [0x4000_0000 as *mut u32, 0x4000_0004 as *mut u32, 0x4000_0008 as *mut u32];

/// Starts the timer; each call returns the instructions since.
pub fn counter() -> impl FnMut() -> u64 {
    let [control, value, reload] = TIMER;
    // SAFETY: registers of the board's timer, which nobody else uses.
    unsafe {
        write_volatile(reload, u32::MAX);
        write_volatile(value, u32::MAX);
        write_volatile(control, 1);
    }
    let (mut last, mut ticks) = (u32::MAX, 0u64);
    move || {
        // SAFETY: as above.
        let now = unsafe { read_volatile(value) };
        ticks += u64::from(last.wrapping_sub(now));
        last = now;
        ticks * 5 / 8
    }
}

/// Ten thousand instructions.
pub fn known() {
    // SAFETY: counts a register down.
    unsafe {
        asm!("2:", "subs {0}, #1", "bne 2b", inout(reg) 5000 => _);
    }
}
