//! What stands between the body and the ground under one point: elastic, honeycomb and soil in a row.
//!
//! Owns: the force for a depth, and how much of the depth stays. Does not own: friction (`feet`).
//!
//! As published — the stair of a honeycomb strut, one constant load a stage, as on the Apollo lander
//! [Rogers1972]; what is crushed or sunk does not come back.
//! As programmed: elastic (stiffness K), soil (N = B z) and honeycomb (axial load F(s), the strut
//! leaning by α from the normal) carry the same load, so the depth δ below the untouched ground is
//!     δ = N / K + max(z₀, N / B) + cos α (s − s₀),        N cos α ≤ F(s),
//! with s₀, z₀ what was crushed and sunk before. It grows with N, so N is found stage by stage and
//! exactly. Behind the last stage the structure yields along a steep line: the hard stop.
//! Refuses: the share of friction in the axial load, the peak before a honeycomb starts to crush
//! (flight honeycomb is crushed a little beforehand), the dependence of its load on speed.

/// A strut leaning more than this crushes no further: cosine of 84°.
const CRUSHES_COS: f64 = 0.1;

/// The honeycomb of one strut.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Honeycomb {
    /// Crush load of each stage, N, not falling.
    pub load_N: [f64; 2],
    /// Stroke at the end of each stage, m.
    pub end_m: [f64; 2],
    /// Rise of the load behind the last stage, N/m.
    pub stop_N_m: f64,
}

impl Honeycomb {
    /// Crushes under no load.
    pub const NONE: Self = Self { load_N: [f64::INFINITY; 2], end_m: [0.0; 2], stop_N_m: 1.0 };

    /// Axial load that crushes further, N.
    pub fn load_N(&self, crushed_m: f64) -> f64 {
        if crushed_m < self.end_m[0] {
            self.load_N[0]
        } else if crushed_m < self.end_m[1] {
            self.load_N[1]
        } else {
            self.load_N[1] + self.stop_N_m * (crushed_m - self.end_m[1])
        }
    }
}

/// Elastic, honeycomb and soil in a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Column {
    pub honeycomb: Honeycomb,
    /// Elastic stiffness of strut, pad and soil together, N/m.
    pub stiffness_N_m: f64,
    /// Load for each metre of sinking, N/m.
    pub soil_N_m: f64,
}

/// How a column carries a depth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Squeeze {
    /// Along the ground's normal.
    pub normal_N: f64,
    pub crushed_m: f64,
    pub sunk_m: f64,
}

impl Column {
    /// The largest normal load that leaves everything as it is, N.
    pub fn yield_N(&self, cos: f64, crushed_m: f64, sunk_m: f64) -> f64 {
        let soil_N = self.soil_N_m * sunk_m;
        if cos < CRUSHES_COS { soil_N } else { soil_N.min(self.honeycomb.load_N(crushed_m) / cos) }
    }

    /// The load under a depth while the honeycomb holds, and how far the soil is sunk then.
    fn held(&self, depth_m: f64, sunk_m: f64) -> (f64, f64) {
        let elastic_N = self.stiffness_N_m * (depth_m - sunk_m);
        if elastic_N <= self.soil_N_m * sunk_m {
            return (elastic_N.max(0.0), sunk_m);
        }
        let normal_N = depth_m / (1.0 / self.stiffness_N_m + 1.0 / self.soil_N_m);
        (normal_N, normal_N / self.soil_N_m)
    }

    /// Solves the row for `depth_m` > 0 of the pad, `crushed_m` and `sunk_m` being what it was before.
    pub fn squeeze(&self, depth_m: f64, cos: f64, crushed_m: f64, sunk_m: f64) -> Squeeze {
        let held_at = |s_m: f64| {
            let (normal_N, sunk_m) = self.held(depth_m - cos * (s_m - crushed_m), sunk_m);
            Squeeze { normal_N, crushed_m: s_m, sunk_m }
        };
        let first = held_at(crushed_m);
        let comb = &self.honeycomb;
        if cos < CRUSHES_COS || first.normal_N * cos <= comb.load_N(crushed_m) {
            return first;
        }
        let mut reached_m = crushed_m;
        for (load_N, end_m) in comb.load_N.into_iter().zip(comb.end_m) {
            if reached_m >= end_m {
                continue;
            }
            let normal_N = load_N / cos;
            let sunk_m = sunk_m.max(normal_N / self.soil_N_m);
            let s_m = crushed_m + (depth_m - normal_N / self.stiffness_N_m - sunk_m) / cos;
            if s_m <= reached_m {
                return held_at(reached_m); // between two stages
            }
            if s_m < end_m {
                return Squeeze { normal_N, crushed_m: s_m, sunk_m };
            }
            reached_m = end_m;
        }
        let stopped = held_at(reached_m);
        if stopped.normal_N * cos <= comb.load_N(reached_m) {
            return stopped;
        }
        self.beyond_the_stop(depth_m, cos, crushed_m, sunk_m)
    }

