//! The radio against closed forms, published tables and another program's figures; each step of the ladder where only it helps.

mod ladder;
mod sky;

use super::*;
use crate::environment::Site;
use crate::environment::terrain::TerrainConfig;
use crate::faulty::{Moment, Now};
use budget::Antenna;
use icd::frames::{B, L, Vector};
use icd::rotation::Quaternion;
use icd::tm::Phase;
use nalgebra::Vector3;

pub(super) fn environment() -> Arc<Environment> {
    let bare = TerrainConfig {
        seed: 1,
        age_gyr: 3.5,
        rock_abundance: 0.01,
        relief: false,
        tiles: Vec::new(),
    };
    Arc::new(Environment::new(2, &bare).unwrap())
}

pub(super) fn frozen() -> Time {
    Time::from_utc("2025-06-05T19:15:45").unwrap()
}

fn antenna(d_B: [f64; 3]) -> Antenna {
    Antenna { p_BA_B: [0.0, 0.0, 2.3], d_B, peak_dBi: 3.0, exponent: 1.0, back_dB: -10.0 }
}

/// A link as that of `m2-live`, to the stations named.
pub(super) fn link(stations: &[&str]) -> Link {
    let rates_bit_s = vec![512e3, 128e3, 32e3, 8e3, 2e3, 500.0];
    let transmitter = Transmitter {
        power_W: 8.0,
        frequency_Hz: 8.45e9,
        line_loss_dB: 1.0,
        rates_bit_s,
        supply_W: 60.0,
    };
    let beacon = Transmitter {
        power_W: 2.0,
        frequency_Hz: 2.25e9,
        rates_bit_s: vec![2000.0],
        supply_W: 10.0,
        ..transmitter.clone()
    };
    let ladder = Ladder {
        rate_s: Some(60.0),
        antenna_s: Some(360.0),
        transmitter_s: Some(480.0),
        carrier_s: Some(600.0),
        reboot_s: Some(720.0),
        listen_s: Some(1800.0),
        reboot_takes_s: 30.0,
        beacon_every_s: 1800.0,
        beacon_s: 60.0,
    };
    let up = [0.0, 0.0, 1.0];
    Link {
        on_board: OnBoard {
            main: Main {
                transmitter,
                units: 2,
                antennas: vec![antenna(up), antenna(up)],
                receiver: Receiver { frequency_Hz: 7.19e9, noise_K: 600.0, supply_W: 12.0 },
                battery_Wh: 800.0,
                ladder,
            },
            backup: Some(Backup { transmitter: beacon, antenna: antenna(up), battery_Wh: 40.0 }),
            proximity: None,
            contact_m_s_max: 8.0,
            plume_rad: 40.0_f64.to_radians(),
            plume_dB_max: 6.0,
        },
        stations: stations.iter().map(|key| Station::named(key).unwrap()).collect(),
        elevation_rad_min: 10.0_f64.to_radians(),
        rate: 1,
        relays: Vec::new(),
        mirror: Mirror { permittivity: 3.0, roughness_m: 0.01 },
    }
}

/// A lander that stands at the site of Mission 2, upright.
pub(super) struct Standing {
    pub environment: Arc<Environment>,
    pub site: Site,
}

impl Standing {
    pub fn new() -> Self {
        let environment = environment();
        let (lat, lon) = (60.454_f64.to_radians(), -4.604_f64.to_radians());
        let site = Site::new(lat, lon, &environment.terrain);
        Self { environment, site }
    }

    /// At `t`, `height_m` over the target.
    pub fn at(&self, t: Time, height_m: f64) -> Lander {
        let R_IM = self.environment.R_IM(t).unwrap();
        let p_MB_I = R_IM * self.site.p_MA_M(Vector::new(0.0, 0.0, height_m + 0.5));
        let w_I = self.environment.orientation.w_IM_I(t).unwrap();
        let R_IL: icd::rotation::Rotation<I, L> = R_IM * self.site.R_ML;
        let q: Quaternion<I, L> = Quaternion::from_rotation(R_IL);
        let q_IB: Quaternion<I, B> = Quaternion::from_si(q.si());
        Lander {
            now: Now { t, altitude_m: height_m, phase: Phase::Landed },
            p_MB_I,
            v_MB_I: w_I.cross(p_MB_I),
            q_IB,
            thrust_N: 0.0,
            contact_m_s: None,
            destroyed: false,
        }
    }

    pub fn radio(&self, link: Link, faults: Vec<Fault>, t: Time) -> Radio {
        let config = RadioConfig { link, faults };
        Radio::new(&config, self.environment.clone(), t, (7, 1)).unwrap()
    }
}

/// A fault from the beginning and for ever.
pub(super) fn fault(on: Device, kind: FaultKind) -> Fault {
    Fault { on, kind, from: Moment::After(Span::default()), until: None }
}

