//! An explanation flown again in closed loop on the mission's models.
//!
//! Owns: [`Bench`] (the mission's stand at what the evidence says of start and constants, with any faults), the flight's
//! summary, [`agreement`] with what was received. Does not own: the loop (`rig::closed_loop`), the journal (`work`).
//! As programmed: the load and the start of navigation are those uploaded. With faults that mislead a trajectory which
//! does not know of them (whatever is wrong with inertial unit or computer, and what puts another sensor's readings off)
//! the true start is what navigation was told and all constants of nature are at their medians, for such a trajectory
//! lays what failed into them. Else the start is the smoothed trajectory's first state and constants are its estimates,
//! held at [`SOUND`] standard deviations; those of a device that the explanation has fail, which would count twice, are at
//! their medians. That is the first flight. All others are draws of what is not known: noise, the numbers and times of the
//! faults, every constant (estimated or not), and the start, along the ground as far as the trajectory leaves it open or, where
//! it is misled, as far as navigation was told: which crater a lander comes down in follows from no explanation. What two
//! sets of faults share is drawn alike for both.
//! [`agreement`] is ln of how well flights of an explanation end and move as the recorded one did: that they end alike by
//! the rule of Jeffreys, (k + ½)/(n + 1), and for altitude, vertical speed and navigation's error of altitude half the
//! mean squared deviation in units of [`sigma`], held at [`FAR`], and the same of the vertical speed at contact: the findings have weighed the readings already, this
//! term says whether the lander gets lost the way it was.
//! Refuses: another run's noise as evidence; exact times of the last second.

use super::Reflown;
use crate::catalogue::NAVIGATION;
use crate::control;
use crate::evidence::Evidence;
use crate::finding::Fault;
use crate::mission::Mission;
use crate::trajectory::Trajectory;
use crate::trajectory::reference::Pose;
use crate::work::Work;
use flight::load::NavStart;
use icd::constants::MOON_GRAVITY_M_S2;
use icd::frames::Vector;
use icd::time::{Span, Time};
use nalgebra::{Matrix3, Vector3};
use rig::arrival::OrbitState;
use rig::closed_loop::{Frame, Running};
use rig::load::radial_along_across;
use rig::normal;
use rig::random::Stream;
use rig::scenario::{Dispersed, ScenarioError, fault};
use rig::stand::Stand;
use rig::verdict::Outcome;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use truth::faulty::Moment;

/// Runs of a re-flight are numbered from here: no campaign gets there.
pub const RUN: u64 = 1 << 40;
/// A profile has a sample this often, s.
const EVERY_S: f64 = 5.0;
/// The flight is compared over its last part, s.
const COMPARED_S: f64 = 240.0;
/// Half a mean square is not taken for more than this.
const FAR: f64 = 4.0;
/// How far two flights of the same lander may differ in the vertical speed at contact: share and m/s. Assumed: where it falls
/// from shifts by as much as where it ran dry.
const MET: (f64, f64) = (0.3, 3.0);
/// The start lies no more standard deviations from where navigation was told to start: all that an unseen failure lays
/// into it beyond is none of the start's.
const KNOWN: f64 = 4.0;
/// A device that has not failed is no more standard deviations from its specification: beyond, a single fault, whose −ln of the
/// prior is 6, is the more probable (z²/2 = 6). Assumed.
const SOUND: f64 = 3.5;
/// A number that is known worse is drawn no farther off than by this share of itself: it would be another fault.
const HALF: f64 = 0.5;

/// Where explanations are flown.
pub struct Bench<'a> {
    /// The mission.
    pub mission: &'a Mission,
    /// Where the flight began, by the evidence.
    pub start: OrbitState,
    /// How well its place along the ground is known: a square root of the covariance, `I`, m.
    spread_m: Matrix3<f64>,
    /// Where navigation was told that it began.
    told: OrbitState,
    /// Constants of nature by their key among `Stand::inputs`: value and standard deviation in the key's unit.
    constants: Vec<(String, f64, f64)>,
}

