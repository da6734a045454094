//! What the ground uploads before a flight: `flight::Load` and the first navigation state.
//!
//! Owns: turning the checked scenario and the plan into the flight software's structures, and the
//! errors of that knowledge (orbit determination, map), drawn once a run.
//! Does not own: what the flight software does with them.
//! The map's error at its nodes is a stationary field with exponential correlation along each axis: a first order
//! autoregression in both, e(s, c) with E[e e'] = σ² exp(−|Δs|/l) exp(−|Δc|/l). Between the nodes it is
//! interpolated and has the mean square σ² ((2 + φ)/3)², φ being the neighbours' correlation; what the
//! ground does there beside that, the finer map of the ground station shows: it is measured row by row.

mod map_error;

use crate::arrival::{Arrival, ArrivalError, OrbitState};
use crate::scenario::sampling::ORBIT;
use crate::scenario::{FlightSetup, REFERENCE_RUN, Scenario, VehicleFile, hex};
use flight::load as board;
use flight::load::{GRAVITY_DEGREE_MAX, MAP_ACROSS, MAP_ALONG};
use icd::frames::{M, Position, Vector};
use icd::time::Time;
use map_error::field;
use nalgebra::{Matrix3, Vector3};
use sha2::{Digest as _, Sha256};
use truth::environment::gravity::Field;
use truth::environment::landmarks::Catalogue;
use truth::environment::{Environment, Site};
use truth::random::Stream;
use truth::sensors::link::Link;
use truth::vehicle as machine;

/// Elevation above the reference sphere at the map's nodes, m, `[along][across]`.
type Grid = Box<[[f32; MAP_ACROSS]; MAP_ALONG]>;

/// What all runs of a scenario load alike.
#[derive(Clone, Debug)]
pub struct Upload {
    load: Box<board::Load>,
    map_sigma_m: f64,
    R_ML: Matrix3<f64>,
    seed: u64,
}

impl Upload {
    /// Prepares the load of a scenario. Cost: one coarse terrain sample for each map node.
    ///
    /// # Errors
    /// The ignition lies outside the ephemeris or the Moon's orientation.
    pub fn new(
        scenario: &Scenario,
        environment: &Environment,
        site: &Site,
        arrival: &Arrival,
        landmarks: &Catalogue,
    ) -> Result<Self, ArrivalError> {
        let knowledge = &scenario.knowledge;
        let t = arrival.ignition.t;
        let outside = ArrivalError::OutsideEphemeris { from: t, to: t };
        let moon = &environment.orientation;
        let orientation = board::Orientation {
            t0: t,
            R_IM0: moon.R_IM(t).ok_or(outside)?,
            w_IM_I: moon.w_IM_I(t).ok_or(outside)?,
        };
        let along_m_first =
            knowledge.map_beyond_m - knowledge.map_spacing_m * (MAP_ALONG - 1) as f64;
        let phi = libm::exp(-knowledge.map_spacing_m / knowledge.map_correlation_m);
        let mut map = board::Map {
            elevation_m: *mapped(scenario, environment, site, along_m_first),
            along_m_first,
            spacing_m: knowledge.map_spacing_m,
            relief_m: [0.0; MAP_ALONG],
            sigma_m: knowledge.map_sigma_m * (2.0 + phi) / 3.0,
            correlation_m: knowledge.map_correlation_m,
        };
        map.relief_m = relief(scenario, environment, site, &map);
        let load = board::Load {
            vehicle: vehicle(scenario),
            target: target(scenario, site),
            orientation,
            gravity: gravity(environment, knowledge.gravity_degree, t).ok_or(outside)?,
            map,
            landmarks: charted(scenario, landmarks),
            deorbit: board::DeorbitPlan {
                t_ignition: arrival.t_deorbit,
                dv_m_s: arrival.deorbit_dv_m_s,
                t_arm: arrival.armed.t,
            },
            law: scenario.flight.law,
            faults: scenario.flight.fault_management(),
            aids: board::AidFlags::EDIT,
        };
        Ok(Self {
            load: Box::new(load),
            map_sigma_m: knowledge.map_sigma_m,
            R_ML: site.R_ML.si(),
            seed: scenario.seed,
        })
    }

