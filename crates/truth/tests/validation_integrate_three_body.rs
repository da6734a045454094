//! Validation: points and periodic orbits of the circular restricted three-body problem of Earth and Moon.
//! Sources: equations of motion and of their variation as in [Szebehely1967] ch. 1; table of points, orbits,
//! periods, Jacobi constants and stability indices computed with another tool in units of the primaries'
//! distance and mean motion, the mass ratio being that of the catalogue [JPL3BP]; the nearly rectilinear orbit
//! in 9:2 resonance with the month as in [Zimovan2020], with the mass ratio of its own row.
//! Compared: equilibria; for each orbit the state to which a correction of the printed one leads, its closure
//! after one period at a tolerance of 1e-13, drift of the Jacobi constant, period, constant and index
//! |ν| = |λ + 1/λ|/2 of the strongest pair of eigenvalues of the monodromy matrix.
//! Tolerance: half a unit of the last digit printed; the corrected state stays within the printed one's
//! rounding and 2e-14 more, by which orbits so unstable differ between tolerances of a step; closure and
//! drift 1e-12, ten times the tolerance.

use nalgebra::{DMatrix, Matrix6, Vector6};
use truth::integrate::dop853::{Direction, Event, Settings, Stepper, propagate};

/// Mass ratio of the catalogue's rows.
const MU: f64 = 1.215_058_560_962_404e-2;

fn settings<const N: usize>() -> Settings<N> {
    Settings { absolute: [1e-15; N], ..Settings::within(1e-13) }
}

/// 1/r³ and 1/r⁵ weights of the two primaries, and the distances' components.
fn primaries(mu: f64, y: &[f64]) -> [(f64, f64, f64); 2] {
    [(1.0 - mu, -mu), (mu, 1.0 - mu)].map(|(mass, x)| {
        let r2 = (y[0] - x) * (y[0] - x) + y[1] * y[1] + y[2] * y[2];
        let r3 = r2 * r2.sqrt();
        (x, mass / r3, 3.0 * mass / (r3 * r2))
    })
}

fn flow(mu: f64, y: &[f64]) -> [f64; 6] {
    let [(x1, k1, _), (x2, k2, _)] = primaries(mu, y);
    [
        y[3],
        y[4],
        y[5],
        2.0 * y[4] + y[0] - k1 * (y[0] - x1) - k2 * (y[0] - x2),
        -2.0 * y[3] + y[1] * (1.0 - k1 - k2),
        -y[2] * (k1 + k2),
    ]
}

/// Derivative of the flow by the state.
fn gradient(mu: f64, y: &[f64]) -> Matrix6<f64> {
    let mut a = Matrix6::zeros();
    for n in 0..3 {
        a[(n, n + 3)] = 1.0;
    }
    (a[(3, 0)], a[(4, 1)], a[(3, 4)], a[(4, 3)]) = (1.0, 1.0, 2.0, -2.0);
    for (x, k, q) in primaries(mu, y) {
        let d = [y[0] - x, y[1], y[2]];
        for i in 0..3 {
            a[(i + 3, i)] -= k;
            for j in 0..3 {
                a[(i + 3, j)] += q * d[i] * d[j];
            }
        }
    }
    a
}

fn jacobi(mu: f64, y: &[f64]) -> f64 {
    let far = |x: f64| ((y[0] - x) * (y[0] - x) + y[1] * y[1] + y[2] * y[2]).sqrt();
    let speed2 = y[3] * y[3] + y[4] * y[4] + y[5] * y[5];
    y[0] * y[0] + y[1] * y[1] + 2.0 * (1.0 - mu) / far(-mu) + 2.0 * mu / far(1.0 - mu) - speed2
}

/// State after `t`.
fn carried(mu: f64, y: [f64; 6], t: f64) -> Vector6<f64> {
    let system = |_: f64, y: &[f64; 6]| Some(flow(mu, y));
    Vector6::from(propagate(system, (0.0, t), y, settings(), &[]).unwrap().y)
}

/// Matrix of the change of the state after `t` by the state before.
fn monodromy(mu: f64, y: [f64; 6], t: f64) -> Matrix6<f64> {
    let mut start = [0.0; 42];
    start[..6].copy_from_slice(&y);
    for n in 0..6 {
        start[6 + 7 * n] = 1.0;
    }
    let system = |_: f64, y: &[f64; 42]| {
        let mut slope = [0.0; 42];
        slope[..6].copy_from_slice(&flow(mu, &y[..6]));
        let change = gradient(mu, &y[..6]) * Matrix6::from_column_slice(&y[6..]);
        slope[6..].copy_from_slice(change.as_slice());
        Some(slope)
    };
    let end = propagate(system, (0.0, t), start, settings(), &[]).unwrap().y;
    Matrix6::from_column_slice(&end[6..])
}

