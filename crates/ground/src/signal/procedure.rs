//! The reconnect procedure: a table of steps that runs, and the log of what each brought.
//!
//! Owns: [`STEPS`], [`Procedure`] (which step runs, until when, with which result). Does not own: sending what a step
//! sends (the desk does, through `command`), and whether the signal is back (`watch`).
//! A step lasts its own time and twice the light time. Automatic, the next follows; by the operator, it waits for his
//! word. A hazardous step (the reboot) never starts by itself: it waits for the operator to confirm it by its name and
//! is passed over when nobody does in 60 s. The procedure ends with the step after which frames come again, or after
//! the last.

use icd::time::{Span, Time};

/// A hazardous step waits this long for the operator, by the mission's clock; in a fast replay as much longer.
pub const CONFIRM: Span = Span::from_ms(60_000);

/// What a step does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Action {
    /// Only waits.
    Wait,
    /// Stations search in frequency and with every antenna they have; the operator asks them, nothing is sent.
    Sweep,
    /// Sends a command blind: without waiting for the lander's word that earlier frames came.
    Command {
        /// Name in the command dictionary.
        name: &'static str,
        /// Arguments by name.
        arguments: &'static [(&'static str, f64)],
    },
    /// Waits for the next pass in the plan.
    NextPass,
}

/// One line of the table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// Name, by which a hazardous step is confirmed.
    pub name: &'static str,
    /// For the operator.
    pub text: &'static str,
    /// What it does.
    pub action: Action,
    /// Time to wait for the signal, beyond the light's way to the lander and back, s.
    pub wait_s: f64,
    /// Waits for the operator's confirmation.
    pub hazardous: bool,
}

/// The procedure, in the order in which it is tried: what costs nothing first, what cannot be taken back last.
pub const STEPS: &[Step] = &[
    Step {
        name: "confirm",
        text: "By voice: ask every station in view whether it is the lander or the station. Nothing is sent",
        action: Action::Wait,
        wait_s: 10.0,
        hazardous: false,
    },
    Step {
        name: "sweep",
        text: "By voice: stations search in frequency and over the backup's channel. Nothing is sent",
        action: Action::Sweep,
        wait_s: 20.0,
        hazardous: false,
    },
    Step {
        name: "rate fallback",
        text: "Blind command: slowest bit rate, which a tumbling antenna still carries",
        action: Action::Command { name: "bit_rate", arguments: &[("index", 0.0)] },
        wait_s: 30.0,
        hazardous: false,
    },
    Step {
        name: "second antenna",
        text: "Blind command: main transmitter to its second antenna",
        action: Action::Command { name: "antenna", arguments: &[("number", 1.0)] },
        wait_s: 30.0,
        hazardous: false,
    },
    Step {
        name: "first antenna",
        text: "Blind command: main transmitter to its first antenna",
        action: Action::Command { name: "antenna", arguments: &[("number", 0.0)] },
        wait_s: 30.0,
        hazardous: false,
    },
    Step {
        name: "backup transmitter",
        text: "Blind command: backup transmitter on, with its own antenna",
        action: Action::Command {
            name: "transmitter",
            arguments: &[("which", 1.0), ("state", 1.0)],
        },
        wait_s: 30.0,
        hazardous: false,
    },
    Step {
        name: "main transmitter off",
        text: "Blind command: main transmitter off, to begin anew",
        action: Action::Command {
            name: "transmitter",
            arguments: &[("which", 0.0), ("state", 0.0)],
        },
        wait_s: 5.0,
        hazardous: false,
    },
    Step {
        name: "main transmitter on",
        text: "Blind command: main transmitter on again",
        action: Action::Command {
            name: "transmitter",
            arguments: &[("which", 0.0), ("state", 1.0)],
        },
        wait_s: 30.0,
        hazardous: false,
    },
    Step {
        name: "reboot",
        text: "Blind command: restart the flight computer. In flight this may lose the lander",
        action: Action::Command { name: "reboot", arguments: &[("cold", 0.0)] },
        wait_s: 60.0,
        hazardous: true,
    },
    Step {
        name: "next pass",
        text: "Listen through the next pass in the plan",
        action: Action::NextPass,
        wait_s: 60.0,
        hazardous: false,
    },
];

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Still running.
    Running,
    /// Waits for the operator to confirm or to go on.
    Held,
    /// Carrier found, no frames.
    Carrier,
    /// Frames came.
    Frames,
    /// Nothing heard.
    Silence,
    /// Not done: nobody confirmed it.
    PassedOver,
    /// Could not be sent.
    Refused,
    /// Stopped by the operator.
    Stopped,
}

