//! Hazard lidar: ranges to the ground along a commanded line of shots.
//!
//! Owns: the device. Does not own: the ground, where it is told to look.
//! As published — a scanning lidar collects 16 million ranges in two seconds, each good to a centimetre;
//! navigation corrects them for the vehicle's motion afterwards [HDL2021]. Chang'e-3 scanned the
//! ground from its hover 100 m up [HuangXu2024].
//! As programmed, at the level of measurements: a mirror sweeps 64 shots a cycle between two commanded
//! directions; all of a line belong to one time. A shot ends where it first meets the ground, rocks
//! included:
//!     range = ρ + b + σ n,   counted in centimetres,
//! along the direction that the encoders read turned by the mounting error (once a run) and the jitter
//! (once a line). An echo is lost with the dropout probability, and with 1 − T² where dust lets the
//! share T of the light through once. A direction outside the field is cut to its edge, and the
//! encoders say so.
//! Chance: each line's numbers are mixed from one draw, so that what a line shows shifts nothing in
//! the next. Always drawn.
//! Refuses: the width of the spot (a shot is a ray), two echoes from one edge, brightness of the
//! ground, motion within the 20 ms of a line.

use super::Delay;
use crate::random::{Key, Normals, Stream};
use crate::vehicle;
use icd::bus::{LidarLine, SHOTS, Sweep};
use icd::time::Time;
use nalgebra::Vector3;

/// Fewest centimetres that are a range: zero means no echo.
const CM_MIN: f64 = 1.0;

/// A hazard lidar as it is in this run.
#[derive(Clone, Debug)]
pub struct HazardLidar {
    spec: vehicle::HazardLidar,
    turn_rad: Vector3<f64>,
    bias_m: f64,
    delay: Delay<LidarLine>,
    noise: Stream,
}

