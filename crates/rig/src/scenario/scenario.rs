//! A scenario as checked: every value present, finite and in range. Only this can run.
//!
//! Owns: the keys of a scenario file and their limits. Does not own: reading TOML (see `file`), the
//! vehicle (see `vehicle`), faults (see `fault`).
//! Angles are degrees in the file and radians here.

use super::command::{Command, commands};
use super::dispersion::Dispersed;
use super::error::ScenarioError;
use super::fault::{Fault, faults};
use super::feature::{Feature, Features};
use super::file::Tree;
use super::ground::{Ground, ground};
use super::link;
use super::reader::Reader;
use super::sampling::{CampaignPlan, Design, written};
use super::vehicle::VehicleFile;
use crate::arrival::Approach;
use crate::measures::MEASURES;
use crate::verdict::{Band, Expect, Outcome};
use flight::load::{DivertLaw, Law, Legacy};
use icd::events::Event;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use truth::environment::gravity::{DEGREE_MAX, FILE_DEGREE_MAX};
use truth::vehicle::Vehicle;

pub(super) const DEG: f64 = std::f64::consts::PI / 180.0;

/// A checked scenario.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The file it came from.
    pub path: PathBuf,
    /// Title.
    pub title: String,
    /// The requirement that it tests.
    pub purpose: String,
    /// Campaign seed.
    pub seed: u64,
    /// The vehicle.
    pub vehicle: VehicleFile,
    /// Latitude and longitude of the target, rad.
    pub target_rad: [f64; 2],
    /// The approach to plan.
    pub approach: Approach,
    /// Where the run starts.
    pub start: Start,
    /// How nature is computed.
    pub truth: Truth,
    /// The ground.
    pub terrain: Ground,
    /// Errors of what is loaded on board.
    pub knowledge: Knowledge,
    /// The flight software's configuration.
    pub flight: FlightSetup,
    /// Faults in order of the file.
    pub faults: Vec<Fault>,
    /// Orders of the ground in order of the file.
    pub commands: Vec<Command>,
    /// The radio on board and who listens; `None` for no radio.
    pub link: Option<truth::radio::Link>,
    /// How it is flown many times.
    pub campaign: CampaignPlan,
    /// Which value each dispersed input takes in each run; what is set here after the reading of the file and is no
    /// number is drawn without a design.
    pub design: Design,
    /// The expected verdict.
    pub expect: Expect,
    /// Longest simulated time, s.
    pub duration_s_max: f64,
    /// Every value, vehicle included, one line each; digests of the files that it names. Where those files lie is of no
    /// meaning, see [`Self::hash`]: the vehicle's path is left out, the others' stand here for who draws the ground.
    pub canonical: String,
}

/// Where a run starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartAt {
    /// On the parking orbit, before the deorbit burn.
    Orbit,
    /// On the descent ellipse, when the load arms the braking ignition.
    Ignition,
}

/// The start of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Start {
    /// Where.
    pub at: StartAt,
    /// Propellant there, kg.
    pub propellant_kg: Dispersed,
    /// Delivery error of position: radial, along track, across track, m.
    pub delivery_m: [Dispersed; 3],
    /// Delivery error of velocity: radial, along track, across track, m/s.
    pub delivery_m_s: [Dispersed; 3],
}

/// How nature is computed.
#[derive(Clone, Debug, PartialEq)]
pub struct Truth {
    /// Degree and order of lunar gravity.
    pub gravity_degree: usize,
    /// File of the gravity field; `None` for the built-in one.
    pub gravity_file: Option<PathBuf>,
    /// Steps of integration a second.
    pub step_hz: u32,
    /// Time between evaluations of the gravity field, s.
    pub gravity_refresh_s: f64,
    /// Whether what is constant in a run (engines, masses, alignments, biases) is drawn.
    pub dispersions: bool,
    /// SPICE kernels that replace the built-in ephemeris, orientation and constants.
    pub kernels: Vec<PathBuf>,
}

