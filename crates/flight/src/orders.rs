//! Orders: what the ground commands in flight, and what becomes of it.
//!
//! Owns: acceptance of a telecommand packet, arming, execution, the answers. In parts: go and no-go with the chances to
//! land (`hold`), another landing place (`divert`), packets that wait for their time (`schedule`), values loaded in
//! flight (`tuned`).
//! Does not own: packets and ranges ([`icd::tc`]), authentication and sequence ([`crate::uplink`]), stored telemetry and
//! transmitters: those orders are handed on by [`Flight::link_orders`].
//! As programmed, in the cycle in which the packet comes: checksum, dictionary and ranges; a hazardous order must have
//! been armed by its own code within [`ARM_S`] before, once for each; then whether the state of the flight allows it. What
//! fails is refused whole, PUS (1, 2), and changes nothing. What passes is reported accepted (1, 1), done, and reported
//! completed (1, 7), both in the same cycle; two orders take time and are reported started (1, 3) first: a restart of
//! the rangefinder until it fires again, and of the computer until it is back.
//! Neither a reboot (valves shut for up to two seconds) nor a restart of the only sensor that ranges (five seconds) is
//! obeyed in the last [`divert::LOW_GATE_M`] of the approach; no reboot between contact and rest either.
//! A hazardous order for the schedule must be armed when it is put in, not when its time comes.
//! Without orders nothing here changes a bit of the flight.

mod divert;
mod hold;
mod schedule;
mod tuned;

pub(crate) use hold::{Chance, Hold};
pub(crate) use tuned::Tuned;

use crate::faults::rangefinder::{RangeWatch, Ranging};
use crate::load::{Load, after};
use crate::{Flight, Lines};
use icd::bus::{Reboot, Sensors};
use icd::events::Event;
use icd::tc::{self, Header, Order, Refusal, Report, SCHEDULE_MAX, Sensor};
use icd::time::Time;
use icd::tm::{self, Phase, Use};
use schedule::{Due, Schedule};

/// How long an arming lasts, s. Assumed: two orders sent one after the other arrive within one.
const ARM_S: f64 = 10.0;
/// How long a restarted rangefinder may be silent, s. Assumed: four times what it takes.
const RESTART_S: f64 = 20.0;
/// A sensor whose last use is older than this is not in use, s. Assumed.
const RANGED_S: f64 = 3.0;
/// Answers that one cycle can hold: two packets with an answer of their own each, and what they end.
const REPORTS: usize = 10;
/// Orders for the link in one cycle.
const HANDED_ON: usize = 2;

/// What the ground has ordered, as far as it still counts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Desk {
    /// Go or no go.
    pub hold: Hold,
    /// Values loaded in flight.
    pub tuned: Tuned,
    /// How far the landing point was moved, east and north, m.
    pub divert_m: [f64; 2],
    schedule: Schedule,
    armed: Option<(u8, Time)>,
    restarting: Option<(Header, Time)>,
    rebooting: Option<(Header, Reboot)>,
    reports: [Report; REPORTS],
    count: usize,
    handed_on: [Order; HANDED_ON],
    handed: usize,
    restart_rangefinder: bool,
    reboot: Option<Reboot>,
    accepted: u16,
    refused: u16,
    refusal: u8,
    last: u16,
}

/// What an order that was obeyed leaves to be reported.
struct Done {
    /// It goes on.
    under_way: bool,
    /// What it asked for.
    answer: Option<Report>,
}

impl Done {
    const AT_ONCE: Self = Self { under_way: false, answer: None };
    const UNDER_WAY: Self = Self { under_way: true, answer: None };

    fn with(answer: Report) -> Self {
        Self { under_way: false, answer: Some(answer) }
    }
}

impl Desk {
    /// Nothing ordered.
    pub fn new(load: &Load) -> Self {
        Self {
            hold: Hold::new(load.deorbit),
            tuned: Tuned::new(load),
            divert_m: [0.0; 2],
            schedule: Schedule::new(),
            armed: None,
            restarting: None,
            rebooting: None,
            reports: [Report::Alive; REPORTS],
            count: 0,
            handed_on: [Order::Ping; HANDED_ON],
            handed: 0,
            restart_rangefinder: false,
            reboot: None,
            accepted: 0,
            refused: 0,
            refusal: 0,
            last: 0,
        }
    }

