//! Hazard avoidance in flight: when to scan and where, what to make of a line, where to land then.
//!
//! Owns: the order of scans, the sweeps that the lidar is commanded, the frame `H` ([`crate::hazard`]), the
//! landing place once it is chosen, and the way there. Does not own: the map and its rating.
//! Five scans, each at about half the altitude of the one before and over what can still be reached: the first
//! finds the even region, the last the rocks. Blue Ghost diverted twice from its scans, by 98 m and 5 m
//! [BlueGhost2025]; Chandrayaan-3 looked from 150 m, Chang'e-3 from 100 m.
//! A flight whose lidar is silent lands where it would have without one.

use crate::Flight;
use crate::guidance::divert;
use crate::hazard::Scan;
use crate::hazard::choose::{Best, Reach};
use crate::hazard::grid::LINES;
use crate::hazard::rate::Lander;
use crate::load::after;
use icd::bus::{CYCLE, LidarLine, SHOTS, Sensors, Sweep};
use icd::constants::MOON_GRAVITY_M_S2;
use icd::events::Event;
use icd::frames::{B, I, L};
use icd::rotation::{Quaternion, Rotation};
use icd::time::Time;
use icd::tm::Phase;
use nalgebra::{Matrix3, Vector2, Vector3};

/// Altitudes at which a scan begins, m, and how far it looks to each side, m. Assumed: what can be reached
/// from there; the last two at a posting that shows a rock of 0.3 m height, 0.22 and 0.16 m, and the very
/// last so late that navigation has no time to drift.
const SCANS: [(f64, f64); 5] =
    [(500.0, 100.0), (240.0, 40.0), (120.0, 15.0), (70.0, 7.0), (40.0, 5.0)];
/// Below this altitude no scan begins, m.
const SCAN_M_MIN: f64 = 25.0;
/// Cycles after the first command without any line, and after the last command, that are waited.
const SILENT_CYCLES: u32 = 50;
const LATE_CYCLES: u32 = 15;
/// The place ought to be reached at this altitude, m.
const DONE_M: f64 = 12.0;
/// Below this altitude only speed is taken away, m.
const LAST_M: f64 = 2.5;
/// Time by which the lean follows what is asked for, s: of the attitude loop, 1/K_P, less what its feed-forward saves.
const LAG_S: f64 = 1.2;
/// Share of the tilt limit that a divert is planned with.
const PLANNED: f64 = 0.8;
/// Share of the spare propellant that a divert may hover away, and the longest time for it, s.
const SPARE: f64 = 0.4;
const SPARE_S_MAX: f64 = 10.0;
/// Share of the time that a divert under way needs in which places around its own must be in reach.
const UNDER_WAY: f64 = 1.2;
/// Distance and speed at which a place counts as reached, m and m/s.
const REACHED: (f64, f64) = (0.25, 0.15);
/// How far from its place the lander may come down: what a map must be good for around it, m. Measured, see
/// the example `hazards`.
const SPREAD_M: f64 = 0.55;
/// A new place counts as a divert from so far on, m.
const DIVERT_M: f64 = 0.5;
/// A line whose first shot lies further than this many nodes from where it should is not used.
const ASTRAY: f64 = 2.0;
/// Risk above which a chosen place is announced as unsafe.
const UNSAFE: f64 = 0.5;

/// What is remembered about hazards.
#[derive(Clone, Debug)]
pub(crate) struct Avoid {
    pub scan: Scan,
    /// The lander in `H`, m, and when.
    pub p_HB_H: Vector3<f64>,
    pub v_m_s: Vector3<f64>,
    t: Option<Time>,
    /// How many of the scans are begun or past.
    begun: usize,
    /// Height of the ground as commanded, `H`, m.
    level_m: f64,
    /// Where to land.
    pub site: Option<Best>,
    cycles: u32,
    heard: bool,
}

impl Avoid {
    /// Nothing seen yet.
    pub fn new() -> Self {
        Self {
            scan: Scan::new(),
            p_HB_H: Vector3::zeros(),
            v_m_s: Vector3::zeros(),
            t: None,
            begun: 0,
            level_m: 0.0,
            site: None,
            cycles: 0,
            heard: false,
        }
    }