/// The deviation of one unknown in the `n`-th flight, standard deviations: none in the first.
fn deviation(n: u64, of: &str) -> f64 {
    if n > 0 { Stream::new(RUN, n, of).normal() } else { 0.0 }
}

impl<'a> Bench<'a> {
    /// Where flights with these faults begin: where the trajectory says, unless one of them misleads it; then, but for a
    /// wrong start itself, where navigation was told.
    pub fn start(&self, faults: &[Fault]) -> &OrbitState {
        if self.misled(faults) { &self.told } else { &self.start }
    }

    /// At what the trajectory says; where it says nothing, or what cannot be, where navigation was told to start.
    pub fn of(mission: &'a Mission, trajectory: &Trajectory) -> Self {
        let (nav, told) = (&mission.nav, told(mission));
        let t = told.t;
        let near = |pose: &Pose| {
            let norm = |sigma: &[f64; 3]| libm::sqrt(sigma.iter().map(|x| x * x).sum::<f64>());
            let [p, v] =
                [pose.p_I - told.p_MB_I.si(), pose.v_I - told.v_MB_I.si()].map(|d| d.norm());
            p <= KNOWN * norm(&nav.sigma_p_m) && v <= KNOWN * norm(&nav.sigma_v_m_s)
        };
        let start = trajectory.pose(t).filter(near).map_or(told, |pose| OrbitState {
            t,
            p_MB_I: Vector::from_si(pose.p_I),
            v_MB_I: Vector::from_si(pose.v_I),
        });
        let finite = |one: &&(String, f64, f64)| one.1.is_finite() && one.2.is_finite();
        let constants = trajectory.constants.iter().filter(finite).cloned().collect();
        let told_m = nav.sigma_p_m.iter().map(|sigma| sigma * sigma).sum::<f64>().sqrt();
        let known = trajectory.samples.first();
        let known = known.map(|sample| along_the_ground(&start, &sample.P_p_m2, told_m));
        let spread_m = known.unwrap_or_default();
        Self { mission, start, spread_m, told, constants }
    }

    /// The start of the `n`-th flight.
    fn start_of(&self, faults: &[Fault], n: u64) -> OrbitState {
        let mut start = *self.start(faults);
        if n == 0 {
            return start;
        }
        let mut stream = Stream::new(RUN, n, "start of a re-flight");
        let [zp, zv] = [(); 2].map(|()| Vector3::from_fn(|_, _| stream.normal()));
        if !self.misled(faults) {
            start.p_MB_I += Vector::from_si(self.spread_m * zp);
            return start;
        }
        let NavStart { sigma_p_m, sigma_v_m_s, .. } = &self.mission.nav;
        let dp_m = zp.component_mul(&Vector3::from(*sigma_p_m));
        let mut dv_m_s = zv.component_mul(&Vector3::from(*sigma_v_m_s));
        // As the orbit's energy ties them: see `NavStart`.
        dv_m_s.y -= dp_m.x * start.v_MB_I.si().norm() / start.p_MB_I.si().norm();
        let R = radial_along_across(&start);
        start.p_MB_I += Vector::from_si(R * dp_m);
        start.v_MB_I += Vector::from_si(R * dv_m_s);
        start
    }

    /// Whether flights with these faults begin where navigation was told.
    fn misled(&self, faults: &[Fault]) -> bool {
        let started = |fault: &Fault| fault.cause.on == NAVIGATION;
        !faults.iter().any(started) && faults.iter().any(misleads)
    }

    /// The mission's stand with faults, at constants as estimated, or their medians where a fault misleads the trajectory.
    /// What a fault's device contributes to the constants is left to the fault.
    ///
    /// # Errors
    /// As `Stand::again`.
    pub fn stand(&self, faults: &[Fault]) -> Result<Stand, ScenarioError> {
        self.stand_freed(faults, faults, 0)
    }