fn run(standing: &Standing, radio: &mut Radio, (from, s): (Time, f64), step_s: f64) -> Time {
    let mut t = from;
    let end = from + Span::from_s(s);
    while t < end {
        radio.step(&standing.at(t, 0.0));
        t += Span::from_s(step_s);
    }
    t
}

#[test]
fn a_standing_lander_is_heard_by_the_stations_that_see_the_moon() {
    let standing = Standing::new();
    let names = ["goonhilly", "cebreros", "kourou", "malargue", "new-norcia", "hawaii"];
    let mut radio = standing.radio(link(&names), vec![], frozen());
    let view = radio.step(&standing.at(frozen(), 0.0)).clone();
    let main = &view.paths[..6];
    let seen: Vec<bool> = main.iter().map(|path| path.visible).collect();
    assert_eq!(seen, [true, true, true, true, false, false]);
    for path in &main[..4] {
        // 1.28 s at the mean distance; that day the Moon was near its farthest, 400,000 km from the stations.
        assert!((path.light_time_s - 1.335).abs() < 0.01, "{}", path.light_time_s);
        assert!(path.carrier_locked && !path.occulted, "the run begins in contact");
        // Nothing but the Earth's turning and the Moon's own way moves the two against each other: 0.5 km/s.
        assert!(path.doppler_Hz.abs() < 16e3 && path.doppler_Hz != 0.0, "{}", path.doppler_Hz);
    }
    // 8 W, 0 dBi or so, a 35 m dish at 401,000 km: the table's 580 kbit/s and the ground's second ray.
    let rate = main[0].bit_rate_bit_s_max;
    assert!((300e3..900e3).contains(&rate), "{rate}");
    assert!(view.uplink_locked && view.uplink.is_some());
    assert!(radio.frame_survives(0, 1115) && !radio.frame_survives(4, 1115));
}

#[test]
fn the_backup_path_lives_when_the_main_one_dies() {
    let standing = Standing::new();
    let t = frozen();
    let dead = fault(Device::Transmitter(0), FaultKind::Dead);
    let late = Fault { from: Moment::After(Span::from_s(10.0)), ..dead };
    let mut radio = standing.radio(link(&["goonhilly"]), vec![late], t);
    let end = run(&standing, &mut radio, (t, 9.0), 0.5);
    assert!(
        radio.view().best(Sender::Main).is_some() && radio.view().best(Sender::Backup).is_some()
    );
    run(&standing, &mut radio, (end, 20.0), 0.5);
    assert!(radio.view().best(Sender::Main).is_none() && !radio.view().main.carrier);
    let backup = radio.view().best(Sender::Backup).unwrap();
    assert!(backup.bit_rate_bit_s == 2000.0 && backup.ebn0_dB > 10.0, "{backup:?}");
    assert!(radio.frame_survives(1, 64));
}

#[test]
fn an_impact_ends_everything_and_the_stations_let_go() {
    let standing = Standing::new();
    let t = frozen();
    let mut radio = standing.radio(link(&["goonhilly"]), vec![], t);
    run(&standing, &mut radio, (t, 5.0), 0.5);
    let struck =
        |s: f64, v| Lander { contact_m_s: Some(v), ..standing.at(t + Span::from_s(s), 0.0) };
    let soft = radio.step(&struck(5.0, 3.0));
    assert!(!soft.destroyed && soft.paths[0].frame_locked);
    let hard = radio.step(&struck(5.2, 40.0)).clone();
    assert!(hard.destroyed && !hard.main.carrier && !hard.backup.unwrap().carrier);
    assert!(
        !hard.paths[0].frame_locked && hard.paths[0].carrier_locked,
        "the loop runs for a second"
    );
    assert!(!radio.frame_survives(0, 1115) && !radio.frame_survives(1, 64));
    let after = radio.step(&struck(6.3, 40.0));
    assert!(!after.paths[0].carrier_locked && !after.uplink_locked);
}

#[test]
fn the_jets_weaken_what_passes_through_them_and_nothing_else() {
    let standing = Standing::new();
    let t = frozen();
    let gain = |turned: bool, thrust_N: f64| {
        let mut radio = standing.radio(link(&["goonhilly"]), vec![], t);
        let mut lander = standing.at(t, 5000.0);
        // The jet leaves along −z: towards the Earth when z points away from it.
        let to_earth = environment().ephemeris.earth(t).unwrap().si().normalize();
        let z = if turned { -to_earth } else { to_earth };
        let x = z.cross(&Vector3::z()).normalize();
        lander.q_IB = Quaternion::from_rotation(Rotation::from_columns(x, z.cross(&x), z));
        lander.thrust_N = thrust_N;
        radio.step(&lander).paths[0].cn0_dBHz
    };
    assert_eq!(gain(false, 0.0), gain(false, 400.0));
    let lost_dB = gain(true, 0.0) - gain(true, 400.0);
    assert!(lost_dB > 0.0 && lost_dB < 6.0, "{lost_dB}");
    // Back lobe against front.
    assert!((gain(false, 0.0) - gain(true, 0.0) - 10.0).abs() < 0.02);
}