    /// The load of one run: the common one with this run's map error, which also raises or lowers
    /// the target as mapped; with the map, its landmarks and the target displaced together, level at the
    /// target; and with each landmark's own error. The grid of the map counts from the target and moves with it.
    ///
    /// - `tie`: the map tie's standard normal deviates, east and north. In the reference run there is no other error.
    pub fn for_run(&self, run: u64, tie: [f64; 2]) -> Box<board::Load> {
        let mut load = self.load.clone();
        if run == REFERENCE_RUN {
            self.displace(&mut load, tie, Vector3::zeros);
            return load;
        }
        let correlation = libm::exp(-load.map.spacing_m / load.map.correlation_m);
        let mut stream = Stream::new(self.seed, run, "map");
        let error = field(correlation, || stream.normal());
        for (row, errors) in load.map.elevation_m.iter_mut().zip(error.iter()) {
            for (elevation_m, e) in row.iter_mut().zip(errors) {
                *elevation_m += *e * self.map_sigma_m as f32;
            }
        }
        let raised_m = self.map_sigma_m * f64::from(at_target(&load.map, &error));
        let p_MT_M = load.target.p_MT_M;
        load.target.p_MT_M = p_MT_M * (1.0 + raised_m / p_MT_M.norm());
        let mut stream = Stream::new(self.seed, run, "landmarks on board");
        self.displace(&mut load, tie, || stream.normal3());
        load
    }

    /// Displaces target and landmarks by this run's map tie, and each landmark by an error of its own.
    fn displace(
        &self,
        load: &mut board::Load,
        tie: [f64; 2],
        mut own: impl FnMut() -> Vector3<f64>,
    ) {
        let tie_m = load.landmarks.tie_m;
        let tie_L = Vector3::new(tie[0] * tie_m, tie[1] * tie_m, 0.0);
        let tie_M = self.R_ML * tie_L;
        load.target.p_MT_M += Vector::from_si(tie_M);
        let board::Landmarks { p_MK_M, count, sigma_m, .. } = &mut load.landmarks;
        for p_MK_M in p_MK_M.iter_mut().take(*count) {
            *p_MK_M = (Vector3::from(*p_MK_M) + tie_M + own() * *sigma_m).into();
        }
    }
}

/// SHA-256 over the image of a load and of the state that navigation starts with, hexadecimal: equal
/// flight software in front of equal sensors needs equal digests.
pub fn digest(load: &board::Load, start: &board::NavStart) -> String {
    let mut digest = Sha256::new();
    board::image::pack(load, start, |octets| digest.update(octets));
    hex(&digest.finalize())
}

/// The start of navigation: truth's state plus an orbit determination error in its radial,
/// along-track and across-track directions. Tracking knows the orbit's energy best: the along-track
/// speed error is tied to the radial error, as [`board::NavStart`] says, plus a part of its own.
pub fn nav_start(scenario: &Scenario, state: &OrbitState, run: u64) -> board::NavStart {
    let normal = |n: usize| {
        let key = ORBIT[n / 3][n % 3];
        scenario.design.normal(key, ("orbit determination", n), scenario.seed, run)
    };
    let three = |first: usize| Vector3::from_fn(|i, _| normal(first + i));
    let (dp, dv) = (three(0), three(3));
    let knowledge = &scenario.knowledge;
    let scaled = |sigma: [f64; 3], n: Vector3<f64>| Vector3::from(sigma).component_mul(&n);
    let R = radial_along_across(state);
    let mut dp = scaled(knowledge.orbit_sigma_m, dp);
    let mut dv = scaled(knowledge.orbit_sigma_m_s, dv);
    dv.y -= state.v_MB_I.norm() / state.p_MB_I.norm() * dp.x;
    dp += Vector3::from(knowledge.orbit_error_m);
    dv += Vector3::from(knowledge.orbit_error_m_s);
    board::NavStart {
        t: state.t,
        p_MB_I: state.p_MB_I + Vector::from_si(R * dp),
        v_MB_I: state.v_MB_I + Vector::from_si(R * dv),
        sigma_p_m: knowledge.orbit_sigma_m,
        sigma_v_m_s: knowledge.orbit_sigma_m_s,
    }
}

