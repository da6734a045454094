//! Commands: from a person's request to octets at a station's antenna, and back to what became of them.
//!
//! Owns: [`Commander`]: the check against the dictionary, release in two steps for what is hazardous, the arming
//! order before it, frames with authentication code, sequence and repetition (`fop`), the key and the numbers on disk
//! (`key`), the record and journal of each command (`record`).
//! Does not own: who may ask (`serve`), which station radiates (the desk), obedience (on board).
//!
//! A hazardous command waits [`RELEASE`] for its second step, which must name it. A command goes out in sequence (type
//! AD) while the lander's control words are heard, else blind (type BD): once, with nothing but the lander's reports to
//! tell that it came. Each frame has a security number of its own; a repetition keeps it, so that a recorded copy is
//! worthless once one of them was taken.

pub mod check;
pub mod fop;
pub mod key;
mod record;

pub use check::{CommandError, Request};
pub use record::{Entry, Record, State};

use fop::{Fate, Fop, Send};
use icd::bus::UPLINK_MAX;
use icd::link::cltu::{self, CLTU_MAX};
use icd::link::command_frame::{self, Content, Directive, TC_FRAME_MAX};
use icd::link::cop::Clcw;
use icd::link::security::Key;
use icd::tc::{self, Command, Header, Order, Refusal, Report};
use icd::time::{Span, Time};
use key::{Counter, KeyError};
use record::Journal;
use std::collections::{BTreeMap, VecDeque};
use std::path::Path;

/// Time for the second step of a hazardous command, by the mission's clock; in a fast replay as much longer.
pub const RELEASE: Span = Span::from_ms(30_000);

/// What a command's arming is called.
const ARMING: &str = "arming";

/// What the desk knows of the link at a moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Way {
    /// Light to the lander and back, and what stations and frames add.
    pub round_trip: Span,
    /// Unconfirmed for longer, a frame is repeated.
    pub timeout: Span,
    /// Control words are fresh: frames can go in sequence.
    pub heard: bool,
}

/// One packet on its way.
#[derive(Clone, Debug)]
struct Item {
    record: u64,
    what: &'static str,
    header: Header,
    sequence: u32,
    packet: Vec<u8>,
    /// This is the command itself, not its arming.
    main: bool,
}

/// All commands of a mission.
#[derive(Debug)]
pub struct Commander {
    key: Key,
    counter: Counter,
    journal: Journal,
    records: BTreeMap<u64, Record>,
    orders: BTreeMap<u64, (&'static Command, Order)>,
    items: BTreeMap<u64, Item>,
    blind: VecDeque<u64>,
    fop: Fop,
    /// Unit numbers that stations will confirm, with the item inside.
    units: BTreeMap<u64, u64>,
    requests: BTreeMap<[u8; 4], u64>,
    changed: Vec<u64>,
    next_record: u64,
    next_item: u64,
    /// Mission seconds each second, 1 at the least.
    pace: f64,
}

impl Commander {
    /// With the key from `key` (made if absent) and numbers and journal in `folder`.
    pub fn open(folder: &Path, key: &Path) -> Result<Self, KeyError> {
        let key = Key(key::read_key(key)?);
        let counter = Counter::open(&folder.join("uplink.number"))?;
        let file = folder.join("commands.jsonl");
        let (journal, records) =
            Journal::open(&file).map_err(|reason| KeyError::File { file, reason })?;
        let next_record = records.keys().next_back().map_or(1, |id| id + 1);
        let mut commander = Self {
            key,
            counter,
            journal,
            records,
            orders: BTreeMap::new(),
            items: BTreeMap::new(),
            blind: VecDeque::new(),
            fop: Fop::default(),
            units: BTreeMap::new(),
            requests: BTreeMap::new(),
            changed: Vec::new(),
            next_record,
            next_item: 1,
            pace: 1.0,
        };
        commander.restore();
        Ok(commander)
    }
    /// How fast mission time passes, 1 at the least: a person keeps 30 s of his own for the second step.
    pub fn pace(&mut self, pace: f64) {
        self.pace = pace;
    }
    /// Every command that is remembered, oldest first.
    pub fn records(&self) -> impl DoubleEndedIterator<Item = &Record> {
        self.records.values()
    }
    /// One command.
    pub fn record(&self, id: u64) -> Option<&Record> {
        self.records.get(&id)
    }
    /// Commands that have changed since this was last asked.
    pub fn take_changed(&mut self) -> Vec<Record> {
        let mut ids = std::mem::take(&mut self.changed);
        ids.sort_unstable();
        ids.dedup();
        ids.iter().filter_map(|id| self.records.get(id).cloned()).collect()
    }
    /// Notes in the journal that something was refused before it became a command.
    pub fn refuse(&mut self, now: Option<Time>, what: &str, why: &str) -> Result<(), CommandError> {
        let written = self.journal.refusal(now, what, why);
        written.map_err(|e| CommandError::Disk(format!("{}: {e}", self.journal.path().display())))
    }

