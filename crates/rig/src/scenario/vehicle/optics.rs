//! What the vehicle file says of sunlight.

use super::{Read, any};
use crate::scenario::reader::Reader;
use truth::vehicle as machine;

pub(super) fn optics(t: &Reader<'_>) -> Read<machine::Optics> {
    let optics =
        machine::Optics { area_m2: any(t, "area_m2")?, reflectivity: any(t, "reflectivity")? };
    t.finish()?;
    Ok(optics)
}