    /// As [`Self::stand`] for the `n`-th flight, other faults' devices having no estimates either.
    fn stand_freed(
        &self,
        faults: &[Fault],
        freed: &[Fault],
        n: u64,
    ) -> Result<Stand, ScenarioError> {
        let named = faults.iter().filter_map(|fault| self.fault(&drawn(fault, n))).collect();
        let scenario = self.mission.stand.scenario.with_faults(named);
        let stand = self.mission.stand.again(scenario)?;
        let failed = |key: &str| {
            let own = key.strip_prefix("nature.").unwrap_or(key);
            freed.iter().flat_map(|fault| parts(&fault.cause.on)).any(|on| own.starts_with(on))
        };
        let misled = freed.iter().any(misleads);
        let constants = if misled { &[][..] } else { &self.constants };
        let unit = stand.inputs().into_iter().map(|input| {
            let estimate = constants.iter().find(|(key, ..)| *key == input.key && !failed(key));
            let z = deviation(n, &input.key);
            let at = match (estimate, input.value) {
                (Some((_, value, known)), Dispersed::Normal { mean, sigma }) if sigma > 0.0 => {
                    ((value - mean) / sigma + z * (known / sigma).min(1.0)).clamp(-SOUND, SOUND)
                }
                _ => z,
            };
            normal::cumulative(at)
        });
        Ok(stand.at_point(unit.collect()))
    }

    /// A fault as the stand takes it; `None` for what no device has, as a wrong start of navigation, which the start has
    /// in it.
    fn fault(&self, fitted: &Fault) -> Option<fault::Fault> {
        let Fault { cause, numbers, from, until } = fitted;
        if cause.on == NAVIGATION {
            return None;
        }
        let after = |t: Time| Moment::After((t - self.start.t).max(Span::default()));
        let keys = fault::Fault::keys(&cause.on, cause.kind);
        let number = |(key, min, max): &(String, f64, f64)| {
            let found = numbers.iter().find(|number| number.key == *key);
            found.map_or(0.0, |number| number.value).clamp(*min, *max)
        };
        let values: Vec<f64> = keys.iter().map(number).collect();
        fault::Fault::of(&cause.on, cause.kind, &values, after(from.0), until.map(after)).ok()
    }

    /// Flies faults with the noise of the `n`-th run, unless the journal knows the flight. What an explanation says that
    /// cannot be flown costs that explanation alone: [`Reflown::not_begun`].
    ///
    /// # Errors
    /// A mission that cannot be flown.
    pub fn fly(&self, work: &Work, faults: &[Fault], n: u64) -> Result<Reflown, ScenarioError> {
        self.fly_freed(work, faults, faults, n)
    }

    /// As [`Self::fly`], other faults' devices having no estimates either.
    ///
    /// # Errors
    /// A mission that cannot be flown.
    pub fn fly_freed(
        &self,
        work: &Work,
        faults: &[Fault],
        freed: &[Fault],
        n: u64,
    ) -> Result<Reflown, ScenarioError> {
        work.once(&self.key(faults, freed, n), || {
            let stand = self.stand_freed(faults, freed, n);
            match stand.and_then(|stand| self.flight(&stand, &self.start_of(freed, n), RUN + n)) {
                Err(_) if !freed.is_empty() => Ok(Reflown::not_begun()),
                flown => flown,
            }
        })
    }

    fn key(&self, faults: &[Fault], freed: &[Fault], n: u64) -> String {
        let named: Vec<_> =
            faults.iter().filter_map(|fault| self.fault(&drawn(fault, n))).collect();
        let on: BTreeSet<&str> = freed.iter().map(|fault| fault.cause.on.as_str()).collect();
        let start = self.start_of(freed, n);
        let text = format!("{named:?} {on:?} {start:?} {:?} {n}", self.constants);
        let digest = Sha256::digest(text.as_bytes());
        let hex: String = digest.iter().take(16).map(|octet| format!("{octet:02x}")).collect();
        format!("re-flight {hex}")
    }

