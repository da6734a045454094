//! The disturbances there are: generated from what a vehicle carries, the table of severities, and the site.
//!
//! Owns: which dimensions a scenario has, their rates and scales, how a point is written as a scenario file.
//! Does not own: the severities (`rig::severity`), one flight (`bench`).
//! The scale of a fault is its severity: size 1 is the fault as the table has it. An error, a noise, a delay, the
//! length of an outage is multiplied by the size; a limit is divided by it; a factor is raised to it, the share
//! of readings that are left likewise. Every channel of a device is a dimension of its own, as large as the
//! largest of its severity, whichever way that points. A fault begins at a share of the undisturbed flight's
//! duration; one that needs a phase is taken as it stands.
//! What is believed of the orbit is wrong by ten times its specified error: the rule of the table. The site is
//! moved by [`MOVED_KM`], the approach turned by [`TURNED_DEG`]; a crater of Atlas's shape lies under the
//! track, its depth a share of Atlas's, its centre from [`BEYOND_KM`] behind the target to [`BEFORE_KM`] before.
//! Rates, assumed: one flight in fifty has a given error, one in 300 a given failure; like devices together as many
//! times that as there are.
//! Refuses: a crater aside of the track; more than one fault of a device and kind.

use super::space::{Dimension, Part, Point, Sized};
use icd::bus::{ASSIST_ENGINES, JETS, LEGS};
use icd::constants::MOON_RADIUS_M;
use rig::scenario::Scenario;
use rig::severity::{SEVERITIES, Severity};
use std::fmt::Write;

/// Chance that a flight has a given error, and that it has a given failure. Assumed.
const ERROR_RATE: f64 = 0.02;
const FAILURE_RATE: f64 = 0.003;
/// How far a site is moved, north and east, 1 sigma. Assumed: that of Mission 1 was moved by some 400 km.
pub const MOVED_KM: f64 = 100.0;
/// How far an approach is turned, 1 sigma. Assumed.
pub const TURNED_DEG: f64 = 10.0;
/// Where the centre of a crater may lie, along the track. Assumed: from where the target is on its floor to where
/// rangefinders begin to see the ground.
pub const BEYOND_KM: f64 = 60.0;
/// Likewise, before the target.
pub const BEFORE_KM: f64 = 180.0;
/// What orbit determination is wrong by, in its specified errors: as severities have it.
const ORBIT_SIGMAS: f64 = 10.0;
/// Onsets that are tried first, as shares of the flight: of what persists, and of what passes.
const PERSISTS: [f64; 2] = [0.0, 0.88];
const PASSES: [f64; 3] = [0.15, 0.5, 0.92];
const CRATERS: [f64; 4] = [0.125, 0.3, 0.5, 0.8];

/// Where a dimension acts.
#[derive(Clone, Copy, Debug)]
enum Source {
    Fault {
        severity: &'static Severity,
        channel: Option<usize>,
    },
    /// Radial, along track, across track; position or velocity.
    Orbit {
        axis: usize,
        velocity: bool,
    },
    Site {
        north: bool,
    },
    Azimuth,
    Crater,
}

/// The disturbances of a scenario.
#[derive(Clone, Debug)]
pub struct Library {
    /// What can be disturbed.
    pub dimensions: Vec<Dimension>,
    sources: Vec<Source>,
    /// Duration of the undisturbed flight, s.
    duration_s: f64,
}

impl Library {
    /// Of what all `scenarios` carry.
    ///
    /// - `duration_s`: of the undisturbed flight.
    pub fn of(scenarios: &[&Scenario], duration_s: f64) -> Self {
        let mut out = Self { dimensions: Vec::new(), sources: Vec::new(), duration_s };
        let carried = |severity: &&Severity| scenarios.iter().all(|s| carries(s, severity.on));
        for severity in SEVERITIES.iter().filter(carried) {
            out.add_fault(severity);
        }
        for (velocity, name) in [(false, "position"), (true, "velocity")] {
            for (axis, way) in ["radial", "along", "across"].into_iter().enumerate() {
                let name = format!("orbit {name} {way}");
                let source = Source::Orbit { axis, velocity };
                out.add(name, "orbit false", ERROR_RATE, Sized::Signed, &[0.0], source);
            }
        }
        for (north, name) in [(true, "site north"), (false, "site east")] {
            let source = Source::Site { north };
            out.add(name.into(), name, ERROR_RATE, Sized::Signed, &[0.0], source);
        }
        let azimuth = "site azimuth".to_string();
        out.add(azimuth, "site turned", ERROR_RATE, Sized::Signed, &[0.0], Source::Azimuth);
        let crater = "ground crater".to_string();
        out.add(crater, "ground crater", ERROR_RATE, Sized::Positive, &CRATERS, Source::Crater);
        out
    }

