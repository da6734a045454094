//! When a fault acts: from a moment, until a moment.

use icd::time::{Span, Time};
use icd::tm::Phase;

/// A moment of a run, known beforehand or not.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Moment {
    /// So long after the start of the run.
    After(Span),
    /// When the lowest foot is first this near the ground, m. The height is looked at once a cycle and
    /// known to a fifth of itself (see `World`).
    Below(f64),
    /// When the flight software first reports this phase or a later one.
    Phase(Phase),
    /// When the device is restarted by command: what a restart clears ends so.
    Restart,
}

/// What decides whether a moment has come.
#[derive(Clone, Copy, Debug)]
pub struct Now {
    /// Time.
    pub t: Time,
    /// Height of the lowest foot over the ground, m.
    pub altitude_m: f64,
    /// Phase that the flight software reported last.
    pub phase: Phase,
}

impl Moment {
    /// The time it stands for, if that is known beforehand.
    fn time(self, start: Time) -> Option<Time> {
        match self {
            Self::After(span) => Some(start + span),
            Self::Below(_) | Self::Phase(_) | Self::Restart => None,
        }
    }

    fn has_come(self, now: &Now) -> bool {
        match self {
            Self::After(_) => false, // known beforehand
            Self::Restart => false,  // told by who restarts it
            Self::Below(altitude_m) => now.altitude_m < altitude_m,
            Self::Phase(phase) => now.phase >= phase,
        }
    }
}

/// The time between two moments, as far as it is known.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    from: Moment,
    until: Option<Moment>,
    began: Option<Time>,
    ended: Option<Time>,
}

impl Window {
    /// From one moment until another (`None` for ever) of a run that begins at `start`.
    pub fn new(from: Moment, until: Option<Moment>, start: Time) -> Self {
        let ended = until.and_then(|until| until.time(start));
        Self { from, until, began: from.time(start), ended }
    }

    /// Notes whether a moment has come; once a cycle. A window ends only after it has begun.
    pub fn follow(&mut self, now: &Now) {
        if self.began.is_none() && self.from.has_come(now) {
            self.began = Some(now.t);
        }
        let begun = self.began.is_some_and(|began| began <= now.t);
        if begun && self.ended.is_none() && self.until.is_some_and(|until| until.has_come(now)) {
            self.ended = Some(now.t);
        }
    }

    /// The device was restarted at `t`: that ends what a restart clears, if it has begun.
    pub fn restarted(&mut self, t: Time) {
        let begun = self.began.is_some_and(|began| began <= t);
        if begun && self.ended.is_none() && self.until == Some(Moment::Restart) {
            self.ended = Some(t);
        }
    }

    /// Time since the beginning; `None` outside the window.
    pub fn age(&self, t: Time) -> Option<Span> {
        let began = self.began.filter(|began| *began <= t)?;
        self.ended.is_none_or(|ended| t < ended).then(|| t - began)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now(ms: i64, altitude_m: f64, phase: Phase) -> Now {
        Now { t: at(ms), altitude_m, phase }
    }

    fn at(ms: i64) -> Time {
        Time::default() + Span::from_ms(ms)
    }

    #[test]
    fn times_are_exact_and_need_no_following() {
        let (from, until) = (Moment::After(Span::from_ms(15)), Moment::After(Span::from_ms(30)));
        let window = Window::new(from, Some(until), at(0));
        let ages = [10, 15, 29, 30].map(|ms| window.age(at(ms)).map(|age| age.ns() / 1_000_000));
        assert_eq!(ages, [None, Some(0), Some(14), None]);
    }

    #[test]
    fn a_height_begins_it_once_and_a_phase_ends_it() {
        let mut window =
            Window::new(Moment::Below(3000.0), Some(Moment::Phase(Phase::Terminal)), at(0));
        let mut age_ms = |n, altitude_m, phase| {
            window.follow(&now(n, altitude_m, phase));
            window.age(at(n)).map(|age| age.ns() / 1_000_000)
        };
        assert_eq!(age_ms(0, 3000.1, Phase::Braking), None);
        assert_eq!(age_ms(20, 2990.0, Phase::Braking), Some(0));
        assert_eq!(age_ms(40, 3010.0, Phase::Braking), Some(20)); // over a crater: it goes on
        assert_eq!(age_ms(60, 500.0, Phase::Contact), None);
        assert_eq!(age_ms(80, 400.0, Phase::Contact), None);
    }

    #[test]
    fn a_restart_ends_what_has_begun_and_nothing_that_is_to_come() {
        let windows = [Some(Moment::Restart), None, Some(Moment::Phase(Phase::Braking))];
        let mut windows = windows.map(|until| Window::new(Moment::Below(100.0), until, at(0)));
        let acts = |windows: &[Window; 3], ms| windows.map(|window| window.age(at(ms)).is_some());
        windows.iter_mut().for_each(|window| window.restarted(at(5)));
        windows.iter_mut().for_each(|window| window.follow(&now(20, 50.0, Phase::Ignition)));
        assert_eq!(acts(&windows, 30), [true; 3], "it had not begun when the device was restarted");
        windows.iter_mut().for_each(|window| window.restarted(at(40)));
        assert_eq!(acts(&windows, 40), [false, true, true]);
    }

    #[test]
    fn an_end_that_comes_before_the_beginning_waits_for_it() {
        let mut window =
            Window::new(Moment::Below(100.0), Some(Moment::Phase(Phase::Braking)), at(0));
        window.follow(&now(0, 500.0, Phase::Terminal));
        assert!(window.age(at(0)).is_none());
        window.follow(&now(20, 50.0, Phase::Terminal));
        assert!(window.age(at(20)).is_none(), "begun and ended in the same cycle");
    }
}
