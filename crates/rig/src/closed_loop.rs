//! The closed loop: nature, sensors, flight software, actuators, nature.
//!
//! Owns: [`Simulation`] (one run in progress), [`Running`] (the same with what is measured of it), [`fly`] (one
//! run to its end).
//! Does not own: what all runs share (`stand`), what is kept (`record`), what is measured (`watch`),
//! what is good (`verdict`).
//! Rates: one cycle is 20 ms of sensors in, commands out; every fifth, by the flight software's own
//! count, begins a pulse frame, and only then facts and telemetry stand side by side.

use crate::arrival::OrbitState;
use crate::computer::Computer;
use crate::load::nav_start;
use crate::measures::{MEASURES, Measures};
use crate::record::{Record, Recorder, Recording};
use crate::scenario::ScenarioError;
use crate::scenario::command::Orders;
use crate::scenario::fault::Restart;
pub use crate::stand::Stand;
use crate::verdict::{End, Judgement, judge, outcome};
use crate::watch::{EMPTY_KG, Watch};
use flight::Flight;
use flight::load::{Load, NavStart};
use icd::bus::{Actuators, Sensors, Uplink};
use icd::events::Event;
use icd::time::{Span, Time};
use icd::tm::{Phase, Snapshot};
use sha2::{Digest, Sha256};
use truth::contact::Touchdown;
use truth::environment::terrain::Nearby;
use truth::faulty::Window;
use truth::world::{self, TruthView, World};

/// Pulse frames of the coasts are watched and recorded, those of high braking watched, one in this many.
const COAST_FRAMES: u64 = 10;
/// How long a lander at rest is watched at most, so that the flight software can find out.
const AT_REST: Span = Span::from_ms(5_000);
/// What is left open, 1 sigma, where software takes over that is told the facts: position, m, and velocity, m/s, each axis.
/// Assumed: little enough to play no part, not zero, which no filter takes.
const HANDED_OVER: ([f64; 3], [f64; 3]) = ([1.0; 3], [0.01; 3]);

/// What one pulse frame shows; sampled together.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// Time since the start of the run, s.
    pub t_s: f64,
    /// The facts.
    pub view: &'a TruthView,
    /// What the bus carried up.
    pub sensors: &'a Sensors,
    /// What the bus carried down.
    pub actuators: &'a Actuators,
    /// What the flight software shows.
    pub telemetry: &'a Snapshot,
    /// Everything announced so far, with its time since the start, s.
    pub events: &'a [(f64, Event)],
}

/// What one cycle carried across the bus.
#[derive(Clone, Copy, Debug)]
pub struct Exchange {
    /// To the computer.
    pub sensors: Sensors,
    /// From the computer.
    pub actuators: Actuators,
}

/// One run in progress.
#[derive(Clone)]
pub struct Simulation<'a> {
    world: World,
    /// With the flight software, which is large: a run is moved about, on the stacks of many threads.
    computer: Box<Computer<'a>>,
    silences: Vec<Window>,
    orders: Orders,
}

impl<'a> Simulation<'a> {
    /// Powers up run number `run`; `load` is [`Stand::load`] of the same run.
    ///
    /// # Errors
    /// When truth refuses to start.
    pub fn new(stand: &Stand, load: &'a Load, run: u64) -> Result<Self, ScenarioError> {
        let start = stand.start(run);
        let nav = nav_start(&stand.scenario, &start, run);
        Self::uploaded(stand, load, nav, &start, run)
    }