    /// Distance of the lander from its place, horizontal, m, and its velocity, m/s.
    fn offset(&self) -> Option<(Vector2<f64>, Vector2<f64>)> {
        let [x, y] = self.site?.place_m;
        let r = Vector2::new(self.p_HB_H.x - x, self.p_HB_H.y - y);
        Some((r, self.v_m_s.xy()))
    }
}

impl Flight<'_> {
    /// One cycle: takes a line, aims the next one, rates, chooses; returns what the lidar is to sweep.
    pub(crate) fn look_for_hazards(&mut self, sensors: &Sensors) -> Option<Sweep> {
        if !self.load.vehicle.avoidance.fitted || self.mode.phase != Phase::Terminal {
            return None;
        }
        self.follow_frame();
        self.begin_scan();
        if let Some(line) = sensors.hazard_lidar.as_ref().filter(|_| self.avoid.scan.running()) {
            self.take_line(line);
        }
        if !self.avoid.scan.running() {
            return None;
        }
        self.avoid.cycles = self.avoid.cycles.saturating_add(1);
        if !self.avoid.heard && self.avoid.cycles > SILENT_CYCLES {
            self.announce.now(Event::HazardLidarSilent);
            self.avoid.scan.abandon();
            return None;
        }
        let sweep = self.aim();
        let last = u32::try_from(LINES).unwrap_or(u32::MAX);
        let over = self.avoid.cycles > last + LATE_CYCLES;
        let reach = self.reach();
        if let Some(best) = self.avoid.scan.work(over, || reach) {
            self.settle_on(best);
        }
        sweep
    }

    /// The last scan for hazards, the place chosen, and where the lander is in the same frame, m: for who
    /// shows them.
    pub fn hazards(&self) -> (&Scan, Option<Best>, Vector3<f64>) {
        (&self.avoid.scan, self.avoid.site, self.avoid.p_HB_H)
    }

    /// Carries the lander's place in `H` on by its velocity.
    fn follow_frame(&mut self) {
        let v = self.nav.v_LB_L(self.load, &self.site).si();
        let avoid = &mut self.avoid;
        if let Some(last) = avoid.t {
            let dt_s = after(self.nav.t, last).clamp(0.0, 1.0);
            avoid.p_HB_H += (v + avoid.v_m_s) * (0.5 * dt_s);
        }
        (avoid.v_m_s, avoid.t) = (v, Some(self.nav.t));
    }

    fn begin_scan(&mut self) {
        let altitude_m = self.guide.altitude_m;
        let due = SCANS.iter().filter(|(from_m, _)| altitude_m < *from_m).count();
        let vehicle = &self.load.vehicle;
        if due <= self.avoid.begun || self.avoid.scan.running() || altitude_m < SCAN_M_MIN {
            return;
        }
        let reach = self.reach();
        let avoid = &mut self.avoid;
        avoid.begun = due;
        let Some((_, half_m)) = due.checked_sub(1).and_then(|k| SCANS.get(k)) else { return };
        let middle_m = match avoid.site.filter(|site| reach.share(site.place_m) <= 1.0) {
            Some(site) => Vector2::from(site.place_m),
            None => {
                // The target may lie out of reach: look as far towards it as is useful.
                let p_m = avoid.p_HB_H.xy();
                let ahead_m = p_m + avoid.v_m_s.xy() * divert::FLOOR_S;
                let away = p_m - self.nav.p_LB_L(&self.landing).si().xy() - ahead_m;
                let far = libm::sqrt(away.norm_squared());
                ahead_m + away * (0.5 * half_m / far.max(0.5 * half_m))
            }
        };
        let lander = Lander {
            foot_radius_m: vehicle.avoidance.foot_radius_m,
            pad_diameter_m: vehicle.avoidance.pad_diameter_m,
            sigma_m: vehicle.avoidance.sigma_m,
        };
        avoid.level_m = avoid.p_HB_H.z - (altitude_m - vehicle.foot_z_m);
        avoid.scan.begin(middle_m.into(), *half_m, &lander, SPREAD_M);
        (avoid.cycles, avoid.heard) = (0, false);
        self.announce.now(Event::HazardScan);
    }

    /// Attitude to the site's axes.
    fn R_LB_of(&self, q_IB: Quaternion<I, B>) -> Matrix3<f64> {
        let R_IL: Rotation<I, L> = self.nav.R_IM * self.site.R_ML;
        (R_IL.inverse() * q_IB.rotation()).si()
    }

    /// The next line of the map, as seen from where the lander will be at the end of this cycle.
    fn aim(&mut self) -> Option<Sweep> {
        let dt_s = CYCLE.s();
        let q_IB = self.nav.q_IB * Quaternion::<B, B>::exp(self.nav.w_IB_B.si() * dt_s);
        let R_LB = self.R_LB_of(q_IB);
        let arm_B = Vector3::from(self.load.vehicle.avoidance.p_BA_B);
        let avoid = &mut self.avoid;
        let line = u8::try_from(avoid.scan.next).ok().filter(|_| avoid.scan.next < LINES)?;
        let p_m = avoid.p_HB_H + avoid.v_m_s * dt_s + R_LB * arm_B;
        let depth_m = (p_m.z - avoid.level_m).max(1.0);
        let grid = &avoid.scan.grid;
        let [x_m, y_m] = grid.middle_m;
        let y_m = y_m + grid.aside_m(avoid.scan.next);
        let end = |number: usize| {
            let to_m = Vector3::new(x_m + grid.aside_m(number), y_m, avoid.level_m) - p_m;
            single(R_LB.tr_mul(&(to_m / depth_m)))
        };
        let ends_B = [end(0), end(SHOTS - 1)];
        avoid.scan.next += 1;
        Some(Sweep { line, ends_B })
    }

    /// A line of ranges becomes heights at its own time.
    fn take_line(&mut self, line: &LidarLine) {
        let Some(pose) = self.nav.history.at(line.t) else { return };
        let R_LB = self.R_LB_of(pose.q_IB);
        let arm_B = Vector3::from(self.load.vehicle.avoidance.p_BA_B);
        let range_m_max = self.load.vehicle.avoidance.range_m_max;
        let avoid = &mut self.avoid;
        let number = usize::from(line.sweep.line);
        let p_m = avoid.p_HB_H - avoid.v_m_s * after(self.nav.t, line.t) + R_LB * arm_B;
        let [first, last] = line.sweep.ends_B.map(|end| R_LB * Vector3::from(end.map(f64::from)));
        let mut heights_m = [None; SHOTS];
        let mut astray = 0.0_f64;
        for (shot, (slot, cm)) in heights_m.iter_mut().zip(&line.range_cm).enumerate() {
            let range_m = 0.01 * f64::from(*cm);
            if *cm == 0 || range_m > range_m_max {
                continue;
            }
            let share = shot as f64 / (SHOTS - 1) as f64;
            let d = first * (1.0 - share) + last * share;
            let at_m = p_m + d * (range_m / libm::sqrt(d.norm_squared()).max(1e-6));
            // Ground that stands off the level is met aside: what counts is where the shot went.
            let level = p_m + d * ((avoid.level_m - p_m.z) / d.z.min(-1e-3));
            let off_x = level.x - avoid.scan.grid.middle_m[0] - avoid.scan.grid.aside_m(shot);
            let off_y = level.y - avoid.scan.grid.middle_m[1] - avoid.scan.grid.aside_m(number);
            astray = astray.max(off_x.abs()).max(off_y.abs());
            *slot = Some(narrow(at_m.z));
        }
        avoid.heard |= heights_m.iter().any(Option::is_some);
        if astray > ASTRAY * avoid.scan.grid.posting_m {
            heights_m = [None; SHOTS];
        }
        avoid.scan.grid.put(number, &heights_m);
    }

    /// Largest horizontal acceleration that a divert from `altitude_m` is planned with, m/s².
    pub(crate) fn divert_m_s2(altitude_m: f64) -> f64 {
        PLANNED * MOON_GRAVITY_M_S2 * libm::tan(divert::tilt_max_rad(0.7 * altitude_m))
    }

    /// Time by the plan until the place ought to be reached, s.
    fn planned_left_s(&self, altitude_m: f64) -> f64 {
        let plan = self.plan();
        (plan.planned_s(altitude_m.max(DONE_M)) - plan.planned_s(DONE_M)).max(0.0)
    }

    /// What a divert can reach now.
    fn reach(&self) -> Reach {
        let altitude_m = self.guide.altitude_m;
        let hover_kg_s = self.mass_kg() * MOON_GRAVITY_M_S2 / self.exhaust_m_s().max(1.0);
        let spare_kg = self.spare_kg(altitude_m, self.wait_sigmas());
        let spare_s = (SPARE * spare_kg.max(0.0) / hover_kg_s).min(SPARE_S_MAX);
        let most_m_s2 = Self::divert_m_s2(altitude_m);
        // A divert under way gets the time that it needs: what lies around its place costs no more.
        let under_way_s = match self.avoid.offset() {
            Some((r, v)) if spare_kg > 0.0 => UNDER_WAY * divert::needed_s(r, v, most_m_s2),
            _ => 0.0,
        };
        Reach {
            p_m: self.avoid.p_HB_H.xy().into(),
            v_m_s: self.avoid.v_m_s.xy().into(),
            time_s: (self.planned_left_s(altitude_m) + spare_s).max(under_way_s),
            most_m_s2,
        }
    }

    fn settle_on(&mut self, best: Best) {
        let before = match self.avoid.site {
            Some(site) => Vector2::from(site.place_m),
            None => self.avoid.p_HB_H.xy() - self.nav.p_LB_L(&self.landing).si().xy(),
        };
        let away = Vector2::from(best.place_m) - before;
        let moved = libm::sqrt(away.norm_squared()) > DIVERT_M;
        self.announce.edge(Event::SiteChosen, moved);
        self.announce.edge(Event::NoSafeSite, best.risk > UNSAFE);
        self.avoid.site = Some(best);
        self.course.want(&best);
    }

    /// Descent speed that leaves a divert its time, m/s, where the plan has `planned_m_s`; none where
    /// nothing is chosen, the place is reached, or waiting would take what the landing needs.
    pub(crate) fn divert_speed_m_s(&self, planned_m_s: f64) -> f64 {
        let altitude_m = self.guide.altitude_m;
        let Some((r, v)) = self.avoid.offset() else { return f64::INFINITY };
        if altitude_m < DONE_M || self.spare_kg(altitude_m, self.wait_sigmas()) < 0.0 {
            return f64::INFINITY;
        }
        let shorter = |v: Vector2<f64>, by: f64| {
            let size = libm::sqrt(v.norm_squared());
            v * ((size - by).max(0.0) / size.max(1e-6))
        };
        let (r, v) = (shorter(r, REACHED.0), shorter(v, REACHED.1));
        let needed_s = divert::needed_s(r, v, Self::divert_m_s2(altitude_m));
        let left_s = self.planned_left_s(altitude_m) + 1.0;
        if needed_s > left_s { planned_m_s * left_s / needed_s } else { f64::INFINITY }
    }

    /// The thrust acceleration `a_L` with its horizontal part towards the chosen place, if there is one.
    pub(crate) fn towards_site(&self, a_L: Vector3<f64>) -> Vector3<f64> {
        let altitude_m = self.guide.altitude_m;
        let Some((r, v)) = self.avoid.offset().filter(|_| altitude_m > LAST_M) else {
            return a_L;
        };
        if self.mode.phase != Phase::Terminal || self.monitors.corridor.stands {
            return a_L;
        }
        let lean = (self.nav.R_LB(&self.site).si() * Vector3::z()).xy();
        let (r, v) = led(r, v, lean * a_L.z);
        let needed_s = divert::needed_s(r, v, Self::divert_m_s2(altitude_m));
        let time_s = self.planned_left_s(altitude_m).max(needed_s).max(divert::FLOOR_S);
        let [mut across, _] = divert::accelerations(r, v, time_s);
        let limit = a_L.z.max(0.0) * libm::tan(divert::tilt_max_rad(altitude_m));
        let size = libm::sqrt(across.norm_squared());
        if size > limit {
            across *= limit / size;
        }
        Vector3::new(across.x, across.y, a_L.z)
    }
}

/// Where and how fast the lander will be once the attitude has followed what is asked for now: until then the present
/// lean pushes it, `a_m_s2`.
fn led(
    r_m: Vector2<f64>,
    v_m_s: Vector2<f64>,
    a_m_s2: Vector2<f64>,
) -> (Vector2<f64>, Vector2<f64>) {
    (r_m + v_m_s * LAG_S, v_m_s + a_m_s2 * LAG_S)
}

#[allow(clippy::cast_possible_truncation)] // directions and heights of a few hundred metres
fn narrow(x: f64) -> f32 {
    x as f32
}

fn single(v: Vector3<f64>) -> [f32; 3] {
    [narrow(v.x), narrow(v.y), narrow(v.z)]
}

#[cfg(test)]
pub(crate) mod tests;
