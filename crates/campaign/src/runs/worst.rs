//! Which runs are the worst.
//!
//! Owns: comparing margins of different units, each as a share of its limit.
//! A run of a poorer grade is worse; among those of one grade the one whose least margin is the smaller share of its
//! limit. A run without any measured margin never came so far as to keep a limit: it is the worst of its grade.

use super::MARGINS;
use rig::measures::measure;
use rig::verdict::Grade;
use std::cmp::Ordering;

/// Least scale of the propellant margin, kg; its limit is often zero. Assumed.
const PROPELLANT_KG: f64 = 10.0;

/// What each of [`MARGINS`] is measured against when margins of different units are compared.
pub type Scales = [f64; MARGINS.len()];

/// The limits themselves; for propellant at least 10 kg. Where there is none, 1 of its unit.
pub fn scales(limit: impl Fn(&str) -> Option<f64>) -> Scales {
    MARGINS.map(|key| {
        let least = if key == "propellant_kg" { PROPELLANT_KG } else { 1e-9 };
        limit(key).unwrap_or(1.0).max(least)
    })
}

/// The same, of the fact `frigoris.limits` of a result: `KEY=LIMIT`, with commas.
pub fn scales_of_fact(limits: &str) -> Scales {
    scales(|key| {
        let mut pairs = limits.split(',').filter_map(|pair| pair.split_once('='));
        pairs.find(|(other, _)| *other == key)?.1.parse().ok()
    })
}

/// The tightest margin of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Least {
    /// Which of [`MARGINS`]; empty when none was measured.
    pub key: &'static str,
    /// Its unit.
    pub unit: &'static str,
    /// The margin; NaN when none was measured.
    pub margin: f64,
    /// Its share of the limit; −∞ when none was measured.
    pub share: f64,
}

/// The margin that is least as a share of its scale; one that was never measured, NaN, is passed over.
pub fn least(margins: &[f64; MARGINS.len()], scales: &Scales) -> Least {
    let all = MARGINS.into_iter().zip(margins).zip(scales).map(|((key, margin), scale)| {
        let unit = measure(key).map_or("", |measure| measure.unit);
        Least { key, unit, margin: *margin, share: margin / scale }
    });
    let measured = all.filter(|least| !least.margin.is_nan());
    let none = Least { key: "", unit: "", margin: f64::NAN, share: f64::NEG_INFINITY };
    measured.min_by(|a, b| a.share.total_cmp(&b.share)).unwrap_or(none)
}

/// The order of runs, the worst first; equal ones by their number.
pub fn worse(a: (Grade, &Least, u64), b: (Grade, &Least, u64)) -> Ordering {
    b.0.cmp(&a.0).then(a.1.share.total_cmp(&b.1.share)).then(a.2.cmp(&b.2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn margins_of_different_units_are_compared_as_shares_of_their_limits() {
        let scales = scales_of_fact(
            "v_vertical_m_s=2,v_horizontal_m_s=1,tilt_deg=8,miss_m=100,propellant_kg=0",
        );
        assert_eq!(scales, [2.0, 1.0, 8.0, 100.0, 10.0]);
        let tight = least(&[1.0, 0.6, f64::NAN, 40.0, 9.0], &scales);
        assert_eq!((tight.key, tight.unit, tight.margin, tight.share), ("miss_m", "m", 40.0, 0.4));
        let none = least(&[f64::NAN; 5], &scales);
        assert_eq!(none.key, "");
        let fail = |least| (Grade::Fail, least, 7);
        assert_eq!(worse(fail(&none), fail(&tight)), Ordering::Less);
        assert_eq!(worse((Grade::Pass, &none, 1), fail(&tight)), Ordering::Greater);
        assert_eq!(worse((Grade::Fail, &tight, 8), fail(&tight)), Ordering::Greater);
    }
}
