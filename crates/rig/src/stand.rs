//! The stand: what all runs of a scenario share, and nature's side of one run.
//!
//! Owns: [`Stand`]. Does not own: the loop (see `closed_loop`), the plan (`arrival`), the load (`load`).

use crate::arrival::{Arrival, OrbitState};
use crate::load::{Upload, radial_along_across};
use crate::scenario::sampling::{DELIVERY, MAP_TIE, PROPELLANT};
use crate::scenario::{
    Dispersed, Features, Ground, Input, REFERENCE_RUN, Scenario, ScenarioError, StartAt, fault,
};
use flight::load::{LANDMARKS_MAX, Load};
use icd::frames::{B, I, Rate, Vector};
use icd::rotation::{Quaternion, Rotation};
use icd::time::Span;
use nalgebra::Vector3;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use truth::environment::gravity::Field;
use truth::environment::kernel::Kernels;
use truth::environment::landmarks::Catalogue;
use truth::environment::terrain::{Terrain, TerrainConfig, Tile};
use truth::environment::{Environment, Site};
use truth::faulty::Fault;
use truth::radio::{Radio, RadioConfig};
use truth::random::{Key, Stream};
use truth::vehicle::{Dispersions, Vehicle};
use truth::world::{self, World, WorldConfig};

/// What a kernel must cover before the planned touchdown: an approach begins within one orbit and
/// two hours of coast, eight hours at the most; and after the longest run: what is looked ahead.
const BEFORE: Span = Span::from_ms(86_400_000);
const AFTER: Span = Span::from_ms(3_600_000);

/// What all runs of a scenario share: the Moon, the site, the plan, the load.
#[derive(Clone, Debug)]
pub struct Stand {
    /// What is flown.
    pub scenario: Arc<Scenario>,
    /// The Moon.
    pub environment: Arc<Environment>,
    /// The landing site.
    pub site: Site,
    /// The plan.
    pub arrival: Arrival,
    /// What the vehicle's camera may find on the ground; empty without a camera.
    pub landmarks: Catalogue,
    upload: Arc<Upload>,
}

impl Stand {
    /// Builds the environment, plans the approach and prepares the load.
    ///
    /// # Errors
    /// A terrain tile that cannot be read, an environment or an approach that does not exist.
    pub fn new(scenario: Scenario) -> Result<Self, ScenarioError> {
        let environment = Arc::new(environment(&scenario)?);
        Self::on(scenario, environment)
    }

    /// Plans the approach and prepares the load.
    fn on(scenario: Scenario, environment: Arc<Environment>) -> Result<Self, ScenarioError> {
        let [latitude_rad, longitude_rad] = scenario.target_rad;
        let site = Site::new(latitude_rad, longitude_rad, &environment.terrain);
        let arrival = Arrival::plan(&scenario, &environment, &site)
            .map_err(|reason| ScenarioError::Arrival { file: scenario.path.clone(), reason })?;
        let landmarks = landmarks(&scenario, &environment, &site);
        let upload = Upload::new(&scenario, &environment, &site, &arrival, &landmarks)
            .map_err(|reason| ScenarioError::Arrival { file: scenario.path.clone(), reason })?;
        Ok(Self {
            scenario: Arc::new(scenario),
            environment,
            site,
            arrival,
            landmarks,
            upload: Arc::new(upload),
        })
    }