    fn add(
        &mut self,
        name: String,
        class: &str,
        rate: f64,
        sized: Sized,
        places: &[f64],
        source: Source,
    ) {
        let (class, places) = (class.to_string(), places.to_vec());
        self.dimensions.push(Dimension { name, class, rate, sized, places });
        self.sources.push(source);
    }

    fn add_fault(&mut self, severity: &'static Severity) {
        let Severity { on, kind, .. } = *severity;
        let lines = Lines::of(severity);
        let sized = match kind {
            "bias" | "drift" | "scale" | "time_tag" => Sized::Signed,
            _ if lines.numbers.is_empty() && lines.lasts_s.is_none() => Sized::No,
            _ => Sized::Positive,
        };
        let places: &[f64] = match (lines.phase, lines.lasts_s) {
            (Some(_), _) if lines.until_phase.is_some() => &[0.0],
            (_, Some(_)) => &PASSES,
            _ => &PERSISTS,
        };
        let failure = matches!(kind, "not_enabled" | "dead" | "unfit" | "stuck" | "stuck_on");
        let rate = if failure { FAILURE_RATE } else { ERROR_RATE } * alike(on);
        let class = format!("{} {}", on.split('.').next().unwrap_or(on), misleads(on, kind));
        let channels = if matches!(kind, "bias" | "drift") { lines.numbers.len() } else { 1 };
        for n in 0..channels {
            let (channel, name) = match channels {
                1 => (None, format!("{on} {kind}")),
                _ => (Some(n), format!("{on} {kind} {}", lines.numbers[n].0)),
            };
            let source = Source::Fault { severity, channel };
            self.add(name, &class, rate, sized, places, source);
        }
    }

    /// The lines of a scenario file that disturb `scenario` by `point`, to stand behind `extends` and title.
    ///
    /// - `faults`, `craters`: lists that the scenario has itself, as lines of a file.
    /// - `configuration`: of the flight software; `None` leaves it.
    pub fn toml(
        &self,
        point: &Point,
        scenario: &Scenario,
        (faults, craters): (&str, &str),
        configuration: Option<&str>,
    ) -> String {
        let (mut own_faults, mut position, mut velocity) = (String::new(), [0.0; 3], [0.0; 3]);
        let (mut moved_km, mut turned_deg, mut crater) = ([0.0; 2], 0.0, None);
        let knowledge = &scenario.knowledge;
        for part in &point.0 {
            match self.sources[part.dimension] {
                Source::Fault { severity, channel } => {
                    own_faults += &self.fault(severity, channel, part);
                }
                Source::Orbit { axis, velocity: false } => {
                    position[axis] = part.size * ORBIT_SIGMAS * knowledge.orbit_sigma_m[axis];
                }
                Source::Orbit { axis, .. } => {
                    velocity[axis] = part.size * ORBIT_SIGMAS * knowledge.orbit_sigma_m_s[axis];
                }
                Source::Site { north } => moved_km[usize::from(!north)] = part.size * MOVED_KM,
                Source::Azimuth => turned_deg = part.size * TURNED_DEG,
                Source::Crater => crater = Some(part),
            }
        }
        let target_rad = moved(scenario.target_rad, moved_km);
        let azimuth_deg = scenario.approach.azimuth_rad.to_degrees() + turned_deg;
        let mut out = String::new();
        if moved_km != [0.0; 2] {
            let [latitude_deg, longitude_deg] = target_rad.map(|x| tidy(x.to_degrees()));
            let _ = write!(
                out,
                "\n[site]\nlatitude_deg  = {latitude_deg:?}\nlongitude_deg = {longitude_deg:?}\n"
            );
        }
        if turned_deg != 0.0 {
            let _ = write!(out, "\n[orbit]\napproach_azimuth_deg = {:?}\n", tidy(azimuth_deg));
        }
        for (key, error, own) in [
            ("orbit_error_m", position, knowledge.orbit_error_m),
            ("orbit_error_m_s", velocity, knowledge.orbit_error_m_s),
        ] {
            if error != [0.0; 3] {
                let head = if out.contains("[knowledge]") { "" } else { "\n[knowledge]\n" };
                let sum: [f64; 3] = std::array::from_fn(|n| tidy(own[n] + error[n]));
                let _ = writeln!(out, "{head}{key} = {sum:?}");
            }
        }
        if let Some(part) = crater {
            let _ = write!(
                out,
                "\n{craters}[[terrain.crater]]\n{}",
                under(part, target_rad, azimuth_deg)
            );
        }
        if let Some(name) = configuration {
            let _ = write!(out, "\n[flight]\nconfiguration = \"{name}\"\n");
        }
        if !own_faults.is_empty() {
            let _ = write!(out, "\n{faults}{own_faults}");
        }
        out
    }

