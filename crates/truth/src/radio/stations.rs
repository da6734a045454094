//! Ground stations: where they stand and how well they hear.
//!
//! Owns: [`Station`], [`STATIONS`]. Coordinates are geodetic on [WGS84]; each line has its source: [ESTRACK] is ESA's
//! frame kernel of its stations and ESA's page of each; "maps" are good to a hundredth of a degree, which elevations feel
//! as much.
//! The figures of merit G/T come from diameters: 15 m 40.7 dB/K at 8.45 GHz and 28.3 at 2.25 GHz, 20 m 43.7 and 31.3, 35 m
//! 51.2 and 38.5 (efficiency 60 to 70 %, system noise of 110 K down to 30 K with cooled receivers; assumed, since they are
//! not published for each antenna); 13 m by its area below 15 m. Transmitters of 1 kW, efficiency 60 % (assumed; those of
//! deep-space antennas reach 20 kW).

use super::earth;
use nalgebra::Vector3;

/// An antenna on Earth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Station {
    /// Number in packets and delivery units, from 1.
    pub number: u8,
    /// Name as scenario files spell it.
    pub key: &'static str,
    /// Name for people.
    pub name: &'static str,
    /// Latitude, degrees, north positive.
    pub latitude_deg: f64,
    /// Longitude, degrees, east positive.
    pub longitude_deg: f64,
    /// Height over the ellipsoid, m.
    pub height_m: f64,
    /// Diameter of the dish, m.
    pub diameter_m: f64,
    /// Figure of merit at 8.45 GHz and at 2.25 GHz, dB/K.
    pub merit_dB_K: [f64; 2],
}

/// Figures of merit by class of antenna: see the header.
const DISH_13: [f64; 2] = [39.5, 27.1];
const DISH_15: [f64; 2] = [40.7, 28.3];
const DISH_20: [f64; 2] = [43.7, 31.3];
const DISH_35: [f64; 2] = [51.2, 38.5];

/// Power of a station's transmitter, W; share of the dish that counts. Assumed, see the header.
const UPLINK_W: f64 = 1000.0;
const EFFICIENCY: f64 = 0.6;

const fn station(
    (number, key, name): (u8, &'static str, &'static str),
    [latitude_deg, longitude_deg, height_m]: [f64; 3],
    diameter_m: f64,
    merit_dB_K: [f64; 2],
) -> Station {
    Station { number, key, name, latitude_deg, longitude_deg, height_m, diameter_m, merit_dB_K }
}

/// Every station that a scenario can name.
pub const STATIONS: [Station; 10] = [
    // [ESTRACK]: frame kernel; 252 m: page of the station.
    station((1, "new-norcia", "New Norcia"), [-31.048_225_4, 116.191_497_8, 252.0], 35.0, DISH_35),
    // [ESTRACK]: frame kernel; height: maps.
    station((2, "cebreros", "Cebreros"), [40.452_690_1, -4.367_549_9, 790.0], 35.0, DISH_35),
    // [ESTRACK]: frame kernel; height: maps.
    station((3, "malargue", "Malargüe"), [-35.776_008_6, -69.398_193_4, 1550.0], 35.0, DISH_35),
    // [ESTRACK]: frame kernel; −14.7 m: page of the station.
    station((4, "kourou", "Kourou"), [5.251_439_1, -52.804_664_6, -14.7], 15.0, DISH_15),
    // [ESTRACK]: frame kernel (its longitude is east of Greenwich by a slip of sign), antenna GHY-6 of 32 m; height: maps.
    station((5, "goonhilly", "Goonhilly"), [50.050_436, -5.183_271, 100.0], 32.0, DISH_35),
    // [ESTRACK]: frame kernel; 730.853 m: page of the station; 13 m dish.
    station((6, "santiago", "Santiago"), [-33.151, -70.668, 730.9], 13.0, DISH_13),
    // South Point, 13 m dish: maps.
    station((7, "hawaii", "Hawaii"), [19.01, -155.66, 360.0], 13.0, DISH_13),
    // 13 m dish: maps.
    station((8, "dongara", "Dongara"), [-29.05, 115.35, 250.0], 13.0, DISH_13),
    // 34 m dish: maps.
    station((9, "uchinoura", "Uchinoura"), [31.25, 131.08, 370.0], 34.0, DISH_35),
    // Antenna WS1 of 18.3 m: maps.
    station((10, "white-sands", "White Sands"), [32.54, -106.61, 1450.0], 18.3, DISH_20),
];

impl Station {
    /// The station of that name, if there is one.
    #[must_use]
    pub fn named(key: &str) -> Option<&'static Self> {
        STATIONS.iter().find(|station| station.key == key)
    }

    /// Its place from the Earth's centre, in axes fixed to the Earth, m.
    #[must_use]
    pub fn place_m(&self) -> Vector3<f64> {
        let (latitude_rad, longitude_rad) = self.rad();
        earth::place_m(latitude_rad, longitude_rad, self.height_m)
    }

    /// Its vertical, in axes fixed to the Earth.
    #[must_use]
    pub fn vertical(&self) -> Vector3<f64> {
        let (latitude_rad, longitude_rad) = self.rad();
        earth::vertical(latitude_rad, longitude_rad)
    }

    fn rad(&self) -> (f64, f64) {
        (self.latitude_deg.to_radians(), self.longitude_deg.to_radians())
    }

    /// Figure of merit at a frequency, dB/K: that of the nearer band.
    #[must_use]
    pub fn merit_dB_K(&self, frequency_Hz: f64) -> f64 {
        let [x, s] = self.merit_dB_K;
        if frequency_Hz > 4e9 { x } else { s }
    }

    /// What it radiates towards a spacecraft at a frequency, dBW.
    #[must_use]
    pub fn eirp_dBW(&self, frequency_Hz: f64) -> f64 {
        let wavelengths = self.diameter_m * frequency_Hz / icd::constants::SPEED_OF_LIGHT_M_S;
        let gain = EFFICIENCY
            * (core::f64::consts::PI * wavelengths)
            * (core::f64::consts::PI * wavelengths);
        super::budget::dB(UPLINK_W * gain)
    }
}