/// Columns: the radial, along-track and across-track directions of a state, in `I`.
pub fn radial_along_across(state: &OrbitState) -> Matrix3<f64> {
    let radial = state.p_MB_I.si().normalize();
    let across = radial.cross(&state.v_MB_I.si()).normalize();
    Matrix3::from_columns(&[radial, across.cross(&radial), across])
}

/// The landmarks as the map would have them without error; a number means the same on board and in truth.
fn charted(scenario: &Scenario, landmarks: &Catalogue) -> board::Landmarks {
    let knowledge = &scenario.knowledge;
    let mut out = board::Landmarks {
        tie_m: knowledge.map_tie_sigma_m,
        sigma_m: knowledge.landmark_sigma_m,
        ..board::Landmarks::NONE
    };
    for (slot, landmark) in out.p_MK_M.iter_mut().zip(landmarks.landmarks()) {
        *slot = landmark.p_MK_M.si().into();
        out.count += 1;
    }
    out
}

fn boxed(rows: Vec<[f32; MAP_ACROSS]>) -> Grid {
    let mut grid = Box::new([[0.0; MAP_ACROSS]; MAP_ALONG]);
    for (to, from) in grid.iter_mut().zip(rows) {
        *to = from;
    }
    grid
}

/// The mean of a field over the four nodes around the target.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // `as` saturates, then clamped
fn at_target(map: &board::Map, field: &Grid) -> f32 {
    let before = (-map.along_m_first / map.spacing_m).floor() as usize;
    let rows = [before.min(MAP_ALONG - 1), (before + 1).min(MAP_ALONG - 1)];
    let columns = [MAP_ACROSS / 2 - 1, MAP_ACROSS / 2];
    rows.iter().flat_map(|i| columns.map(|j| field[*i][j])).sum::<f32>() / 4.0
}

/// True elevation at the nodes, at the resolution of their spacing.
fn mapped(scenario: &Scenario, environment: &Environment, site: &Site, first_m: f64) -> Grid {
    let spacing_m = scenario.knowledge.map_spacing_m;
    let middle = 0.5 * (MAP_ACROSS - 1) as f64;
    let rows = (0..MAP_ALONG).map(|i| {
        let along_m = first_m + spacing_m * i as f64;
        std::array::from_fn(|j| {
            let right_m = spacing_m * (j as f64 - middle);
            let p = ground_point(scenario.approach.azimuth_rad, site, along_m, right_m);
            environment.terrain.elevation_m(p, spacing_m) as f32
        })
    });
    boxed(rows.collect())
}

/// Samples of relief a row, columns around the track from which they come, and rows on either side over
/// which their squares are averaged.
const RELIEF_SAMPLES: usize = 12;
const RELIEF_COLUMNS: f64 = 4.0;
const RELIEF_ROWS: usize = 4;
/// Resolution at which relief is looked at, m.
const RELIEF_M: f64 = 2.0;

