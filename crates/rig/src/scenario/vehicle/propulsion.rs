//! Engines, jets and tanks of the vehicle file, and how they are laid out.

use super::{ANY, PERCENT, Read, any, around};
use crate::scenario::reader::Reader;
use truth::vehicle as machine;

fn engine(t: &Reader<'_>, p_BA_B: [f64; 3], d_B: [f64; 3]) -> Read<machine::Engine> {
    Ok(machine::Engine {
        thrust_N: any(t, "thrust_N")?,
        isp_s: any(t, "isp_s")?,
        p_BA_B,
        d_B,
        lag_s: any(t, "lag_s")?,
        opens_after_s: any(t, "opens_after_s")?,
        shuts_after_s: any(t, "shuts_after_s")?,
        on_min_s: any(t, "on_s_min")?,
        waste_s: any(t, "waste_s")?,
        throttled: false,
    })
}

pub(super) fn tanks(t: &Reader<'_>) -> Read<machine::Tanks> {
    let tanks = machine::Tanks {
        radius_m: any(t, "radius_m")?,
        ring_radius_m: any(t, "ring_radius_m")?,
        damping_ratio: any(t, "damping_ratio_percent")? * PERCENT,
        held_m_s2: any(t, "held_m_s2")?,
    };
    t.finish()?;
    Ok(tanks)
}

pub(super) fn main_engine(t: &Reader<'_>) -> Read<machine::Engine> {
    let place = t.numbers("place_m", -ANY, ANY)?;
    let engine = engine(t, place, t.numbers("direction", -1.0, 1.0)?)?;
    t.finish()?;
    Ok(engine)
}

/// As many as azimuths are written, from the first place of the bus on; the other places have no thrust.
pub(super) fn assist(t: &Reader<'_>) -> Read<[machine::Engine; icd::bus::ASSIST_ENGINES]> {
    let (radius_m, height_m) = (any(t, "ring_radius_m")?, any(t, "ring_height_m")?);
    let azimuths_deg = t.numbers_up_to(icd::bus::ASSIST_ENGINES, "ring_azimuth_deg", 0.0, 360.0)?;
    let throttled = t.flag("throttled")?;
    let one = machine::Engine { throttled, ..engine(t, [0.0; 3], [0.0, 0.0, 1.0])? };
    t.finish()?;
    let none = machine::Engine { thrust_N: 0.0, ..one };
    Ok(std::array::from_fn(|n| {
        let fitted = |azimuth_deg: &f64| machine::Engine {
            p_BA_B: around(radius_m, *azimuth_deg, height_m),
            ..one
        };
        azimuths_deg.get(n).map_or(none, fitted)
    }))
}

/// Two jets a pod: the even one pushes counter-clockwise seen from above, the odd one clockwise.
pub(super) fn jets(t: &Reader<'_>) -> Read<[machine::Engine; icd::bus::JETS]> {
    let (radius_m, height_m) = (any(t, "pod_radius_m")?, any(t, "pod_height_m")?);
    let azimuths_deg: [f64; icd::bus::JETS / 2] = t.numbers("pod_azimuth_deg", 0.0, 360.0)?;
    let one = engine(t, [0.0; 3], [0.0, 0.0, 1.0])?;
    t.finish()?;
    Ok(std::array::from_fn(|n| {
        let azimuth_deg = azimuths_deg[n / 2];
        let turn_deg = if n % 2 == 0 { 90.0 } else { -90.0 };
        machine::Engine {
            p_BA_B: around(radius_m, azimuth_deg, height_m),
            d_B: around(1.0, azimuth_deg + turn_deg, 0.0),
            ..one
        }
    }))
}
