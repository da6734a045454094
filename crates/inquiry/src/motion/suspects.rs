//! The additive faults of the library as errors of the filter's states.
//!
//! As programmed: a bias is a jump of the device's bias, a drift a growth of it, a scale a jump of its scale error; sizes and
//! signs follow [`crate::prior`]. What the library's kind leaves at zero stays at zero.
//! Refuses: the gauge and the hazard lidar, which are no part of the motion.

use super::system::{Epoch, Reading, System, moved};
use crate::finding::{Cause, Device};
use crate::prior::{self, Law, Size};
use crate::trajectory::linear::{Linear, Transition};
use crate::trajectory::states::{
    ACCELEROMETER_BIAS, ACCELEROMETER_SCALE, CAMERA_BIAS, CAMERA_SCALE, GYRO_BIAS, GYRO_SCALE,
    MOTION, N, RADAR_BIAS, RADAR_SCALE, RANGEFINDER_BIAS, RANGEFINDER_SCALE,
    STAR_TRACKER_ALIGNMENT, VELOCIMETER_BIAS, VELOCIMETER_SCALE,
};
use icd::time::Time;

const DEG: f64 = std::f64::consts::PI / 180.0;

/// A device that measures motion: name, first state and number of its bias, first and number of its scale (0: an attitude
/// has none), one of the file's unit in SI.
struct Family {
    device: Device,
    bias: (usize, usize),
    scale: (usize, usize),
    si: f64,
}

const FAMILIES: [Family; 7] = [
    Family {
        device: Device::Gyros,
        bias: (GYRO_BIAS, 3),
        scale: (GYRO_SCALE, 3),
        si: DEG / 3600.0,
    },
    Family {
        device: Device::Accelerometers,
        bias: (ACCELEROMETER_BIAS, 3),
        scale: (ACCELEROMETER_SCALE, 3),
        si: 1.0,
    },
    Family {
        device: Device::StarTracker,
        bias: (STAR_TRACKER_ALIGNMENT, 3),
        scale: (0, 0),
        si: DEG,
    },
    Family {
        device: Device::Rangefinder,
        bias: (RANGEFINDER_BIAS, 1),
        scale: (RANGEFINDER_SCALE, 1),
        si: 1.0,
    },
    Family {
        device: Device::RadarAltimeter,
        bias: (RADAR_BIAS, 1),
        scale: (RADAR_SCALE, 1),
        si: 1.0,
    },
    Family {
        device: Device::Velocimeter,
        bias: (VELOCIMETER_BIAS, 3),
        scale: (VELOCIMETER_SCALE, 3),
        si: 1.0,
    },
    Family { device: Device::Camera, bias: (CAMERA_BIAS, 2), scale: (CAMERA_SCALE, 1), si: 1.0 },
];

/// One channel of a suspect: the typical error, as states and what is added to them.
#[derive(Clone, Debug, PartialEq)]
pub struct Channel {
    /// Which of the numbers it is.
    pub number: usize,
    /// State and size.
    pub added: Vec<(usize, f64)>,
}

/// One additive fault of the library.
#[derive(Clone, Debug, PartialEq)]
pub struct Suspect {
    /// What failed.
    pub cause: Cause,
    /// The device.
    pub device: Device,
    /// Its numbers before anything is known.
    pub sizes: Vec<Size>,
    /// What each of them that is not always zero does.
    pub channels: Vec<Channel>,
    /// State whose error grows, for each channel; empty where it does not.
    pub grows: Vec<usize>,
}

impl Suspect {
    /// The patterns of signs that the channels can have; the other half is these with all signs turned.
    pub fn patterns(&self) -> Vec<Vec<f64>> {
        let free = self.channels.len();
        let halves = 1_usize << free.saturating_sub(1);
        let sign = |pattern: usize, n: usize| if pattern >> n & 1 == 1 { -1.0 } else { 1.0 };
        (0..halves).map(|pattern| (0..free).map(|n| sign(pattern, n)).collect()).collect()
    }

    /// The numbers of the file for a size in units of the typical one and a pattern of signs.
    pub fn numbers(&self, size: f64, pattern: &[f64]) -> Vec<f64> {
        let mut out: Vec<f64> = self.sizes.iter().map(|size| size.typical).collect();
        for (channel, sign) in self.channels.iter().zip(pattern) {
            let own = &self.sizes[channel.number];
            // A channel stands for the typical error as the file has it, sign included.
            let value = match own.law {
                Law::Factor => 1.0 + (own.typical - 1.0) * size * sign,
                _ => own.typical * size * sign,
            };
            out[channel.number] = value.clamp(own.limits.0, own.limits.1);
        }
        out
    }

    /// Standard deviations of [`Self::numbers`] from that of the size.
    pub fn sigmas(&self, sigma: f64) -> Vec<f64> {
        let mut out = vec![0.0; self.sizes.len()];
        for channel in &self.channels {
            let own = &self.sizes[channel.number];
            let unit = if own.law == Law::Factor { own.typical - 1.0 } else { own.typical };
            out[channel.number] = (unit * sigma).abs();
        }
        out
    }