    /// The same from a given state, with a given state uploaded: how an inquiry flies what it believes to have happened.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn uploaded(
        stand: &Stand,
        load: &'a Load,
        nav: NavStart,
        start: &OrbitState,
        run: u64,
    ) -> Result<Self, ScenarioError> {
        let drawn = stand.faults(run);
        let silence = |(from, until)| Window::new(from, until, start.t);
        Ok(Self {
            world: stand.world(run, start, drawn.faults)?,
            computer: powered_up(load, nav, &drawn.restarts),
            silences: drawn.silences.into_iter().map(silence).collect(),
            orders: Orders::new(&stand.scenario.commands, start.t),
        })
    }

    /// The door between nature and computer: sensors up, commands down. Nature waits.
    pub fn exchange(&mut self) -> Exchange {
        let mut sensors = self.world.sense();
        let now = self.world.now();
        sensors.uplink = self.orders.ready(&now);
        self.silences.iter_mut().for_each(|silence| silence.follow(&now));
        let actuators = self.computer.step(&now, &sensors);
        if sensors.uplink.is_some() && self.computer.up() {
            self.orders.taken(&now);
        }
        Exchange { sensors, actuators }
    }

    /// Hands the computer a telecommand packet that the on-board receiver has let through; it is read in the next
    /// cycle that it computes and that has no other to read.
    pub fn uplink(&mut self, packet: Uplink) {
        self.orders.receive(packet);
    }

    /// Nature carries on for one cycle under the commands.
    pub fn carry_on(&mut self, exchange: &Exchange) {
        self.world.note_phase(self.flight().down().phase);
        self.world.step(&exchange.actuators);
    }

    /// One whole cycle.
    pub fn step(&mut self) -> Exchange {
        let exchange = self.exchange();
        self.carry_on(&exchange);
        exchange
    }

    /// The same run with the same past, whose noise from now on is that of `key`: of every sensor and every fault
    /// (see [`World::rekey`]). Without another key a clone flies on bit by bit.
    #[inline(never)] // a second flight software, large
    pub fn fork(&self, key: u64) -> Self {
        let mut fork = self.clone();
        fork.rekey(key);
        fork
    }

    /// Other noise from now on: that of `key`.
    pub fn rekey(&mut self, key: u64) {
        self.world.rekey(key);
    }

    /// From now on the flight software of another load is in command, and knows the facts of this moment: how an inquiry
    /// asks whether a flight could still have been saved.
    pub fn hand_over(&mut self, load: &'a Load) {
        let state = self.world.state();
        let known = NavStart {
            t: state.t,
            p_MB_I: state.p_MB_I,
            v_MB_I: state.v_MB_I,
            sigma_p_m: HANDED_OVER.0,
            sigma_v_m_s: HANDED_OVER.1,
        };
        self.computer.hand_over(load, known, state);
    }

    /// Nature.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// The flight software.
    pub fn flight(&self) -> &Flight<'a> {
        self.computer.flight()
    }

    /// Whether the computer runs, and whether its last cycle was the first after a power-up.
    pub fn computer(&self) -> (bool, bool) {
        (self.computer.up(), self.computer.powered_up())
    }

    /// Whether a fault of the link acts that lets nothing through.
    pub fn silenced(&self) -> bool {
        let t = self.world.now().t;
        self.silences.iter().any(|silence| silence.age(t).is_some())
    }

    /// Whether the ground receives what is sent now: the computer is up and no fault of the link acts.
    pub fn received(&self) -> bool {
        self.computer.up() && !self.silenced()
    }
}

/// A computer on the heap; its way there is not on its caller's stack.
#[inline(never)]
fn powered_up<'a>(load: &'a Load, nav: NavStart, restarts: &[Restart]) -> Box<Computer<'a>> {
    Box::new(Computer::new(load, nav, restarts))
}

/// One run flown to its end.
#[derive(Clone, Debug)]
pub struct Flown {
    /// Run number.
    pub run: u64,
    /// The verdict.
    pub judgement: Judgement,
    /// The figures it rests on.
    pub measures: Measures,
    /// The lander as it met the ground; `None` when it never did.
    pub touchdown: Option<Touchdown>,
    /// Events with their time since the start, s.
    pub events: Vec<(f64, Event)>,
    /// What was recorded; `None` with [`Recording::Off`].
    pub record: Option<Record>,
    /// Simulated time, s.
    pub simulated_s: f64,
}

impl Flown {
    /// SHA-256 over the bits of every measure and event: equal flights have equal digests.
    pub fn digest(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(self.run.to_be_bytes());
        hash.update(self.simulated_s.to_bits().to_be_bytes());
        for measure in MEASURES {
            let value = (measure.read)(&self.measures).unwrap_or(f64::NAN);
            hash.update(value.to_bits().to_be_bytes());
        }
        for (t_s, event) in &self.events {
            hash.update(t_s.to_bits().to_be_bytes());
            hash.update(event.code().to_be_bytes());
        }
        hash.finalize().into()
    }
}