/// A printed row: mass ratio, (x, z, ẏ) and their half last digits, period, constant, index likewise.
struct Row {
    name: &'static str,
    mu: f64,
    start: [f64; 3],
    half_digits: [f64; 3],
    period: (f64, f64),
    jacobi: (f64, f64),
    index: (f64, f64),
}

const ROWS: [Row; 4] = [
    Row {
        name: "Lyapunov orbit about L1",
        mu: MU,
        start: [0.816_915_125_819_7, 0.0, 0.196_574_856_407_0],
        half_digits: [5e-14, 0.0, 5e-14],
        period: (2.827_249_729_107_6, 5e-14),
        jacobi: (3.153_917_896_278, 5e-13),
        index: (975.154, 5e-4),
    },
    Row {
        name: "Lyapunov orbit about L2",
        mu: MU,
        start: [1.1762, 0.0, -0.122_853_685_200_4],
        half_digits: [0.0, 0.0, 5e-14],
        period: (3.397_946_006_891_6, 5e-14),
        jacobi: (3.159_929_883_112, 5e-13),
        index: (651.298, 5e-4),
    },
    Row {
        name: "southern halo orbit about L2",
        mu: MU,
        start: [1.180_888_132_785_4, -0.003_273_645_7, -0.155_918_443_378_6],
        half_digits: [5e-14, 5e-11, 5e-14],
        period: (3.415_443_324_852_8, 5e-14),
        jacobi: (3.152_071_827_393, 5e-13),
        index: (605.621, 5e-4),
    },
    Row {
        name: "nearly rectilinear halo orbit, 9:2",
        mu: 0.012_150_584_394_695_25,
        start: [1.022_021_512_193_4, -0.182_096_777_220_5, -0.103_256_350_264_5],
        half_digits: [5e-14, 5e-14, 5e-14],
        period: (1.511_111_111_111, 5e-13),
        jacobi: (3.046_500_414_356, 5e-13),
        index: (1.3228, 5e-5),
    },
];

/// Newton steps in (x, z, ẏ) and the period that close the orbit, each the smallest in units of the rounding.
fn corrected(row: &Row) -> ([f64; 6], f64, f64) {
    let [x, z, vy] = row.start;
    let (mut y, mut period) = ([x, 0.0, z, 0.0, vy, 0.0], row.period.0);
    let mut best = (y, period, f64::INFINITY);
    for _ in 0..8 {
        let miss = carried(row.mu, y, period) - Vector6::from(y);
        if miss.norm() < best.2 {
            best = (y, period, miss.norm());
        }
        let change = monodromy(row.mu, y, period) - Matrix6::identity();
        let slope = flow(row.mu, &y);
        let units = [row.half_digits[0], row.half_digits[1], row.half_digits[2], row.period.1];
        let columns = DMatrix::from_fn(6, 4, |i, j| match j {
            3 => slope[i] * units[3],
            _ => change[(i, [0, 2, 4][j])] * units[j],
        });
        let step = columns.svd(true, true).solve(&-miss, 1e-17).unwrap();
        for (j, component) in [0, 2, 4].into_iter().enumerate() {
            y[component] += step[j] * units[j];
        }
        period += step[3] * units[3];
    }
    best
}

/// The stronger of the two indices, without its sign: ν₁ + ν₂ and ν₁² + ν₂² from the traces of M and M².
fn index(m: &Matrix6<f64>) -> f64 {
    let (sum, squares) = (0.5 * (m.trace() - 2.0), 0.25 * ((m * m).trace() + 2.0));
    let spread = (2.0 * squares - sum * sum).max(0.0).sqrt();
    (0.5 * (sum + spread.copysign(sum))).abs()
}