/// Errors of what is loaded on board, 1 sigma, drawn once a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Knowledge {
    /// Orbit determination, position: radial, along track, across track, m.
    pub orbit_sigma_m: [f64; 3],
    /// Orbit determination, velocity: radial, along track, across track, m/s.
    pub orbit_sigma_m_s: [f64; 3],
    /// What orbit determination is wrong by beside what is drawn, position: radial, along track, across track, m.
    pub orbit_error_m: [f64; 3],
    /// The same, velocity, m/s. Believed minus true.
    pub orbit_error_m_s: [f64; 3],
    /// Elevation of the map, m.
    pub map_sigma_m: f64,
    /// Distance over which that error keeps its value, m.
    pub map_correlation_m: f64,
    /// Spacing of the map's nodes, m.
    pub map_spacing_m: f64,
    /// Error of the map's place on the Moon, each way, 1 sigma, m.
    pub map_tie_sigma_m: f64,
    /// Error of a landmark beside it, each way, 1 sigma, m.
    pub landmark_sigma_m: f64,
    /// How far past the target the map reaches, m.
    pub map_beyond_m: f64,
    /// Degree and order of the gravity field on board.
    pub gravity_degree: usize,
}

/// The flight software's configuration and mission plan.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FlightSetup {
    /// `true` for the resilient configuration, `false` for the one that flew.
    pub resilient: bool,
    /// Whether a velocimeter is fitted.
    pub velocimeter: bool,
    /// Whether the radar altimeter that the vehicle carries is used.
    pub radar_altimeter: bool,
    /// Whether the camera that the vehicle carries is used.
    pub camera: bool,
    /// Whether the hazard lidar that the vehicle carries is used; by the resilient configuration alone.
    pub hazard_lidar: bool,
    /// Law that flies to a place chosen by its help.
    pub divert_law: DivertLaw,
    /// Features that take the value of the other configuration.
    pub changes: Features,
    /// Law of braking and approach.
    pub law: Law,
    /// Logic of another mission that failed with it, in place of our own.
    pub legacy: Legacy,
    /// Altitude of the high gate over the target, m.
    pub gate_altitude_m: f64,
    /// Distance of the high gate before the target, m.
    pub gate_distance_m: f64,
    /// Descent speed at the high gate, m/s.
    pub gate_descent_m_s: f64,
    /// Horizontal speed at the high gate, m/s.
    pub gate_horizontal_m_s: f64,
    /// Collective of the assist engines that braking counts on, 0 to 1.
    pub braking_collective: f64,
    /// Altitude below which the main engine may be shut down, m.
    pub main_off_m: f64,
    /// Altitudes of the planned descent after the gate, ascending, m.
    pub profile_altitude_m: [f64; 5],
    /// Descent speeds planned there, m/s.
    pub profile_descent_m_s: [f64; 5],
}

type Read<T> = Result<T, ScenarioError>;

impl Scenario {
    /// Reads and checks a scenario with everything it names.
    ///
    /// # Errors
    /// [`ScenarioError`], the first thing found wrong.
    pub fn read(path: &Path) -> Read<Self> {
        Self::check(&Tree::read(path)?)
    }