    /// As it comes out of memory that keeps: nothing is armed any more.
    pub fn kept(&self) -> Self {
        Self { armed: None, ..*self }
    }

    fn begin(&mut self) {
        (self.count, self.handed) = (0, 0);
        (self.restart_rangefinder, self.reboot) = (false, None);
    }

    fn report(&mut self, report: Report) {
        if let Some(slot) = self.reports.get_mut(self.count) {
            *slot = report;
            self.count += 1;
        }
    }

    fn hand_on(&mut self, order: &Order) {
        if let Some(slot) = self.handed_on.get_mut(self.handed) {
            *slot = *order;
            self.handed += 1;
        }
    }

    /// Uses up the arming of a command at `now`, if there is one in time.
    fn disarm(&mut self, code: u8, now: Time) -> Result<(), Refusal> {
        let armed = self.armed.take();
        let good = armed.is_some_and(|(of, since)| of == code && after(now, since) <= ARM_S);
        if good { Ok(()) } else { Err(Refusal::NotArmed) }
    }

    /// For the telemetry at `now`.
    pub fn down(&self, now: Time) -> tm::Orders {
        let armed = self.armed.filter(|(_, since)| after(now, *since) <= ARM_S);
        tm::Orders {
            accepted: self.accepted,
            refused: self.refused,
            refusal: self.refusal,
            last: self.last,
            armed: armed.map_or(0, |(code, _)| code),
            held: !self.hold.go,
            waved_off: self.hold.waved_off,
            scheduled: self.schedule.count(),
            schedule_runs: self.schedule.runs,
            divert_m: self.divert_m,
        }
    }
}

/// A report of start or completion was asked for: bits of the acknowledgement flags.
const ACCEPTANCE: u8 = 0b1000;
const START: u8 = 0b0100;
const COMPLETION: u8 = 0b0001;