/// Relief that the map does not show, root mean square around each of its rows, m.
fn relief(
    scenario: &Scenario,
    environment: &Environment,
    site: &Site,
    map: &board::Map,
) -> [f32; MAP_ALONG] {
    let target = target(scenario, site);
    let track = flight::nav::Site::new(&target).track;
    // Multiples of √2 and √3 fill the square evenly.
    const STEPS: [f64; 2] = [0.414_213_562_373_095, 0.732_050_807_568_877];
    let squares: [f64; MAP_ALONG] = std::array::from_fn(|i| {
        let one = |k: usize| {
            let n = (i * RELIEF_SAMPLES + k) as f64;
            let [u, w] = STEPS.map(|step| (step * n).fract() - 0.5);
            let along_m = map.along_m_first + map.spacing_m * (i as f64 + u);
            let right_m = map.spacing_m * RELIEF_COLUMNS * w;
            let p = ground_point(scenario.approach.azimuth_rad, site, along_m, right_m);
            let shown = flight::nav::map::ground(map, &target, &track, true, p).elevation_m;
            let miss = environment.terrain.elevation_m(p, RELIEF_M) - shown;
            miss * miss
        };
        (0..RELIEF_SAMPLES).map(one).sum::<f64>() / RELIEF_SAMPLES as f64
    });
    std::array::from_fn(|i| {
        let near = &squares[i.saturating_sub(RELIEF_ROWS)..(i + RELIEF_ROWS + 1).min(MAP_ALONG)];
        (near.iter().sum::<f64>() / near.len() as f64).sqrt() as f32
    })
}

/// The point `along_m` past the target on its track and `right_m` to the right of it, on great
/// circles at the target's level.
pub fn ground_point(
    azimuth_rad: f64,
    site: &Site,
    along_m: f64,
    right_m: f64,
) -> Vector<Position, M> {
    let R_ML = site.R_ML.si();
    let (sin, cos) = libm::sincos(azimuth_rad);
    let up = R_ML * Vector3::z();
    let ahead = R_ML * Vector3::new(sin, cos, 0.0);
    let right = R_ML * Vector3::new(cos, -sin, 0.0);
    let level_m = site.p_ML_M.norm();
    let (sin_a, cos_a) = libm::sincos(along_m / level_m);
    let (sin_r, cos_r) = libm::sincos(right_m / level_m);
    Vector::from_si(((up * cos_a + ahead * sin_a) * cos_r + right * sin_r) * level_m)
}

fn gravity(environment: &Environment, degree: usize, t: Time) -> Option<board::Gravity> {
    const N: usize = GRAVITY_DEGREE_MAX + 1;
    let field = &environment.gravity;
    let mut out = board::Gravity {
        gm_m3_s2: field.gm_m3_s2(),
        radius_m: field.radius_m(),
        degree,
        C: [[0.0; N]; N],
        S: [[0.0; N]; N],
        R_PM: environment.orientation.R_MP().inverse().si(),
        p_ME_M: environment.R_IM(t)?.inverse() * environment.ephemeris.earth(t)?,
        omitted: omitted(field, degree),
    };
    for n in 0..N {
        for m in 0..=n {
            if let Some((c, s)) = field.coefficients(n, m) {
                (out.C[n][m], out.S[n][m]) = (c, s);
            }
        }
    }
    Some(out)
}

/// What a field has beyond `degree`: see [`flight::nav::gravity`].
fn omitted(field: &Field, degree: usize) -> board::Omitted {
    let (mut squares, mut degrees) = (0.0, 0.0);
    for n in degree + 1..=field.degree() {
        let pairs = (0..=n).filter_map(|m| field.coefficients(n, m));
        let power: f64 = pairs.map(|(c, s)| c * c + s * s).sum();
        let own = ((n + 1) * (n + 1)) as f64 * power;
        (squares, degrees) = (squares + own, degrees + own * n as f64);
    }
    let surface_m_s2 = field.gm_m3_s2() / (field.radius_m() * field.radius_m());
    let mean = if squares > 0.0 { degrees / squares } else { degree as f64 };
    board::Omitted { sigma_m_s2: surface_m_s2 * squares.sqrt(), degree: mean }
}