/// Flies one run to its end: rest, impact, or the scenario's duration.
///
/// - `observer`: shown every pulse frame, one in ten in the coasts.
///
/// # Errors
/// When truth refuses to start.
#[inline(never)] // its frame is large: callers that recurse, as parallel ones do, must not each carry it
pub fn fly(
    stand: &Stand,
    run: u64,
    recording: Recording,
    mut observer: impl FnMut(&Frame<'_>),
) -> Result<Flown, ScenarioError> {
    let load = stand.load(run);
    let mut running = Running::new(stand, &load, run, recording)?;
    loop {
        if let Some(end) = running.step(&mut observer) {
            return running.finish(stand, end);
        }
    }
}

/// A run in progress with what is measured of it: can be stopped, cloned and forked at any cycle.
#[derive(Clone)]
pub struct Running<'a> {
    simulation: Simulation<'a>,
    log: Log,
    run: u64,
    cycles: u64,
}

impl<'a> Running<'a> {
    /// Powers up run number `run`; `load` is [`Stand::load`] of the same run.
    ///
    /// # Errors
    /// When truth refuses to start.
    #[inline(never)] // large
    pub fn new(
        stand: &Stand,
        load: &'a Load,
        run: u64,
        recording: Recording,
    ) -> Result<Self, ScenarioError> {
        let simulation = Simulation::new(stand, load, run)?;
        Ok(Self::watched(stand, simulation, load, run, recording))
    }

    /// The same from a given state, see [`Simulation::uploaded`]; nothing is recorded.
    ///
    /// # Errors
    /// As [`Self::new`].
    #[inline(never)] // large
    pub fn uploaded(
        stand: &Stand,
        load: &'a Load,
        nav: NavStart,
        start: &OrbitState,
        run: u64,
    ) -> Result<Self, ScenarioError> {
        let simulation = Simulation::uploaded(stand, load, nav, start, run)?;
        Ok(Self::watched(stand, simulation, load, run, Recording::Off))
    }

    fn watched(
        stand: &Stand,
        simulation: Simulation<'a>,
        load: &Load,
        run: u64,
        recording: Recording,
    ) -> Self {
        let mut log = Log::new(stand, &simulation);
        if recording == Recording::Full {
            let nav = nav_start(&stand.scenario, &stand.start(run), run);
            log.recorder = Some(Recorder::new(stand, run, log.start, load, &nav));
        }
        Self { simulation, log, run, cycles: 0 }
    }