#[test]
fn equilibria_stand_where_they_are_printed() {
    for (printed, constant, (low, high)) in [
        (0.836_915_125_772_36, 3.188_341_117_749, (0.5, 0.95)),
        (1.155_682_165_444_88, 3.172_160_460_969, (1.02, 1.5)),
        (-1.005_062_645_810_28, 3.012_147_150_681, (-1.5, -0.5)),
    ] {
        let (mut a, mut b): (f64, f64) = (low, high);
        let pull = |x: f64| flow(MU, &[x, 0.0, 0.0, 0.0, 0.0, 0.0])[3];
        assert!(pull(a) * pull(b) < 0.0);
        for _ in 0..100 {
            let middle = 0.5 * (a + b);
            if pull(middle) * pull(a) > 0.0 { a = middle } else { b = middle }
        }
        assert!((a - printed).abs() <= 5.1e-15, "{a:.17} {printed}");
        let found = jacobi(MU, &[a, 0.0, 0.0, 0.0, 0.0, 0.0]);
        assert!((found - constant).abs() <= 5e-13, "{found} {constant}");
    }
    let (x, y) = (0.5 - MU, 0.75_f64.sqrt());
    assert!((x - 0.487_849_414_390_38).abs() <= 5e-15 && (y - 0.866_025_403_784_44).abs() <= 5e-15);
    let rest = flow(MU, &[x, y, 0.0, 0.0, 0.0, 0.0]);
    assert!(rest.iter().all(|c| c.abs() < 1e-15), "{rest:?}");
}

#[test]
fn printed_orbits_close_and_keep_their_constants() {
    for row in &ROWS {
        let (y, period, closure) = corrected(row);
        let moved = [(0, 0), (2, 1), (4, 2)].map(|(i, j)| (y[i] - row.start[j]).abs());
        println!("{}: closes to {closure:.1e}, moved by {moved:?}", row.name);
        assert!(closure <= 1e-12, "{}: {closure:e}", row.name);
        for (moved, half_digit) in moved.iter().zip(row.half_digits) {
            assert!(*moved <= half_digit + 2e-14, "{}: {moved:e} {half_digit:e}", row.name);
        }
        let constant = jacobi(row.mu, &y);
        let index = index(&monodromy(row.mu, y, period));
        for (what, found, (printed, half_digit)) in [
            ("period", period, row.period),
            ("Jacobi constant", constant, row.jacobi),
            ("index", index, row.index),
        ] {
            let miss = (found - printed).abs();
            assert!(miss <= 1.05 * half_digit, "{}: {what} {found:.14} {printed}", row.name);
        }
        let system = |_: f64, y: &[f64; 6]| Some(flow(row.mu, y));
        let mut stepper = Stepper::new(system, (0.0, period), y, settings()).unwrap();
        while !stepper.done() {
            stepper.advance().unwrap();
            let drift = (jacobi(row.mu, stepper.y()) - constant).abs();
            assert!(drift < 1e-12, "{}: drift {drift:e}", row.name);
        }
    }
}

#[test]
fn the_nearly_rectilinear_orbit_has_its_printed_apsides() {
    // Units of this row: 384 400 km. Perilune 3 248.3 km after half a period, apolune 71 219.9 km at the start.
    let row = &ROWS[3];
    let (y, period, _) = corrected(row);
    let moon = 1.0 - row.mu;
    let far_km = |y: &[f64; 6]| {
        384_400.0 * ((y[0] - moon) * (y[0] - moon) + y[1] * y[1] + y[2] * y[2]).sqrt()
    };
    let climb = |_: f64, y: &[f64; 6]| (y[0] - moon) * y[3] + y[1] * y[4] + y[2] * y[5];
    let perilune = Event { function: &climb, direction: Direction::Rising, terminal: true };
    let system = |_: f64, y: &[f64; 6]| Some(flow(row.mu, y));
    let end = propagate(system, (0.0, period), y, settings(), &[perilune]).unwrap();
    assert!(end.stopped && (end.t - 0.5 * period).abs() < 1e-10, "{}", end.t);
    assert!((far_km(&end.y) - 3_248.3).abs() <= 0.05, "{}", far_km(&end.y));
    assert!((far_km(&y) - 71_219.9).abs() <= 0.05, "{}", far_km(&y));
}

#[test]
fn the_variational_equations_are_the_derivative_of_the_flow() {
    let y = [0.83, 0.02, -0.05, 0.1, 0.2, -0.03];
    let a = gradient(MU, &y);
    for j in 0..6 {
        let at = |h: f64| {
            let mut moved = y;
            moved[j] += h;
            Vector6::from(flow(MU, &moved))
        };
        let numeric = (at(1e-6) - at(-1e-6)) / 2e-6;
        assert!((numeric - a.column(j)).norm() < 1e-6, "{j}");
    }
}
