//! The view without a terminal: lines, one after another, no control codes.
//!
//! Owns: which moments become a line (a change of phase, an event, every simulated minute), and the order
//! of several flights: the second's lines wait for the first's end, so the output repeats run by run.

use crate::status::{Notice, Status, clock, t_minus};
use icd::time::{Span, Time};
use std::io::{ErrorKind, Write};

/// Prints a line. A reader that has gone, as `head` does, is no reason to stop: flight and files go on.
pub fn say(out: &mut impl Write, line: &str) -> std::io::Result<()> {
    match writeln!(out, "{line}") {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        said => said,
    }
}

/// Simulated time between two status lines.
const EVERY: Span = Span::from_ms(60_000);

/// The lines of one flight.
pub struct Lines {
    name: String,
    planned: Time,
    last: Option<Status>,
    next: Time,
}

impl Lines {
    /// Nothing told yet; times count from `planned`, the planned touchdown.
    pub fn new(name: &str, planned: Time) -> Self {
        Self { name: name.to_string(), planned, last: None, next: Time::default() }
    }

    /// The lines that a notice is worth.
    pub fn hear(&mut self, notice: &Notice) -> Vec<String> {
        match notice {
            Notice::Moment(status) => self.moment(status),
            Notice::Raised(t, event) => {
                vec![format!(
                    "{} event {} ({:?}): {}",
                    self.head(*t),
                    event.name(),
                    event.severity(),
                    event.text()
                )]
            }
            Notice::Over => self.last.map(|status| self.line(&status)).into_iter().collect(),
        }
    }

    fn moment(&mut self, status: &Status) -> Vec<String> {
        let mut out = Vec::new();
        if self.last.is_none_or(|last| last.phase != status.phase) {
            out.push(format!("{} phase {}", self.head(status.t), status.phase.name()));
        }
        if self.last.is_none() || status.t >= self.next {
            out.push(self.line(status));
            self.next = status.t + EVERY;
        }
        self.last = Some(*status);
        out
    }

    fn head(&self, t: Time) -> String {
        format!("{} {} {:>9}", self.name, clock(t), t_minus((t - self.planned).s()))
    }

    fn line(&self, s: &Status) -> String {
        let alarms = s.alarm_names().join(", ");
        format!(
            "{} altitude {:.1} m (estimate {:.1} m), descent {:.2} m/s, horizontal {:.2} m/s, tilt {:.1} deg, \
             propellant {:.1} kg, assist {:.0} %, main {}, alarms {}",
            self.head(s.t),
            s.truth.altitude_m,
            s.nav.altitude_m,
            -s.truth.v_up_m_s,
            s.truth.v_horizontal_m_s,
            s.truth.tilt_rad.to_degrees(),
            s.truth.propellant_kg,
            100.0 * s.throttle,
            if s.main_open { "on" } else { "off" },
            if alarms.is_empty() { "none" } else { &alarms }
        )
    }
}

/// Keeps several flights' lines in the order of the flights.
pub struct Queue {
    current: usize,
    waiting: Vec<Vec<String>>,
    over: Vec<bool>,
}

impl Queue {
    /// For `flights` flights.
    pub fn new(flights: usize) -> Self {
        Self { current: 0, waiting: vec![Vec::new(); flights], over: vec![false; flights] }
    }

    /// Takes in lines of one flight; returns the lines whose turn has come.
    pub fn push(&mut self, flight: usize, lines: Vec<String>, over: bool) -> Vec<String> {
        self.waiting[flight].extend(lines);
        self.over[flight] |= over;
        let mut out = Vec::new();
        while let Some(waiting) = self.waiting.get_mut(self.current) {
            out.append(waiting);
            if !self.over[self.current] {
                break;
            }
            self.current += 1;
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use icd::events::Event;
    use icd::tm::Phase;

    fn at(t_s: f64, phase: Phase) -> Notice {
        let t = Time::default() + Span::from_s(t_s);
        Notice::Moment(Box::new(Status { t, phase, ..Status::default() }))
    }

    #[test]
    fn a_quiet_minute_is_one_line_and_a_new_phase_another() {
        let mut lines = Lines::new("one", Time::default());
        assert_eq!(lines.hear(&at(0.0, Phase::Braking)).len(), 2);
        let quiet: usize =
            (1..600).map(|i| lines.hear(&at(0.1 * f64::from(i), Phase::Braking)).len()).sum();
        assert_eq!(quiet, 0);
        assert_eq!(lines.hear(&at(60.0, Phase::Braking)).len(), 1);
        let turned = lines.hear(&at(60.1, Phase::PitchUp));
        assert!(turned.len() == 1 && turned[0].ends_with("phase pitch-up"), "{turned:?}");
    }

    #[test]
    fn no_line_carries_a_control_code() {
        let mut lines = Lines::new("one", Time::default());
        let mut all = lines.hear(&at(0.0, Phase::Terminal));
        all.extend(lines.hear(&Notice::Raised(Time::default(), Event::RangeRejected)));
        all.extend(lines.hear(&Notice::Over));
        assert_eq!(all.len(), 4);
        assert!(all.iter().all(|line| line.chars().all(|c| !c.is_control())));
    }

    #[test]
    fn the_second_flight_waits_for_the_first() {
        let line = |text: &str| vec![text.to_string()];
        let mut queue = Queue::new(2);
        assert!(queue.push(1, line("b"), true).is_empty());
        assert_eq!(queue.push(0, line("a"), false), ["a"]);
        assert_eq!(queue.push(0, line("c"), true), ["c", "b"]);
    }

    /// Fails every write.
    struct Broken(ErrorKind);

    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(self.0.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_that_has_gone_is_no_error_and_a_full_disk_is() {
        assert!(say(&mut Broken(ErrorKind::BrokenPipe), "x").is_ok());
        assert!(say(&mut Broken(ErrorKind::StorageFull), "x").is_err());
        let mut out = Vec::new();
        say(&mut out, "x").unwrap();
        assert_eq!(out, b"x\n");
    }
}
