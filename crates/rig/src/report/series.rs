//! From a record's columns to curves of a readable size.
//!
//! Owns: which samples a report keeps ([`Grid`]), the series derived from columns (errors, 3-sigma
//! bands, degrees). One time grid serves every curve of a flight: dense in the last minutes, sparse
//! in the coasts, and every sample at which a phase changed or a measurement was refused is kept.
//! Refuses: filling gaps. A column that a record lacks yields no curve.

use icd::constants::MOON_RADIUS_M;
use nalgebra::Vector3;
use std::borrow::Cow;

/// Where a report finds its numbers: anything that returns a column by its dictionary key.
pub trait Columns {
    /// The samples of `key`, one a row of the record; `None` when the record has no such column.
    fn column(&self, key: &str) -> Option<Cow<'_, [f64]>>;
}

/// Length of the last stretch that is kept dense, s: covers everything below 8 km.
pub const FINAL_S: f64 = 180.0;
/// Samples kept in the last stretch, in the powered part before it, and in the coast (assumed: a page
/// stays below a few megabytes and a curve has more points than the screen has columns).
const KEEP: [usize; 3] = [1500, 900, 300];
/// Samples kept on top for changes of phase and refused measurements.
const KEEP_MARKS: usize = 200;
/// Code of [`icd::tm::Phase::Ignition`], the first phase of the powered part.
const IGNITION: f64 = icd::tm::Phase::Ignition as u8 as f64;

/// The samples of one flight that its report shows.
pub struct Grid<'a> {
    columns: &'a dyn Columns,
    picks: Vec<usize>,
    /// Time of each kept sample from the planned touchdown, s.
    pub t_s: Vec<f64>,
    /// First time of the powered part, s from the planned touchdown; the flight's start without one.
    pub powered_s: f64,
}

impl<'a> Grid<'a> {
    /// Picks at most 3000 samples of a flight.
    ///
    /// - `times_s`: time of each row from the planned touchdown, s, ascending.
    pub fn new(columns: &'a dyn Columns, times_s: &[f64]) -> Self {
        let phase = columns.column("phase");
        let powered = phase
            .as_deref()
            .and_then(|phase| phase.iter().position(|&p| p >= IGNITION))
            .filter(|&i| i < times_s.len())
            .unwrap_or(0);
        let last = times_s.last().copied().unwrap_or(0.0);
        let dense = times_s.partition_point(|&t| t < last - FINAL_S);
        let powered_end = powered.min(dense);
        let mut picks = strided(0..powered_end, KEEP[2]);
        picks.extend(strided(powered_end..dense, KEEP[1]));
        picks.extend(strided(dense..times_s.len(), KEEP[0]));
        picks.extend(marks(columns, times_s.len()));
        picks.sort_unstable();
        picks.dedup();
        let t_s = picks.iter().map(|&i| times_s[i]).collect();
        let powered_s = times_s.get(powered).copied().unwrap_or(0.0);
        Self { columns, picks, t_s, powered_s }
    }

    /// The kept samples of a column, or of a derived series.
    pub fn series(&self, name: &str) -> Option<Vec<f64>> {
        self.plain(name).or_else(|| self.derived(name))
    }