impl HazardLidar {
    /// A lidar that waits for commands; constant errors from the stream `hazard_lidar.errors`, noise
    /// from `hazard_lidar`.
    pub fn new<'a>(spec: &vehicle::HazardLidar, key: impl Into<Key<'a>>) -> Self {
        let key = key.into();
        let mut draws = key.constants("hazard_lidar.errors");
        Self {
            spec: *spec,
            turn_rad: draws.normal3() * spec.alignment_sigma_rad,
            bias_m: draws.normal() * spec.bias_sigma_m,
            delay: Delay::new(spec.latency_s),
            noise: key.stream("hazard_lidar"),
        }
    }

    /// Other noise from now on: that of `key`.
    pub fn rekey(&mut self, key: u64) {
        self.noise.rekey(key);
    }

    /// Sweeps a line when commanded and returns the result that arrives in this cycle.
    ///
    /// - `look`: from a direction, body axes and unit, to the range of the ground there, m, and the
    ///   share of light that the way lets through once.
    pub fn sense(
        &mut self,
        t: Time,
        sweep: Option<&Sweep>,
        look: impl FnMut(Vector3<f64>) -> Option<(f64, f64)>,
    ) -> Option<LidarLine> {
        if let Some(sweep) = sweep {
            let key = self.noise.bits();
            let line = self.line(t, sweep, Stream::part(key, 0), look);
            self.delay.push(t, line);
        }
        self.delay.pop(t)
    }

    fn line(
        &self,
        t: Time,
        sweep: &Sweep,
        mut draws: Stream,
        mut look: impl FnMut(Vector3<f64>) -> Option<(f64, f64)>,
    ) -> LidarLine {
        let spec = &self.spec;
        let ends_B = sweep.ends_B.map(|end| self.within_field(Vector3::from(end.map(f64::from))));
        let turn_rad = self.turn_rad + draws.normal3() * spec.jitter_sigma_rad;
        let mut range_cm = [0; SHOTS];
        for (shot, slot) in range_cm.iter_mut().enumerate() {
            let share = shot as f64 / (SHOTS - 1) as f64;
            let aimed = (ends_B[0] * (1.0 - share) + ends_B[1] * share).normalize();
            let d_B = (aimed + turn_rad.cross(&aimed)).normalize();
            let (chance, n) = (draws.uniform(), draws.normal());
            let echo = look(d_B).filter(|(range_m, through)| {
                (spec.range_m_min..=spec.range_m_max).contains(range_m)
                    && chance < (1.0 - spec.dropout_probability) * through * through
            });
            if let Some((range_m, _)) = echo {
                let cm = 100.0 * (range_m + self.bias_m + spec.sigma_m * n);
                *slot = cm.round().clamp(CM_MIN, f64::from(u16::MAX)) as u16;
            }
        }
        let read = |d: Vector3<f64>| [d.x as f32, d.y as f32, d.z as f32];
        LidarLine { t, sweep: Sweep { line: sweep.line, ends_B: ends_B.map(read) }, range_cm }
    }

    /// The direction itself, or the nearest one that the mirror reaches; the axis for what is none.
    fn within_field(&self, d: Vector3<f64>) -> Vector3<f64> {
        let axis = Vector3::from(self.spec.d_B);
        let size = d.norm();
        if !(size.is_finite() && size > 1e-6) {
            return axis;
        }
        let (d, (sin, cos)) = (d / size, libm::sincos(self.spec.half_angle_rad));
        let off = d - axis * d.dot(&axis);
        if d.dot(&axis) >= cos || off.norm() < 1e-9 {
            d
        } else {
            axis * cos + off.normalize() * sin
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec() -> vehicle::HazardLidar {
        vehicle::HazardLidar {
            p_BA_B: [0.0; 3],
            d_B: [0.0, 0.0, -1.0],
            half_angle_rad: 0.5,
            range_m_min: 2.0,
            range_m_max: 600.0,
            sigma_m: 0.02,
            bias_sigma_m: 0.0,
            dropout_probability: 0.01,
            alignment_sigma_rad: 0.0,
            jitter_sigma_rad: 0.0,
            latency_s: 0.0,
        }
    }

    const DOWN: Sweep = Sweep { line: 7, ends_B: [[-0.1, 0.0, -1.0], [0.1, 0.0, -1.0]] };

    /// Level ground `height_m` below.
    fn plain(height_m: f64) -> impl FnMut(Vector3<f64>) -> Option<(f64, f64)> {
        move |d| Some((-height_m / d.z, 1.0))
    }

    #[test]
    fn over_a_plain_the_ranges_are_those_of_the_plain_within_noise_and_the_lost_share_is_the_stated()
     {
        let mut lidar = HazardLidar::new(&spec(), (1, 1));
        let (mut squares, mut lost, mut shots) = (0.0, 0.0, 0.0);
        for n in 0..200 {
            let t = Time::default() + icd::time::Span::from_ms(20 * n);
            let line = lidar.sense(t, Some(&DOWN), plain(100.0)).unwrap();
            assert_eq!((line.t, line.sweep.line), (t, 7));
            for (k, cm) in line.range_cm.iter().enumerate() {
                let x = 0.1 * (2.0 * k as f64 / (SHOTS - 1) as f64 - 1.0);
                // The chord of the two unit vectors: x scales with it, z is the ends'.
                let d = Vector3::new(x, 0.0, -1.0);
                let exact_m = 100.0 * d.norm();
                shots += 1.0;
                if *cm == 0 {
                    lost += 1.0;
                } else {
                    squares += (f64::from(*cm) / 100.0 - exact_m).powi(2);
                }
            }
        }
        let sigma_m = (squares / (shots - lost)).sqrt();
        assert!((sigma_m - libm::hypot(0.02, 0.01 / 12f64.sqrt())).abs() < 0.001, "{sigma_m}");
        assert!((lost / shots - 0.01).abs() < 0.004, "{lost} of {shots}");
    }

    #[test]
    fn it_fires_only_when_told_and_beyond_its_reach_nothing_comes_back() {
        let mut lidar = HazardLidar::new(&spec(), (1, 1));
        let t = Time::default();
        assert!(lidar.sense(t, None, |_| unreachable!()).is_none());
        let far = lidar.sense(t, Some(&DOWN), plain(700.0)).unwrap();
        assert_eq!(far.range_cm, [0; SHOTS]);
        let dusty = lidar.sense(t, Some(&DOWN), |_| Some((20.0, 0.0))).unwrap();
        assert_eq!(dusty.range_cm, [0; SHOTS]);
    }

    #[test]
    fn a_direction_outside_the_field_is_cut_to_its_edge_and_read_as_such() {
        let mut lidar = HazardLidar::new(&spec(), (1, 1));
        let aside = Sweep { line: 0, ends_B: [[0.0, 1.0, 0.0], [f32::NAN, 0.0, 0.0]] };
        let line = lidar.sense(Time::default(), Some(&aside), plain(50.0)).unwrap();
        let [edge, axis] = line.sweep.ends_B;
        assert!((f64::from(edge[1]) - libm::sin(0.5)).abs() < 1e-6 && edge[2] < 0.0, "{edge:?}");
        assert_eq!(axis, [0.0, 0.0, -1.0]);
    }

    #[test]
    fn what_one_line_shows_shifts_nothing_in_the_next() {
        let (mut a, mut b) = (HazardLidar::new(&spec(), (3, 4)), HazardLidar::new(&spec(), (3, 4)));
        let t = Time::default();
        a.sense(t, Some(&DOWN), plain(100.0));
        b.sense(t, Some(&DOWN), |_| None);
        let next = |lidar: &mut HazardLidar| lidar.sense(t, Some(&DOWN), plain(100.0));
        assert_eq!(next(&mut a), next(&mut b));
    }
}
