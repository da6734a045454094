//! The flight director's desk: what the room makes of what the ground receives, and what it does about it.
//!
//! Owns: [`Desk`]: it feeds `signal` and `command` with what [`Ground`] tells, lets time pass for them, carries out what
//! the reconnect procedure asks for, and shows one state of all, as text in JSON, a second apart and at each change.
//! Does not own: the rules (`signal`), commands (`command`), browsers (`serve`).
//! Times compared with the plan and with stations are Earth receive times; what is said about the lander is at the
//! on-board time whose light arrives now.

mod facts;
mod state;

use crate::clock::utc_ms;
use crate::command::{CommandError, Commander, Request, State};
use crate::ground::Ground;
use crate::signal::picture::Picture;
use crate::signal::procedure::{Action, Heard, Procedure, ProcedureError, STEPS};
use crate::signal::status::{self, Call, Evidence};
use crate::signal::watch::{Signal, Watch};
use crate::values::{Level, Update};
use icd::time::{Span, Time};
use serde_json::Value;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{broadcast, watch};

/// Time passes in steps of this.
const TICK: Duration = Duration::from_millis(100);
/// The state is told this often without a change.
const TELL_EVERY: Duration = Duration::from_secs(1);
/// Mission time that runs back by more than this is another flight.
const ANOTHER_FLIGHT: Span = Span::from_ms(30_000);
/// Lines about refused requests in the journal, each minute: a flood does not fill the disk.
const REFUSALS_A_MINUTE: u32 = 60;

/// What the desk knows and does.
pub(crate) struct Inner {
    roles: facts::Roles,
    watch: Watch,
    picture: Picture,
    procedure: Procedure,
    commander: Commander,
    signal: Signal,
    call: Call,
    call_since: Time,
    evidence: Vec<Evidence>,
    state_received: Option<Time>,
    word_received: Option<Time>,
    /// When the newest control word left the lander.
    word_sent: Option<Time>,
    now: Option<Time>,
    /// Mission seconds each second, 1 at the least.
    pace: f64,
    refusals: (Option<Instant>, u32),
}

/// The desk.
pub struct Desk {
    ground: Arc<Ground>,
    inner: Mutex<Inner>,
    /// Listens from before the archive's content is taken up, so that nothing falls between; taken by `run`.
    updates: Mutex<Option<broadcast::Receiver<Update>>>,
    state: watch::Sender<Arc<str>>,
    commands: broadcast::Sender<Arc<str>>,
}