    /// One fault as part of a scenario file.
    fn fault(&self, severity: &Severity, channel: Option<usize>, part: &Part) -> String {
        let Severity { on, kind, .. } = severity;
        let lines = Lines::of(severity);
        let mut out = format!("[[fault]]\non = \"{on}\"\nkind = \"{kind}\"\n");
        let largest = lines.numbers.iter().fold(0.0, |most: f64, (_, x)| most.max(x.abs()));
        for (n, (key, value)) in lines.numbers.iter().enumerate() {
            let value = match channel {
                Some(own) if own != n => 0.0,
                Some(_) => part.size * largest,
                None => sized(on, kind, key, *value, part.size),
            };
            let _ = writeln!(out, "{key} = {:?}", tidy(value));
        }
        if let (Some(from), Some(until)) = (lines.phase, lines.until_phase) {
            let _ = writeln!(out, "phase = {from}\nuntil_phase = {until}");
            return out;
        }
        let at_s = (part.place * self.duration_s).round();
        let _ = writeln!(out, "at_s = {at_s:?}");
        if let Some(lasts_s) = lines.lasts_s {
            let factor = if lines.numbers.is_empty() { part.size } else { 1.0 };
            // Not shorter than the computer's cycle.
            let _ = writeln!(out, "until_s = {:?}", at_s + tidy((lasts_s * factor).max(0.02)));
        }
        out
    }

    /// A disturbance in words, such as `rangefinder range_limit: range_m_max 620 from 0 s`.
    pub fn words(&self, part: &Part, scenario: &Scenario) -> String {
        let dimension = &self.dimensions[part.dimension];
        let sigmas = |sigma: f64| tidy(part.size * ORBIT_SIGMAS * sigma);
        match self.sources[part.dimension] {
            Source::Fault { severity, channel } => {
                let text = self.fault(severity, channel, part);
                let told = |line: &&str| !line.starts_with("[[") && !line.ends_with("= 0.0");
                let told = text.lines().skip(3).filter(told).map(|line| line.replace(" =", ""));
                let told: Vec<String> = told.collect();
                let what = format!("{} {}", severity.on, severity.kind);
                if told.is_empty() { what } else { format!("{what}: {}", told.join(", ")) }
            }
            Source::Orbit { axis, velocity: false } => {
                format!("{}: {} m", dimension.name, sigmas(scenario.knowledge.orbit_sigma_m[axis]))
            }
            Source::Orbit { axis, .. } => {
                let sigma = scenario.knowledge.orbit_sigma_m_s[axis];
                format!("{}: {} m/s", dimension.name, sigmas(sigma))
            }
            Source::Site { .. } => format!("{}: {} km", dimension.name, tidy(part.size * MOVED_KM)),
            Source::Azimuth => format!("{}: {}°", dimension.name, tidy(part.size * TURNED_DEG)),
            Source::Crater => {
                let before_km = tidy(before_km(part));
                let (side, km) = match before_km < 0.0 {
                    true => ("beyond", -before_km),
                    false => ("before", before_km),
                };
                let share = tidy(100.0 * part.size);
                format!("crater {share} % as deep as Atlas, centre {km:.0} km {side} the target")
            }
        }
    }
}

/// Whether a vehicle has a device, so that a fault of it can do something.
fn carries(scenario: &Scenario, device: &str) -> bool {
    let machine = &scenario.vehicle.machine;
    match device {
        "velocimeter" => machine.velocimeter.is_some() && scenario.flight.uses_velocimeter(),
        "radar_altimeter" => machine.radar_altimeter.is_some(),
        "camera" => machine.camera.is_some(),
        "gauge" => machine.gauge.is_some(),
        "hazard_lidar" => machine.hazard_lidar.is_some(),
        _ => true,
    }
}

/// How many devices there are of which the table has one.
fn alike(device: &str) -> f64 {
    match device {
        "assist.0" => ASSIST_ENGINES as f64,
        "jet.0" => JETS as f64,
        "switch.0" => LEGS as f64,
        _ => 1.0,
    }
}

