//! From the bus to navigation, part two: radar altimeter, camera and contact, which look at the mapped ground.
//!
//! Owns: their gates, the editing of a camera frame, what is remembered from one report to the next.
//! Editing: a landmark is a pair, tested jointly, χ² of two degrees of freedom. Where more than half of a
//! frame fails, the matches are asked for what they have in common. A common shift in metres is a
//! displacement of the lander: then navigation is off, and once [`AGREEING_FRAMES`] frames in a row say so
//! its position is widened by that shift. A common shift in pixels is a camera that looks elsewhere, for
//! attitude has evidence of its own; it and no agreement at all make the frame wrong, not navigation.
//! No report shuts a sensor out: the next one is tried again.

use crate::Flight;
use crate::faults::rangefinder::Scene;
use crate::load::LANDMARKS_MAX;
use crate::nav::aid::{Prediction, landmark, radar_altitude, touchdown};
use crate::nav::covariance::{EMPTY, P};
use crate::nav::filter::{self, Comparison, Epoch};
use icd::bus::{LANDMARKS, LEGS, Landmarks, PULSE_FRAME, Sensors, ShotQuality, SlantRange};
use icd::events::Event;
use icd::tm::{Outcome, Phase, Use};
use nalgebra::Vector3;

/// Gate of a pair: χ² of two degrees of freedom that is passed as often as five deviations of one.
const GATE_PAIR: f64 = 28.7;
/// Least landmarks that fit before a frame is used.
const FITTING_MIN: usize = 2;
/// Least landmarks that agree on a shift, frames in a row that must, and how often a flight may follow them.
const AGREEING_MIN: usize = 4;
const AGREEING_FRAMES: u32 = 5;
const FOLLOWED_MAX: u32 = 2;
/// Share of a common shift by which a match may miss it.
const SHIFT_SHARE: f64 = 0.1;
/// How much better the metres must explain a frame than the pixels: ratio of sums of squares.
const BETTER: f64 = 0.5;
/// Without a fused rangefinder shot for so long the radar alone moves the terrain bias, s.
const ALONE_S: f64 = 1.0;
/// Rest: body rate below this, rad/s, on two legs for so long, s.
const REST_RAD_S: f64 = 0.02;
const REST_S: f64 = 1.0;

/// What is remembered about radar, camera and contact.
#[derive(Clone, Debug)]
pub(crate) struct Memory {
    below_M: Option<Vector3<f64>>,
    sights: [u8; LANDMARKS_MAX],
    image: Option<Landmarks>,
    misfit: bool,
    agreeing: u32,
    followed: u32,
    stood: bool,
    still_s: f64,
}

impl Memory {
    /// Nothing seen yet.
    pub const fn new() -> Self {
        Self {
            below_M: None,
            sights: [0; LANDMARKS_MAX],
            image: None,
            misfit: false,
            agreeing: 0,
            followed: 0,
            stood: false,
            still_s: 0.0,
        }
    }

    fn sights(&self, id: u16) -> u8 {
        self.sights.get(usize::from(id)).copied().unwrap_or(0)
    }

    fn sighted(&mut self, id: u16) {
        if let Some(count) = self.sights.get_mut(usize::from(id)) {
            *count = count.saturating_add(1);
        }
    }
}

/// Whether two frames show the same places to the last bit.
fn frozen(last: &Landmarks, now: &Landmarks) -> bool {
    let bits = |seen: &Landmarks| seen.seen.map(|one| (one.id, one.pixel.map(f32::to_bits)));
    now.count > 0 && last.count == now.count && bits(last) == bits(now)
}

/// One match beside its prediction.
#[derive(Clone, Copy, Default)]
struct Match {
    id: u16,
    pixel: [f64; 2],
    nu: [f64; 2],
    /// Own variances, without navigation's.
    r: [f64; 2],
    depth_m: f64,
    fits: bool,
}

/// Both axes of a landmark beside their predictions.
struct Pair {
    u: Comparison,
    v: Comparison,
    /// Covariance of the two innovations; that of the landmark's own error between them is left out, at most
    /// a sixth of its variance in the image's corners.
    uv: f64,
    r: [f64; 2],
    depth_m: f64,
}