    fn flight(
        &self,
        stand: &Stand,
        start: &OrbitState,
        run: u64,
    ) -> Result<Reflown, ScenarioError> {
        let Mission { load, nav, .. } = self.mission;
        let mut running = Running::uploaded(stand, load, *nav, start, run)?;
        let mut profile: Vec<[f64; 6]> = Vec::new();
        let mut last = None;
        let mut observer = |frame: &Frame<'_>| {
            let sample = sample(frame);
            if sample.iter().any(|value| !value.is_finite()) {
                return;
            }
            if profile.last().is_none_or(|before| sample[0] - before[0] >= EVERY_S) {
                profile.push(sample);
            }
            last = Some(sample);
        };
        let end = loop {
            if let Some(end) = running.step(&mut observer) {
                break end;
            }
        };
        profile
            .extend(last.filter(|last| profile.last().is_some_and(|before| last[0] > before[0])));
        let flown = running.finish(stand, end)?;
        let touchdown = flown.touchdown;
        Ok(Reflown {
            outcome: flown.judgement.outcome.name().to_string(),
            end_s: flown.simulated_s,
            contact_s: touchdown.map(|at| (at.t - self.start.t).s()),
            ground_m: touchdown.map(|at| [at.p_LB_L.x(), at.p_LB_L.y()]),
            speed_m_s: touchdown.map(|at| [at.v_up_m_s, at.v_horizontal_m_s]),
            propellant_kg: touchdown.map(|at| at.propellant_kg),
            profile,
            events: flown.events.iter().map(|(t_s, event)| (*t_s, event.code())).collect(),
        })
    }
}

/// A square root of the covariance of a place, as far as it lies along the ground; no more than navigation was told, whatever a
/// trajectory says that readings without meaning have torn.
fn along_the_ground(start: &OrbitState, covariance_m2: &Matrix3<f64>, told_m: f64) -> Matrix3<f64> {
    if !covariance_m2.iter().all(|square| square.is_finite()) {
        return Matrix3::zeros();
    }
    let up = start.p_MB_I.si().normalize();
    let along = Matrix3::identity() - up * up.transpose();
    let known = covariance_m2.symmetric_eigen();
    let root = known.eigenvalues.map(|square| square.max(0.0).sqrt().min(told_m));
    along * known.eigenvectors * Matrix3::from_diagonal(&root)
}

fn sample(frame: &Frame<'_>) -> [f64; 6] {
    let (view, nav) = (frame.view, &frame.telemetry.nav);
    let facts = [frame.t_s, view.altitude_m, view.v_up_m_s, view.v_horizontal_m_s];
    [facts[0], facts[1], facts[2], facts[3], nav.altitude_m, nav.v_up_m_s]
}

/// Kinds that put a sensor's readings off.
const PUTS_OFF: [&str; 6] = ["bias", "drift", "scale", "outliers", "ghost", "time_tag"];

/// Whether a trajectory that does not know of a fault is wrong.
fn misleads(fault: &Fault) -> bool {
    match fault.cause.on.as_str() {
        "imu" | "gyros" | "accelerometers" | "computer" => true,
        "rangefinder" | "radar_altimeter" | "velocimeter" | "star_tracker" | "camera" => {
            PUTS_OFF.contains(&fault.cause.kind)
        }
        _ => false,
    }
}

/// Where navigation was told that the flight began; the plan where it was told of another time.
fn told(mission: &Mission) -> OrbitState {
    let planned = mission.stand.planned_start();
    let nav = &mission.nav;
    let told = OrbitState { t: planned.t, p_MB_I: nav.p_MB_I, v_MB_I: nav.v_MB_I };
    if nav.t == planned.t { told } else { planned }
}

/// A fault as the `n`-th flight has it: its numbers and times as far off as they are not known, held at [`HALF`].
fn drawn(fault: &Fault, n: u64) -> Fault {
    let mut out = fault.clone();
    let of = |what: &str| deviation(n, &format!("{} {} {what}", fault.cause.on, fault.cause.kind));
    for number in out.numbers.iter_mut().filter(|number| number.sigma.is_finite()) {
        let most = HALF * number.value.abs();
        number.value += (of(&number.key) * number.sigma).clamp(-most, most);
    }
    let (from, sigma_s) = fault.from;
    let moved = from + Span::from_s(if sigma_s.is_finite() { of("from") * sigma_s } else { 0.0 });
    out.from.0 = if fault.until.is_some_and(|until| moved >= until) { from } else { moved };
    out
}