/// In which way a device with this fault misleads.
fn misleads(on: &str, kind: &str) -> &'static str {
    let engine = matches!(on.split('.').next(), Some("main" | "assist" | "jet"));
    match kind {
        "not_enabled" | "unfit" => "silent",
        "dead" | "dropout" if engine => "out",
        "dead" | "dropout" => "silent",
        "stuck_on" => "stuck on",
        "latency" | "time_tag" => "late",
        "range_limit" | "weak_surface" | "weak_laser" | "weak_receiver" | "weak_at_speed" => {
            "short-sighted"
        }
        _ if engine => "off its thrust",
        _ => "false",
    }
}

/// A number of a fault at a size.
fn sized(on: &str, kind: &str, key: &str, value: f64, size: f64) -> f64 {
    let engine = matches!(on.split('.').next(), Some("main" | "assist" | "jet"));
    match kind {
        "scale" => 1.0 + (value - 1.0) * size,
        "dropout" => 1.0 - libm::pow(1.0 - value, size),
        "ghost" if key == "probability" => 1.0 - libm::pow(1.0 - value, size),
        "outliers" if key == "probability" => value,
        "ghost" => value,
        "saturation" if engine => (1.0 - (1.0 - value) * size).max(0.0),
        "saturation" | "range_limit" => value / size,
        "weak_surface" | "weak_laser" | "weak_receiver" | "weak_at_speed" => {
            libm::pow(value, size).max(1e-6)
        }
        _ => value * size,
    }
}