    /// The row while the structure yields behind the last stage: s = s_end + (N cos α − F_end) / k.
    fn beyond_the_stop(&self, depth_m: f64, cos: f64, crushed_m: f64, sunk_m: f64) -> Squeeze {
        let comb = &self.honeycomb;
        let given_m = depth_m + cos * (crushed_m - comb.end_m[1] + comb.load_N[1] / comb.stop_N_m);
        let soft = 1.0 / self.stiffness_N_m + cos * cos / comb.stop_N_m;
        let mut normal_N = (given_m - sunk_m) / soft;
        let mut sunk_m = sunk_m;
        if normal_N > self.soil_N_m * sunk_m {
            normal_N = given_m / (soft + 1.0 / self.soil_N_m);
            sunk_m = normal_N / self.soil_N_m;
        }
        let over_m = (normal_N * cos - comb.load_N[1]) / comb.stop_N_m;
        Squeeze { normal_N, crushed_m: crushed_m.max(comb.end_m[1] + over_m), sunk_m }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column() -> Column {
        Column {
            honeycomb: Honeycomb { load_N: [2000.0, 5000.0], end_m: [0.1, 0.25], stop_N_m: 1e5 },
            stiffness_N_m: 5e5,
            soil_N_m: 6e4,
        }
    }

    /// Depth that the row needs for a load, straight from the header's equation.
    fn depth_m(column: &Column, normal_N: f64, crushed_m: f64) -> f64 {
        normal_N / column.stiffness_N_m + normal_N / column.soil_N_m + crushed_m
    }

    #[test]
    fn every_branch_of_the_stair_satisfies_the_equation_of_the_row() {
        let column = column();
        // Load, crush: soil alone, first stage, between the stages, second stage, behind the stop.
        let by_hand = [(1500.0, 0.0), (2000.0, 0.07), (4000.0, 0.1), (5000.0, 0.2), (7000.0, 0.27)];
        for (normal_N, crushed_m) in by_hand {
            let found = column.squeeze(depth_m(&column, normal_N, crushed_m), 1.0, 0.0, 0.0);
            assert!((found.normal_N - normal_N).abs() < 1e-6, "{found:?} for {normal_N} N");
            assert!((found.crushed_m - crushed_m).abs() < 1e-12, "{found:?}");
            assert!((found.sunk_m - normal_N / 6e4).abs() < 1e-12, "{found:?}");
        }
    }

    #[test]
    fn a_column_unloads_along_its_elastic_line_and_keeps_what_is_crushed() {
        let column = column();
        let depth_m = depth_m(&column, 5000.0, 0.15);
        let loaded = column.squeeze(depth_m, 1.0, 0.0, 0.0);
        // The pad has moved up by the crush; 4 mm less depth is 2000 N less load.
        let back_m = depth_m - loaded.crushed_m - 0.004;
        let unloaded = column.squeeze(back_m, 1.0, loaded.crushed_m, loaded.sunk_m);
        assert!((unloaded.normal_N - 3000.0).abs() < 1e-6, "{unloaded:?}");
        assert_eq!((unloaded.crushed_m, unloaded.sunk_m), (loaded.crushed_m, loaded.sunk_m));
        let lifted = column.squeeze(back_m - 0.01, 1.0, loaded.crushed_m, loaded.sunk_m);
        assert_eq!(lifted.normal_N, 0.0);
    }

    #[test]
    fn steps_of_any_size_lead_to_the_same_crush() {
        let column = column();
        for cos in [1.0, 0.9, 0.6] {
            let whole = column.squeeze(0.4, cos, 0.0, 0.0);
            let (mut crushed_m, mut sunk_m, mut last) = (0.0, 0.0, whole);
            for n in 1..=1000 {
                let depth_m = 0.4 * f64::from(n) / 1000.0 - cos * crushed_m;
                last = column.squeeze(depth_m, cos, crushed_m, sunk_m);
                (crushed_m, sunk_m) = (last.crushed_m, last.sunk_m);
            }
            assert!((last.normal_N / whole.normal_N - 1.0).abs() < 1e-9, "{last:?} {whole:?}");
            assert!((last.crushed_m - whole.crushed_m).abs() < 1e-9, "{last:?} {whole:?}");
        }
    }

    #[test]
    fn a_strut_that_lies_down_carries_without_crushing() {
        let flat = column().squeeze(0.3, 0.05, 0.02, 0.0);
        assert_eq!(flat.crushed_m, 0.02);
        assert!(flat.normal_N > 5000.0);
    }
}
