//! From single values to the facts that a call rests on.
//!
//! Owns: [`Picture`]: the last state from telemetry or beacon, contact, alarms, Doppler. Does not own: whether the
//! signal is there (`watch`), what follows (`status`).
//! Thrust is not telemetered as acceleration; it is the change of the speeds over the last [`FIT_S`] seconds, by
//! least squares, less gravity, in the words of `extrapolate`. Propellant flow is found the same way.
//! Doppler rates are taken over [`DOPPLER_S`] with the carrier frequencies in [`CARRIER_HZ`], assumed; absolute Doppler
//! is compared with nothing: what a place at rest shows is not in the plan.

use super::extrapolate::{LastState, burning, weight_m_s2};
use super::status::{Contact, Doppler};
use icd::constants::SPEED_OF_LIGHT_M_S;
use icd::events::Event;
use icd::time::Time;
use icd::tm::Phase;
use std::collections::{BTreeMap, VecDeque};

/// Time over which accelerations are found, s.
const FIT_S: f64 = 3.0;
/// Time over which the line-of-sight acceleration is found, s.
const DOPPLER_S: f64 = 20.0;
/// Downlink carriers of the main (X-band) and the backup (S-band) transmitter, Hz. Assumed.
pub const CARRIER_HZ: [f64; 2] = [8.45e9, 2.25e9];
/// Standard deviations where the beacon does not carry them: horizontal and vertical speed, m/s. Assumed.
const BEACON_SIGMA_M_S: f64 = 1.0;
/// A state older than this tells nothing of the speed at contact, s.
const CONTACT_S: f64 = 2.0;
/// Older telemetry tells nothing of the uncertainty now, s.
const SIGMA_OLD_S: f64 = 60.0;

/// One state as a packet carried it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Seen {
    /// Phase, as its number.
    pub phase: Option<f64>,
    /// m.
    pub altitude_m: Option<f64>,
    /// m.
    pub sigma_altitude_m: Option<f64>,
    /// m/s.
    pub v_up_m_s: Option<f64>,
    /// m/s.
    pub sigma_v_up_m_s: Option<f64>,
    /// m/s.
    pub v_horizontal_m_s: Option<f64>,
    /// m/s.
    pub sigma_v_horizontal_m_s: Option<f64>,
    /// rad.
    pub tilt_rad: Option<f64>,
    /// kg.
    pub propellant_kg: Option<f64>,
    /// Standing alarms, a bit each.
    pub alarms: Option<f64>,
    /// Touchdown switches, the low four bits.
    pub switches: Option<f64>,
}

#[derive(Clone, Copy, Debug)]
struct Point {
    t: Time,
    v_up_m_s: f64,
    v_horizontal_m_s: f64,
    propellant_kg: f64,
}

/// What is known of the lander.
#[derive(Clone, Debug, Default)]
pub struct Picture {
    last: Option<LastState>,
    sigmas_from: Option<Time>,
    points: VecDeque<Point>,
    alarms: u16,
    contact: Option<Contact>,
    cut_off: bool,
    landed: bool,
    doppler: BTreeMap<(u8, u8), VecDeque<(Time, f64)>>,
}

impl Picture {
    /// Empty, but for the frequencies: what stations have measured stays true.
    pub fn anew(&self) -> Self {
        Self { doppler: self.doppler.clone(), ..Self::default() }
    }
    /// A packet with a state; older ones than the last change nothing.
    pub fn state(&mut self, t: Time, seen: &Seen) {
        let (Some(altitude_m), Some(v_up_m_s), Some(v_horizontal_m_s)) =
            (seen.altitude_m, seen.v_up_m_s, seen.v_horizontal_m_s)
        else {
            return;
        };
        let before = self.last;
        if before.is_some_and(|last| t <= last.t) {
            return;
        }
        let phase = seen.phase.and_then(self::phase);
        let phase = phase.or(before.map(|last| last.phase)).unwrap_or_default();
        let propellant_kg =
            seen.propellant_kg.or(before.map(|last| last.propellant_kg)).unwrap_or(0.0);
        let fresh = self.sigmas_from.is_some_and(|from| (t - from).s() < SIGMA_OLD_S);
        let held = |new: Option<f64>, old: Option<f64>, assumed: f64| {
            new.or(old.filter(|_| fresh)).unwrap_or(assumed)
        };
        if seen.sigma_v_up_m_s.is_some() {
            self.sigmas_from = Some(t);
        }
        self.points.push_back(Point { t, v_up_m_s, v_horizontal_m_s, propellant_kg });
        // The burn of another phase says nothing of this one.
        if before.is_some_and(|last| burning(last.phase) != burning(phase)) {
            self.points.drain(..self.points.len() - 1);
        }
        while self.points.front().is_some_and(|p| (t - p.t).s() > FIT_S) && self.points.len() > 2 {
            self.points.pop_front();
        }
        let rate =
            |of: fn(&Point) -> f64| slope(self.points.iter().map(|p| ((p.t - t).s(), of(p))));
        let turning = rate(|p| p.v_up_m_s);
        let thrust_up_m_s2 = turning.map_or(0.0, |a| a + weight_m_s2(altitude_m, v_horizontal_m_s));
        self.last = Some(LastState {
            t,
            phase,
            altitude_m,
            sigma_altitude_m: held(seen.sigma_altitude_m, before.map(|l| l.sigma_altitude_m), 20.0),
            v_up_m_s,
            sigma_v_up_m_s: held(
                seen.sigma_v_up_m_s,
                before.map(|l| l.sigma_v_up_m_s),
                BEACON_SIGMA_M_S,
            ),
            v_horizontal_m_s,
            sigma_v_horizontal_m_s: held(
                seen.sigma_v_horizontal_m_s,
                before.map(|l| l.sigma_v_horizontal_m_s),
                BEACON_SIGMA_M_S,
            ),
            tilt_rad: seen.tilt_rad.or(before.map(|l| l.tilt_rad)).unwrap_or(0.0),
            propellant_kg,
            thrust_up_m_s2,
            thrust_along_m_s2: rate(|p| p.v_horizontal_m_s).unwrap_or(0.0),
            flow_kg_s: rate(|p| p.propellant_kg).map_or(0.0, |flow| (-flow).max(0.0)),
        });
        if let Some(alarms) = seen.alarms {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // saturates
            let bits = alarms as u16;
            self.alarms = bits;
        }
        if phase >= Phase::Contact || seen.switches.is_some_and(two_switches) {
            self.touch(t, before.map(|last| (last.t, last.v_up_m_s)));
        }
        self.landed |= phase == Phase::Landed;
        self.cut_off |= phase >= Phase::CutOff;
    }