#[test]
fn near_the_ground_a_second_ray_makes_fringes() {
    let standing = Standing::new();
    let t = frozen();
    let mut radio = standing.radio(link(&["goonhilly"]), vec![], t);
    let mut at = |height_m: f64| radio.step(&standing.at(t, height_m)).paths[0].cn0_dBHz;
    let spread = |values: Vec<f64>| {
        values.iter().copied().fold(f64::MIN, f64::max)
            - values.iter().copied().fold(f64::MAX, f64::min)
    };
    let low = spread((0..200).map(|n| at(20.0 + 0.001 * f64::from(n))).collect());
    let high = spread((0..200).map(|n| at(250.0 + 0.001 * f64::from(n))).collect());
    assert!(low > 0.2 && low < 6.0 && high < 1e-3, "{low} {high}");
}

#[test]
fn frames_fall_to_a_fault_in_its_share_and_streams_stay_apart() {
    let standing = Standing::new();
    let t = frozen();
    let drop = fault(Device::Transmitter(0), FaultKind::Dropout { probability: 0.3 });
    let count = |stations: &[&str], faults: Vec<Fault>| -> Vec<bool> {
        let mut radio = standing.radio(link(stations), faults, t);
        radio.step(&standing.at(t, 0.0));
        let own = radio.view().paths.iter().position(|path| path.path.station == 5).unwrap();
        (0..4000)
            .map(|_| {
                if own > 0 {
                    radio.frame_survives(0, 1115);
                }
                radio.frame_survives(own, 1115)
            })
            .collect()
    };
    let alone = count(&["goonhilly"], vec![drop]);
    let lost = alone.iter().filter(|through| !**through).count() as f64;
    assert!((lost - 1200.0).abs() < 4.0 * 29.0, "{lost}");
    assert_eq!(alone, count(&["goonhilly"], vec![drop]), "the same seed repeats");
    assert_eq!(
        alone,
        count(&["cebreros", "goonhilly"], vec![drop]),
        "another station changes nothing"
    );
    assert!(count(&["goonhilly"], vec![]).iter().all(|through| *through));
}

#[test]
fn orders_set_rate_and_antenna_and_switch_senders() {
    let standing = Standing::new();
    let t = frozen();
    let mut radio = standing.radio(link(&["goonhilly"]), vec![], t);
    radio.set_rate(99);
    radio.set_antenna(1);
    radio.switch(Sender::Backup, false);
    let view = radio.step(&standing.at(t, 0.0)).clone();
    assert_eq!((view.main.rate, view.antenna), (5, 1));
    assert!(!view.backup.unwrap().carrier && view.main.frames);
    radio.set_antenna(7);
    assert_eq!(radio.step(&standing.at(t, 0.0)).antenna, 1);
    let stuck = fault(Device::AntennaSwitch, FaultKind::Stuck);
    let mut radio = standing.radio(link(&["goonhilly"]), vec![stuck], t);
    radio.step(&standing.at(t, 0.0));
    radio.set_antenna(1);
    assert_eq!(radio.step(&standing.at(t, 0.0)).antenna, 0);
}

#[test]
fn what_is_wrong_with_a_link_is_named() {
    let good = link(&["goonhilly"]);
    assert_eq!(good.check(), Ok(()));
    let mut rising = good.clone();
    rising.on_board.main.transmitter.rates_bit_s.reverse();
    assert_eq!(rising.check(), Err(RadioError::RatesDoNotFall { which: "main" }));
    let mut three = good.clone();
    three.on_board.main.antennas.push(antenna([1.0, 0.0, 0.0]));
    assert!(matches!(three.check(), Err(RadioError::NotOneOrTwo { number: 3, .. })));
    let mut nowhere = good.clone();
    nowhere.on_board.main.antennas[0].d_B = [0.0; 3];
    assert!(matches!(nowhere.check(), Err(RadioError::NoDirection { .. })));
    let nobody = Link { stations: vec![], ..good.clone() };
    assert_eq!(nobody.check(), Err(RadioError::NoStation));
    let fast = Link { rate: 6, ..good.clone() };
    assert_eq!(fast.check(), Err(RadioError::NoSuchRate { rate: 6, rates: 6 }));
    let deaf = Link { relays: vec![sky::pathfinder(0.0)], ..good };
    assert_eq!(deaf.check(), Err(RadioError::NoProximity));
}