    /// The same Moon, site and plan with some features of the flight software changed once more.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn with_changes(&self, changes: Features) -> Result<Self, ScenarioError> {
        let mut scenario = Scenario::clone(&self.scenario);
        scenario.flight.changes = scenario.flight.changes.differing(changes);
        scenario.canonical += &format!("[changed]\nfeatures = {:?}\n", changes.to_string());
        let upload =
            Upload::new(&scenario, &self.environment, &self.site, &self.arrival, &self.landmarks)
                .map_err(|reason| ScenarioError::Arrival { file: scenario.path.clone(), reason })?;
        Ok(Self { scenario: Arc::new(scenario), upload: Arc::new(upload), ..self.clone() })
    }

    /// The stand of another scenario; what the two have in common is shared, not built again: everything when
    /// only faults or the expectation differ, the Moon but for its ground when the terrain does.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn again(&self, scenario: Scenario) -> Result<Self, ScenarioError> {
        let own = &*self.scenario;
        let nature = own.truth == scenario.truth
            && own.approach.touchdown == scenario.approach.touchdown
            && own.duration_s_max == scenario.duration_s_max;
        if !nature {
            return Self::new(scenario);
        }
        let ground = own.terrain == scenario.terrain;
        let plan = own.target_rad == scenario.target_rad
            && own.approach == scenario.approach
            && own.start == scenario.start
            && own.vehicle == scenario.vehicle;
        let load = own.flight == scenario.flight
            && own.knowledge == scenario.knowledge
            && own.seed == scenario.seed;
        if ground && plan && load {
            return Ok(Self { scenario: Arc::new(scenario), ..self.clone() });
        }
        let environment = match ground {
            true => Arc::clone(&self.environment),
            false => {
                let built = terrain_config(&scenario.terrain, &scenario.path)?;
                let built = Terrain::new(&built).map_err(|reason| ScenarioError::Environment {
                    file: scenario.path.clone(),
                    reason: reason.into(),
                })?;
                Arc::new(Environment { terrain: built, ..Environment::clone(&self.environment) })
            }
        };
        Self::on(scenario, environment)
    }

    /// The load of one run; lend it to [`crate::closed_loop::Simulation::new`].
    pub fn load(&self, run: u64) -> Box<Load> {
        let scenario = &self.scenario;
        let tie = |n: usize| scenario.design.normal(MAP_TIE[n], ("map tie", n), scenario.seed, run);
        self.upload.for_run(run, [tie(0), tie(1)])
    }

    /// Where a run starts before its delivery error.
    pub fn planned_start(&self) -> OrbitState {
        match self.scenario.start.at {
            StartAt::Orbit => self.arrival.orbit,
            StartAt::Ignition => self.arrival.armed,
        }
    }

    /// Where a run starts: the plan plus this run's delivery error.
    pub fn start(&self, run: u64) -> OrbitState {
        let planned = self.planned_start();
        let start = &self.scenario.start;
        let draw = |values: &[Dispersed; 3], keys: [&str; 3]| {
            Vector3::from(std::array::from_fn(|i| self.draw(keys[i], &values[i], run)))
        };
        let R = radial_along_across(&planned);
        OrbitState {
            t: planned.t,
            p_MB_I: planned.p_MB_I + Vector::from_si(R * draw(&start.delivery_m, DELIVERY[0])),
            v_MB_I: planned.v_MB_I + Vector::from_si(R * draw(&start.delivery_m_s, DELIVERY[1])),
        }
    }

    /// Everything that the scenario disperses, in a fixed order: its own values, what is drawn once a run of nature
    /// (`nature.`, from the vehicle's spreads) and of what is uploaded (`knowledge.`).
    pub fn inputs(&self) -> Vec<Input> {
        self.scenario.design.inputs().cloned().collect()
    }

    /// The values of [`Self::inputs`] in one run, in their order and units.
    pub fn drawn(&self, run: u64) -> Vec<f64> {
        self.scenario.design.drawn(self.scenario.seed, run)
    }

    /// The same with every input at one point of the unit cube, in every run, the reference run included: each
    /// takes the value below which that share of its law lies, correlated as the scenario says. Noise stays that
    /// of the run.
    ///
    /// - `unit`: one coordinate for each of [`Self::inputs`], 0 to 1; one that is missing is one half.
    pub fn at_point(&self, unit: Vec<f64>) -> Self {
        let mut scenario = Scenario::clone(&self.scenario);
        scenario.design = self.scenario.design.at_point(unit);
        scenario.canonical += &scenario.design.point_toml();
        Self { scenario: Arc::new(scenario), ..self.clone() }
    }

    /// The value of a key of the scenario in one run.
    fn draw(&self, key: &str, value: &Dispersed, run: u64) -> f64 {
        self.scenario.design.draw(key, value, self.scenario.seed, run)
    }

    /// What breaks in one run.
    pub(crate) fn faults(&self, run: u64) -> fault::Drawn {
        fault::drawn(&self.scenario.faults, &self.scenario.design, self.scenario.seed, run)
    }

    /// The radio of one run, with what breaks in it; `None` where the scenario has no `[link]`.
    ///
    /// # Errors
    /// A link that cannot be built.
    pub fn radio(&self, run: u64) -> Result<Option<Radio>, ScenarioError> {
        let Some(link) = self.scenario.link.clone() else { return Ok(None) };
        let config = RadioConfig { link, faults: self.faults(run).radio };
        let (start, key) = (self.start(run).t, (self.scenario.seed, run));
        Radio::new(&config, Arc::clone(&self.environment), start, key)
            .map(Some)
            .map_err(|reason| ScenarioError::Radio { file: self.scenario.path.clone(), reason })
    }

    /// Nature's side of one run, with what breaks in it.
    pub(crate) fn world(
        &self,
        run: u64,
        start: &OrbitState,
        faults: Vec<Fault>,
    ) -> Result<World, ScenarioError> {
        let scenario = &*self.scenario;
        let mut vehicle = scenario.machine();
        let mut dispersions = scenario.vehicle.dispersions;
        let exact = run == REFERENCE_RUN && !scenario.design.has_point();
        if !scenario.truth.dispersions || exact {
            dispersions = Dispersions::default();
            make_exact(&mut vehicle);
        }
        let capacity_kg = vehicle.propellant.capacity_kg;
        let propellant_kg = self.draw(PROPELLANT, &scenario.start.propellant_kg, run);
        let config = WorldConfig {
            vehicle,
            dispersions,
            faults,
            site: self.site,
            landmarks: self.landmarks.clone(),
            start: world::Start {
                t: start.t,
                p_MB_I: start.p_MB_I,
                v_MB_I: start.v_MB_I,
                q_IB: retrograde(start),
                w_IB_B: Vector::<Rate, B>::zero(),
                propellant_kg: propellant_kg.clamp(0.0, capacity_kg),
            },
            step: Span::from_ns(1_000_000_000 / i64::from(scenario.truth.step_hz)),
            gravity_refresh: Span::from_s(scenario.truth.gravity_refresh_s),
        };
        let given = scenario.design.given(scenario.seed, run);
        let key = Key::new(scenario.seed, run, &given);
        World::with_constants(&config, Arc::clone(&self.environment), key)
            .map_err(|reason| ScenarioError::World { file: scenario.path.clone(), reason })
    }
}

