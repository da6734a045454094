//! Features: what tells the two configurations of the flight software apart, one by one.
//!
//! Owns: their names, sets of them, what a changed one means for the load.
//! Does not own: what a feature does on board (`flight::load::FaultManagement`).
//! As written: `[flight] changes` lists features that take the value of the other configuration; a sensor
//! named there is used where its own key says no, and left out where it says yes.

use super::scenario::{FlightSetup, Scenario};
use super::vehicle::VehicleFile;
use flight::load::FaultManagement;
use truth::vehicle::Vehicle;

/// One thing that differs between the configurations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Feature {
    /// Ranges are predicted over the map.
    Map,
    /// The gate of the rangefinder is as wide as its innovation is uncertain.
    Gate,
    /// Altitude is re-initialised on consistent ranges.
    Reacquisition,
    /// The descent speed is bounded by what altitude is known to.
    Corridor,
    /// Hypotheses about a rangefinder that disagrees are weighed.
    Bank,
    /// A velocimeter is fitted.
    Velocimeter,
    /// The radar altimeter is used.
    RadarAltimeter,
    /// The camera is used.
    Camera,
}

impl Feature {
    /// Every feature, software first.
    pub const ALL: [Feature; 8] = [
        Feature::Map,
        Feature::Gate,
        Feature::Reacquisition,
        Feature::Corridor,
        Feature::Bank,
        Feature::Velocimeter,
        Feature::RadarAltimeter,
        Feature::Camera,
    ];

    /// Name in scenario files and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Feature::Map => "map",
            Feature::Gate => "gate",
            Feature::Reacquisition => "re-acquisition",
            Feature::Corridor => "corridor",
            Feature::Bank => "bank",
            Feature::Velocimeter => "velocimeter",
            Feature::RadarAltimeter => "radar_altimeter",
            Feature::Camera => "camera",
        }
    }

    /// Whether a vehicle has what the feature needs.
    pub const fn carried(self, vehicle: &Vehicle) -> bool {
        match self {
            Feature::Velocimeter => vehicle.velocimeter.is_some(),
            Feature::RadarAltimeter => vehicle.radar_altimeter.is_some(),
            Feature::Camera => vehicle.camera.is_some(),
            _ => true,
        }
    }
}

/// A set of features.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Features(u16);

impl Features {
    /// No feature.
    pub const NONE: Self = Self(0);

    /// This set and one more.
    #[must_use]
    pub const fn with(self, feature: Feature) -> Self {
        Self(self.0 | 1 << feature as u16)
    }
    /// Whether it is among them.
    pub const fn contains(self, feature: Feature) -> bool {
        self.0 >> (feature as u16) & 1 == 1
    }
    /// Whether all of `other` are among them.
    pub const fn contains_all(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
    /// How many.
    pub const fn count(self) -> u32 {
        self.0.count_ones()
    }
    /// Each of them, in the order of [`Feature::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Feature> {
        Feature::ALL.into_iter().filter(move |feature| self.contains(*feature))
    }
    /// Those in one of the two sets alone.
    #[must_use]
    pub const fn differing(self, other: Self) -> Self {
        Self(self.0 ^ other.0)
    }
    /// Every set of `count` of these.
    pub fn subsets(self, count: u32) -> impl Iterator<Item = Self> {
        (0..1 << Feature::ALL.len())
            .map(Self)
            .filter(move |set| self.contains_all(*set) && set.count() == count)
    }
}

impl FromIterator<Feature> for Features {
    fn from_iter<T: IntoIterator<Item = Feature>>(features: T) -> Self {
        features.into_iter().fold(Self::NONE, Self::with)
    }
}

/// The names, joined by ` + `; a dash for none.
impl std::fmt::Display for Features {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&str> = self.iter().map(Feature::name).collect();
        f.pad(if names.is_empty() { "–".into() } else { names.join(" + ") }.as_str())
    }
}

impl Scenario {
    /// Mounts the radar altimeter and the camera of another vehicle where this one has none. They stand on the
    /// bus from then on; what reads them is the configuration's business.
    pub fn carry(&mut self, sensors: &VehicleFile) {
        let (own, other) = (&mut self.vehicle.machine, &sensors.machine);
        let had = (own.radar_altimeter.is_some(), own.camera.is_some());
        own.radar_altimeter = own.radar_altimeter.or(other.radar_altimeter);
        own.camera = own.camera.or(other.camera);
        if had != (own.radar_altimeter.is_some(), own.camera.is_some()) {
            self.canonical += &format!("[sensors of]\n{}", sensors.canonical);
        }
    }
}

impl FlightSetup {
    /// The fault management that is loaded.
    pub fn fault_management(&self) -> FaultManagement {
        let (mut own, mut other) = (FaultManagement::AS_FLOWN, FaultManagement::RESILIENT);
        if self.resilient {
            std::mem::swap(&mut own, &mut other);
        }
        for feature in self.changes.iter() {
            match feature {
                Feature::Map => own.use_map = other.use_map,
                Feature::Gate => own.gate = other.gate,
                Feature::Reacquisition => own.reacquire = other.reacquire,
                Feature::Corridor => own.corridor = other.corridor,
                Feature::Bank => own.bank = other.bank,
                Feature::Velocimeter | Feature::RadarAltimeter | Feature::Camera => {}
            }
        }
        own.legacy = self.legacy;
        own
    }

    /// Whether a velocimeter is fitted.
    pub const fn uses_velocimeter(&self) -> bool {
        self.velocimeter != self.changes.contains(Feature::Velocimeter)
    }
    /// Whether the radar altimeter is used where the vehicle carries one.
    pub const fn uses_radar_altimeter(&self) -> bool {
        self.radar_altimeter != self.changes.contains(Feature::RadarAltimeter)
    }
    /// Whether the camera is used where the vehicle carries one.
    pub const fn uses_camera(&self) -> bool {
        self.camera != self.changes.contains(Feature::Camera)
    }

    /// Features in force: those that make a flight on this vehicle resilient, and the sensors used.
    pub fn features(&self, vehicle: &Vehicle) -> Features {
        let sensors = [
            (Feature::Velocimeter, self.uses_velocimeter()),
            (Feature::RadarAltimeter, self.uses_radar_altimeter()),
            (Feature::Camera, self.uses_camera()),
        ];
        let on = |feature: &Feature| {
            let sensor = sensors.iter().find(|(sensor, _)| sensor == feature);
            let software = self.resilient != self.changes.contains(*feature);
            sensor.map_or(software, |(_, used)| *used && feature.carried(vehicle))
        };
        Feature::ALL.into_iter().filter(on).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_what_was_put_in_and_its_subsets_are_counted() {
        let set: Features = [Feature::Gate, Feature::Camera].into_iter().collect();
        assert!(set.contains(Feature::Gate) && !set.contains(Feature::Map));
        assert_eq!((set.count(), set.to_string()), (2, "gate + camera".to_string()));
        let all: Features = Feature::ALL.into_iter().collect();
        assert_eq!(all.subsets(3).count(), 56);
        assert!(all.subsets(3).all(|three| all.contains_all(three) && three.count() == 3));
        assert_eq!(all.differing(set).count(), 6);
        assert_eq!(Features::NONE.to_string(), "–");
    }
}