impl Outcome {
    /// Name for screens and the log.
    pub const fn name(self) -> &'static str {
        match self {
            Outcome::Running => "running",
            Outcome::Held => "waiting for the operator",
            Outcome::Carrier => "carrier, no frames",
            Outcome::Frames => "signal acquired",
            Outcome::Silence => "no signal",
            Outcome::PassedOver => "passed over: not confirmed",
            Outcome::Refused => "not sent",
            Outcome::Stopped => "stopped",
        }
    }
}

/// One line of the log.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Number of the step.
    pub step: usize,
    /// When it began, Earth time.
    pub from: Time,
    /// When it ended.
    pub to: Option<Time>,
    /// With what.
    pub outcome: Outcome,
    /// Details: what was sent, why not.
    pub text: String,
}

/// What is heard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// A receiver holds a carrier.
    pub carrier: bool,
    /// Good frames come.
    pub frames: bool,
}

/// Where the procedure stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Not started.
    Idle,
    /// A step runs.
    Running,
    /// Waits for the operator before its present step.
    Held,
    /// Ended: the signal is back.
    Recovered,
    /// Ended: every step was tried.
    Exhausted,
    /// Ended by the operator.
    Stopped,
}

impl State {
    /// Name for screens and the interface.
    pub const fn name(self) -> &'static str {
        match self {
            State::Idle => "idle",
            State::Running => "running",
            State::Held => "held",
            State::Recovered => "recovered",
            State::Exhausted => "exhausted",
            State::Stopped => "stopped",
        }
    }
}

/// The procedure, running or not.
#[derive(Clone, Debug)]
pub struct Procedure {
    steps: &'static [Step],
    automatic: bool,
    state: State,
    at: usize,
    until: Option<Time>,
    log: Vec<Line>,
    pace: f64,
    /// In the step that waits for the next pass: no pass was on since it began.
    gap: bool,
}

/// Why the operator's word was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProcedureError {
    /// Started twice.
    #[error("the procedure is running already")]
    Running,
    /// Nothing to go on with.
    #[error("the procedure is not running")]
    NotRunning,
    /// A hazardous step without its name.
    #[error("this step is hazardous: confirm it by its name, {0}")]
    NotConfirmed(&'static str),
}