    /// What comes in at the beginning: channel by channel.
    pub fn begins(&self) -> Vec<Vec<(usize, f64)>> {
        self.channels.iter().map(|channel| channel.added.clone()).collect()
    }

    /// What comes in at the end, `age_s` after the beginning: channel by channel.
    pub fn ends(&self, age_s: f64) -> Vec<Vec<(usize, f64)>> {
        let end = |(n, channel): (usize, &Channel)| {
            let mut out: Vec<(usize, f64)> =
                channel.added.iter().map(|(state, by)| (*state, -by)).collect();
            if let (Some(state), Some((_, rate))) = (self.grows.get(n), channel.added.first()) {
                out.push((*state, -rate * age_s));
            }
            out
        };
        self.channels.iter().enumerate().map(end).collect()
    }
}

/// All additive faults of the devices of which the flight has readings, and of the inertial unit, which it always has.
pub fn suspects(system: &System) -> Vec<Suspect> {
    let mut out = Vec::new();
    for family in &FAMILIES {
        let inertial = matches!(family.device, Device::Gyros | Device::Accelerometers);
        if !inertial && !system.readings().any(|reading| reading.device == family.device) {
            continue;
        }
        for kind in ["bias", "drift", "scale"] {
            out.extend(suspect(system, family, kind));
        }
    }
    out
}

fn suspect(system: &System, family: &Family, kind: &'static str) -> Option<Suspect> {
    let on = family.device.name();
    let sizes = prior::sizes(on, kind);
    let (mut channels, mut grows) = (Vec::new(), Vec::new());
    for (number, size) in sizes.iter().enumerate().filter(|(_, size)| size.law != Law::Fixed) {
        let state = family.bias.0 + number;
        let added = match kind {
            "scale" => {
                let (first, count) = family.scale;
                (first..first + count).map(|state| (state, size.typical - 1.0)).collect()
            }
            "drift" => {
                grows.push(state);
                vec![(system.growth_of(state)?, size.typical * family.si)]
            }
            _ => vec![(state, size.typical * family.si)],
        };
        channels.push(Channel { number, added });
    }
    let cause = Cause { on: on.to_string(), kind };
    (!channels.is_empty()).then_some(Suspect {
        cause,
        device: family.device,
        sizes,
        channels,
        grows,
    })
}

/// The bias states of a device, with the library's typical size of each in SI.
pub fn biases(device: Device) -> Vec<(usize, f64)> {
    let Some(family) = FAMILIES.iter().find(|family| family.device == device) else {
        return Vec::new();
    };
    let sizes = prior::sizes(device.name(), "bias");
    let largest = sizes.iter().map(|size| size.typical.abs()).fold(0.0, f64::max);
    let (first, count) = family.bias;
    (first..first + count).map(|state| (state, largest * family.si)).collect()
}

/// Devices that measure motion.
pub fn devices() -> impl Iterator<Item = Device> {
    FAMILIES.iter().map(|family| family.device)
}

/// The last pass of the trajectory's filter, its first epoch the start of navigation.
pub fn system(linear: &Linear, start: Time) -> System {
    let first = linear.epochs.first().map_or(start, |epoch| epoch.t);
    let growing = FAMILIES.iter().flat_map(|family| {
        let (first, count) = family.bias;
        first..first + count
    });
    let origin = start.min(first);
    let since = |t: Time| (t - origin).s();
    let mut epochs = vec![Epoch { t_s: 0.0, phi: Vec::new(), readings: Vec::new() }];
    for epoch in &linear.epochs {
        let own = linear.readings.get(epoch.readings.clone()).unwrap_or(&[]);
        let reading = |own: &crate::trajectory::linear::Reading| Reading {
            device: own.device,
            component: own.component,
            cycle: own.cycle,
            t_s: since(own.t),
            h: nonzero(&own.partial).collect(),
            nu: own.innovation,
            s: own.variance,
            gain: own.gain.to_vec(),
        };
        let readings = own.iter().map(reading).collect();
        epochs.push(Epoch { t_s: since(epoch.t), phi: phi(&epoch.transition), readings });
    }
    System { states: N, growing: growing.collect(), epochs }
}

fn nonzero(row: &[f64]) -> impl Iterator<Item = (usize, f64)> + '_ {
    row.iter().copied().enumerate().filter(|(_, value)| *value != 0.0)
}

fn phi(transition: &Transition) -> Vec<(usize, Vec<(usize, f64)>)> {
    let motion = transition.motion.iter().enumerate();
    let motion =
        motion.flat_map(|(row, values)| nonzero(values).map(move |(col, v)| (row, col, v)));
    let kept = transition.keep.iter().enumerate().filter(|(_, keep)| **keep != 1.0);
    let kept = kept.map(|(n, keep)| (MOTION + n, MOTION + n, *keep));
    moved(motion.chain(kept))
}
