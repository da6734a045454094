//! Shapley effects from given runs, by nearest neighbours.
//!
//! Owns: the variance explained by a set of inputs, the effects, the search for neighbours.
//! As published — [SongNelsonStaum2016]: the effect of input i is the mean, over all orders in which inputs become
//! known, of the variance that it explains in addition. [BrotoBachocDepecker2020]: Var(E[Y|X_u]) from one
//! sample by nearest neighbours in X_u.
//! As programmed: y standardised, N(j) the nearest other run in the ranks of X_u,
//!     V_u = Σ_j y_j y_N(j) / n,   effect_i = Σ_{u ∌ i} |u|! (m − 1 − |u|)! / m! (V_{u∪i} − V_u)
//! Every effect is a mean over runs; ±1.96 of that mean's deviation is its interval.
//! The effects add up to V of all, not to 1: the rest is noise, or inputs that were not chosen. Neighbours are
//! not at the same place, so V is too small where dimensions are many and runs few: the effects are cautious.
//! With correlated inputs a shared influence is shared out, never counted twice.

use super::rank::mid_ranks;
use rig::random::Stream;

/// One input's Shapley effect.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Effect {
    /// Share of the variance.
    pub share: f64,
    /// Half of the 95 % interval.
    pub uncertainty: f64,
}

/// Most inputs at once.
const INPUTS_MAX: usize = 6;
/// Points in a leaf of the tree of neighbours.
const LEAF: usize = 8;
/// What breaks ties between equal ranks, as a share of all.
const JITTER: f64 = 1e-6;

type Point = [f64; INPUTS_MAX];

/// Effects of each of `xs` on standardised `z`, and what they explain together; `None` without inputs.
///
/// - At most six inputs. Cost: 2^m searches for the neighbours of every run.
pub fn effects(z: &[f64], xs: &[&[f64]]) -> Option<(Vec<Effect>, f64)> {
    let (m, n) = (xs.len(), z.len());
    if !(1..=INPUTS_MAX).contains(&m) || n < 2 {
        return None;
    }
    let points = points(xs, n);
    // Of each run what it adds to each effect.
    let mut terms = vec![vec![0.0; n]; m];
    let mut explained = 0.0;
    for set in 1..1_usize << m {
        let dimensions: Vec<usize> = (0..m).filter(|i| set >> i & 1 == 1).collect();
        let neighbours = neighbours(&points, &dimensions);
        let size = dimensions.len();
        for (j, neighbour) in neighbours.iter().enumerate() {
            let product = z[j] * z[*neighbour];
            for (i, terms) in terms.iter_mut().enumerate() {
                // The set with i in it comes from the one without it; a set without i is the latter.
                terms[j] += if set >> i & 1 == 1 {
                    weight(size - 1, m) * product
                } else {
                    -weight(size, m) * product
                };
            }
            if size == m {
                explained += product / n as f64;
            }
        }
    }
    let effect = |terms: &Vec<f64>| {
        let share = terms.iter().sum::<f64>() / n as f64;
        let variance = terms.iter().map(|t| (t - share) * (t - share)).sum::<f64>() / n as f64;
        Effect { share, uncertainty: 1.96 * (variance / n as f64).sqrt() }
    };
    Some((terms.iter().map(effect).collect(), explained))
}

/// |u|! (m − 1 − |u|)! / m!
fn weight(size: usize, m: usize) -> f64 {
    let factorial = |k: usize| (1..=k).map(|k| k as f64).product::<f64>();
    factorial(size) * factorial(m - 1 - size) / factorial(m)
}

/// Each run by the ranks of its inputs, 0 to 1. Equal ranks are told apart by chance, so that runs with equal
/// inputs take each other as neighbours at random.
fn points(xs: &[&[f64]], n: usize) -> Vec<Point> {
    let mut points = vec![[0.0; INPUTS_MAX]; n];
    let mut stream = Stream::new(n as u64, 0, "ties");
    for (i, x) in xs.iter().enumerate() {
        for (point, rank) in points.iter_mut().zip(mid_ranks(x)) {
            point[i] = rank / n as f64 + JITTER * stream.uniform();
        }
    }
    points
}