    /// Stretches of constant phase: name, begin and end in s from the planned touchdown.
    pub fn phases(&self) -> Vec<(&'static str, f64, f64)> {
        let mut stretches: Vec<(&'static str, f64, f64)> = Vec::new();
        for (&code, &t) in self.plain("phase").unwrap_or_default().iter().zip(&self.t_s) {
            let named = icd::tm::Phase::ALL.iter().find(|p| f64::from(**p as u8) == code);
            let name = named.map_or("unknown", |p| p.name());
            match stretches.last_mut() {
                Some((held, _, end)) if *held == name => *end = t,
                Some((_, _, end)) => {
                    *end = t;
                    stretches.push((name, t, t));
                }
                None => stretches.push((name, t, t)),
            }
        }
        stretches
    }

    fn plain(&self, key: &str) -> Option<Vec<f64>> {
        let column = self.columns.column(key)?;
        Some(self.picks.iter().map(|&i| column.get(i).copied().unwrap_or(f64::NAN)).collect())
    }

    fn map(&self, key: &str, f: impl Fn(f64) -> f64) -> Option<Vec<f64>> {
        Some(self.series(key)?.into_iter().map(f).collect())
    }

    fn zip(&self, a: &str, b: &str, f: impl Fn(f64, f64) -> f64) -> Option<Vec<f64>> {
        Some(self.series(a)?.into_iter().zip(self.series(b)?).map(|(a, b)| f(a, b)).collect())
    }

    /// Component columns `key.0`, `key.1`… gathered sample by sample.
    fn vectors<const N: usize>(&self, key: &str) -> Option<Vec<[f64; N]>> {
        let mut gathered = vec![[0.0; N]; self.t_s.len()];
        for i in 0..N {
            for (slot, x) in gathered.iter_mut().zip(self.plain(&format!("{key}.{i}"))?) {
                slot[i] = x;
            }
        }
        Some(gathered)
    }

    fn derived(&self, name: &str) -> Option<Vec<f64>> {
        if let Some(key) = name.strip_suffix(":down") {
            return self.map(key, |v| -v);
        }
        if let Some(key) = name.strip_suffix(":deg") {
            return self.map(key, f64::to_degrees);
        }
        if let Some(key) = name.strip_suffix(":mrad") {
            return self.map(key, |x| 1e3 * x);
        }
        if let Some(key) = name.strip_suffix(":km") {
            return self.map(key, |x| 1e-3 * x);
        }
        if let Some(key) = name.strip_suffix(":percent") {
            return self.map(key, |x| 100.0 * x);
        }
        if let Some(key) = name.strip_suffix(":minus") {
            return self.map(key, |x| -x);
        }
        if let Some(key) = name.strip_suffix(":set") {
            return self.map(key, |x| if x > 0.0 { x } else { f64::NAN });
        }
        if let Some(key) = name.strip_suffix(":3sigma") {
            return self.map(key, |x| 3.0 * x);
        }
        self.innovation(name).or_else(|| self.composed(name))
    }

    /// `rangefinder.nu:fused` and the like: the innovation where a new measurement had the outcome named.
    ///
    /// Telemetry repeats the latest innovation until the next; a count that grew tells a new one.
    fn innovation(&self, name: &str) -> Option<Vec<f64>> {
        let (key, wanted) = name.rsplit_once(':')?;
        let code = match wanted {
            "fused" => icd::tm::Outcome::Fused,
            "rejected" => icd::tm::Outcome::Rejected,
            _ => return None,
        };
        let aid = key.strip_suffix(".nu")?;
        let outcome = self.plain(&format!("{aid}.outcome"))?;
        let count = self.plain(&format!("{aid}.{wanted}"))?;
        let before = std::iter::once(0.0).chain(count.iter().copied());
        let new = count.iter().zip(before).map(|(now, before)| *now > before);
        let shown = new.zip(outcome).map(|(new, o)| new && o == f64::from(code as u8));
        let nu = self.plain(key)?;
        Some(
            nu.into_iter()
                .zip(shown)
                .map(|(nu, shown)| if shown { nu } else { f64::NAN })
                .collect(),
        )
    }

    fn composed(&self, name: &str) -> Option<Vec<f64>> {
        match name {
            "nav.altitude_m:low" => {
                self.zip("nav.altitude_m", "nav.sigma_altitude_m", |h, s| (h - 3.0 * s).max(0.0))
            }
            "nav.altitude_m:high" => {
                self.zip("nav.altitude_m", "nav.sigma_altitude_m", |h, s| h + 3.0 * s)
            }
            "error.height_m" => self.error("p_LB_L", |d, up| d.dot(&up)),
            "error.horizontal_m" => self.error("p_LB_L", |d, up| (d - up * d.dot(&up)).norm()),
            "error.v_up_m_s" => self.error("v_LB_L", |d, up| d.dot(&up)),
            "error.v_horizontal_m_s" => self.error("v_LB_L", |d, up| (d - up * d.dot(&up)).norm()),
            "error.attitude_rad" => self.turned("nav.q_IB", "truth.q_IB"),
            "control.error_rad" => {
                let errors = self.vectors::<3>("control.error_B_rad")?;
                Some(errors.iter().map(|e| e.iter().map(|x| x * x).sum::<f64>().sqrt()).collect())
            }
            "control.assist_mean" => self.assist(|a| a.iter().sum::<f64>() / a.len() as f64),
            "control.assist_low" => self.assist(|a| a.iter().copied().fold(1.0, f64::min)),
            "control.assist_high" => self.assist(|a| a.iter().copied().fold(0.0, f64::max)),
            _ => None,
        }
    }

    fn assist(&self, f: impl Fn(&[f64; icd::bus::ASSIST_ENGINES]) -> f64) -> Option<Vec<f64>> {
        Some(self.vectors("control.assist")?.iter().map(f).collect())
    }

    /// A figure of estimate minus truth of `nav.key` and `truth.key`, given the local vertical there:
    /// far from the target the vertical leans against that of `L`.
    fn error(&self, key: &str, f: impl Fn(Vector3<f64>, Vector3<f64>) -> f64) -> Option<Vec<f64>> {
        let nav = self.vectors::<3>(&format!("nav.{key}"))?;
        let truth = self.vectors::<3>(&format!("truth.{key}"))?;
        let places = self.vectors::<3>("truth.p_LB_L")?;
        let up = |p: [f64; 3]| (Vector3::from(p) + Vector3::z() * MOON_RADIUS_M).normalize();
        let rows = nav.into_iter().zip(truth).zip(places);
        Some(rows.map(|((n, t), p)| f(Vector3::from(n) - Vector3::from(t), up(p))).collect())
    }

    /// Angle between two attitudes, rad: 2 asin |vec(q_a* q_b)|.
    fn turned(&self, a: &str, b: &str) -> Option<Vec<f64>> {
        let pairs = self.vectors::<4>(a)?.into_iter().zip(self.vectors::<4>(b)?);
        Some(pairs.map(|(a, b)| angle_between(a, b)).collect())
    }
}

/// Angle of the rotation from attitude `a` to attitude `b`, rad; scalar-first unit quaternions.
fn angle_between(a: [f64; 4], b: [f64; 4]) -> f64 {
    let vector = [
        a[0] * b[1] - a[1] * b[0] - a[2] * b[3] + a[3] * b[2],
        a[0] * b[2] - a[2] * b[0] - a[3] * b[1] + a[1] * b[3],
        a[0] * b[3] - a[3] * b[0] - a[1] * b[2] + a[2] * b[1],
    ];
    2.0 * vector.iter().map(|x| x * x).sum::<f64>().sqrt().min(1.0).asin()
}

/// Indices of `range` at a constant stride, both ends included, at most `keep` of them.
fn strided(range: std::ops::Range<usize>, keep: usize) -> Vec<usize> {
    let stride = range.len().div_ceil(keep).max(1);
    let last = range.end.checked_sub(1).filter(|_| !range.is_empty());
    range.step_by(stride).chain(last).collect()
}

/// Rows at which the phase changed or a measurement was newly refused, at most [`KEEP_MARKS`] of them.
fn marks(columns: &dyn Columns, rows: usize) -> Vec<usize> {
    const WATCHED: [&str; 4] =
        ["phase", "rangefinder.rejected", "velocimeter.rejected", "star_tracker.rejected"];
    let mut found = Vec::new();
    for key in WATCHED {
        let Some(column) = columns.column(key) else { continue };
        let changes =
            column.windows(2).enumerate().filter(|(_, w)| w[0] != w[1]).map(|(i, _)| i + 1);
        found.extend(changes.filter(|&i| i < rows).take(KEEP_MARKS / WATCHED.len()));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::synthetic::Synthetic;
    use super::*;

    #[test]
    fn a_long_flight_is_thinned_below_three_thousand_points_and_keeps_both_ends() {
        let record = Synthetic::flight(4000.0, 10.0);
        let grid = Grid::new(&record, &record.times_s);
        assert!(grid.t_s.len() <= 3000, "{}", grid.t_s.len());
        assert_eq!(grid.t_s.first(), record.times_s.first());
        assert_eq!(grid.t_s.last(), record.times_s.last());
        assert!(grid.t_s.windows(2).all(|w| w[0] < w[1]));
    }

    #[test]
    fn every_change_of_phase_survives_the_thinning() {
        let record = Synthetic::flight(4000.0, 10.0);
        let grid = Grid::new(&record, &record.times_s);
        let names: Vec<_> = grid.phases().iter().map(|p| p.0).collect();
        assert_eq!(names, ["descent coast", "ignition", "braking", "pitch-up", "terminal descent"]);
    }

    #[test]
    fn the_three_sigma_band_brackets_the_estimate_by_hand() {
        let record =
            Synthetic::one_row(&[("nav.altitude_m", 100.0), ("nav.sigma_altitude_m", 20.0)]);
        let grid = Grid::new(&record, &record.times_s);
        assert_eq!(grid.series("nav.altitude_m:high").unwrap(), [160.0]);
        assert_eq!(grid.series("nav.altitude_m:low").unwrap(), [40.0]);
    }

    #[test]
    fn a_quarter_turn_between_attitudes_is_ninety_degrees() {
        let half = std::f64::consts::FRAC_1_SQRT_2;
        let record = Synthetic::one_row(&[
            ("nav.q_IB.0", half),
            ("nav.q_IB.1", 0.0),
            ("nav.q_IB.2", half),
            ("nav.q_IB.3", 0.0),
            ("truth.q_IB.0", 1.0),
            ("truth.q_IB.1", 0.0),
            ("truth.q_IB.2", 0.0),
            ("truth.q_IB.3", 0.0),
        ]);
        let angle =
            Grid::new(&record, &record.times_s).series("error.attitude_rad:deg").unwrap()[0];
        assert!((angle - 90.0).abs() < 1e-9, "{angle}");
    }

    #[test]
    fn a_refused_measurement_shows_only_among_the_refused() {
        let record = Synthetic::one_row(&[
            ("rangefinder.nu", 600.0),
            ("rangefinder.outcome", 2.0),
            ("rangefinder.fused", 4.0),
            ("rangefinder.rejected", 1.0),
        ]);
        let grid = Grid::new(&record, &record.times_s);
        assert_eq!(grid.series("rangefinder.nu:rejected").unwrap(), [600.0]);
        assert!(grid.series("rangefinder.nu:fused").unwrap()[0].is_nan());
    }

    #[test]
    fn a_quarter_round_the_moon_the_local_vertical_is_the_site_frames_horizontal() {
        let r = MOON_RADIUS_M;
        let values = |who: &str, x: f64, y: f64| {
            [("0", x), ("1", y), ("2", -r)].map(|(i, v)| (format!("{who}.p_LB_L.{i}"), v))
        };
        let rows = [values("truth", r, 0.0), values("nav", r + 30.0, 40.0)].concat();
        let rows: Vec<_> = rows.iter().map(|(key, x)| (key.as_str(), *x)).collect();
        let record = Synthetic::one_row(&rows);
        let grid = Grid::new(&record, &record.times_s);
        assert!((grid.series("error.height_m").unwrap()[0] - 30.0).abs() < 1e-9);
        assert!((grid.series("error.horizontal_m").unwrap()[0] - 40.0).abs() < 1e-9);
    }

    #[test]
    fn a_limit_that_is_not_in_force_is_not_drawn() {
        let record = Synthetic::one_row(&[("guidance.corridor_m_s", 0.0)]);
        let grid = Grid::new(&record, &record.times_s);
        assert!(grid.series("guidance.corridor_m_s:set").unwrap()[0].is_nan());
    }

    #[test]
    fn a_column_that_is_not_there_is_no_curve() {
        let record = Synthetic::one_row(&[("nav.altitude_m", 1.0)]);
        let grid = Grid::new(&record, &record.times_s);
        assert_eq!(grid.series("error.height_m"), None);
        assert_eq!(grid.series("no.such.key"), None);
    }
}