    /// One cycle; tells how the run ended, once it has. `observer` as in [`fly`].
    pub fn step(&mut self, observer: &mut impl FnMut(&Frame<'_>)) -> Option<End> {
        self.step_with(observer, &mut |_, _| {})
    }

    /// As [`Self::step`]; `each` is shown every exchange before nature carries on.
    pub fn step_with(
        &mut self,
        observer: &mut impl FnMut(&Frame<'_>),
        each: &mut impl FnMut(&Simulation<'a>, &Exchange),
    ) -> Option<End> {
        let exchange = self.simulation.exchange();
        self.log.before(&self.simulation, &exchange, observer);
        each(&self.simulation, &exchange);
        self.simulation.carry_on(&exchange);
        self.cycles += 1;
        self.log.after(&self.simulation, &exchange)
    }

    /// Cycles done.
    pub fn cycles(&self) -> u64 {
        self.cycles
    }

    /// The loop itself.
    pub fn simulation(&self) -> &Simulation<'a> {
        &self.simulation
    }

    /// As [`Simulation::hand_over`].
    pub fn hand_over(&mut self, load: &'a Load) {
        self.simulation.hand_over(load);
    }

    /// As [`Simulation::uplink`].
    pub fn uplink(&mut self, packet: Uplink) {
        self.simulation.uplink(packet);
    }

    /// Other noise from now on: that of `key`. Clone first to fork.
    pub fn rekey(&mut self, key: u64) {
        self.simulation.rekey(key);
    }

    /// What became of it.
    ///
    /// # Errors
    /// A terrain tile that could not be read on the way.
    pub fn finish(self, stand: &Stand, end: End) -> Result<Flown, ScenarioError> {
        if let Some(reason) = stand.environment.terrain.trouble() {
            return Err(ScenarioError::Ground { file: stand.scenario.path.clone(), reason });
        }
        Ok(self.log.finish(stand, self.run, &self.simulation, end))
    }
}

/// What is noted beside the loop.
#[derive(Clone)]
struct Log {
    start: Time,
    duration: Span,
    frames: u64,
    at_rest_since: Option<Time>,
    watch: Watch,
    /// What the last view has found of the ground below.
    below: Nearby,
    recorder: Option<Recorder>,
    events: Vec<(f64, Event)>,
}

impl Log {
    fn new(stand: &Stand, simulation: &Simulation<'_>) -> Self {
        let start = simulation.world().state().t;
        Self {
            start,
            duration: Span::from_s(stand.scenario.duration_s_max),
            frames: 0,
            at_rest_since: None,
            watch: Watch::new(start, stand.scenario.approach.touchdown),
            below: Nearby::default(),
            recorder: None,
            events: Vec::new(),
        }
    }

    /// Nature stands still at the time of the exchange.
    fn before(
        &mut self,
        simulation: &Simulation<'_>,
        exchange: &Exchange,
        observer: &mut impl FnMut(&Frame<'_>),
    ) {
        let Exchange { sensors, actuators } = exchange;
        let telemetry = simulation.flight().down();
        let t_s = (sensors.t - self.start).s();
        if let Some(recorder) = &mut self.recorder {
            recorder.receive(simulation.received());
            if simulation.computer.up() {
                recorder.cycle(sensors, simulation.computer.powered_up());
            }
        }
        let raised = if simulation.computer.up() { simulation.flight().events() } else { &[] };
        for event in raised {
            self.events.push((t_s, *event));
            self.watch.announced(*event, simulation.world().view().altitude_m);
            if let Some(recorder) = &mut self.recorder {
                recorder.event(t_s, *event, sensors.t);
            }
        }
        if let Some(recorder) = &mut self.recorder
            && simulation.computer.up()
        {
            let answers = simulation.flight().reports();
            answers.iter().for_each(|answer| recorder.report(answer, sensors.t));
        }
        let coast = matches!(telemetry.phase, Phase::OrbitCoast | Phase::DescentCoast);
        let close = self.watch.near() || (self.recorder.is_some() && !coast);
        // A frame is shown when the flight software has sampled one: it moves its frames at a new phase.
        if telemetry.t != sensors.t {
            return;
        }
        self.frames += 1;
        if !close && !self.frames.is_multiple_of(COAST_FRAMES) {
            return;
        }
        let view = simulation.world().view_near(&mut self.below);
        let events = &self.events[..];
        let frame = Frame { t_s, view: &view, sensors, actuators, telemetry, events };
        self.watch.frame(&view, telemetry);
        if simulation.world().touchdown().is_some() {
            self.watch.on_the_ground(&view);
        }
        if let Some(recorder) = &mut self.recorder {
            recorder.frame(&frame);
        }
        observer(&frame);
    }

    /// Nature has moved on by a cycle; tells how the run ended, once it has.
    fn after(&mut self, simulation: &Simulation<'_>, exchange: &Exchange) -> Option<End> {
        let world = simulation.world();
        self.watch.cycle(&exchange.sensors, simulation.flight().down().phase, world);
        if let Some(recorder) = &mut self.recorder {
            recorder.thrust(world.thrust());
        }
        let now = world.state().t;
        match world.ended() {
            Some(world::End::AtRest) => {
                let since = *self.at_rest_since.get_or_insert(now);
                let found_out = simulation.flight().down().phase == Phase::Landed;
                if found_out || now - since >= AT_REST {
                    return Some(End::Nature(world::End::AtRest));
                }
            }
            Some(end) => return Some(End::Nature(end)),
            None => {}
        }
        (now - self.start >= self.duration).then_some(End::Duration)
    }

    fn finish(self, stand: &Stand, run: u64, simulation: &Simulation<'_>, end: End) -> Flown {
        let world = simulation.world();
        let scenario = &stand.scenario;
        let simulated_s = (world.state().t - self.start).s();
        let measures = self.watch.finish(world, simulation.flight().down());
        let ran_dry = world.touchdown().is_some_and(|t| t.propellant_kg <= EMPTY_KG);
        let outcome = outcome(end, ran_dry, &measures, &scenario.expect);
        let raised: Vec<Event> = self.events.iter().map(|(_, event)| *event).collect();
        let judgement = judge(outcome, &measures, &raised, &scenario.expect);
        let record = self.recorder.map(|recorder| recorder.finish(simulated_s, &world.view()));
        let touchdown = world.touchdown().copied();
        Flown { run, judgement, measures, touchdown, events: self.events, record, simulated_s }
    }
}