fn target(scenario: &Scenario, site: &Site) -> board::Target {
    let flight = &scenario.flight;
    let altitudes_m = flight.profile_altitude_m;
    board::Target {
        p_MT_M: site.p_ML_M,
        azimuth_rad: scenario.approach.azimuth_rad,
        gate_v_up_m_s: -flight.gate_descent_m_s,
        gate_v_horizontal_m_s: flight.gate_horizontal_m_s,
        gate_altitude_m: flight.gate_altitude_m,
        gate_downrange_m: flight.gate_distance_m,
        braking_collective: flight.braking_collective,
        main_off_m: flight.main_off_m,
        profile: std::array::from_fn(|i| (altitudes_m[i], flight.profile_descent_m_s[i])),
    }
}

fn believed_engine(engine: &machine::Engine) -> board::Engine {
    board::Engine {
        thrust_N: engine.thrust_N,
        isp_s: engine.isp_s,
        on_s_min: engine.on_min_s,
        waste_s: engine.waste_s,
    }
}

/// The machine of a scenario with the aids that it flies with.
fn vehicle(scenario: &Scenario) -> board::Vehicle {
    let machine = &scenario.vehicle.machine;
    board::Vehicle {
        velocimeter: velocimeter(scenario.flight.uses_velocimeter(), machine.velocimeter.as_ref()),
        radar_altimeter: radar_altimeter(
            scenario.flight.uses_radar_altimeter(),
            machine.radar_altimeter.as_ref(),
        ),
        camera: camera(scenario.flight.uses_camera(), machine.camera.as_ref()),
        avoidance: avoidance(Some(&scenario.flight), machine),
        ..unaided(&scenario.vehicle, scenario.start.propellant_kg.reference())
    }
}

/// The machine as the vehicle file describes it: without this run's dispersions and faults. The biases
/// of the inertial unit are believed with what wanders in the run included.
pub(crate) fn unaided(file: &VehicleFile, propellant_kg: f64) -> board::Vehicle {
    let machine = &file.machine;
    let full_kg = machine.propellant.capacity_kg;
    let [empty, full] = [0.0, full_kg]
        .map(|kg| truth::dynamics::mass_properties(&machine.dry, &machine.propellant, kg));
    let moments = |mass: &truth::dynamics::MassProperties| mass.inertia_kg_m2.diagonal().into();
    let foot_z_m = machine.legs.p_BF_B.iter().map(|p_BF_B| p_BF_B[2]).fold(0.0, f64::min);
    board::Vehicle {
        dry_kg: machine.dry.mass_kg,
        propellant_kg,
        propellant_sigma_kg: file.dispersions.propellant_sigma_kg,
        reserve_kg: file.believed.reserve_kg,
        cm_z_m: [empty.p_BC_B.z, full.p_BC_B.z],
        full_kg,
        inertia_kg_m2: [moments(&empty), moments(&full)],
        main: believed_engine(&machine.main),
        assist: believed_engine(&machine.assist[0]),
        assist_count: machine.assist.iter().filter(|engine| engine.thrust_N > 0.0).count(),
        p_assist_B: machine.assist.map(|engine| engine.p_BA_B),
        jet: believed_engine(&machine.jets[0]),
        p_jet_B: machine.jets.map(|jet| jet.p_BA_B),
        d_jet_B: machine.jets.map(|jet| jet.d_B),
        foot_z_m,
        slew_rad_s_max: file.believed.slew_rad_s_max,
        rangefinder: rangefinder(file),
        velocimeter: velocimeter(false, None),
        radar_altimeter: radar_altimeter(false, None),
        camera: camera(false, None),
        avoidance: avoidance(None, machine),
        inertial: board::Inertial {
            p_BA_B: machine.imu.p_BA_B,
            arw_rad_sqrt_s: machine.imu.arw_rad_sqrt_s,
            vrw_m_s_sqrt_s: machine.imu.vrw_m_s_sqrt_s,
            gyro_bias_rad_s: libm::hypot(
                machine.imu.gyro_bias_sigma_rad_s,
                machine.imu.gyro_drift_sigma_rad_s,
            ),
            gyro_drift: (machine.imu.gyro_drift_sigma_rad_s, machine.imu.gyro_drift_tau_s),
            accelerometer_bias_m_s2: libm::hypot(
                machine.imu.accelerometer_bias_sigma_m_s2,
                machine.imu.accelerometer_drift_sigma_m_s2,
            ),
            accelerometer_drift: (
                machine.imu.accelerometer_drift_sigma_m_s2,
                machine.imu.accelerometer_drift_tau_s,
            ),
            accelerometer_scale: machine.imu.accelerometer_scale_sigma,
            accelerometer_misalignment_rad: machine.imu.accelerometer_misalignment_sigma_rad,
            gyro_scale: machine.imu.gyro_scale_sigma,
            lever_m: file.believed.lever_arm_sigma_m,
            star_tracker_d_B: machine.star_tracker.d_B,
            star_tracker_rad: [
                machine.star_tracker.sigma_cross_rad,
                machine.star_tracker.sigma_boresight_rad,
            ],
            alignment_rad: machine.star_tracker.alignment_sigma_rad,
        },
    }
}

