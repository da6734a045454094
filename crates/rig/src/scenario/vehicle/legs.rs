//! Landing legs of the vehicle file.

use super::{Read, any, around};
use crate::scenario::reader::Reader;
use truth::vehicle as machine;

pub(super) fn legs(t: &Reader<'_>) -> Read<machine::Legs> {
    let (radius_m, height_m) = (any(t, "foot_radius_m")?, any(t, "foot_height_m")?);
    let azimuths_deg: [f64; icd::bus::LEGS] = t.numbers("foot_azimuth_deg", 0.0, 360.0)?;
    let legs = machine::Legs {
        p_BF_B: azimuths_deg.map(|azimuth_deg| around(radius_m, azimuth_deg, height_m)),
        stiffness_N_m: any(t, "stiffness_N_m")?,
        damping_N_s_m: any(t, "damping_N_s_m")?,
        friction: any(t, "friction")?,
        crash_speed_m_s: any(t, "crash_speed_m_s")?,
    };
    t.finish()?;
    Ok(legs)
}
