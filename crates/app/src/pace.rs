//! Simulated time against the computer's: at real time, at a multiple of it, or as fast as it goes.
//!
//! Owns: [`Pace`], [`Speed`]; the flag that Ctrl-C sets.

use icd::time::Time;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Longest sleep at once: so soon Ctrl-C is noticed.
const NAP: Duration = Duration::from_millis(100);

/// How fast mission time goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Speed {
    /// So many times real time.
    Times(f64),
    /// As fast as it computes.
    Max,
}

/// Reads a speed: a number above zero, or `max`.
pub fn speed(text: &str) -> Result<Speed, String> {
    if text == "max" {
        return Ok(Speed::Max);
    }
    match text.parse::<f64>() {
        Ok(times) if times.is_finite() && times > 0.0 => Ok(Speed::Times(times)),
        _ => Err("a number above 0, or `max`".to_string()),
    }
}

/// Whether the user wants the program to end.
#[derive(Clone, Debug, Default)]
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Set by Ctrl-C, and by the system's wish that the program ends.
    pub fn watched(runtime: &tokio::runtime::Runtime) -> Self {
        let interrupt = Self::default();
        let own = interrupt.clone();
        runtime.spawn(async move {
            crate::ground::ended().await;
            own.0.store(true, Ordering::Relaxed);
        });
        interrupt
    }

    /// Whether it is set.
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Holds mission time back to its multiple of real time.
#[derive(Debug)]
pub struct Pace {
    speed: Speed,
    since: Option<(Instant, Time)>,
}

impl Pace {
    /// Begins with the first call of [`Self::keep`].
    pub fn new(speed: Speed) -> Self {
        Self { speed, since: None }
    }

    /// Waits until mission time `t` has come, or the user wants to end.
    pub fn keep(&mut self, t: Time, interrupt: &Interrupt) {
        let Speed::Times(times) = self.speed else { return };
        let (began, from) = *self.since.get_or_insert((Instant::now(), t));
        let due = Duration::try_from_secs_f64((t - from).s() / times).unwrap_or_default();
        while !interrupt.is_set() {
            let left = due.saturating_sub(began.elapsed());
            if left.is_zero() {
                return;
            }
            std::thread::sleep(left.min(NAP));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use icd::time::Span;

    #[test]
    fn a_speed_is_a_positive_number_or_max() {
        assert_eq!(speed("max"), Ok(Speed::Max));
        assert_eq!(speed("2.5"), Ok(Speed::Times(2.5)));
        for wrong in ["0", "-1", "fast", "NaN", "inf", ""] {
            assert!(speed(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn mission_time_keeps_its_multiple_of_real_time_and_an_interrupt_ends_the_wait() {
        let t = Time::from_tai_ns(0);
        let (began, interrupt) = (Instant::now(), Interrupt::default());
        let mut pace = Pace::new(Speed::Times(100.0));
        (0..=50).for_each(|n| pace.keep(t + Span::from_ms(200 * n), &interrupt));
        assert!(began.elapsed() >= Duration::from_millis(100));
        interrupt.0.store(true, Ordering::Relaxed);
        pace.keep(t + Span::from_s(1e6), &interrupt);
    }
}