/// A device and what it is made of, as constants are named.
fn parts(on: &str) -> impl Iterator<Item = &str> {
    let made_of: &[&str] = if on == "imu" { &["gyros", "accelerometers"] } else { &[] };
    std::iter::once(on).chain(made_of.iter().copied())
}

/// How the recorded flight ended and moved, as far as it was received.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recorded {
    /// Whether it stood on the ground at the end; `None` where the end was not received and nothing follows.
    pub stands: Option<bool>,
    /// As `Reflown::profile`, with standard deviations of altitude and vertical speed in place of nothing: time since the
    /// start, s; altitude; its sigma; vertical speed; its sigma; navigation's altitude.
    pub profile: Vec<[f64; 6]>,
    /// Vertical speed with which the ground was met, and its sigma, m/s; `None` where nothing says so.
    pub met_m_s: Option<(f64, f64)>,
}

/// Specific force and rate of a lander at rest are steady within this: m/s² and rad/s; assumed.
const REST: (f64, f64) = (0.25, 0.02);
/// At rest on its legs the force lies within this of the body axis: cosine of 45°; assumed.
const UPRIGHT: f64 = 0.7;
/// The ground so soon after the last packet ends the flight: no software saves a lander in that time. Assumed.
const SOON: Span = Span::from_ms(2000);
/// Cycles at the end that are looked at for rest.
const AT_REST: usize = 50;

/// Whether the last readings are those of a lander at rest on its legs.
fn at_rest(evidence: &Evidence) -> bool {
    let Some(last) = evidence.cycles.len().checked_sub(AT_REST) else { return false };
    let cycles = evidence.cycles.get(last..).unwrap_or_default();
    let dt_s = icd::bus::CYCLE.s();
    let still = cycles.iter().filter(|cycle| {
        let imu = &cycle.sensors.imu;
        let norm = |v: &[f64; 3]| libm::sqrt(v.iter().map(|x| x * x).sum::<f64>()) / dt_s;
        let force = norm(&imu.dv_B_m_s);
        (force - MOON_GRAVITY_M_S2).abs() < REST.0
            && norm(&imu.dtheta_B_rad) < REST.1
            && imu.dv_B_m_s[2] / dt_s > UPRIGHT * force
    });
    still.count() * 10 >= 9 * AT_REST
}

/// Whether it stood at the end: at rest, it did; with the ground met when the last packet was sent or soon after, whatever
/// the engines did, it did not; of a flight that was still far from the ground, or not received, nothing is known.
fn stands(evidence: &Evidence, trajectory: &Trajectory) -> Option<bool> {
    if at_rest(evidence) {
        return Some(true);
    }
    let end = evidence.end()?;
    let soon = |impact: &crate::trajectory::Impact| impact.t - end <= SOON;
    let met = !trajectory.impacts.is_empty() && trajectory.impacts.iter().all(soon);
    met.then_some(false)
}

impl Recorded {
    /// What the evidence and the trajectory say; `nav`: time and altitude as navigation believed it, in order.
    pub fn of(
        evidence: &Evidence,
        trajectory: &Trajectory,
        nav: impl Iterator<Item = (Time, f64)>,
        start: Time,
    ) -> Self {
        let mut nav = nav.peekable();
        let mut believed = f64::NAN;
        let mut profile: Vec<[f64; 6]> = Vec::new();
        for sample in trajectory.samples.iter().take(trajectory.after_loss) {
            while let Some((_, altitude_m)) = nav.next_if(|(t, _)| *t <= sample.t) {
                believed = altitude_m;
            }
            let t_s = (sample.t - start).s();
            if profile.last().is_some_and(|before| t_s - before[0] < EVERY_S) {
                continue;
            }
            let ((h, sigma_h), (v, sigma_v)) = (sample.altitude_m, sample.v_up_m_s);
            profile.push([t_s, h, sigma_h, v, sigma_v, believed]);
        }
        let (stands, contact) = (stands(evidence, trajectory), control::contact(evidence));
        let impact = trajectory.impacts.first().filter(|_| stands == Some(false));
        let met = contact.or(impact.map(|impact| impact.t));
        let met = met.map(|t| trajectory.samples.partition_point(|sample| sample.t < t));
        let before = met.and_then(|after| trajectory.samples.get(after.checked_sub(1)?));
        Self { stands, profile, met_m_s: before.map(|sample| sample.v_up_m_s) }
    }
}