impl Pair {
    fn fits(&self) -> bool {
        let (u, v) = (&self.u, &self.v);
        let (suu, svv) = (u.sigma * u.sigma, v.sigma * v.sigma);
        let determinant = suu * svv - self.uv * self.uv;
        let squares = u.nu * u.nu * svv - 2.0 * u.nu * v.nu * self.uv + v.nu * v.nu * suu;
        determinant > 0.0 && squares < GATE_PAIR * determinant
    }
}

/// The matches of one frame that could be predicted.
#[derive(Clone, Copy)]
struct Matches {
    list: [Match; LANDMARKS],
    count: usize,
}

/// The median of the first `count` values.
fn median(mut values: [f64; LANDMARKS], count: usize) -> f64 {
    for i in 1..LANDMARKS {
        for j in (1..=i).rev() {
            let Some([a, b]) = values.get_mut(j - 1..=j) else { break };
            if *a <= *b {
                break;
            }
            core::mem::swap(a, b);
        }
    }
    values.get(count.saturating_sub(1) / 2).copied().unwrap_or(0.0)
}

impl Matches {
    fn all(&self) -> &[Match] {
        self.list.get(..self.count).unwrap_or(&[])
    }

    fn fitting(&self) -> usize {
        self.all().iter().filter(|seen| seen.fits).count()
    }

    /// Puts those first that are nearest to the common `shift` across the line of sight.
    fn sort(&mut self, shift: [f64; 2]) {
        let miss = |seen: &Match| {
            let part = |axis: usize| seen.nu[axis] * seen.depth_m - shift[axis];
            libm::hypot(part(0), part(1))
        };
        for i in 1..LANDMARKS.min(self.count) {
            for j in (1..=i).rev() {
                let Some([a, b]) = self.list.get_mut(j - 1..=j) else { break };
                if miss(a) <= miss(b) {
                    break;
                }
                core::mem::swap(a, b);
            }
        }
    }

    /// The shift that the matches have in common, weighted by `scale`: how many agree on it, the sum of
    /// squares that it leaves, and the shift.
    fn common(&self, scale: impl Fn(&Match) -> f64) -> (usize, f64, [f64; 2]) {
        let shift = [0, 1].map(|axis: usize| {
            let mut values = [f64::INFINITY; LANDMARKS];
            for (slot, seen) in values.iter_mut().zip(self.all()) {
                *slot = seen.nu.get(axis).copied().unwrap_or(0.0) * scale(seen);
            }
            median(values, self.count)
        });
        let (mut agree, mut squares) = (0, 0.0);
        for seen in self.all() {
            let per = 1.0 / scale(seen).max(1e-9);
            let own = shift.map(|s| s * per);
            let slack = SHIFT_SHARE * libm::hypot(own[0], own[1]);
            let part = |axis: usize| {
                let miss = seen.nu[axis] - own[axis];
                miss * miss / (seen.r[axis] + slack * slack)
            };
            let chi2 = part(0) + part(1);
            agree += usize::from(chi2 < GATE_PAIR);
            squares += chi2.min(GATE_PAIR);
        }
        (agree, squares, shift)
    }

    /// How far navigation is off by the agreement of most matches, m across the line of sight; `None` when
    /// it is the frame that is wrong.
    fn displacement_m(&self, focal_px: f64) -> Option<f64> {
        let (_, by_pixel, _) = self.common(|_| 1.0);
        let (agree, by_metre, shift) = self.common(|seen| seen.depth_m / focal_px.max(1.0));
        let most = agree >= AGREEING_MIN && 2 * agree > self.count;
        (most && by_metre < BETTER * by_pixel).then(|| libm::hypot(shift[0], shift[1]))
    }
}

