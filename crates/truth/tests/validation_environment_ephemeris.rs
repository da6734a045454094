//! Validation: Earth, Moon and Sun against values read from the whole of DE421 with another reader.
//! Source: [DE421]; the excerpt, retrieval, licence and checksum in `data/de421/README.md`.
//! Compared: Moon from Earth (three components) and the distance of the Sun at JD 2460000.5 TDB.
//! Tolerance: half a unit of the last digit printed (1 m) plus what 1e-6 s of time may move the
//! Moon.
#![allow(non_snake_case)]

use icd::constants::EARTH_MOON_MASS_RATIO;
use icd::time::{Span, Time};
use truth::environment::ephemeris::Ephemeris;

/// JD 2460000.5 TDB as a `Time`, by iteration on its own TDB.
fn at_jd_2460000_5_tdb() -> Time {
    let wanted_s = (2_460_000.5 - 2_451_545.0) * 86_400.0;
    let mut t = Time::from_utc("2023-02-25T00:00:00").expect("a date");
    for _ in 0..3 {
        t += Span::from_s(wanted_s - t.tdb_s());
    }
    t
}

#[test]
fn the_moon_and_the_sun_stand_where_de421_puts_them() {
    let (ephemeris, t) = (Ephemeris::de421(), at_jd_2460000_5_tdb());
    let earth_km = ephemeris.earth(t).expect("inside the excerpt").si() / 1e3;
    let printed_km = [299_660.399, 216_607.280, 95_695.165];
    for (axis, printed) in printed_km.iter().enumerate() {
        let computed = -earth_km[axis];
        assert!((computed - printed).abs() < 0.5e-3 + 2e-6, "{axis}: {computed:.6} {printed}");
    }
    assert!((earth_km.norm() - 381_932.760).abs() < 0.5e-3 + 2e-6, "{}", earth_km.norm());
    // Sun from EMB: the Moon stands μ/(1 + μ) of the way from the Earth beyond it.
    let sun_km = ephemeris.sun(t).expect("inside the excerpt").si() / 1e3;
    let emb_km = earth_km / (1.0 + EARTH_MOON_MASS_RATIO) * EARTH_MOON_MASS_RATIO;
    let distance_km = (sun_km - emb_km).norm();
    assert!((distance_km - 148_056_966.251).abs() < 0.5e-3 + 2e-6, "{distance_km:.6}");
}