fn rangefinder(file: &VehicleFile) -> board::Rangefinder {
    let (believed, unit) = (&file.believed, &file.machine.rangefinder);
    board::Rangefinder {
        p_BA_B: unit.p_BA_B,
        d_B: unit.d_B,
        range_m_max: Link::new(unit).reach_m(
            believed.ranging_surface,
            believed.ranging_incidence_rad,
            believed.ranging_closing_m_s,
        ),
        sigma_m: unit.sigma_m,
    }
}

fn velocimeter(used: bool, unit: Option<&machine::Velocimeter>) -> board::Velocimeter {
    board::Velocimeter {
        fitted: used && unit.is_some(),
        p_BA_B: unit.map_or([0.0; 3], |unit| unit.p_BA_B),
        d_B: unit.map_or([[0.0, 0.0, -1.0]; 3], |unit| unit.d_B),
        sigma_m_s: unit.map_or(1.0, |unit| unit.sigma_m_s),
        bias_m_s: unit.map_or(0.0, |unit| unit.bias_sigma_m_s),
        scale: unit.map_or(0.0, |unit| unit.scale_sigma),
    }
}

fn radar_altimeter(used: bool, unit: Option<&machine::RadarAltimeter>) -> board::RadarAltimeter {
    board::RadarAltimeter {
        fitted: used && unit.is_some(),
        p_BA_B: unit.map_or([0.0; 3], |unit| unit.p_BA_B),
        d_B: unit.map_or([0.0, 0.0, -1.0], |unit| unit.d_B),
        half_angle_rad: unit.map_or(0.1, |unit| unit.half_angle_rad),
        range_m_max: unit.map_or(0.0, |unit| unit.range_m_max),
        sigma: unit.map_or([0.01, 1.0], |unit| [unit.noise, unit.sigma_m]),
    }
}

fn camera(used: bool, unit: Option<&machine::Camera>) -> board::Camera {
    board::Camera {
        fitted: used && unit.is_some(),
        p_BA_B: unit.map_or([0.0; 3], |unit| unit.p_BA_B),
        d_B: unit.map_or([0.0, 0.0, -1.0], |unit| unit.d_B),
        right_B: unit.map_or([1.0, 0.0, 0.0], |unit| unit.right_B),
        focal_px: unit.map_or(1000.0, |unit| unit.focal_px),
        sigma_px: unit.map_or(1.0, |unit| unit.sigma_px),
    }
}