impl Procedure {
    /// Idle, with a table.
    pub fn new(steps: &'static [Step]) -> Self {
        Self {
            steps,
            automatic: true,
            state: State::Idle,
            at: 0,
            until: None,
            log: Vec::new(),
            pace: 1.0,
            gap: false,
        }
    }
    /// How fast mission time passes, 1 at the least: the operator keeps a minute of his own.
    pub fn pace(&mut self, pace: f64) {
        self.pace = pace;
    }
    /// The table.
    pub fn steps(&self) -> &'static [Step] {
        self.steps
    }
    /// Where it stands.
    pub fn state(&self) -> State {
        self.state
    }
    /// Runs by itself.
    pub fn automatic(&self) -> bool {
        self.automatic
    }
    /// Number of the present step.
    pub fn at(&self) -> usize {
        self.at
    }
    /// End of the present step's wait.
    pub fn until(&self) -> Option<Time> {
        self.until
    }
    /// Every step begun, in order.
    pub fn log(&self) -> &[Line] {
        &self.log
    }
    /// Ended without an answer, and every harmless command went out and was waited for: only that says something of
    /// the lander.
    pub fn tried_all(&self) -> bool {
        let answered = |at: usize| {
            let mut lines = self.log.iter().filter(|line| line.step == at);
            lines.any(|line| matches!(line.outcome, Outcome::Silence | Outcome::Carrier))
        };
        let mut steps = self.steps.iter().enumerate();
        self.state == State::Exhausted
            && steps.all(|(at, step)| {
                step.hazardous || !matches!(step.action, Action::Command { .. }) || answered(at)
            })
    }
    /// Starts from the first step. The caller carries out the action returned.
    pub fn start(
        &mut self,
        now: Time,
        automatic: bool,
        light_s: f64,
    ) -> Result<Option<Action>, ProcedureError> {
        if matches!(self.state, State::Running | State::Held) {
            return Err(ProcedureError::Running);
        }
        *self = Self { automatic, pace: self.pace, ..Self::new(self.steps) };
        Ok(self.begin(0, now, light_s, false))
    }
    /// Stops it.
    pub fn stop(&mut self, now: Time) -> Result<(), ProcedureError> {
        if !matches!(self.state, State::Running | State::Held) {
            return Err(ProcedureError::NotRunning);
        }
        self.end_step(now, Outcome::Stopped);
        self.state = State::Stopped;
        Ok(())
    }
    /// The operator goes on: confirms the step that is held, or ends the wait of the one that runs.
    pub fn next(
        &mut self,
        now: Time,
        confirm: Option<&str>,
        light_s: f64,
    ) -> Result<Option<Action>, ProcedureError> {
        match self.state {
            State::Held => {
                let held = self.steps.get(self.at).ok_or(ProcedureError::NotRunning)?;
                if held.hazardous && confirm != Some(held.name) {
                    return Err(ProcedureError::NotConfirmed(held.name));
                }
                self.log.pop(); // the line that said it waits
                Ok(self.begin(self.at, now, light_s, true))
            }
            State::Running => {
                self.end_step(now, Outcome::Silence);
                Ok(self.begin(self.at + 1, now, light_s, true))
            }
            _ => Err(ProcedureError::NotRunning),
        }
    }
    /// Adds to the present line of the log; `sent` is false when the action could not be carried out.
    pub fn note(&mut self, text: &str, sent: bool, now: Time) {
        if let Some(line) = self.log.last_mut() {
            line.text = text.to_owned();
        }
        if !sent {
            self.end_step(now, Outcome::Refused);
            self.until = Some(now);
        }
    }
    /// Lets time pass. `pass`: a pass over a station is on, by the plan. The caller carries out the action returned.
    pub fn tick(&mut self, now: Time, heard: Heard, pass: bool, light_s: f64) -> Option<Action> {
        if heard.frames && matches!(self.state, State::Running | State::Held) {
            self.end_step(now, Outcome::Frames);
            self.state = State::Recovered;
            return None;
        }
        self.follow(now, pass, light_s);
        let over = self.until.is_some_and(|until| now >= until);
        match self.state {
            State::Running if over => {
                let outcome = if heard.carrier { Outcome::Carrier } else { Outcome::Silence };
                self.end_step(now, outcome);
                self.begin(self.at + 1, now, light_s, false)
            }
            State::Held if over && self.automatic => {
                self.end_step(now, Outcome::PassedOver);
                self.begin(self.at + 1, now, light_s, false)
            }
            _ => None,
        }
    }
    /// The step that listens through the next pass: the present one has to end first, then its wait begins.
    fn follow(&mut self, now: Time, pass: bool, light_s: f64) {
        let Some(step) = self.steps.get(self.at) else { return };
        if self.state != State::Running || step.action != Action::NextPass {
            return;
        }
        if !pass {
            (self.gap, self.until) = (true, None);
        } else if self.gap && self.until.is_none() {
            self.until = Some(now + Span::from_s(step.wait_s + 2.0 * light_s));
        }
    }
    fn begin(&mut self, at: usize, now: Time, light_s: f64, told: bool) -> Option<Action> {
        self.at = at;
        let Some(step) = self.steps.get(at) else {
            self.state = State::Exhausted;
            self.until = None;
            return None;
        };
        let first = at == 0 && self.log.is_empty();
        let held = !told && (step.hazardous || (!self.automatic && !first));
        let outcome = if held { Outcome::Held } else { Outcome::Running };
        self.state = if held { State::Held } else { State::Running };
        self.until = Some(match held {
            true => now + Span::from_s(CONFIRM.s() * self.pace),
            false => now + Span::from_s(step.wait_s + 2.0 * light_s),
        });
        if !held && step.action == Action::NextPass {
            (self.gap, self.until) = (false, None);
        }
        self.log.push(Line { step: at, from: now, to: None, outcome, text: String::new() });
        (!held).then_some(step.action)
    }
    fn end_step(&mut self, now: Time, outcome: Outcome) {
        if let Some(line) = self.log.last_mut().filter(|line| line.to.is_none()) {
            line.to = Some(now);
            line.outcome = outcome;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIGHT_S: f64 = 1.3;
    const NOTHING: Heard = Heard { carrier: false, frames: false };

    fn at(s: f64) -> Time {
        Time::from_utc("2025-06-05T19:16:00").unwrap() + Span::from_s(s)
    }

    /// Ticks once a second from `from_s` for `for_s`; gives the actions and when they came.
    fn run(p: &mut Procedure, from_s: u32, for_s: u32, heard: Heard) -> Vec<(u32, Action)> {
        (from_s..from_s + for_s)
            .filter_map(|s| Some((s, p.tick(at(f64::from(s)), heard, true, LIGHT_S)?)))
            .collect()
    }

    #[test]
    fn left_alone_it_tries_every_harmless_step_in_order_and_never_the_reboot() {
        let mut p = Procedure::new(STEPS);
        assert_eq!(p.start(at(0.0), true, LIGHT_S), Ok(Some(Action::Wait)));
        let mut done = run(&mut p, 1, 400, NOTHING);
        // The pass that is on is not the next one.
        assert_eq!(p.state(), State::Running);
        assert_eq!(p.tick(at(401.0), NOTHING, false, LIGHT_S), None);
        done.extend(run(&mut p, 402, 100, NOTHING));
        assert_eq!(done.len(), STEPS.len() - 2, "all but the first and the reboot: {done:?}");
        assert!(!done.iter().any(|(_, a)| matches!(a, Action::Command { name: "reboot", .. })));
        assert_eq!(p.state(), State::Exhausted);
        let outcomes: Vec<_> = p.log().iter().map(|line| line.outcome).collect();
        assert_eq!(outcomes.iter().filter(|o| **o == Outcome::PassedOver).count(), 1);
        assert!(p.tried_all());
        assert!(p.log().iter().all(|line| line.to.is_some_and(|to| to > line.from)));
    }

    #[test]
    fn the_reboot_runs_only_when_confirmed_by_its_name() {
        let mut p = Procedure::new(STEPS);
        p.start(at(0.0), true, LIGHT_S).unwrap();
        let mut s = 1;
        while p.state() != State::Held {
            run(&mut p, s, 1, NOTHING);
            s += 1;
        }
        let now = at(f64::from(s));
        assert_eq!(p.next(now, None, LIGHT_S), Err(ProcedureError::NotConfirmed("reboot")));
        assert_eq!(p.next(now, Some("yes"), LIGHT_S), Err(ProcedureError::NotConfirmed("reboot")));
        let action = p.next(now, Some("reboot"), LIGHT_S).unwrap();
        assert!(matches!(action, Some(Action::Command { name: "reboot", .. })));
        assert_eq!(p.state(), State::Running);
    }

    #[test]
    fn stepwise_it_waits_for_the_operator_before_each_step() {
        let mut p = Procedure::new(STEPS);
        p.start(at(0.0), false, LIGHT_S).unwrap();
        assert!(run(&mut p, 1, 300, NOTHING).is_empty());
        assert_eq!((p.state(), p.at()), (State::Held, 1));
        assert_eq!(p.next(at(300.0), None, LIGHT_S), Ok(Some(Action::Sweep)));
        // Going on early ends the wait and skips the question.
        let sent = p.next(at(301.0), None, LIGHT_S).unwrap();
        assert!(matches!(sent, Some(Action::Command { name: "bit_rate", .. })));
    }

    #[test]
    fn frames_end_it_at_the_step_that_brought_them() {
        let mut p = Procedure::new(STEPS);
        p.start(at(0.0), true, LIGHT_S).unwrap();
        run(&mut p, 1, 80, NOTHING);
        let step = p.at();
        run(&mut p, 81, 1, Heard { carrier: true, frames: true });
        assert_eq!(p.state(), State::Recovered);
        let line = p.log().last().unwrap();
        assert_eq!((line.step, line.outcome), (step, Outcome::Frames));
        assert!(p.stop(at(90.0)).is_err());
        assert!(p.start(at(100.0), true, LIGHT_S).is_ok());
    }

    #[test]
    fn the_next_pass_is_waited_for() {
        let mut p = Procedure::new(STEPS);
        p.start(at(0.0), true, LIGHT_S).unwrap();
        for s in 0..5000 {
            p.tick(at(f64::from(s)), NOTHING, false, LIGHT_S);
        }
        assert_eq!(p.state(), State::Running);
        p.tick(at(5001.0), NOTHING, true, LIGHT_S);
        p.tick(at(5003.0), NOTHING, true, LIGHT_S);
        assert_eq!(p.state(), State::Running);
        p.tick(at(5064.0), NOTHING, true, LIGHT_S);
        assert_eq!(p.state(), State::Exhausted);
    }

    #[test]
    fn steps_that_were_never_sent_are_no_try() {
        let mut p = Procedure::new(STEPS);
        p.start(at(0.0), true, LIGHT_S).unwrap();
        for s in 1..600 {
            let now = at(f64::from(s));
            let sent = p.tick(now, NOTHING, s != 450, LIGHT_S);
            if matches!(sent, Some(Action::Command { .. })) {
                p.note("no station is connected", false, now);
            }
        }
        assert_eq!((p.state(), p.tried_all()), (State::Exhausted, false));
    }

    #[test]
    fn in_a_fast_replay_the_operator_has_his_minute() {
        let mut p = Procedure::new(STEPS);
        p.pace(20.0);
        p.start(at(0.0), false, LIGHT_S).unwrap();
        p.tick(at(20.0), NOTHING, true, LIGHT_S);
        assert_eq!((p.state(), p.until()), (State::Held, Some(at(20.0 + 1200.0))));
    }
}