/// How far two flights of the same lander may differ that nothing tells apart: altitude by a tenth and 100 m, vertical
/// speed by a tenth and 3 m/s, an error of navigation by a third and 100 m; assumed, for constants that are not estimated
/// differ between them.
fn sigma(altitude_m: f64, v_up_m_s: f64, error_m: f64) -> [f64; 3] {
    let of = |share: f64, value: f64, least: f64| libm::hypot(share * value, least);
    [of(0.1, altitude_m, 100.0), of(0.1, v_up_m_s, 3.0), of(0.33, error_m, 100.0)]
}

/// ln of how well flights of one explanation end and move as the recorded one; 0 is as well as can be.
pub fn agreement(recorded: &Recorded, flights: &[Reflown]) -> f64 {
    if flights.is_empty() {
        return 0.0;
    }
    let ended = |flight: &&Reflown| flight.begun() && Some(stood(flight)) == recorded.stands;
    let alike = flights.iter().filter(ended).count();
    let ended = match recorded.stands {
        Some(_) => libm::log((alike as f64 + 0.5) / (flights.len() as f64 + 1.0)),
        None => 0.0,
    };
    let mean = |of: fn(&Recorded, &Reflown) -> f64| {
        let all = flights.iter().map(|flight| match flight.begun() {
            true => of(recorded, flight),
            false => 2.0 * FAR,
        });
        (0.5 * all.sum::<f64>() / flights.len() as f64).min(FAR)
    };
    ended - mean(moved) - mean(met)
}

/// Whether a flight ended at rest on its legs, however hard.
pub fn stood(flight: &Reflown) -> bool {
    Outcome::from_name(&flight.outcome).is_some_and(Outcome::stands)
}

/// Squared deviation of the vertical speed at contact, in units of [`MET`].
fn met(recorded: &Recorded, flight: &Reflown) -> f64 {
    let (Some((v, sigma_v)), Some([own, _])) = (recorded.met_m_s, flight.speed_m_s) else {
        return 0.0;
    };
    let own_sigma = libm::hypot(MET.0 * v, MET.1);
    let z = (own - v) / libm::hypot(own_sigma, sigma_v);
    (z * z).min(4.0 * FAR)
}

/// Mean squared deviation over the last part, in units of [`sigma`]; each quantity as much as another.
fn moved(recorded: &Recorded, flight: &Reflown) -> f64 {
    let Some(end_s) = recorded.profile.last().map(|last| last[0]) else { return 0.0 };
    let (mut sum, mut count) = (0.0, 0.0);
    for [t_s, h, sigma_h, v, sigma_v, believed] in &recorded.profile {
        if *t_s < end_s - COMPARED_S {
            continue;
        }
        // A flight that is over by then stays where it ended.
        let place = flight.profile.partition_point(|sample| sample[0] < t_s - 0.5 * EVERY_S);
        let Some(sample) = flight.profile.get(place).or(flight.profile.last()) else { continue };
        let [own_h, own_sigma_v, own_error] = sigma(*h, *v, believed - h);
        let square = |difference: f64, one: f64, other: f64| {
            let z = difference / libm::hypot(one, other);
            (z * z).min(4.0 * FAR)
        };
        sum += square(sample[1] - h, own_h, *sigma_h);
        sum += square(sample[2] - v, own_sigma_v, *sigma_v);
        count += 2.0;
        if believed.is_finite() {
            sum += square((sample[4] - sample[1]) - (believed - h), own_error, *sigma_h);
            count += 1.0;
        }
    }
    if count > 0.0 { sum / count } else { 0.0 }
}

#[cfg(test)]
mod tests;