    /// Checks what was written.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn check(file: &Tree) -> Read<Self> {
        let root = Reader::new(file);
        let vehicle_name = root.text("vehicle")?;
        let named_by = &file.root["vehicle"];
        let vehicle_path = file.resolve(named_by, vehicle_name);
        let vehicle = VehicleFile::read(&vehicle_path).map_err(|error| match error {
            ScenarioError::Unreadable { file: path, reason } => {
                file.unreadable(&path, "vehicle", Some(named_by), reason)
            }
            other => other,
        })?;
        let own: String = (file.canonical().split_inclusive('\n'))
            .filter(|line| !line.starts_with("vehicle = "))
            .collect();
        let (link, radio) = link::link(&root, file)?.unzip();
        let radio = radio.map_or(String::new(), |radio| format!("[radio]\n{radio}"));
        let canonical = format!("{own}[vehicle]\n{}{radio}", vehicle.canonical);
        let site = root.table("site")?;
        let target_rad = [
            site.number("latitude_deg", -90.0, 90.0)? * DEG,
            site.number("longitude_deg", -180.0, 360.0)? * DEG,
        ];
        site.finish()?;
        let mut scenario = Self {
            path: file.path().to_path_buf(),
            title: root.text("title")?.to_string(),
            purpose: root.text("purpose")?.to_string(),
            seed: whole(&root, "seed")?,
            target_rad,
            approach: approach(&root)?,
            start: start(&root.table("start")?, vehicle.machine.propellant.capacity_kg)?,
            truth: truth(&root.table("truth")?, file)?,
            terrain: ground(&root.table("terrain")?, file)?,
            knowledge: knowledge(&root.table("knowledge")?)?,
            flight: flight(&root.table("flight")?, &vehicle.machine)?,
            faults: faults(&root)?,
            commands: commands(&root)?,
            link,
            campaign: written::campaign(&root.table("campaign")?)?,
            design: Design::default(),
            expect: expect(&root.table("expect")?)?,
            duration_s_max: root.number("duration_s_max", 1.0, 1e5)?,
            vehicle,
            canonical,
        };
        scenario.campaign.correlations = written::correlations(&root, &scenario)?;
        scenario.campaign.point = written::point(&root, &scenario)?;
        scenario.design = Design::new(&scenario);
        root.finish()?;
        if scenario.link.is_none()
            && let Some(fault) = scenario.faults.iter().find(|fault| fault.on_radio())
        {
            let on = fault.on.clone();
            return Err(ScenarioError::NoLink { file: file.path().to_path_buf(), on });
        }
        let named = scenario.truth.kernels.iter().chain(&scenario.truth.gravity_file);
        let named = named.chain(&scenario.terrain.tiles);
        scenario.canonical += &named.map(|file| digest_line(file)).collect::<String>();
        Ok(scenario)
    }

    /// The same with these faults in place of those that the file names.
    pub fn with_faults(&self, faults: Vec<Fault>) -> Self {
        let own = self.canonical.split_inclusive('\n').filter(|line| !line.starts_with("fault["));
        let canonical = own.collect::<String>() + &format!("[faults]\n{faults:?}\n");
        let mut out = Self { faults, canonical, ..self.clone() };
        out.design = Design::new(&out);
        out
    }

    /// SHA-256 of the canonical text without the paths in it, hexadecimal: the name of what was asked. Vehicle, kernels,
    /// gravity file and terrain tiles count with their contents, wherever they lie; a file that cannot be read counts
    /// as none.
    pub fn hash(&self) -> String {
        let lines = self.canonical.lines().filter(|line| !names_a_file(line));
        let mut sum = Sha256::new();
        lines.for_each(|line| {
            sum.update(line.as_bytes());
            sum.update(b"\n");
        });
        hex(&sum.finalize())
    }

    /// The vehicle with the sensors that this scenario lets it use.
    pub fn machine(&self) -> Vehicle {
        let mut machine = self.vehicle.machine.clone();
        if !self.flight.uses_velocimeter() {
            machine.velocimeter = None;
        }
        machine
    }

    /// Short name: the file's, without folder and ending.
    pub fn name(&self) -> String {
        self.path.file_stem().map_or(String::new(), |stem| stem.to_string_lossy().into_owned())
    }
}

/// Whether a line of a canonical text is the path of a file whose contents count.
fn names_a_file(line: &str) -> bool {
    ["terrain.tiles[", "truth.kernels[", "truth.gravity_file = ", "link.radio = "]
        .iter()
        .any(|head| line.starts_with(head))
}

/// SHA-256 of a file that a scenario names, as a line of its canonical text. A file that cannot be
/// read has none: who opens it says so.
pub fn digest_line(file: &Path) -> String {
    let ending = file.extension().unwrap_or_default().to_ascii_lowercase();
    // A PDS3 image and its label are one, whichever is named.
    let pair: &[&str] = match ending.to_str() {
        Some("lbl") => &["img", "IMG"],
        Some("img") => &["lbl", "LBL"],
        _ => &[],
    };
    let beside = pair.iter().map(|ending| file.with_extension(ending));
    let digest = |file: std::path::PathBuf| {
        let digest = std::fs::read(file).map(|bytes| hex(&Sha256::digest(bytes)));
        digest.map(|digest| format!("sha256 {digest}\n")).unwrap_or_default()
    };
    digest(file.to_path_buf()) + &beside.map(digest).collect::<String>()
}