/// The Moon as a scenario describes it.
///
/// # Errors
/// A terrain tile that cannot be read, an environment that does not exist.
pub fn environment(scenario: &Scenario) -> Result<Environment, ScenarioError> {
    let config = terrain_config(&scenario.terrain, &scenario.path)?;
    let degree = scenario.truth.gravity_degree;
    let built = match &scenario.truth.gravity_file {
        None => Environment::new(degree, &config),
        Some(path) => {
            let gravity = Field::read(path, degree).map_err(|reason| ScenarioError::Gravity {
                file: scenario.path.clone(),
                reason: Box::new(reason),
            })?;
            Environment::with_gravity(gravity, &config)
        }
    };
    let environment = built
        .map_err(|reason| ScenarioError::Environment { file: scenario.path.clone(), reason })?;
    let touchdown = scenario.approach.touchdown;
    let latest = touchdown + Span::from_s(scenario.duration_s_max) + AFTER;
    let kernels =
        Kernels::read(&scenario.truth.kernels, touchdown - BEFORE, latest).map_err(|reason| {
            ScenarioError::Kernel { file: scenario.path.clone(), reason: Box::new(reason) }
        })?;
    Ok(environment.with_kernels(kernels))
}

/// The ground that a scenario's file `path` describes.
pub(crate) fn terrain_config(ground: &Ground, path: &Path) -> Result<TerrainConfig, ScenarioError> {
    let files = ground.tiles.iter().map(|file| tile(path, file));
    let landforms = ground.landforms.iter().map(|landform| {
        Tile::landform(*landform, ground.seed).map_err(|reason| ScenarioError::Terrain {
            file: path.to_path_buf(),
            tile: PathBuf::from(landform.name()),
            reason: Box::new(reason),
        })
    });
    Ok(TerrainConfig {
        seed: ground.seed,
        age_gyr: ground.age_gyr,
        rock_abundance: ground.rock_abundance,
        relief: ground.relief,
        tiles: files.chain(landforms).collect::<Result<_, _>>()?,
    })
}

/// A file of measured elevation that the scenario's file `path` names.
pub(crate) fn tile(path: &Path, file: &Path) -> Result<Tile, ScenarioError> {
    Tile::read(file).map_err(|reason| ScenarioError::Terrain {
        file: path.to_path_buf(),
        tile: file.to_path_buf(),
        reason: Box::new(reason),
    })
}

/// The landmarks of the approach: they belong to the ground, so its seed and no run chooses them. Image
/// processing can match what is on board: where there is no room for all, the nearest to the target.
fn landmarks(scenario: &Scenario, environment: &Environment, site: &Site) -> Catalogue {
    if scenario.vehicle.machine.camera.is_none() {
        return Catalogue::default();
    }
    let mut stream = Stream::new(scenario.terrain.seed, REFERENCE_RUN, "landmarks");
    let azimuth_rad = scenario.approach.azimuth_rad;
    let all = Catalogue::along(&environment.terrain, site, azimuth_rad, || stream.uniform());
    all.nearest(site.p_ML_M, LANDMARKS_MAX)
}

/// Takes the errors that are constant in a run out of the sensors; their noise stays.
fn make_exact(vehicle: &mut Vehicle) {
    vehicle.star_tracker.alignment_sigma_rad = 0.0;
    vehicle.imu.gyro_bias_sigma_rad_s = 0.0;
    vehicle.imu.accelerometer_bias_sigma_m_s2 = 0.0;
    vehicle.imu.gyro_scale_sigma = 0.0;
    vehicle.imu.accelerometer_scale_sigma = 0.0;
    if let Some(velocimeter) = &mut vehicle.velocimeter {
        velocimeter.bias_sigma_m_s = 0.0;
        velocimeter.scale_sigma = 0.0;
    }
    vehicle.imu.gyro_misalignment_sigma_rad = 0.0;
    vehicle.imu.accelerometer_misalignment_sigma_rad = 0.0;
    vehicle.imu.gyro_g_sensitivity_sigma_rad_s_m = 0.0;
    if let Some(lidar) = &mut vehicle.hazard_lidar {
        (lidar.bias_sigma_m, lidar.alignment_sigma_rad) = (0.0, 0.0);
    }
    if let Some(gauge) = &mut vehicle.gauge {
        gauge.bias_sigma_kg = 0.0;
    }
}

/// The attitude of both burns: thrust axis against the velocity, x away from the Moon.
fn retrograde(state: &OrbitState) -> Quaternion<I, B> {
    let z = -state.v_MB_I.si().normalize();
    let y = z.cross(&state.p_MB_I.si()).normalize();
    Quaternion::from_rotation(Rotation::from_columns(y.cross(&z), y, z))
}