    /// First step: checks a request. What is not hazardous goes out at the next [`Commander::tick`].
    pub fn submit(&mut self, now: Time, request: &Request) -> Result<u64, CommandError> {
        let checked = check::check(request).and_then(|(command, order)| {
            let at = check::stamp(command, request.at, now)?;
            Ok((command, order, at))
        });
        let (command, order, at) = match checked {
            Ok(checked) => checked,
            Err(why) => {
                self.refuse(Some(now), &request.name, &why.to_string())?;
                return Err(why);
            }
        };
        let id = self.next_record;
        self.next_record += 1;
        let record = Record {
            id,
            name: command.name.to_owned(),
            arguments: request.arguments.clone(),
            at,
            state: State::Checked,
            until: None,
            requests: Vec::new(),
            history: Vec::new(),
        };
        self.records.insert(id, record);
        self.orders.insert(id, (command, order));
        let taken = self.take(id, now, command.hazardous);
        if taken.is_err() {
            // Not written, not taken: the number stays unused.
            self.records.remove(&id);
            self.orders.remove(&id);
        }
        self.forget();
        taken.map(|()| id)
    }

    fn take(&mut self, id: u64, now: Time, hazardous: bool) -> Result<(), CommandError> {
        self.step(id, now, State::Checked, "within the dictionary".into())?;
        if !hazardous {
            return self.send(id, now, false);
        }
        if let Some(record) = self.records.get_mut(&id) {
            record.until = Some(now + Span::from_s(RELEASE.s() * self.pace));
        }
        self.step(id, now, State::Awaiting, "hazardous: second step needed within 30 s".into())
    }

    /// Second step: releases a hazardous command by its number and name.
    pub fn release(&mut self, now: Time, id: u64, confirm: &str) -> Result<(), CommandError> {
        let record = self.records.get(&id).ok_or(CommandError::NoSuchNumber(id))?;
        let why = if record.state == State::Expired || !record.waits(now) {
            match record.state {
                State::Awaiting | State::Expired => CommandError::Expired(id),
                other => CommandError::NotWaiting { id, state: other.name() },
            }
        } else if record.name != confirm {
            CommandError::NotConfirmed(record.name.clone())
        } else {
            return self.send(id, now, false);
        };
        let what = format!("release of {id}");
        self.refuse(Some(now), &what, &why.to_string())?;
        self.expire(now);
        Err(why)
    }

    /// A command of the reconnect procedure: checked and sent blind at once; the operator has confirmed what is
    /// hazardous by confirming its step.
    pub fn send_blind(&mut self, now: Time, request: &Request) -> Result<u64, CommandError> {
        let id = self.submit(now, &Request { at: None, ..request.clone() })?;
        if self.records.get(&id).is_some_and(|record| record.state == State::Awaiting) {
            self.send(id, now, true)?;
        } else {
            // Queued in sequence by the check; nobody confirms frames now, so it goes without.
            self.go_blind(now);
        }
        Ok(id)
    }

    /// Everything queued in sequence goes blind instead.
    fn go_blind(&mut self, now: Time) {
        let waiting: Vec<u64> = self.fop.withdraw();
        for item in waiting {
            self.note(item, now, State::Released, "sent blind: the lander is not heard".into());
            self.blind.push_back(item);
        }
    }

    /// Gives a command its numbers and queues it, with its arming before it.
    fn send(&mut self, id: u64, now: Time, blind: bool) -> Result<(), CommandError> {
        let (command, order) = *self.orders.get(&id).ok_or(CommandError::NoSuchNumber(id))?;
        let at = self.records.get(&id).and_then(|record| record.at);
        let mut queue = Vec::new();
        if command.hazardous {
            queue.push((ARMING, Order::Arm { code: command.code }, false));
        }
        queue.push((command.name, order, true));
        let mut items = Vec::new();
        for (what, order, main) in queue {
            let number = self.counter.take().map_err(|e| CommandError::Disk(e.to_string()))?;
            let header = Header::new((number & 0x3FFF) as u16);
            let sent = match at.filter(|_| main) {
                Some(at) => Order::scheduled(at, &order, header)
                    .ok_or(CommandError::NotSchedulable(command.name))?,
                None => order,
            };
            let mut out = [0; UPLINK_MAX];
            let octets = tc::encode(&sent, header, &mut out);
            let packet = out.get(..octets).unwrap_or(&[]).to_vec();
            items.push(Item { record: id, what, header, sequence: number, packet, main });
        }
        if let Some(record) = self.records.get_mut(&id) {
            record.requests = items.iter().map(|item| item.header.sequence).collect();
        }
        let named: Vec<String> = items
            .iter()
            .map(|item| format!("{} is request {}", item.what, item.header.sequence))
            .collect();
        self.step(id, now, State::Released, named.join(", "))?;
        for item in items {
            let number = self.remember(item);
            match blind {
                true => self.blind.push_back(number),
                false => self.fop.queue(number),
            }
        }
        self.orders.remove(&id);
        self.forget();
        Ok(())
    }