/// Lower-case hexadecimal.
pub(crate) fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

pub(super) fn whole(t: &Reader<'_>, key: &'static str) -> Read<u64> {
    Ok(t.integer(key, 0, i64::MAX)?.unsigned_abs())
}

fn approach(root: &Reader<'_>) -> Read<Approach> {
    let epoch = root.table("epoch")?;
    let touchdown = epoch.utc("planned_touchdown_utc")?;
    epoch.finish()?;
    let t = root.table("orbit")?;
    let approach = Approach {
        touchdown,
        orbit_altitude_m: t.number("altitude_m", 1e4, 1e6)?,
        perilune_above_target_m: t.number("perilune_above_target_m", 1e3, 1e5)?,
        ignition_above_target_m: t.number("ignition_above_target_m", 1e3, 1e5)?,
        ignition_distance_m: t.number("ignition_distance_m", 1e4, 2e6)?,
        ignition_before_touchdown_s: t.number("ignition_before_touchdown_s", 60.0, 3600.0)?,
        azimuth_rad: t.number("approach_azimuth_deg", -180.0, 360.0)? * DEG,
        coast_before_deorbit_s: t.number("coast_before_deorbit_s", 0.0, 7200.0)?,
        arm_before_ignition_s: t.number("arm_before_ignition_s", 0.0, 1800.0)?,
    };
    t.finish()?;
    Ok(approach)
}

