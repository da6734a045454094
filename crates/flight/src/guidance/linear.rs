//! A small linear system, solved without heap and without panic.

/// Solves `a x = b` by Gauss elimination with row pivoting; `None` when singular.
pub fn solve<const N: usize>(mut a: [[f64; N]; N], mut b: [f64; N]) -> Option<[f64; N]> {
    for k in 0..N {
        let mut best = k;
        for i in k..N {
            if a[i][k].abs() > a[best][k].abs() {
                best = i;
            }
        }
        if best < N && best != k {
            a.swap(k, best);
            b.swap(k, best);
        }
        let pivot = a[k][k];
        if !pivot.is_finite() || pivot.abs() < 1e-14 {
            return None;
        }
        for i in (k + 1)..N {
            let factor = a[i][k] / pivot;
            for j in k..N {
                a[i][j] -= factor * a[k][j];
            }
            b[i] -= factor * b[k];
        }
    }
    for k in (0..N).rev() {
        for j in (k + 1)..N {
            b[k] -= a[k][j] * b[j];
        }
        b[k] /= a[k][k];
    }
    Some(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_system_that_needs_pivoting_is_solved() {
        let x =
            solve([[0.0, 2.0, 1.0], [1.0, 0.0, 0.0], [3.0, 1.0, -1.0]], [7.0, 1.0, 2.0]).unwrap();
        // By hand: x = 1, then 2y + z = 7 and y − z = −1, so y = 2 and z = 3.
        assert!(x.iter().zip([1.0, 2.0, 3.0]).all(|(a, b)| (a - b).abs() < 1e-12));
    }

    #[test]
    fn a_singular_system_has_no_solution() {
        assert!(solve([[1.0, 2.0], [2.0, 4.0]], [1.0, 2.0]).is_none());
    }
}