/// What stands on the ground, and the lidar that looks where.
fn avoidance(flight: Option<&FlightSetup>, machine: &machine::Vehicle) -> board::Avoidance {
    let legs = &machine.legs;
    let foot_radius_m = legs.p_BF_B.iter().map(|p| libm::hypot(p[0], p[1])).fold(0.0, f64::max);
    let none = board::Avoidance::NONE;
    let feet = board::Avoidance { foot_radius_m, pad_diameter_m: legs.pad_diameter_m, ..none };
    machine.hazard_lidar.as_ref().map_or(feet, |unit| board::Avoidance {
        fitted: flight.is_some_and(|flight| flight.hazard_lidar && flight.resilient),
        p_BA_B: unit.p_BA_B,
        range_m_max: unit.range_m_max,
        sigma_m: unit.sigma_m,
        law: flight.map_or(none.law, |flight| flight.divert_law),
        ..feet
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_map_error_has_unit_variance_and_the_asked_correlation() {
        let phi = 0.8;
        let (mut sum2, mut along, mut across, mut n) = (0.0, 0.0, 0.0, 0.0);
        for run in 0..8 {
            let mut stream = Stream::new(1, run, "map");
            let e = field(phi, || stream.normal());
            for i in 1..MAP_ALONG {
                for j in 1..MAP_ACROSS {
                    let here = f64::from(e[i][j]);
                    sum2 += here * here;
                    along += here * f64::from(e[i - 1][j]);
                    across += here * f64::from(e[i][j - 1]);
                    n += 1.0;
                }
            }
        }
        // About n (1 − φ²)/(1 + φ²) squared independent samples: 3000, so 0.08 is three standard errors.
        assert!((sum2 / n - 1.0).abs() < 0.08, "{}", sum2 / n);
        assert!((along / sum2 - phi).abs() < 0.03, "{}", along / sum2);
        assert!((across / sum2 - phi).abs() < 0.03, "{}", across / sum2);
    }

    #[test]
    fn the_map_its_landmarks_and_the_target_are_displaced_together() {
        let file = "../../scenarios/m2-further-sensors.toml";
        let mut scenario = Scenario::read(std::path::Path::new(file)).unwrap();
        scenario.knowledge.map_sigma_m = 0.0; // which would raise the target
        let knowledge = scenario.knowledge;
        let stand = crate::stand::Stand::new(scenario).unwrap();
        let exact = stand.load(REFERENCE_RUN);
        let truth = stand.landmarks.landmarks();
        assert_eq!(exact.landmarks.count, truth.len());
        assert_eq!(Vector3::from(exact.landmarks.p_MK_M[7]), truth[7].p_MK_M.si());
        assert_eq!(exact.target.p_MT_M, stand.site.p_ML_M);
        let (mut tie2, mut own2, mut n) = (0.0, 0.0, 0.0);
        for run in 1..=40 {
            let load = stand.load(run);
            let tie = (load.target.p_MT_M - exact.target.p_MT_M).si();
            assert!(tie.dot(&exact.target.p_MT_M.si().normalize()).abs() < 1e-6, "level");
            tie2 += tie.norm_squared() / 2.0;
            for (on_board, exact) in load.landmarks.p_MK_M.iter().zip(truth) {
                let error = Vector3::from(*on_board) - exact.p_MK_M.si();
                own2 += (error - tie).norm_squared() / 3.0;
                n += 1.0;
            }
            // What the map shows at its own target does not depend on where that lies.
            let above_m = |load: &board::Load| {
                let (at, site) = (load.target.p_MT_M, flight::nav::Site::new(&load.target));
                let track = &site.track;
                let ground = flight::nav::map::ground(&load.map, &load.target, track, true, at);
                at.norm() - icd::constants::MOON_RADIUS_M - ground.elevation_m
            };
            assert!((above_m(&load) - above_m(&exact)).abs() < 0.01);
        }
        // 80 squares of the tie: four standard errors are 0.63.
        assert!((tie2 / 40.0 / knowledge.map_tie_sigma_m.powi(2) - 1.0).abs() < 0.63);
        assert!((own2 / n / knowledge.landmark_sigma_m.powi(2) - 1.0).abs() < 0.03);
    }

    /// Mean squares over the globe, and of the integral over arcs of 30°: what it would grow by if its correlation
    /// were that of the process on board.
    #[test]
    fn what_gravity_lacks_on_board_has_the_size_and_the_reach_of_what_nature_has_beyond() {
        const ARCS: usize = 300;
        const POINTS: usize = 60;
        let (whole, cut) = (Field::grail(60, 60).unwrap(), Field::grail(50, 50).unwrap());
        let found = omitted(&whole, 50);
        assert!((51.0..60.0).contains(&found.degree) && omitted(&cut, 50).sigma_m_s2 == 0.0);
        let mut chance = Stream::new(1, 0, "arcs");
        let (mut radial2, mut level2, mut integral2) = (0.0, 0.0, 0.0);
        let arc_rad = 30f64.to_radians();
        for _ in 0..ARCS {
            let from = chance.normal3().normalize();
            let ahead = from.cross(&chance.normal3()).normalize();
            let mut integral = 0.0;
            for k in 0..POINTS {
                let (s, c) = libm::sincos(arc_rad * k as f64 / POINTS as f64);
                let up = from * c + ahead * s;
                let p = Vector::from_si(up * whole.radius_m());
                let beyond = (whole.acceleration(p) - cut.acceleration(p)).si();
                let radial = beyond.dot(&up);
                radial2 += radial * radial;
                level2 += (beyond.norm_squared() - radial * radial) / 2.0;
                integral += radial * arc_rad / POINTS as f64;
            }
            integral2 += integral * integral;
        }
        let n = (ARCS * POINTS) as f64;
        let sigma2 = found.sigma_m_s2 * found.sigma_m_s2;
        assert!((radial2 / n / sigma2 - 1.0).abs() < 0.1, "{}", radial2 / n / sigma2);
        assert!((level2 / radial2 - 0.5).abs() < 0.05, "{}", level2 / radial2);
        // 300 squares: one standard error is 8 %.
        let grown = integral2 / ARCS as f64 / (2.0 * sigma2 * arc_rad / (found.degree + 0.5));
        println!("{found:?}, integral {grown}");
        assert!((grown - 1.0).abs() < 0.25, "{grown}");
    }

    #[test]
    fn relief_is_measured_where_the_map_is_coarse() {
        let file = "../../scenarios/m2-nominal.toml";
        let scenario = Scenario::read(std::path::Path::new(file)).unwrap();
        let stand = crate::stand::Stand::new(scenario).unwrap();
        let load = stand.load(REFERENCE_RUN);
        // Against a look of its own, at other points and around one row only.
        let (row, mut chance) = (200, Stream::new(2, 0, "relief"));
        let track = flight::nav::Site::new(&load.target).track;
        let mut squares = 0.0;
        for _ in 0..2000 {
            let near = (chance.uniform() - 0.5) * (2 * RELIEF_ROWS + 1) as f64;
            let along_m = load.map.along_m_first + load.map.spacing_m * (row as f64 + near);
            let right_m = load.map.spacing_m * RELIEF_COLUMNS * (chance.uniform() - 0.5);
            let azimuth_rad = stand.scenario.approach.azimuth_rad;
            let p = ground_point(azimuth_rad, &stand.site, along_m, right_m);
            let shown = flight::nav::map::ground(&load.map, &load.target, &track, true, p);
            let miss_m = stand.environment.terrain.elevation_m(p, RELIEF_M) - shown.elevation_m;
            squares += miss_m * miss_m;
        }
        let exact_m = (squares / 2000.0).sqrt();
        let found_m = f64::from(load.map.relief_m[row]);
        assert!((found_m / exact_m - 1.0).abs() < 0.35, "{found_m} {exact_m}");
        assert!((0.5..20.0).contains(&exact_m), "{exact_m}");
    }

    #[test]
    fn radial_along_and_across_are_what_they_say() {
        let state = OrbitState {
            t: Time::default(),
            p_MB_I: Vector::new(2e6, 0.0, 0.0),
            v_MB_I: Vector::new(-3.0, 0.0, 1600.0),
        };
        let R = radial_along_across(&state);
        let by_hand = Matrix3::new(1.0, 0.0, 0.0, 0.0, 0.0, -1.0, 0.0, 1.0, 0.0);
        assert!((R - by_hand).norm() < 1e-15, "{R}");
    }
}