impl Desk {
    /// A desk for a ground. What the archive held before is taken up.
    pub fn new(ground: Arc<Ground>, commander: Commander) -> Arc<Self> {
        let mut inner = Inner {
            roles: facts::Roles::new(ground.keys()),
            watch: facts::watch(ground.mission()),
            picture: Picture::default(),
            procedure: Procedure::new(STEPS),
            commander,
            signal: Signal::Waiting,
            call: Call::InFlight,
            call_since: Time::default(),
            evidence: Vec::new(),
            state_received: None,
            word_received: None,
            word_sent: None,
            now: None,
            pace: 1.0,
            refusals: (None, 0),
        };
        let updates = Mutex::new(Some(ground.subscribe()));
        inner.take_up(&ground);
        let (state, _) = watch::channel(Arc::from("{}"));
        let (commands, _) = broadcast::channel(256);
        let desk = Self { ground, inner: Mutex::new(inner), updates, state, commands };
        desk.pass();
        desk.tell();
        Arc::new(desk)
    }
    /// Works until the ground is gone. A listener of the ground like any other: if it lags, nothing waits for it.
    pub async fn run(self: Arc<Self>) {
        let taken = self.updates.lock().unwrap_or_else(PoisonError::into_inner).take();
        let mut updates = taken.unwrap_or_else(|| self.ground.subscribe());
        let mut tick = tokio::time::interval(TICK);
        let mut told = Instant::now();
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                update = updates.recv() => match update {
                    Ok(update) => self.hear(&update),
                    Err(broadcast::error::RecvError::Lagged(_)) => self.lock().take_up(&self.ground),
                    Err(broadcast::error::RecvError::Closed) => return,
                },
                _ = tick.tick() => {
                    let changed = self.pass();
                    if changed || told.elapsed() >= TELL_EVERY {
                        told = Instant::now();
                        self.tell();
                    }
                }
            }
        }
    }
    /// The ground that it sits in.
    pub fn ground(&self) -> &Arc<Ground> {
        &self.ground
    }
    /// The state, once a second and at each change.
    pub fn state(&self) -> watch::Receiver<Arc<str>> {
        self.state.subscribe()
    }
    /// Commands that change.
    pub fn commands_changing(&self) -> broadcast::Receiver<Arc<str>> {
        self.commands.subscribe()
    }
    /// The state now.
    pub fn state_now(&self) -> Value {
        state::state(&self.ground, &self.lock())
    }
    /// Where the procedure stands.
    pub fn procedure(&self) -> Value {
        state::procedure(&self.lock().procedure)
    }
    /// Every command, oldest first.
    pub fn commands(&self) -> Value {
        self.lock().commander.records().map(state::command).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
    fn clock(&self) -> Result<Time, CommandError> {
        self.ground.now().ok_or(CommandError::NoClock)
    }

    /// First step of a command. Writes to the disk.
    pub fn submit(&self, request: &Request) -> Result<Value, CommandError> {
        let mut inner = self.lock();
        let now = match self.clock() {
            Ok(now) => now,
            Err(why) => {
                inner.commander.refuse(None, &request.name, &why.to_string())?;
                return Err(why);
            }
        };
        let id = inner.commander.submit(now, request)?;
        self.send(&mut inner, now);
        Ok(inner.commander.record(id).map_or(Value::Null, state::command))
    }
    /// Second step of a hazardous command. Writes to the disk.
    pub fn release(&self, id: u64, confirm: &str) -> Result<Value, CommandError> {
        let mut inner = self.lock();
        let now = self.clock()?;
        let released = inner.commander.release(now, id, confirm);
        self.send(&mut inner, now);
        released?;
        Ok(inner.commander.record(id).map_or(Value::Null, state::command))
    }
    /// Notes a request that was refused before it became a command; beyond 60 a minute only the first ones.
    pub fn note_refusal(&self, what: &str, why: &str) {
        let now = self.ground.now();
        let mut inner = self.lock();
        let (since, count) = &mut inner.refusals;
        if since.is_none_or(|since| since.elapsed() > Duration::from_secs(60)) {
            (*since, *count) = (Some(Instant::now()), 0);
        }
        *count += 1;
        if *count <= REFUSALS_A_MINUTE {
            // Refused it is in any case; a disk that is full shows with the first command.
            let _ = inner.commander.refuse(now, what, why);
        }
    }
    /// Starts the reconnect procedure.
    pub fn start_procedure(&self, automatic: bool) -> Result<Value, ProcedureError> {
        self.steer(|p, now, light_s| p.start(now, automatic, light_s))
    }
    /// Stops it.
    pub fn stop_procedure(&self) -> Result<Value, ProcedureError> {
        self.steer(|p, now, _| p.stop(now).map(|()| None))
    }
    /// Goes on with it.
    pub fn next_step(&self, confirm: Option<&str>) -> Result<Value, ProcedureError> {
        self.steer(|p, now, light_s| p.next(now, confirm, light_s))
    }
    fn steer(
        &self,
        with: impl FnOnce(&mut Procedure, Time, f64) -> Result<Option<Action>, ProcedureError>,
    ) -> Result<Value, ProcedureError> {
        let now = self.ground.now().unwrap_or_default();
        let mut inner = self.lock();
        let light_s = facts::light_s(&inner.watch, self.ground.mission());
        let action = with(&mut inner.procedure, now, light_s)?;
        self.act(&mut inner, now, action);
        let shown = state::procedure(&inner.procedure);
        drop(inner);
        self.tell();
        Ok(shown)
    }

    /// Carries out what a step of the procedure asks for.
    fn act(&self, inner: &mut Inner, now: Time, action: Option<Action>) {
        match action {
            None => {}
            Some(Action::Wait) => {
                inner.procedure.note("nothing is sent: ask the stations by voice", true, now);
            }
            Some(Action::NextPass) => {
                inner.procedure.note("nothing is sent: listening for the next pass", true, now);
            }
            Some(Action::Sweep) => {
                let text = "nothing is sent: have the stations search, by voice";
                inner.procedure.note(text, true, now);
            }
            Some(Action::Command { name, arguments }) => {
                let arguments = arguments.iter().map(|(n, v)| ((*n).to_owned(), Value::from(*v)));
                let request =
                    Request { name: name.to_owned(), arguments: arguments.collect(), at: None };
                let asked = inner.commander.send_blind(now, &request);
                self.send(inner, now);
                let (text, sent) = match asked {
                    Err(why) => (why.to_string(), false),
                    Ok(id) => match inner.commander.record(id).filter(|r| r.state == State::Failed)
                    {
                        None => (format!("command {id}, blind: {name}"), true),
                        Some(failed) => {
                            let why = failed.history.last().map_or("", |entry| &entry.text);
                            (format!("command {id}: {why}"), false)
                        }
                    },
                };
                inner.procedure.note(&text, sent, now);
            }
        }
    }

    /// Takes in one message of the ground.
    fn hear(&self, update: &Update) {
        let mut inner = self.lock();
        let now = self.ground.now().unwrap_or_default();
        match update {
            Update::Values(values) => inner.values(values, now),
            Update::Event(seen) => inner.picture.event(seen.t, seen.event),
            Update::Clcw { station, received, clcw } => {
                inner.watch.frame(*received, now);
                if inner.newest_word(self.ground.mission(), now, *station, *received) {
                    let way = inner.way(self.ground.mission(), now);
                    inner.commander.hear_word(now, *clcw, &way);
                }
            }
            Update::Report(report) => inner.commander.hear_report(now, report.report),
            Update::Radiated { number, at, .. } => inner.commander.hear_radiated(*number, *at),
            Update::Alarm(_) | Update::Link => {}
        }
        self.tell_commands(&mut inner);
    }

    /// Lets time pass; says whether something happened that should be told at once.
    fn pass(&self) -> bool {
        let Some(now) = self.ground.now() else { return false };
        let mut inner = self.lock();
        if inner.now.is_some_and(|before| before - now > ANOTHER_FLIGHT) {
            inner.watch = facts::watch(self.ground.mission());
            inner.picture = Picture::default();
            inner.procedure = Procedure::new(STEPS);
            (inner.state_received, inner.word_received, inner.word_sent) = (None, None, None);
            inner.take_up(&self.ground);
        }
        inner.now = Some(now);
        inner.pace(self.ground.speed());
        let before = (inner.signal, inner.call, inner.procedure.state(), inner.procedure.at());
        let (signal, _) = inner.watch.tick(now);
        let heard = Heard { carrier: inner.watch.locked(now), frames: signal == Signal::Acquired };
        let light_s = facts::light_s(&inner.watch, self.ground.mission());
        let pass = inner.watch.expected(now);
        let action = inner.procedure.tick(now, heard, pass, light_s);
        self.act(&mut inner, now, action);
        self.send(&mut inner, now);
        let facts = inner.facts(self.ground.mission(), now);
        let (call, evidence) = status::call(&facts);
        if call != inner.call || inner.call_since == Time::default() {
            (inner.call, inner.call_since) = (call, now);
        }
        inner.evidence = evidence;
        let turned = inner.signal != signal;
        inner.signal = signal;
        let after = (inner.signal, inner.call, inner.procedure.state(), inner.procedure.at());
        let last = inner.watch.last_contact();
        drop(inner);
        if turned {
            self.alarm(signal, last);
        }
        before != after
    }

    /// A signal that is lost is an alarm like others: latched until a person has seen it.
    fn alarm(&self, signal: Signal, last: Option<Time>) {
        match (signal, last) {
            (Signal::Lost, Some(last)) => self.ground.raise(
                "ground.signal",
                Level::Red,
                &format!("Signal lost; last contact {last} UTC"),
            ),
            (Signal::Acquired, _) => self.ground.clear("ground.signal"),
            _ => {}
        }
    }

    /// Radiates what is due, by the station that hears best.
    fn send(&self, inner: &mut Inner, now: Time) {
        let way = inner.way(self.ground.mission(), now);
        let stations = inner.stations(&self.ground, now);
        let mut radiate = |cltu: &[u8]| {
            let mut why = "no station is connected".to_owned();
            for station in &stations {
                match self.ground.radiate(*station, cltu) {
                    Ok(number) => return Ok(number),
                    Err(error) => why = error.to_string(),
                }
            }
            Err(why)
        };
        inner.commander.tick(now, &way, &mut radiate);
        self.tell_commands(inner);
    }

    fn tell_commands(&self, inner: &mut Inner) {
        for record in inner.commander.take_changed() {
            // Nobody listening is no error; nor below.
            let _ = self.commands.send(Arc::from(state::command(&record).to_string()));
        }
    }
    fn tell(&self) {
        let text = self.state_now().to_string();
        self.state.send_replace(Arc::from(text));
    }
}

/// Mission time for screens.
fn ms(t: Time) -> Value {
    Value::from(utc_ms(t))
}

#[cfg(test)]
mod tests;