    /// An event of the lander.
    pub fn event(&mut self, t: Time, event: Event) {
        match event {
            Event::Contact | Event::ContactInferred => {
                let before = self.points.iter().rev().find(|p| p.t <= t);
                self.touch(t, before.map(|p| (p.t, p.v_up_m_s)));
            }
            Event::EnginesCutOff => self.cut_off = self.contact.is_some(),
            Event::Landed => self.landed = true,
            Event::CutOffRevoked => {
                (self.contact, self.cut_off, self.landed) = (None, false, false);
            }
            _ => {}
        }
    }

    /// `before`: time and vertical speed of the state before the contact.
    fn touch(&mut self, t: Time, before: Option<(Time, f64)>) {
        if self.contact.is_none() {
            // Unknown is neither soft nor hard.
            let before = before.filter(|(seen, _)| (t - *seen).s() <= CONTACT_S);
            let speed_m_s = before.map_or(f64::NAN, |(_, v_up_m_s)| (-v_up_m_s).max(0.0));
            self.contact = Some(Contact { t, speed_m_s });
        }
    }

    /// The frequency that a station receives a transmitter at, less the nominal; `None` without a carrier.
    pub fn frequency(&mut self, received: Time, station: u8, transmitter: u8, Hz: Option<f64>) {
        let series = self.doppler.entry((station, transmitter)).or_default();
        let Some(Hz) = Hz else {
            series.clear();
            return;
        };
        let carrier_Hz = CARRIER_HZ.get(usize::from(transmitter)).unwrap_or(&CARRIER_HZ[0]);
        series.push_back((received, -Hz / carrier_Hz * SPEED_OF_LIGHT_M_S));
        while series.front().is_some_and(|(t, _)| (received - *t).s() > DOPPLER_S) {
            series.pop_front();
        }
    }

    /// Line-of-sight acceleration by the station that has watched the carrier longest.
    pub fn doppler(&self) -> Option<Doppler> {
        let longest = self.doppler.values().max_by(|a, b| length_s(a).total_cmp(&length_s(b)))?;
        let newest = longest.back()?.0;
        let rate_m_s2 = slope(longest.iter().map(|(t, v)| ((*t - newest).s(), *v)))?;
        Some(Doppler { rate_m_s2, off_rest_m_s: None, over_s: length_s(longest) })
    }
    /// The last state.
    pub fn last(&self) -> Option<LastState> {
        self.last
    }
    /// Contact as reported.
    pub fn contact(&self) -> Option<Contact> {
        self.contact
    }
    /// Engines cut off after it.
    pub fn cut_off(&self) -> bool {
        self.cut_off && self.contact.is_some()
    }
    /// Landed, as concluded on board.
    pub fn landed(&self) -> bool {
        self.landed
    }
    /// An alarm stood in the last telemetry.
    pub fn alarm(&self, name: &str) -> bool {
        let bit = icd::tm::ALARMS.iter().position(|known| *known == name);
        bit.is_some_and(|bit| self.alarms >> bit & 1 == 1)
    }
}

fn two_switches(bits: f64) -> bool {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // saturates
    let bits = bits as u8;
    (bits & 0x0F).count_ones() >= 2
}

/// The phase of a number.
pub fn phase(number: f64) -> Option<Phase> {
    Phase::ALL.into_iter().find(|phase| f64::from(*phase as u8).total_cmp(&number).is_eq())
}