    fn remember(&mut self, item: Item) -> u64 {
        let number = self.next_item;
        self.next_item += 1;
        self.requests.insert(item.header.request(), number);
        self.items.insert(number, item);
        number
    }

    /// After a restart: reports may still come for what went out before it; what was not radiated is not queued any
    /// more.
    fn restore(&mut self) {
        let open: Vec<(u64, Time)> = self
            .records
            .values()
            .filter(|record| matches!(record.state, State::Checked | State::Released))
            .filter_map(|record| Some((record.id, record.history.last()?.t)))
            .collect();
        for (id, t) in open {
            let text = "mission control was restarted: not known to have been radiated";
            self.happened(id, t, State::Failed, text.into());
        }
        let sent: Vec<(u64, Vec<u16>)> =
            self.records.values().map(|record| (record.id, record.requests.clone())).collect();
        for (record, requests) in sent {
            for (n, sequence) in requests.iter().enumerate() {
                let (header, main) = (Header::new(*sequence), n + 1 == requests.len());
                let what = if main { "" } else { ARMING };
                self.remember(Item { record, what, header, sequence: 0, packet: Vec::new(), main });
            }
        }
    }

    /// A control word of this moment.
    pub fn hear_word(&mut self, now: Time, clcw: Clcw, way: &Way) {
        for (item, fate) in self.fop.hear(clcw, now, way.round_trip) {
            self.fate(item, now, fate);
        }
    }

    /// A station has radiated a unit.
    pub fn hear_radiated(&mut self, unit: u64, at: Time) {
        if let Some(item) = self.units.remove(&unit) {
            self.note(item, at, State::Radiated, "radiated".into());
        }
    }

    /// A report of the lander. `now`: mission time on the ground.
    pub fn hear_report(&mut self, now: Time, report: Report) {
        let (header, state, text) = match report {
            Report::Accepted(header) => (header, State::Accepted, "accepted on board".into()),
            Report::Started(header) => (header, State::Started, "started on board".into()),
            Report::Completed(header) => (header, State::Completed, "completed on board".into()),
            Report::Refused(header, why) => (header, State::Refused, self.says(header, why)),
            Report::NotStarted(header, why) | Report::Failed(header, why) => {
                (header, State::Failed, self.says(header, why))
            }
            _ => return,
        };
        if let Some(item) = self.requests.get(&header.request()).copied() {
            self.note(item, now, state, text);
        }
    }

    /// The lander's reason, with the argument's name.
    fn says(&self, header: Header, why: Refusal) -> String {
        let item = self.requests.get(&header.request()).and_then(|item| self.items.get(item));
        let record = item.and_then(|item| self.records.get(&item.record));
        let command = record.and_then(|record| Command::named(&record.name));
        let argument = command
            .zip(why.argument())
            .and_then(|(command, n)| command.arguments.get(usize::from(n)));
        match argument {
            Some(argument) => format!("on board: {}: {}", argument.name, why.text()),
            None => format!("on board: {}", why.text()),
        }
    }

    /// Lets time pass: radiates what is due through `radiate`, which gives the number of the unit.
    pub fn tick(
        &mut self,
        now: Time,
        way: &Way,
        radiate: &mut dyn FnMut(&[u8]) -> Result<u64, String>,
    ) {
        self.expire(now);
        if !way.heard && !self.fop.idle() && self.fop.outstanding() == 0 {
            self.go_blind(now);
        }
        while let Some(item) = self.blind.pop_front() {
            self.radiate(item, Content::Bypass, 0, now, radiate);
        }
        let (sends, given_up) = self.fop.due(now, way.timeout);
        for send in sends {
            match send {
                Send::Sequenced { number, entry, again } => {
                    if again {
                        self.note(entry, now, State::Released, "not confirmed: sent again".into());
                    }
                    self.radiate(entry, Content::Sequenced, number, now, radiate);
                }
                Send::Unlock => {
                    let mut frame = [0; TC_FRAME_MAX];
                    let octets = command_frame::directive(Directive::Unlock, &mut frame);
                    // Without a station the timer repeats it.
                    let _ = radiate(&coded(frame.get(..octets).unwrap_or(&[])));
                }
            }
        }
        for (item, fate) in given_up {
            self.fate(item, now, fate);
        }
    }

