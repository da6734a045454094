//! 64-bit RISC-V on QEMU's board `virt`.
//!
//! Console by its UART, way out by its test device. Instructions by `minstret`, which counts them exactly
//! under `-icount shift=0`.

use core::arch::{asm, global_asm};
use core::ptr::write_volatile;

/// RAM, 64 MB above its beginning; the stack grows down from there.
pub const TAPE: *const u8 = 0x8400_0000 as *const u8;

global_asm!(
    ".section .text.reset, \"ax\"",
    ".global reset",
    "reset:",
    "la sp, stack_top",
    "la t0, trap",
    "csrw mtvec, t0",
    "li t0, 0x2000", // mstatus.FS: the floating-point unit is on
    "csrs mstatus, t0",
    "call main",
    ".balign 4",
    "trap:",
    "call fault",
);

/// Text to the UART.
pub struct Console;

impl core::fmt::Write for Console {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        for octet in text.bytes() {
            // SAFETY: the UART's transmit register.
            unsafe { write_volatile(0x1000_0000 as *mut u8, octet) };
        }
        Ok(())
    }
}

/// Ends the emulator with this exit code.
pub fn exit(code: u32) -> ! {
    let order = if code == 0 { 0x5555 } else { (code << 16) | 0x3333 };
    // SAFETY: the test device.
    unsafe { write_volatile(0x10_0000 as *mut u32, order) };
    loop {}
}

/// Each call returns the instructions since reset.
pub fn counter() -> impl FnMut() -> u64 {
    || {
        let count: u64;
        // SAFETY: reads a counter.
        unsafe { asm!("csrr {0}, minstret", out(reg) count) };
        count
    }
}

/// Ten thousand instructions.
pub fn known() {
    // SAFETY: counts a register down.
    unsafe {
        asm!("2:", "addi {0}, {0}, -1", "bnez {0}, 2b", inout(reg) 5000u64 => _);
    }
}
