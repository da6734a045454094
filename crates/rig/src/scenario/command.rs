//! Orders of the ground in a scenario, without a radio: `[[command]]`.
//!
//! Owns: its keys, and when in a run each order comes. Does not own: the orders and their ranges (`icd::tc`), what the
//! lander makes of them (`flight`).
//! As written: `name` of a command of the dictionary, its arguments under their own names, and `at_s`, `below_m` or
//! `phase` for when it comes, as in `[[fault]]`; `execute_at_s` puts it into the on-board schedule for that time of the
//! run. Orders come in the order of the file, one a cycle; while the computer is down they wait.
//! They stand for what a receiver has let through: authentic, in sequence. The dictionary's ranges hold here too; what
//! the state of the flight does not allow the lander itself refuses.

use super::error::ScenarioError;
use super::fault::begins;
use super::reader::Reader;
use icd::bus::{UPLINK_MAX, Uplink};
use icd::tc::{self, Argument, COMMANDS, Command as Known, Header, Order, PARAMETERS};
use icd::time::{Span, Time};
use icd::tm::Phase;
use std::collections::VecDeque;
use truth::faulty::{Moment, Now, Window};

/// The command that only wraps others: here a key of theirs.
const SCHEDULE: &str = "schedule";
/// Further from the start than this is a wrong unit, s and m, as in `[[fault]]`.
const AFTER_S_MAX: f64 = 1e5;
const BELOW_M_MAX: f64 = 1e6;

/// An order as checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Command {
    /// When it comes.
    pub from: Moment,
    /// What is ordered.
    pub order: Order,
    /// When it is to be carried out, after the start of the run, if not at once.
    pub execute: Option<Span>,
}

/// Reads every `[[command]]`.
pub(super) fn commands(root: &Reader<'_>) -> Result<Vec<Command>, ScenarioError> {
    root.tables("command")?.iter().map(command).collect()
}

fn command(t: &Reader<'_>) -> Result<Command, ScenarioError> {
    let known: Vec<&Known> = COMMANDS.iter().filter(|known| known.name != SCHEDULE).collect();
    let names: Vec<&str> = known.iter().map(|known| known.name).collect();
    let known = known[t.choice("name", &names)?];
    let mut values = Vec::new();
    for argument in known.arguments {
        let limits = limits(known, argument, &values);
        values.push(value(t, argument, limits)?);
    }
    let order = known.order(&values).map_err(|why| {
        let entry = t.entry("name", "a command");
        entry.map_or_else(|missing| missing, |entry| t.wrong(entry, "name", why.text()))
    })?;
    let from = if t.has("below_m") {
        begins("below_m", t.number("below_m", 0.0, BELOW_M_MAX)?)
    } else {
        match t.choice_if_any("phase", &Phase::ALL.map(Phase::name))? {
            Some(n) => Moment::Phase(Phase::ALL[n]),
            None => begins("at_s", t.number("at_s", 0.0, AFTER_S_MAX)?), // refuses what is missing
        }
    };
    let execute = t.number_if_any("execute_at_s", 0.0, AFTER_S_MAX)?.map(Span::from_s);
    t.finish()?;
    Ok(Command { from, order, execute })
}

/// Limits of an argument: a parameter that is loaded has its own.
fn limits(known: &Known, argument: &Argument, before: &[f64]) -> (f64, f64) {
    let loads = known.name == "load_parameter" && argument.choices.is_empty();
    let of = |id: f64| PARAMETERS.iter().find(|p| f64::from(p.id) == id);
    let parameter = before.first().filter(|_| loads).and_then(|id| of(*id));
    parameter.map_or((argument.min, argument.max), |p| (p.min, p.max))
}

/// The value of an argument as written, by name where it is a choice.
fn value(
    t: &Reader<'_>,
    argument: &Argument,
    (min, max): (f64, f64),
) -> Result<f64, ScenarioError> {
    if argument.choices.is_empty() {
        return t.number(argument.name, min, max);
    }
    let names: Vec<&str> = argument.choices.iter().map(|(_, name)| *name).collect();
    Ok(f64::from(argument.choices[t.choice(argument.name, &names)?].0))
}

/// The orders of one run on their way: those of its file, and what a radio brings.
#[derive(Clone, Debug)]
pub(crate) struct Orders {
    start: Time,
    waiting: Vec<(Window, Command)>,
    /// What came by radio.
    received: VecDeque<Uplink>,
    /// How many were handed over: the packets' sequence count.
    sent: u16,
}

impl Orders {
    /// All of them, for a run that begins at `start`.
    pub fn new(commands: &[Command], start: Time) -> Self {
        let wait = |command: &Command| (Window::new(command.from, None, start), command.clone());
        let waiting = commands.iter().map(wait).collect();
        Self { start, waiting, received: VecDeque::new(), sent: 0 }
    }

    /// The packet that the receiver holds ready in this cycle.
    pub fn ready(&mut self, now: &Now) -> Option<Uplink> {
        self.waiting.iter_mut().for_each(|(window, _)| window.follow(now));
        let Some(place) = self.place(now) else { return self.received.front().copied() };
        let (_, command) = &self.waiting[place];
        let header = Header::new(self.sent);
        let order = match command.execute {
            Some(span) => Order::scheduled(self.start + span, &command.order, header)?,
            None => command.order,
        };
        let mut packet = [0; UPLINK_MAX];
        let octets = tc::encode(&order, header, &mut packet);
        Uplink::new(&packet[..octets])
    }

    /// A packet that a receiver has let through, to be read after those before it.
    pub fn receive(&mut self, packet: Uplink) {
        self.received.push_back(packet);
    }

    /// The packet was read.
    pub fn taken(&mut self, now: &Now) {
        if let Some(place) = self.place(now) {
            self.waiting.remove(place);
            self.sent = self.sent.wrapping_add(1);
        } else {
            self.received.pop_front();
        }
    }

    /// The first in the file whose moment has come.
    fn place(&self, now: &Now) -> Option<usize> {
        self.waiting.iter().position(|(window, _)| window.age(now.t).is_some())
    }
}