/// The nearest other point of each, in some of the dimensions.
fn neighbours(points: &[Point], dimensions: &[usize]) -> Vec<usize> {
    let mut tree: Vec<usize> = (0..points.len()).collect();
    build(points, dimensions, &mut tree, 0);
    let nearest = |j: usize| {
        let mut best = Best { place: if j == 0 { 1 } else { 0 }, square: f64::INFINITY };
        search(points, dimensions, &tree, 0, j, &mut best);
        best.place
    };
    (0..points.len()).map(nearest).collect()
}

struct Best {
    place: usize,
    square: f64,
}

/// Orders `tree` so that its middle splits it along the dimension of its depth, and so on in both halves.
fn build(points: &[Point], dimensions: &[usize], tree: &mut [usize], depth: usize) {
    if tree.len() <= LEAF {
        return;
    }
    let along = dimensions[depth % dimensions.len()];
    let middle = tree.len() / 2;
    tree.select_nth_unstable_by(middle, |a, b| points[*a][along].total_cmp(&points[*b][along]));
    let (low, high) = tree.split_at_mut(middle);
    build(points, dimensions, low, depth + 1);
    build(points, dimensions, &mut high[1..], depth + 1);
}

fn search(
    points: &[Point],
    dimensions: &[usize],
    tree: &[usize],
    depth: usize,
    of: usize,
    best: &mut Best,
) {
    let mut look = |place: usize| {
        let apart = |d: &usize| points[place][*d] - points[of][*d];
        let square: f64 = dimensions.iter().map(|d| apart(d) * apart(d)).sum();
        if place != of && square < best.square {
            *best = Best { place, square };
        }
    };
    if tree.len() <= LEAF {
        tree.iter().for_each(|place| look(*place));
        return;
    }
    let (along, middle) = (dimensions[depth % dimensions.len()], tree.len() / 2);
    look(tree[middle]);
    let beyond = points[of][along] - points[tree[middle]][along];
    let (low, high) = (&tree[..middle], &tree[middle + 1..]);
    let (near, far) = if beyond < 0.0 { (low, high) } else { (high, low) };
    search(points, dimensions, near, depth + 1, of, best);
    if beyond * beyond < best.square {
        search(points, dimensions, far, depth + 1, of, best);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_finds_the_neighbours_that_brute_force_finds() {
        let mut stream = Stream::new(3, 0, "tree");
        let points: Vec<Point> =
            (0..400).map(|_| std::array::from_fn(|_| stream.uniform())).collect();
        for dimensions in [&[2][..], &[0, 3], &[1, 2, 5], &[0, 1, 2, 3, 4, 5]] {
            let square = |a: usize, b: usize| -> f64 {
                dimensions.iter().map(|d| (points[a][*d] - points[b][*d]).powi(2)).sum()
            };
            for (j, found) in neighbours(&points, dimensions).into_iter().enumerate() {
                let others = (0..points.len()).filter(|k| *k != j);
                let least = others.map(|k| square(j, k)).fold(f64::INFINITY, f64::min);
                assert!(found != j && square(j, found) <= least, "{j} {dimensions:?}");
            }
        }
    }

    #[test]
    fn the_weights_of_all_sets_add_up_to_one() {
        for m in 1..=INPUTS_MAX {
            // C(m − 1, s) sets of each size s go without i.
            let choose =
                |s: usize| (0..s).fold(1.0, |c, k| c * (m - 1 - k) as f64 / (k + 1) as f64);
            let sum: f64 = (0..m).map(|s| choose(s) * weight(s, m)).sum();
            assert!((sum - 1.0).abs() < 1e-12, "{m}: {sum}");
        }
    }
}