fn start(t: &Reader<'_>, capacity_kg: f64) -> Read<Start> {
    let metres = |key| t.dispersed(key, -1e5, 1e5);
    let speed = |key| t.dispersed(key, -100.0, 100.0);
    let start = Start {
        at: [StartAt::Orbit, StartAt::Ignition][t.choice("at", &["orbit", "ignition"])?],
        propellant_kg: t.dispersed("propellant_kg", 0.0, capacity_kg)?,
        delivery_m: [metres("radial_m")?, metres("along_m")?, metres("across_m")?],
        delivery_m_s: [speed("radial_m_s")?, speed("along_m_s")?, speed("across_m_s")?],
    };
    t.finish()?;
    Ok(start)
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // limited by the reader
fn truth(t: &Reader<'_>, file: &Tree) -> Read<Truth> {
    let kernels = t.texts("kernels")?;
    let named = t.text_if_any("gravity_file")?;
    let degree_max = if named.is_some() { FILE_DEGREE_MAX } else { DEGREE_MAX };
    let truth = Truth {
        gravity_degree: t.integer("gravity_degree", 0, degree_max as i64)? as usize,
        gravity_file: named.map(|(name, entry)| file.resolve(entry, name)),
        step_hz: t.integer("step_hz", 50, 5000)? as u32,
        gravity_refresh_s: t.number("gravity_refresh_s", 1e-3, 60.0)?,
        dispersions: t.flag("dispersions")?,
        kernels: kernels.iter().map(|(name, entry)| file.resolve(entry, name)).collect(),
    };
    t.finish()?;
    Ok(truth)
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // limited by the reader
fn knowledge(t: &Reader<'_>) -> Read<Knowledge> {
    let degree_max = flight::load::GRAVITY_DEGREE_MAX as i64;
    let knowledge = Knowledge {
        orbit_sigma_m: t.numbers("orbit_sigma_m", 0.0, 1e5)?,
        orbit_sigma_m_s: t.numbers("orbit_sigma_m_s", 0.0, 100.0)?,
        orbit_error_m: t.numbers("orbit_error_m", -1e5, 1e5)?,
        orbit_error_m_s: t.numbers("orbit_error_m_s", -100.0, 100.0)?,
        map_sigma_m: t.number("map_sigma_m", 0.0, 1e3)?,
        map_correlation_m: t.number("map_correlation_m", 1.0, 1e6)?,
        map_spacing_m: t.number("map_spacing_m", 10.0, 1e4)?,
        map_tie_sigma_m: t.number("map_tie_sigma_m", 0.0, 1e4)?,
        landmark_sigma_m: t.number("landmark_sigma_m", 0.0, 1e4)?,
        map_beyond_m: t.number("map_beyond_m", 0.0, 1e5)?,
        gravity_degree: t.integer("gravity_degree", 0, degree_max)? as usize,
    };
    t.finish()?;
    Ok(knowledge)
}

/// The features that `changes` lists; each must be one that the vehicle can have.
fn changes(t: &Reader<'_>, vehicle: &Vehicle) -> Read<Features> {
    let known = Feature::ALL.map(Feature::name);
    let mut out = Features::NONE;
    for (name, entry) in t.texts("changes")? {
        let unknown = || t.unknown_choice(entry, "changes", name, &known);
        let feature = Feature::ALL.into_iter().find(|feature| feature.name() == name);
        let feature = feature.ok_or_else(unknown)?;
        if !feature.carried(vehicle) {
            return Err(t.not_carried(entry, "changes", name, &vehicle.name));
        }
        out = out.with(feature);
    }
    Ok(out)
}

/// In the order of their names.
const DIVERT_LAWS: [DivertLaw; 2] = [DivertLaw::ClosedForm, DivertLaw::Convex];

fn flight(t: &Reader<'_>, vehicle: &Vehicle) -> Read<FlightSetup> {
    let flight = FlightSetup {
        resilient: t.choice("configuration", &["as-flown", "resilient"])? == 1,
        velocimeter: t.flag("velocimeter")?,
        radar_altimeter: t.flag("radar_altimeter")?,
        camera: t.flag("camera")?,
        hazard_lidar: t.flag("hazard_lidar")?,
        divert_law: DIVERT_LAWS[t.choice("divert_law", &["closed-form", "convex"])?],
        changes: changes(t, vehicle)?,
        law: [Law::Own, Law::Apollo11][t.choice("law", &["own", "apollo-11"])?],
        legacy: Legacy::ALL[t.choice("legacy", &Legacy::ALL.map(Legacy::name))?],
        gate_altitude_m: t.number("gate_altitude_m", 100.0, 2e4)?,
        gate_distance_m: t.number("gate_distance_m", 0.0, 5e4)?,
        gate_descent_m_s: t.number("gate_descent_m_s", 0.0, 300.0)?,
        gate_horizontal_m_s: t.number("gate_horizontal_m_s", 0.0, 300.0)?,
        braking_collective: t.number("braking_collective", 0.1, 1.0)?,
        main_off_m: t.number("main_off_m", 0.0, 2e4)?,
        profile_altitude_m: t.numbers("profile_altitude_m", 0.0, 2e4)?,
        profile_descent_m_s: t.numbers("profile_descent_m_s", 0.0, 300.0)?,
    };
    t.finish()?;
    Ok(flight)
}

fn expect(t: &Reader<'_>) -> Read<Expect> {
    let outcomes = Outcome::ALL.map(Outcome::name);
    let mut expect = Expect {
        outcome: Outcome::ALL[t.choice("outcome", &outcomes)?],
        v_vertical_m_s_max: t.number("v_vertical_m_s_max", 0.0, 1e3)?,
        v_horizontal_m_s_max: t.number("v_horizontal_m_s_max", 0.0, 1e3)?,
        tilt_deg_max: t.number("tilt_deg_max", 0.0, 180.0)?,
        miss_m_max: t.number("miss_m_max", 0.0, 1e7)?,
        propellant_kg_min: t.number("propellant_kg_min", 0.0, 1e5)?,
        bands: Vec::new(),
        events: Vec::new(),
    };
    let measures: Vec<_> = MEASURES.iter().map(|measure| measure.key).collect();
    for band in t.tables("band")? {
        let key = measures[band.choice("measure", &measures)?];
        let [min, max] = band.numbers("within", -1e9, 1e9)?;
        band.finish()?;
        expect.bands.push(Band { key, min, max });
    }
    let names: Vec<_> = Event::ALL.iter().map(|event| event.name()).collect();
    for (name, entry) in t.texts("events")? {
        let known = Event::ALL.iter().find(|event| event.name() == name);
        let unknown = || t.unknown_choice(entry, "events", name, &names);
        expect.events.push(*known.ok_or_else(unknown)?);
    }
    t.finish()?;
    Ok(expect)
}