/// What a severity says.
struct Lines {
    /// Keys and values of the fault itself.
    numbers: Vec<(&'static str, f64)>,
    /// How long it lasts, s.
    lasts_s: Option<f64>,
    phase: Option<&'static str>,
    until_phase: Option<&'static str>,
}

impl Lines {
    fn of(severity: &Severity) -> Self {
        let pairs: Vec<(&str, &str)> =
            severity.lines.lines().filter_map(|line| line.split_once(" = ")).collect();
        let text = |key: &str| pairs.iter().find(|(own, _)| *own == key).map(|(_, value)| *value);
        let number = |key: &str| text(key).and_then(|value| value.parse::<f64>().ok());
        let when = ["at_s", "below_m", "phase", "until_s", "until_below_m", "until_phase"];
        let own = |(key, value): &(&'static str, &'static str)| {
            let value = value.parse::<f64>().ok().filter(|_| !when.contains(key));
            value.map(|value| (*key, value))
        };
        Self {
            numbers: pairs.iter().filter_map(own).collect(),
            lasts_s: number("until_s").zip(number("at_s")).map(|(until, at)| until - at),
            phase: text("phase"),
            until_phase: text("until_phase"),
        }
    }
}

/// Six significant digits: what a file says is what is flown.
fn tidy(x: f64) -> f64 {
    format!("{x:.5e}").parse().unwrap_or(x)
}

/// A place moved north and east.
fn moved([latitude_rad, longitude_rad]: [f64; 2], [north_km, east_km]: [f64; 2]) -> [f64; 2] {
    let angle = |km: f64| km * 1000.0 / MOON_RADIUS_M;
    let limit = 80.0_f64.to_radians();
    let north_rad = (latitude_rad + angle(north_km)).clamp(-limit, limit);
    let east_rad = longitude_rad + angle(east_km) / libm::cos(latitude_rad);
    let turn = core::f64::consts::TAU;
    [north_rad, if east_rad > 0.5 * turn { east_rad - turn } else { east_rad }]
}

/// Distance of a crater's centre before the target, km.
fn before_km(part: &Part) -> f64 {
    part.place * (BEYOND_KM + BEFORE_KM) - BEYOND_KM
}

/// A crater under the track, as lines of a file.
fn under(part: &Part, [latitude_rad, longitude_rad]: [f64; 2], azimuth_deg: f64) -> String {
    let (sin_a, cos_a) = libm::sincos((azimuth_deg + 180.0).to_radians());
    let (sin_d, cos_d) = libm::sincos(before_km(part) * 1000.0 / MOON_RADIUS_M);
    let (sin_l, cos_l) = libm::sincos(latitude_rad);
    let sin = sin_l * cos_d + cos_l * sin_d * cos_a;
    let east_rad = libm::atan2(sin_a * sin_d * cos_l, cos_d - sin_l * sin);
    let degrees = |x: f64| tidy(x.to_degrees());
    format!(
        "latitude_deg  = {:?}\nlongitude_deg = {:?}\nrelief        = {:?}\n",
        degrees(libm::asin(sin)).clamp(-80.0, 80.0),
        degrees(longitude_rad + east_rad),
        tidy(part.size)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use rig::scenario::Tree;
    use std::path::Path;

    fn base(name: &str) -> (String, Scenario) {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap();
        let path = root.join("scenarios").join(name);
        (path.display().to_string(), Scenario::read(&path).unwrap())
    }

    fn written(library: &Library, (path, base): &(String, Scenario), point: &Point) -> Scenario {
        let text = library.toml(point, base, ("", ""), Some("resilient"));
        let text = format!("extends = {path:?}\n{text}");
        let tree = Tree::of_text(Path::new("disturbed.toml"), &text).unwrap();
        Scenario::check(&tree).unwrap_or_else(|error| panic!("{error:?}\n{text}"))
    }

    #[test]
    fn every_disturbance_of_the_library_is_a_scenario() {
        let base = base("m2-further-sensors.toml");
        let library = Library::of(&[&base.1], 800.0);
        // Every line of the table but those of the hazard lidar, which stands in another vehicle.
        let faults = SEVERITIES.iter().filter(|severity| carries(&base.1, severity.on)).count();
        assert!(library.dimensions.len() > faults + 10 && faults > 100, "{faults}");
        let mut all = Point::default();
        for (dimension, own) in library.dimensions.iter().enumerate() {
            for size in [0.1, 1.0, -3.0, 3.0] {
                if size < 0.0 && own.sized != Sized::Signed {
                    continue;
                }
                let part = Part { dimension, size, place: *own.places.last().unwrap() };
                let scenario = written(&library, &base, &Point::of(part));
                let same = scenario.faults == base.1.faults
                    && scenario.target_rad == base.1.target_rad
                    && scenario.approach == base.1.approach
                    && scenario.terrain == base.1.terrain
                    && scenario.knowledge == base.1.knowledge;
                assert!(!same, "{}: nothing is disturbed", own.name);
                assert!(!library.words(&part, &base.1).is_empty());
            }
            all = all.with(Part { dimension, size: 1.0, place: 0.5 }).unwrap();
        }
        // And all of them at once.
        let scenario = written(&library, &base, &all);
        assert!(scenario.faults.len() >= faults && scenario.flight.resilient);
    }

    #[test]
    fn size_one_is_the_severity_and_two_is_twice_as_bad() {
        let base = base("m2-before-flight.toml");
        let library = Library::of(&[&base.1], 800.0);
        let number = |name: &str, size: f64| {
            let dimension = library.dimensions.iter().position(|d| d.name == name).unwrap();
            let scenario =
                written(&library, &base, &Point::of(Part { dimension, size, place: 0.0 }));
            scenario.faults[0].numbers.iter().map(|(_, x)| x.reference()).collect::<Vec<_>>()
        };
        assert_eq!(number("rangefinder range_limit", 1.0), [900.0]);
        assert_eq!(number("rangefinder range_limit", 2.0), [450.0]);
        assert_eq!(number("rangefinder scale", -1.0), [0.95]);
        assert_eq!(number("rangefinder dropout", 2.0), [0.75]);
        assert_eq!(number("rangefinder weak_laser", 0.0), [1.0]);
        assert_eq!(number("main saturation", 2.0), [0.94]);
        // Every channel by itself, as large as the severity's largest.
        assert_eq!(number("star_tracker bias yaw_deg", -1.0), [0.0, 0.0, -0.122]);
        assert_eq!(number("gyros bias y_deg_h", 2.0), [0.0, 0.2, 0.0]);
    }

    #[test]
    fn a_crater_lies_where_it_is_said_to_under_the_track() {
        // On the equator, flown eastward: the centre 60 km west of the target.
        let part = Part { dimension: 0, size: 0.5, place: 0.5 };
        let text = under(&part, [0.0, 0.1], 90.0);
        let number = |key: &str| {
            let line = text.lines().find(|line| line.starts_with(key)).unwrap();
            line.rsplit(' ').next().unwrap().parse::<f64>().unwrap()
        };
        let west_rad = 0.1 - 60_000.0 / MOON_RADIUS_M;
        assert!(number("latitude_deg").abs() < 1e-9, "{text}");
        assert!((number("longitude_deg") - west_rad.to_degrees()).abs() < 1e-4, "{text}");
        assert_eq!(number("relief"), 0.5);
    }

    #[test]
    fn a_site_moves_by_kilometres_whatever_its_latitude() {
        let km = MOON_RADIUS_M / 1000.0;
        let from = [60.0_f64.to_radians(), 3.08];
        let [latitude, longitude] = moved(from, [100.0, 50.0]);
        assert!(((latitude - from[0]) * km - 100.0).abs() < 1e-6);
        assert!(((longitude - from[1]) * libm::cos(from[0]) * km - 50.0).abs() < 1e-6);
        // Across the meridian of 180°.
        let [_, longitude] = moved(from, [0.0, 100.0]);
        assert!((-3.15..-3.0).contains(&longitude), "{longitude}");
    }
}
