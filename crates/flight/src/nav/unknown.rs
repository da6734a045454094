//! What neither map nor gravity field shows, as the lander moves on over other ground.
//!
//! Owns: the two processes in place, [`Nav::move_terrain`] for the ground's height over the map and
//! [`Nav::passed`] for gravity beyond the on-board degree. Does not own: their sizes (`load::Map`,
//! [`gravity::unknown`]).
//! Both are first-order Gauss–Markov processes along the track: what was known fades with exp(−distance/l).

use crate::load::Load;
use crate::nav::aid::put;
use crate::nav::covariance::{EMPTY, GRAVITY, TERRAIN};
use crate::nav::map::Relief;
use crate::nav::{Nav, gravity};
use icd::constants::MOON_RADIUS_M;
use nalgebra::Vector3;

impl Nav {
    /// What `dt_s` of flight does to gravity beyond the on-board field.
    pub fn passed(&self, load: &Load, dt_s: f64) -> gravity::Passed {
        let v_I = self.v_ground_I(load).si();
        gravity::passed(&load.gravity, self.p_MB_I.si(), v_I, dt_s)
    }

    /// Gravity beyond the on-board field after `dt_s`, over another place.
    pub(super) fn renew_gravity(&mut self, load: &Load, dt_s: f64) {
        let passed = self.passed(load, dt_s);
        let up = self.p_MB_I.si() / self.p_MB_I.norm().max(1.0);
        self.anomaly_I *= passed.keep;
        for i in 0..3 {
            self.covariance.renew(GRAVITY + i, passed.keep, passed.level2);
        }
        let beyond = passed.up2 - passed.level2;
        let mut radial = EMPTY;
        put(&mut radial, GRAVITY, up);
        self.covariance.add(&radial, beyond);
    }

    /// The terrain bias becomes that of the ground at `place_M`: what it knew of the last place fades with
    /// the distance, which is returned, m. Where nothing was measured yet it holds for any place.
    pub fn move_terrain(&mut self, place_M: Vector3<f64>) -> f64 {
        let travel_m = self.from_terrain(place_M).unwrap_or(0.0);
        self.terrain_M = Some(place_M);
        self.forget_terrain(travel_m);
        travel_m
    }

    /// Distance over ground from the place of the terrain bias to `place_M`, m; `None` before the first.
    pub fn from_terrain(&self, place_M: Vector3<f64>) -> Option<f64> {
        let unit = |p: Vector3<f64>| p / libm::sqrt(p.norm_squared()).max(1.0);
        self.terrain_M
            .map(|last| MOON_RADIUS_M * libm::sqrt((unit(place_M) - unit(last)).norm_squared()))
    }

    fn forget_terrain(&mut self, travel_m: f64) {
        let Relief { sigma_m, correlation_m, .. } = self.ground_error;
        let decay = libm::exp(-travel_m.abs() / correlation_m.max(1.0));
        let variance = sigma_m * sigma_m;
        self.terrain_bias_m *= decay;
        self.covariance.renew(TERRAIN, decay, variance * (1.0 - decay * decay));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_load::{flight_state, load};

    #[test]
    fn the_terrain_bias_belongs_to_a_place_and_fades_on_the_way_to_another() {
        let load = load();
        let (mut nav, _) = flight_state(&load, 1500.0, 0.4);
        let here = load.target.p_MT_M.si();
        let (s, c) = (libm::sin(500.0 / MOON_RADIUS_M), libm::cos(500.0 / MOON_RADIUS_M));
        let ahead = (here * c + Vector3::y() * (s * here.norm())) * 1.001;
        nav.terrain_bias_m = 20.0;
        nav.covariance.renew(TERRAIN, 0.0, 4.0);
        assert_eq!(nav.from_terrain(ahead), None);
        assert_eq!(nav.move_terrain(here), 0.0);
        assert!(nav.terrain_bias_m == 20.0 && (nav.covariance.get(TERRAIN, TERRAIN) - 4.0) < 1e-12);
        // Half a correlation length further, whatever the height of the ground there.
        assert!((nav.move_terrain(ahead) - 500.0).abs() < 1e-3);
        let keep = (-0.5f64).exp();
        assert!((nav.terrain_bias_m - 20.0 * keep).abs() < 1e-4);
        let variance = 4.0 * keep * keep + 900.0 * (1.0 - keep * keep);
        assert!((nav.covariance.get(TERRAIN, TERRAIN) - variance).abs() < 1e-2);
        assert!((nav.from_terrain(here).unwrap() - 500.0).abs() < 1e-3);
    }

    #[test]
    fn unknown_gravity_is_twice_as_large_up_as_level_and_stays_so_in_flight() {
        let load = load();
        let (mut nav, _) = flight_state(&load, 1500.0, 0.4);
        let radius_m = nav.p_MB_I.norm();
        let [up2, level2] = gravity::unknown(&load.gravity, radius_m);
        let up = nav.p_MB_I.si() / radius_m;
        let level = up.cross(&Vector3::y()).normalize();
        nav.v_MB_I = icd::frames::Vector::from_si(level * 1600.0);
        for _ in 0..200 {
            nav.anomaly_I = up * 1e-4;
            nav.renew_gravity(&load, 1.0);
        }
        assert!(nav.anomaly_I.dot(&up) < 0.96e-4 && nav.anomaly_I.dot(&up) > 0.94e-4);
        for (d, exact) in [(up, up2), (level, level2)] {
            let found = nav.covariance.variance(GRAVITY, &d);
            assert!((found / exact - 1.0).abs() < 1e-3, "{found} {exact}");
        }
    }
}
