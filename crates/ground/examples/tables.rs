//! Prints the tables behind the landing-status call and the reconnect procedure: `docs/loss-of-signal.md`.

fn main() {
    print!("{}", ground::signal::tables::markdown());
}