    fn radiate(
        &mut self,
        number: u64,
        content: Content,
        frame_number: u8,
        now: Time,
        radiate: &mut dyn FnMut(&[u8]) -> Result<u64, String>,
    ) {
        let Some(item) = self.items.get(&number) else { return };
        let mut frame = [0; TC_FRAME_MAX];
        let sealed = command_frame::seal(
            &self.key,
            item.sequence,
            content,
            frame_number,
            &item.packet,
            &mut frame,
        );
        let Some(octets) = sealed else { return };
        match radiate(&coded(frame.get(..octets).unwrap_or(&[]))) {
            Ok(unit) => {
                self.units.insert(unit, number);
                while self.units.len() > 1000 {
                    self.units.pop_first();
                }
            }
            Err(why) if content == Content::Bypass => {
                self.note(number, now, State::Failed, format!("not radiated: {why}"));
            }
            Err(why) => self.note(number, now, State::Released, format!("not radiated: {why}")),
        }
    }

    fn fate(&mut self, item: u64, now: Time, fate: Fate) {
        let (state, text) = fate.says();
        self.note(item, now, state, text.into());
    }

    /// One more line for the command that an item belongs to. What is only about its arming leaves its state.
    fn note(&mut self, item: u64, now: Time, state: State, text: String) {
        let Some(item) = self.items.get(&item) else { return };
        let (id, main, what) = (item.record, item.main, item.what);
        let Some(record) = self.records.get(&id) else { return };
        let word_of_lander =
            matches!(state, State::Accepted | State::Started | State::Completed | State::Refused);
        let told = |e: &Entry| e.state == state && e.text == text;
        if word_of_lander && record.history.iter().any(told) {
            return; // read again
        }
        let forward = state > record.state && (!record.state.over() || word_of_lander);
        let state = if main && forward { state } else { record.state };
        let text = if main { text } else { format!("{what}: {text}") };
        self.happened(id, now, state, text);
    }

    /// A step that is taken only when it is on the disk.
    fn step(&mut self, id: u64, t: Time, state: State, text: String) -> Result<(), CommandError> {
        let Some(record) = self.records.get(&id) else { return Ok(()) };
        let mut next = record.clone();
        next.state = state;
        next.history.push(Entry { t, state, text });
        let written = self.journal.step(&next);
        written
            .map_err(|e| CommandError::Disk(format!("{}: {e}", self.journal.path().display())))?;
        self.records.insert(id, next);
        self.changed.push(id);
        Ok(())
    }

    /// A step that has happened, whether it can be written or not: a journal that cannot be written is shown where
    /// the next command is refused for it.
    fn happened(&mut self, id: u64, t: Time, state: State, text: String) {
        if self.step(id, t, state, text.clone()).is_ok() {
            return;
        }
        if let Some(record) = self.records.get_mut(&id) {
            record.state = state;
            record.history.push(Entry { t, state, text });
            self.changed.push(id);
        }
    }

    fn expire(&mut self, now: Time) {
        let late = |record: &&Record| record.state == State::Awaiting && !record.waits(now);
        let ids: Vec<u64> = self.records.values().filter(late).map(|record| record.id).collect();
        for id in ids {
            self.orders.remove(&id);
            self.happened(id, now, State::Expired, "not released within 30 s".into());
        }
    }

    /// Old records leave memory; the journal keeps them.
    fn forget(&mut self) {
        while self.records.len() > 500 {
            let Some((id, _)) = self.records.pop_first() else { return };
            self.orders.remove(&id);
        }
        while self.items.len() > 1000 {
            self.items.pop_first();
            let oldest = self.items.first_key_value().map_or(0, |(item, _)| *item);
            self.requests.retain(|_, item| *item >= oldest);
        }
    }
}

fn coded(frame: &[u8]) -> Vec<u8> {
    let mut out = [0; CLTU_MAX];
    let octets = cltu::encode(frame, &mut out);
    out.get(..octets).unwrap_or(&[]).to_vec()
}

#[cfg(test)]
mod tests;