impl Flight<'_> {
    /// What radar, camera and legs say of the ground.
    pub(crate) fn sense_ground(&mut self, sensors: &Sensors, frame: bool) {
        let vehicle = &self.load.vehicle;
        if self.mode.phase >= Phase::Contact {
            if frame {
                self.stand(sensors.touchdown);
            }
            return;
        }
        if let Some(pulse) =
            sensors.radar_altimeter.as_ref().filter(|_| vehicle.radar_altimeter.fitted)
        {
            self.take_radar(pulse);
        }
        if let Some(seen) =
            sensors.camera.as_ref().filter(|_| vehicle.camera.fitted && self.nav.aligned)
        {
            self.take_camera(seen);
        }
    }

    fn take_radar(&mut self, pulse: &SlantRange) {
        let measured = f64::from(pulse.range_m);
        let line = &mut self.lines.radar_altimeter;
        match pulse.quality {
            ShotQuality::NoReturn => return,
            ShotQuality::Fault => {
                filter::note(line, measured, None, 0.0, Outcome::Unusable);
                return;
            }
            ShotQuality::Valid => {}
        }
        let Some((t, tag_r)) = self.radar.tag(&self.nav, pulse.t, &mut self.announce) else {
            filter::note(line, measured, None, 0.0, Outcome::Unusable);
            return;
        };
        let pose = self.nav.history.at(t);
        let travel_m = if pose.is_some() { self.pass_ground() } else { 0.0 };
        let expected = pose.and_then(|pose| {
            radar_altitude::predict(self.load, &self.site, &self.nav, &pose, travel_m)
        });
        let expected = expected.map(|p| Prediction { r: p.r + tag_r, ..p });
        let line = &mut self.lines.radar_altimeter;
        let scene = Scene {
            load: self.load,
            peer: self.watch.peer(self.nav.t),
            gate: self.desk.tuned.gate,
        };
        let announce = &mut self.announce;
        let pulse = SlantRange { t, ..*pulse };
        self.radar.judge(&scene, &mut self.nav, &pulse, expected, line, announce);
    }

    /// How far the ground below has moved on since the last pulse, m; it takes the terrain bias with it. While
    /// the rangefinder works, that does.
    fn pass_ground(&mut self) -> f64 {
        let p_M = (self.nav.R_IM.inverse() * self.nav.p_MB_I).si();
        let scale = icd::constants::MOON_RADIUS_M / libm::sqrt(p_M.norm_squared()).max(1.0);
        let below_M = p_M * scale;
        let travel2 = self.ground.below_M.map_or(0.0, |last| (below_M - last).norm_squared());
        self.ground.below_M = Some(below_M);
        if self.load.faults.use_map && self.lines.rangefinder.age_s > ALONE_S {
            self.nav.move_terrain(below_M);
        }
        libm::sqrt(travel2)
    }

    /// The matches of a frame beside their predictions, all at the same state.
    fn matches(&self, seen: &Landmarks) -> Matches {
        let mut out = Matches { list: [Match::default(); LANDMARKS], count: 0 };
        for landmark in seen.seen.iter().take(usize::from(seen.count)) {
            let pixel = landmark.pixel.map(f64::from);
            let Some(pair) = self.compare_landmark(seen, landmark.id, pixel) else { continue };
            if let Some(slot) = out.list.get_mut(out.count) {
                *slot = Match {
                    id: landmark.id,
                    pixel,
                    nu: [pair.u.nu, pair.v.nu],
                    r: pair.r,
                    depth_m: pair.depth_m,
                    fits: pair.fits(),
                };
                out.count += 1;
            }
        }
        out
    }

    /// A landmark beside its prediction at the frame's own time.
    fn compare_landmark(&self, seen: &Landmarks, id: u16, pixel: [f64; 2]) -> Option<Pair> {
        let pose = self.nav.history.at(seen.t)?;
        let sight = self.ground.sights(id).saturating_add(1);
        let place = landmark::predict(self.load, &self.nav, &pose, (id, sight))?;
        let r = place.pixel.map(|p| p.r);
        let ([u, v], uv) = filter::compare_two(&self.nav, &place.pixel, pixel);
        Some(Pair { u, v, uv, r, depth_m: place.depth_m })
    }

    fn take_camera(&mut self, seen: &Landmarks) {
        // The same image again, pixel by pixel, is no image: the lander moves.
        let same = self.ground.image.is_some_and(|last| frozen(&last, seen));
        self.ground.image = Some(*seen);
        if same {
            self.lines.camera.outcome = Outcome::Unusable;
            return;
        }
        if self.pose_at(seen.t, |lines| &mut lines.camera).is_none() {
            return;
        }
        let mut matches = self.matches(seen);
        if matches.count == 0 {
            return;
        }
        let mut misfit = 2 * matches.fitting() < matches.count;
        if misfit {
            let off = matches.displacement_m(self.load.vehicle.camera.focal_px);
            self.ground.agreeing = if off.is_some() { self.ground.agreeing + 1 } else { 0 };
            if let Some(off_m) = off
                && self.ground.agreeing >= AGREEING_FRAMES
                && self.ground.followed < FOLLOWED_MAX
            {
                for i in 0..3 {
                    let mut axis = EMPTY;
                    if let Some(slot) = axis.get_mut(P + i) {
                        *slot = 1.0;
                    }
                    self.nav.covariance.add(&axis, off_m * off_m);
                }
                self.ground.followed += 1;
                self.announce.now(Event::PositionReopened);
                matches = self.matches(seen);
                misfit = 2 * matches.fitting() < matches.count;
            }
        } else {
            self.ground.agreeing = 0;
        }
        self.announce.edge(Event::LandmarkRejected, misfit && !self.ground.misfit);
        self.ground.misfit = misfit;
        let used = !misfit && matches.fitting() >= FITTING_MIN;
        let (_, _, shift) = matches.common(|seen| seen.depth_m);
        matches.sort(shift);
        for one in matches.all() {
            self.take_landmark(seen, one, used);
        }
    }

    /// Fuses one landmark of a frame, or notes why not. It is tested again with what those before it taught:
    /// where position was hardly known, a wrong number shows only beside the right ones.
    fn take_landmark(&mut self, seen: &Landmarks, one: &Match, used: bool) {
        let Some(pair) = self.compare_landmark(seen, one.id, one.pixel) else { return };
        let usage = self.lines.camera.usage;
        let outcome = match filter::verdict(usage, one.fits && pair.fits()) {
            Outcome::Fused if !used && usage == Use::Edit => Outcome::Unusable,
            other => other,
        };
        if outcome == Outcome::Fused {
            let mut epoch = Epoch::<2>::new();
            epoch.take(&pair.u, f64::INFINITY);
            epoch.take(&pair.v, f64::INFINITY);
            epoch.fuse(&mut self.nav);
            self.ground.sighted(one.id);
        }
        let line = &mut self.lines.camera;
        self.announce.edge(Event::CameraAcquired, line.fused == 0 && outcome == Outcome::Fused);
        let v_worse = pair.v.nu.abs() * pair.u.sigma > pair.u.nu.abs() * pair.v.sigma;
        let (c, measured) = if v_worse { (&pair.v, one.pixel[1]) } else { (&pair.u, one.pixel[0]) };
        filter::note(line, measured, Some(c), libm::sqrt(GATE_PAIR) * c.sigma, outcome);
    }

    /// Engines are off and the feet are on the ground.
    fn stand(&mut self, touchdown: [bool; LEGS]) {
        let standing = touchdown.iter().filter(|closed| **closed).count() >= 2;
        let still = standing && self.nav.w_IB_B.norm() < REST_RAD_S;
        self.ground.still_s = if still { self.ground.still_s + PULSE_FRAME.s() } else { 0.0 };
        if self.ground.still_s < REST_S {
            return;
        }
        if !self.ground.stood {
            self.ground.stood = true;
            let p = touchdown::height(self.load, &self.nav, self.guide.altitude_m);
            let c = filter::compare(&self.nav, &p, 0.0);
            filter::fuse(&mut self.nav, &c, f64::INFINITY);
        }
        let mut epoch = Epoch::<3>::new();
        for axis in 0..3 {
            let p = touchdown::velocity(self.load, &self.nav, axis);
            epoch.take(&filter::compare(&self.nav, &p, 0.0), f64::INFINITY);
        }
        epoch.fuse(&mut self.nav);
    }
}

#[cfg(test)]
mod tests;