fn length_s(series: &VecDeque<(Time, f64)>) -> f64 {
    match (series.front(), series.back()) {
        (Some((from, _)), Some((to, _))) => (*to - *from).s(),
        _ => 0.0,
    }
}

/// Slope of the line of least squares through (x, y); `None` with fewer than two places.
fn slope(points: impl Iterator<Item = (f64, f64)> + Clone) -> Option<f64> {
    let n = points.clone().count() as f64;
    let (x, y) = points.clone().fold((0.0, 0.0), |(x, y), p| (x + p.0 / n, y + p.1 / n));
    let (xx, xy) = points
        .fold((0.0, 0.0), |(xx, xy), p| (xx + (p.0 - x) * (p.0 - x), xy + (p.0 - x) * (p.1 - y)));
    (xx > 1e-6).then(|| xy / xx)
}

#[cfg(test)]
mod tests {
    use super::*;
    use icd::time::Span;

    fn at(s: f64) -> Time {
        Time::from_utc("2025-06-05T19:15:40").unwrap() + Span::from_s(s)
    }

    fn seen(altitude_m: f64, v_up_m_s: f64, propellant_kg: f64) -> Seen {
        Seen {
            phase: Some(6.0),
            altitude_m: Some(altitude_m),
            v_up_m_s: Some(v_up_m_s),
            v_horizontal_m_s: Some(0.4),
            propellant_kg: Some(propellant_kg),
            ..Seen::default()
        }
    }

    #[test]
    fn thrust_and_flow_are_found_from_the_last_seconds() {
        let mut picture = Picture::default();
        for k in 0..80 {
            let t = f64::from(k) * 0.1;
            picture.state(at(t), &seen(300.0 - 50.0 * t, -50.0 + 1.85 * t, 30.0 - 0.57 * t));
        }
        let last = picture.last().unwrap();
        assert!((last.thrust_up_m_s2 - 1.85 - weight_m_s2(0.0, 0.4)).abs() < 0.01);
        assert!((last.flow_kg_s - 0.57).abs() < 1e-6);
        // Late packets change nothing.
        picture.state(at(1.0), &seen(9000.0, 0.0, 0.0));
        assert_eq!(picture.last(), Some(last));
    }

    #[test]
    fn the_beacon_alone_gives_a_state_with_assumed_uncertainty() {
        let mut picture = Picture::default();
        picture.state(at(0.0), &Seen { alarms: Some(8.0), ..seen(192.0, -42.0, 20.0) });
        let last = picture.last().unwrap();
        assert_eq!(last.sigma_v_up_m_s, BEACON_SIGMA_M_S);
        assert!(picture.alarm("speed exceeds corridor") && !picture.alarm("imu"));
    }

    #[test]
    fn contact_keeps_the_speed_before_it_and_a_revoked_cut_off_takes_it_back() {
        let mut picture = Picture::default();
        picture.state(at(0.0), &seen(0.3, -1.2, 20.0));
        picture.event(at(0.2), Event::Contact);
        picture.event(at(0.3), Event::EnginesCutOff);
        assert_eq!(picture.contact(), Some(Contact { t: at(0.2), speed_m_s: 1.2 }));
        assert!(picture.cut_off() && !picture.landed());
        picture.event(at(0.5), Event::CutOffRevoked);
        assert!(picture.contact().is_none() && !picture.cut_off());
        // One switch is no contact, two are.
        picture.state(at(1.0), &Seen { switches: Some(4.0), ..seen(0.2, -1.0, 20.0) });
        assert!(picture.contact().is_none());
        picture.state(at(1.1), &Seen { switches: Some(5.0), ..seen(0.1, -1.0, 20.0) });
        assert!(picture.contact().is_some());
    }

    #[test]
    fn contact_after_a_gap_in_telemetry_is_neither_soft_nor_hard() {
        let speed_m_s = |gap_s: f64| {
            let mut picture = Picture::default();
            picture.state(at(0.0), &seen(400.0, -25.0, 30.0));
            picture.event(at(gap_s), Event::Contact);
            picture.contact().unwrap().speed_m_s
        };
        assert!(speed_m_s(30.0).is_nan());
        assert!((speed_m_s(0.5) - 25.0).abs() < 1e-9);
    }

    #[test]
    fn a_fall_shows_in_the_frequency() {
        let mut picture = Picture::default();
        for k in 0..15 {
            let speed_m_s = 1.4 * f64::from(k);
            let Hz = -speed_m_s / SPEED_OF_LIGHT_M_S * CARRIER_HZ[0];
            picture.frequency(at(f64::from(k)), 1, 0, Some(Hz));
        }
        let doppler = picture.doppler().unwrap();
        assert!((doppler.rate_m_s2 - 1.4).abs() < 1e-6 && doppler.over_s > 13.0);
        picture.frequency(at(16.0), 1, 0, None);
        assert!(picture.doppler().is_none());
    }
}
