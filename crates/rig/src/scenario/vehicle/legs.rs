//! Landing legs and hull of the vehicle file.

use super::{ANY, Read, any, around};
use crate::scenario::reader::Reader;
use truth::vehicle as machine;

pub(super) fn legs(t: &Reader<'_>) -> Read<machine::Legs> {
    let (radius_m, height_m) = (any(t, "foot_radius_m")?, any(t, "foot_height_m")?);
    let azimuths_deg: [f64; icd::bus::LEGS] = t.numbers("foot_azimuth_deg", 0.0, 360.0)?;
    let legs = machine::Legs {
        p_BF_B: azimuths_deg.map(|azimuth_deg| around(radius_m, azimuth_deg, height_m)),
        pad_diameter_m: any(t, "pad_diameter_m")?,
        crush_load_N: t.numbers("crush_load_N", -ANY, ANY)?,
        crush_stroke_m: t.numbers("crush_stroke_m", -ANY, ANY)?,
        stop_stiffness_N_m: any(t, "stop_stiffness_N_m")?,
        ultimate_load_N: any(t, "ultimate_load_N")?,
        stiffness_N_m: any(t, "stiffness_N_m")?,
        lateral_stiffness_N_m: any(t, "lateral_stiffness_N_m")?,
        lateral_damping_N_s_m: any(t, "lateral_damping_N_s_m")?,
        dissipation_s_m: any(t, "dissipation_s_m")?,
        friction: any(t, "friction")?,
    };
    t.finish()?;
    Ok(legs)
}

pub(super) fn hull(t: &Reader<'_>) -> Read<machine::Hull> {
    let hull = machine::Hull {
        radius_m: any(t, "radius_m")?,
        base_height_m: any(t, "base_height_m")?,
        top_height_m: any(t, "top_height_m")?,
        nozzle_height_m: any(t, "nozzle_height_m")?,
        patch_diameter_m: any(t, "patch_diameter_m")?,
        load_N_max: any(t, "load_N_max")?,
    };
    t.finish()?;
    Ok(hull)
}