impl Flight<'_> {
    /// What the last step answers to the ground, in order.
    pub fn reports(&self) -> &[Report] {
        self.desk.reports.get(..self.desk.count).unwrap_or(&[])
    }

    /// Orders accepted in the last step that others carry out: dumps, transmitters, bit rates, housekeeping lists.
    pub fn link_orders(&self) -> &[Order] {
        self.desk.handed_on.get(..self.desk.handed).unwrap_or(&[])
    }

    /// One cycle: what was under way, what was sent, what was scheduled.
    pub(crate) fn obey(&mut self, sensors: &Sensors) {
        self.desk.begin();
        self.end_restarts(sensors);
        let expired = self.desk.armed.is_some_and(|(_, at)| after(self.nav.t, at) > ARM_S);
        if expired {
            self.desk.armed = None;
            self.announce.now(Event::ArmExpired);
        }
        if let Some(uplink) = &sensors.uplink {
            self.take_packet(uplink.packet(), false);
        }
        match self.desk.schedule.due(self.nav.t) {
            Some(Due::Now(entry)) => {
                self.announce.now(Event::ScheduledReleased);
                self.take_packet(entry.packet(), true);
            }
            Some(Due::Dropped(entry)) => {
                self.announce.now(Event::ScheduleLate);
                if let Ok((header, _)) = tc::decode(entry.packet()) {
                    self.turn_down(Some(header), Refusal::TimePassed);
                }
            }
            None => {}
        }
    }

    /// What the machine is told beside the valves.
    pub(crate) fn command_units(&mut self) {
        self.actuators.restart_rangefinder = self.desk.restart_rangefinder;
        self.actuators.reboot = self.desk.reboot;
    }

    fn take_packet(&mut self, packet: &[u8], scheduled: bool) {
        let (header, order) = match tc::decode(packet) {
            Ok(read) => read,
            Err((header, why)) => return self.turn_down(header, why),
        };
        let now = self.nav.t;
        // One that waits for its time was armed when it was put in.
        let told = match &order {
            Order::Schedule(inner) => tc::decode(inner.packet()).map_or(order, |(_, order)| order),
            other => *other,
        };
        let (command, _) = told.parts();
        let allowed = if command.hazardous && !scheduled {
            self.desk.disarm(command.code, now)
        } else {
            Ok(())
        };
        match allowed.and_then(|()| self.carry_out(&order, header)) {
            Ok(done) => self.accept(header, &done),
            Err(why) => self.turn_down(Some(header), why),
        }
    }

    fn accept(&mut self, header: Header, done: &Done) {
        let desk = &mut self.desk;
        desk.accepted = desk.accepted.saturating_add(1);
        desk.last = header.sequence;
        let asked = |bit: u8| header.acknowledge & bit != 0;
        if asked(ACCEPTANCE) {
            desk.report(Report::Accepted(header));
        }
        if let Some(answer) = &done.answer {
            desk.report(*answer);
        }
        if done.under_way && asked(START) {
            desk.report(Report::Started(header));
        } else if !done.under_way && asked(COMPLETION) {
            desk.report(Report::Completed(header));
        }
        self.announce.now(Event::OrderAccepted);
    }

    fn turn_down(&mut self, header: Option<Header>, why: Refusal) {
        let desk = &mut self.desk;
        desk.refused = desk.refused.saturating_add(1);
        desk.refusal = why.code();
        if let Some(header) = header {
            desk.report(Report::Refused(header, why));
        }
        self.announce.now(Event::OrderRefused);
    }

    /// Does what is ordered, all of it or nothing.
    fn carry_out(&mut self, order: &Order, header: Header) -> Result<Done, Refusal> {
        let now = self.nav.t;
        match *order {
            Order::Arm { code } => {
                self.desk.armed = Some((code, now));
                self.announce.now(Event::Armed);
            }
            Order::Go => self.order_go()?,
            Order::NoGo => self.order_no_go()?,
            Order::WaveOff => self.order_wave_off()?,
            Order::Divert { east_m, north_m } => self.order_divert(east_m, north_m)?,
            Order::SensorUse { sensor, usage } => self.order_use(sensor, usage)?,
            Order::LoadParameter { parameter, value } => self.order_value(parameter, value)?,
            Order::ReportParameter { parameter } => {
                let value = self.value_of(parameter).ok_or(Refusal::NotFitted)?;
                return Ok(Done::with(Report::Parameter { parameter, value }));
            }
            Order::RestartRangefinder => {
                self.order_restart(header)?;
                return Ok(Done::UNDER_WAY);
            }
            Order::Reboot(how) => {
                if self.is_low() {
                    return Err(Refusal::WrongPhase);
                }
                self.desk.reboot = Some(how);
                self.desk.rebooting = Some((header, how));
                self.announce.now(Event::Rebooting);
                return Ok(Done::UNDER_WAY);
            }
            Order::Ping => return Ok(Done::with(Report::Alive)),
            Order::Schedule(entry) => {
                let put = self.desk.schedule.insert(&entry, now);
                self.announce.edge(Event::ScheduleFull, put == Err(Refusal::ScheduleFull));
                put?;
            }
            Order::ScheduleReset => self.desk.schedule.reset(),
            Order::ScheduleEnable => self.desk.schedule.runs = true,
            Order::ScheduleDisable => self.desk.schedule.runs = false,
            Order::ScheduleReport => return Ok(Done::with(self.summary())),
            Order::Dump { .. }
            | Order::Transmitter { .. }
            | Order::BitRate { .. }
            | Order::Antenna { .. }
            | Order::Housekeeping { .. } => self.desk.hand_on(order),
        }
        Ok(Done::AT_ONCE)
    }

    fn order_use(&mut self, sensor: Sensor, usage: Use) -> Result<(), Refusal> {
        let vehicle = &self.load.vehicle;
        let (fitted, line) = match sensor {
            Sensor::Rangefinder => (true, &mut self.lines.rangefinder),
            Sensor::Velocimeter => (vehicle.velocimeter.fitted, &mut self.lines.velocimeter),
            Sensor::StarTracker => (true, &mut self.lines.star_tracker),
            Sensor::RadarAltimeter => {
                (vehicle.radar_altimeter.fitted, &mut self.lines.radar_altimeter)
            }
            Sensor::Camera => (vehicle.camera.fitted, &mut self.lines.camera),
        };
        if !fitted {
            return Err(Refusal::NotFitted);
        }
        line.usage = usage;
        self.announce.now(Event::SensorUseOrdered);
        Ok(())
    }

    /// Takes over how the sensors are to be used.
    pub(crate) fn keep_uses(&mut self, kept: &Lines) {
        let own = &mut self.lines;
        own.rangefinder.usage = kept.rangefinder.usage;
        own.velocimeter.usage = kept.velocimeter.usage;
        own.star_tracker.usage = kept.star_tracker.usage;
        own.radar_altimeter.usage = kept.radar_altimeter.usage;
        own.camera.usage = kept.camera.usage;
    }

    fn order_value(&mut self, parameter: u8, value: f64) -> Result<(), Refusal> {
        if parameter == tuned::DEORBIT_DV {
            // A burn that has begun is not changed.
            if self.mode.phase != Phase::OrbitCoast {
                return Err(Refusal::WrongPhase);
            }
            if (value - self.load.deorbit.dv_m_s).abs() > tuned::DEORBIT_DV_OFF_M_S {
                return Err(Refusal::OutOfRange { argument: 1 });
            }
            self.desk.hold.plan.dv_m_s = value;
        } else {
            self.desk.tuned.load(parameter, value)?;
        }
        self.announce.now(Event::ParameterLoaded);
        Ok(())
    }

    fn value_of(&self, parameter: u8) -> Option<f64> {
        let own = parameter == tuned::DEORBIT_DV;
        if own { Some(self.desk.hold.plan.dv_m_s) } else { self.desk.tuned.value(parameter) }
    }

    /// So low that there is no time for seconds without engines or ranges, or not yet at rest.
    fn is_low(&self) -> bool {
        match self.mode.phase {
            Phase::PitchUp | Phase::Terminal => self.guide.altitude_m < divert::LOW_GATE_M,
            Phase::Contact | Phase::CutOff => true,
            _ => false,
        }
    }

    /// Altitude comes from the rangefinder, and from nothing else.
    fn ranges_alone(&self) -> bool {
        let in_use =
            |line: &icd::tm::Innovation| line.age_s < RANGED_S && line.usage != Use::Inhibit;
        in_use(&self.lines.rangefinder) && !in_use(&self.lines.radar_altimeter)
    }

    /// Off and on again. What was learnt of the unit was learnt before: its watch begins anew.
    fn order_restart(&mut self, header: Header) -> Result<(), Refusal> {
        let needed = self.is_low() && self.ranges_alone();
        if self.desk.restarting.is_some() || self.mode.phase >= Phase::Contact || needed {
            return Err(Refusal::WrongPhase);
        }
        self.desk.restart_rangefinder = true;
        self.desk.restarting = Some((header, self.nav.t));
        let acquired = self.watch.acquired;
        self.watch = RangeWatch::new(Ranging::Rangefinder);
        self.watch.acquired = acquired;
        self.announce.now(Event::RangefinderRestarted);
        Ok(())
    }

    /// Reports what has come to its end since.
    fn end_restarts(&mut self, sensors: &Sensors) {
        if let Some((header, since)) = self.desk.restarting {
            let fires = sensors.rangefinder.is_some_and(|shot| shot.t > since);
            let late = after(self.nav.t, since) > RESTART_S;
            if fires || late {
                self.desk.restarting = None;
                if late {
                    self.desk.report(Report::Failed(header, Refusal::Silent));
                } else if header.acknowledge & COMPLETION != 0 {
                    self.desk.report(Report::Completed(header));
                }
            }
        }
        if let Some((header, _)) = self.desk.rebooting.take()
            && header.acknowledge & COMPLETION != 0
        {
            self.desk.report(Report::Completed(header));
        }
    }

    fn summary(&self) -> Report {
        let mut entries = [(Time::from_tai_ns(0), Header::default()); SCHEDULE_MAX];
        for (slot, entry) in entries.iter_mut().zip(self.desk.schedule.entries()) {
            let header = tc::decode(entry.packet()).map_or(Header::default(), |(header, _)| header);
            *slot = (entry.at, header);
        }
        let count = self.desk.schedule.count();
        Report::Schedule { count, entries }
    }
}

#[cfg(test)]
mod tests;
