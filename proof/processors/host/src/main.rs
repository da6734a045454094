//! A recorded descent on this machine: what the bare processors must repeat bit for bit.
//!
//! Usage: `frigoris-processors-host TAPE`. Instructions are not counted here.
#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    let Some(path) = std::env::args().nth(1) else {
        eprintln!("usage: frigoris-processors-host TAPE");
        return ExitCode::from(2);
    };
    let tape = match std::fs::read(&path) {
        Ok(tape) => tape,
        Err(reason) => {
            eprintln!("{path}: {reason}");
            return ExitCode::from(2);
        }
    };
    match processors::run(&tape, || 0) {
        Ok(summary) => {
            print!("{summary}");
            ExitCode::SUCCESS
        }
        Err(trouble) => {
            eprintln!("{path}: {trouble:?}");
            ExitCode::FAILURE
        }
    }
}
