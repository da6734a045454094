//! The flight software run again on what it had read: what it commanded, believed and announced, cycle by cycle.
//!
//! Owns: [`Replayed`]. Does not own: the flight software, the comparison with what was downlinked (`rig::replay`).
//! As programmed: one step for every cycle received, a new power-up where a cycle is marked as one. Cycles that were
//! computed and not received are stepped through on the mean of the inertial increments before and after them and nothing
//! else, so that pulse frames and timers go on; from the first of them the state is not the downlinked one.
//! Refuses: estimating that state from what was downlinked after a gap.

mod account;
#[cfg(test)]
mod tests;

pub use account::{Account, Compared};

use crate::evidence::{Cycle, Evidence, Gap};
use crate::mission::Mission;
use flight::Flight;
use icd::bus::{ASSIST_ENGINES, Actuators, CYCLE, Imu, JETS, Sensors};
use icd::events::Event;
use icd::time::{Span, Time};
use icd::tm::{LISTS, Phase, Snapshot};
use rig::replay::{Difference, Heard};

/// What was commanded in one cycle; one for each of `Evidence::cycles`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Commanded {
    /// Time at which it takes effect.
    pub t: Time,
    /// First cycle of a pulse frame: the widths are new and start now.
    pub new_frame: bool,
    /// Main engine valve.
    pub main_open: bool,
    /// Width of each assist engine's pulse in this frame, µs.
    pub assist_on_us: [u32; ASSIST_ENGINES],
    /// Width of each jet's pulse in this frame, µs.
    pub jet_on_us: [u32; JETS],
    /// Phase that the flight software was in after the cycle.
    pub phase: Phase,
}

/// Where replay and downlink part, or why there is no more to compare.
#[derive(Clone, Debug, PartialEq)]
pub enum End {
    /// Everything received is bit-exact.
    Whole,
    /// Bit-exact up to a gap; from there on the state is the downlinked one no more, and estimates of the replay are marked
    /// as such.
    Gap(Time),
    /// Something downlinked is not what the replay gives: time, key, downlinked, replayed.
    Differs(Time, String, String, String),
    /// No load as uploaded: the replay follows the flight only roughly.
    OtherLoad,
}

/// The flight software's own account, made again.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Replayed {
    /// One for each cycle of the evidence, in order.
    pub commanded: Vec<Commanded>,
    /// Snapshots at the pulse frame rate, as the flight software sampled them.
    pub snapshots: Vec<Snapshot>,
    /// Events with their times.
    pub events: Vec<(Time, Event)>,
    /// How the comparison ended; `None` when there was nothing to replay.
    pub end: Option<End>,
    /// Lists of parameters compared.
    pub compared: u64,
}

/// Most cycles of one gap that are stepped through: half an hour, assumed; after more the lander is elsewhere anyway.
const BRIDGED: u32 = 90_000;

impl Replayed {
    /// Runs the flight software again on the cycles received.
    pub fn of(mission: &Mission, evidence: &Evidence) -> Self {
        let mut out = Self::default();
        let cycles = &evidence.cycles;
        if cycles.is_empty() {
            return out;
        }
        out.commanded.reserve_exact(cycles.len());
        out.snapshots.reserve_exact(cycles.len() / 5 + 16);
        let mut heard = heard(evidence);
        let mut gaps = evidence.gaps.iter().filter(|gap| gap.lost > 0).peekable();
        let mut flight = Box::new(Flight::new(&mission.load, &mission.nav));
        let mut powered_up = false;
        for (place, cycle) in cycles.iter().enumerate() {
            if let Some(gap) = gaps.next_if(|gap| gap.before == place) {
                out.end.get_or_insert(End::Gap(gap.between.0));
                let before = place.checked_sub(1).and_then(|n| cycles.get(n));
                bridge(&mut flight, before, cycle, gap);
            }
            if cycle.powered_up {
                let again = powered_up || place > 0;
                *flight = if again {
                    flight.restarted(&mission.nav, cycle.sensors.t)
                } else {
                    Flight::new(&mission.load, &mission.nav)
                };
                powered_up = true;
            }
            let actuators = flight.step(&cycle.sensors);
            out.keep(&flight, cycle.sensors.t, &actuators);
            if out.end.is_none()
                && let Some(difference) = heard.compare(&flight, cycle.sensors.t)
            {
                out.end = Some(differs(mission, difference));
            }
        }
        if out.end.is_none() {
            let last = cycles.last().map(|cycle| cycle.sensors.t);
            let left_over = heard.left_over(last).map(|difference| differs(mission, difference));
            out.end = Some(left_over.unwrap_or(End::Whole));
        }
        out.compared = heard.compared().0;
        out
    }

    fn keep(&mut self, flight: &Flight<'_>, t: Time, actuators: &Actuators) {
        let snapshot = flight.down();
        self.commanded.push(Commanded {
            t: actuators.t,
            new_frame: actuators.new_frame,
            main_open: actuators.main_open,
            assist_on_us: actuators.assist_on_us,
            jet_on_us: actuators.jet_on_us,
            phase: flight.phase(),
        });
        if snapshot.t == t {
            self.snapshots.push(*snapshot);
        }
        self.events.extend(flight.events().iter().map(|event| (t, *event)));
    }
}

fn differs(mission: &Mission, difference: Difference) -> End {
    let Difference { t, what, downlinked, replayed } = difference;
    if mission.uploaded { End::Differs(t, what, downlinked, replayed) } else { End::OtherLoad }
}

/// What was received of the flight software's snapshots, events and answers.
fn heard(evidence: &Evidence) -> Heard<'_> {
    let sampled = |list: u8| LISTS.iter().any(|known| known.id == list);
    let lists = evidence.lists.iter().filter(|list| sampled(list.list));
    Heard::new(
        lists.map(|list| (list.t, list.list, &list.data[..])),
        evidence.events.iter().copied(),
        evidence.answers.iter().copied(),
        evidence.damage.missing + evidence.damage.damaged,
    )
}

/// Steps through the cycles of a gap.
fn bridge(flight: &mut Flight<'_>, before: Option<&Cycle>, after: &Cycle, gap: &Gap) {
    let (first, last) = (before.unwrap_or(after).sensors.imu, after.sensors.imu);
    let mean = |a: [f64; 3], b: [f64; 3]| {
        let [x, y, z] = a;
        let [u, v, w] = b;
        [(x + u) / 2.0, (y + v) / 2.0, (z + w) / 2.0]
    };
    let imu = Imu {
        dv_B_m_s: mean(first.dv_B_m_s, last.dv_B_m_s),
        dtheta_B_rad: mean(first.dtheta_B_rad, last.dtheta_B_rad),
        saturated: false,
        healthy: true,
    };
    for n in (1..=gap.lost).rev().take(BRIDGED as usize).map(i64::from) {
        let t = after.sensors.t - Span::from_ns(n * CYCLE.ns());
        flight.step(&Sensors {
            t,
            imu,
            star_tracker: None,
            rangefinder: None,
            velocimeter: None,
            radar_altimeter: None,
            camera: None,
            gauge: None,
            hazard_lidar: None,
            touchdown: after.sensors.touchdown,
            uplink: None,
        });
    }
}
