//! The linear system of one step of the interior-point method, node by node.
//!
//! Owns: minimise ½ Σ [x; w]ᵀ H [x; w] + gᵀ [x; w] over the controls of a double integrator with mass whose
//! control is linear between nodes, with the last position and velocity prescribed.
//! Derived: with control linear over a step of length h,
//!     r⁺ = r + h v + h² (u/3 + u⁺/6),   v⁺ = v + h (u + u⁺)/2,   ζ⁺ = ζ − h (σ + σ⁺)/2.
//! What u⁺ adds is taken out of the state, x = x̃ + O w; then x̃⁺ = A x̃ + B w with B = A O + B₀, a problem of
//! linear-quadratic control, and the recursion of Riccati factors it from the last node to the first:
//!     F = [A B]ᵀ P [A B] + H,   F_ww = L Lᵀ,   M = F_xw L⁻ᵀ,   P ← F_xx − M Mᵀ.
//! The prescribed end is kept by six multipliers ν whose influence S is swept back with it, [Bryson1975] §5.3:
//!     Y = L⁻¹ Bᵀ S,   S ← Aᵀ S − M Y,   (Σ Yᵀ Y) ν = −Σ Yᵀ l − b.
//! A and B are multiples of the identity, so products with them are sums. Cost: some 700 multiplications a node.

/// State: position, velocity, logarithm of mass; scaled.
pub type State = [f64; 7];
/// Control: thrust acceleration and its bound σ; scaled.
pub type Control = [f64; 4];

/// How a node's control enters: coefficients of position, velocity and mass.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// Time from this node to the next state; zero at the last node.
    pub a: f64,
    /// Of the control on the next state.
    pub b: [f64; 3],
    /// Of the control on this node's own state.
    pub o: [f64; 3],
}

impl Step {
    /// Of the first, of a middle, of the last node, for a step of length `h`.
    pub fn kinds(h: f64) -> [Self; 3] {
        let own = [h * h / 6.0, 0.5 * h, -0.5 * h];
        [
            Self { a: h, b: [h * h / 3.0, 0.5 * h, -0.5 * h], o: [0.0; 3] },
            Self { a: h, b: [h * h, h, -h], o: own },
            Self { a: 0.0, b: own, o: own },
        ]
    }
}

/// Second derivatives at one node.
#[derive(Clone, Copy, Debug)]
pub struct Hessian {
    /// Of the state.
    pub xx: [[f64; 7]; 7],
    /// Of mass and σ, the only mixed one.
    pub mass_sigma: f64,
    /// Of the control.
    pub ww: [[f64; 4]; 4],
}

/// What one node keeps: factors, the gradient that is asked for, the answer.
#[derive(Clone, Copy, Debug)]
pub struct Stage {
    lower: [[f64; 4]; 4],
    per_pivot: [f64; 4],
    m: [[f64; 4]; 7],
    y: [[f64; 6]; 4],
    l: [f64; 4],
    /// Gradient with respect to the node's state and control.
    pub gx: State,
    pub gw: Control,
    /// Answer.
    pub x: State,
    pub w: Control,
}

impl Stage {
    /// Nothing yet.
    pub const NEW: Self = Self {
        lower: [[0.0; 4]; 4],
        per_pivot: [0.0; 4],
        m: [[0.0; 4]; 7],
        y: [[0.0; 6]; 4],
        l: [0.0; 4],
        gx: [0.0; 7],
        gw: [0.0; 4],
        x: [0.0; 7],
        w: [0.0; 4],
    };
}

/// x + O w.
pub fn with_own(step: &Step, x: &State, w: &Control) -> State {
    let [r, v, z] = step.o;
    let mut out = *x;
    for j in 0..3 {
        out[j] += r * w[j];
        out[3 + j] += v * w[j];
    }
    out[6] += z * w[3];
    out
}

/// A x + B w.
pub fn next(step: &Step, x: &State, w: &Control) -> State {
    let [r, v, z] = step.b;
    let mut out = *x;
    for j in 0..3 {
        out[j] += step.a * x[3 + j] + r * w[j];
        out[3 + j] += v * w[j];
    }
    out[6] += z * w[3];
    out
}

/// Cᵀ p for an input matrix with the coefficients `c`.
pub fn transposed(c: &[f64; 3], p: &State) -> Control {
    let [r, v, z] = *c;
    [r * p[0] + v * p[3], r * p[1] + v * p[4], r * p[2] + v * p[5], z * p[6]]
}

/// Aᵀ p + q.
pub fn back(step: &Step, p: &State, q: &State) -> State {
    let mut out = *q;
    for j in 0..3 {
        out[j] += p[j];
        out[3 + j] += p[3 + j] + step.a * p[j];
    }
    out[6] += p[6];
    out
}

/// P C for symmetric P: seven rows of four.
fn columns(p: &[[f64; 7]; 7], c: &[f64; 3]) -> [[f64; 4]; 7] {
    let [r, v, z] = *c;
    let mut out = [[0.0; 4]; 7];
    for i in 0..7 {
        for j in 0..3 {
            out[i][j] = r * p[i][j] + v * p[i][3 + j];
        }
        out[i][3] = z * p[i][6];
    }
    out
}

/// Cᵀ X for seven rows of `K`.
fn rows<const K: usize>(c: &[f64; 3], x: &[[f64; K]; 7]) -> [[f64; K]; 4] {
    let [r, v, z] = *c;
    let mut out = [[0.0; K]; 4];
    for l in 0..K {
        for j in 0..3 {
            out[j][l] = r * x[j][l] + v * x[3 + j][l];
        }
        out[3][l] = z * x[6][l];
    }
    out
}

/// Aᵀ X, in place.
fn carry_back<const K: usize>(a: f64, x: &mut [[f64; K]; 7]) {
    for j in 0..3 {
        for l in 0..K {
            x[3 + j][l] += a * x[j][l];
        }
    }
}

/// Factorisation on its way from the last node to the first.
pub struct Backward {
    p: [[f64; 7]; 7],
    s: [[f64; 6]; 7],
    gram: [[f64; 6]; 6],
    sound: bool,
}

impl Backward {
    /// Behind the last node.
    pub fn new() -> Self {
        let mut s = [[0.0; 6]; 7];
        for i in 0..6 {
            s[i][i] = 1.0;
        }
        Self { p: [[0.0; 7]; 7], s, gram: [[0.0; 6]; 6], sound: true }
    }

    /// One node further back.
    pub fn node(&mut self, step: &Step, hessian: &Hessian, stage: &mut Stage) {
        let mut fxw = columns(&self.p, &step.b);
        let mut fww = rows(&step.b, &fxw);
        carry_back(step.a, &mut fxw);
        let mut own = columns(&hessian.xx, &step.o);
        own[6][3] += hessian.mass_sigma;
        let own_ww = rows(&step.o, &own);
        for i in 0..4 {
            for j in 0..4 {
                fww[i][j] += own_ww[i][j] + hessian.ww[i][j];
            }
        }
        let [_, _, own_mass] = step.o;
        fww[3][3] += own_mass * hessian.mass_sigma;
        for i in 0..7 {
            for j in 0..4 {
                fxw[i][j] += own[i][j];
            }
        }
        self.pivot(&fww, stage);
        for i in 0..7 {
            stage.m[i] = forward(stage, &fxw[i]);
        }
        self.value(step.a, hessian, stage);
        self.influence(step, stage);
    }

    /// L Lᵀ = F_ww.
    fn pivot(&mut self, fww: &[[f64; 4]; 4], stage: &mut Stage) {
        let l = &mut stage.lower;
        for i in 0..4 {
            for j in 0..=i {
                let mut sum = fww[i][j];
                for k in 0..j {
                    sum -= l[i][k] * l[j][k];
                }
                if i == j {
                    self.sound &= sum > 0.0;
                    let root = libm::sqrt(sum.max(1e-200));
                    l[i][i] = root;
                    stage.per_pivot[i] = 1.0 / root;
                } else {
                    l[i][j] = sum * stage.per_pivot[j];
                }
            }
        }
    }

    /// P ← Aᵀ P A + H_xx − M Mᵀ.
    fn value(&mut self, a: f64, hessian: &Hessian, stage: &Stage) {
        let p = &mut self.p;
        for i in 0..7 {
            for j in 0..3 {
                p[i][3 + j] += a * p[i][j];
            }
        }
        carry_back(a, p);
        for i in 0..7 {
            for j in 0..=i {
                let (x, y) = (&stage.m[i], &stage.m[j]);
                let product = x[0] * y[0] + x[1] * y[1] + x[2] * y[2] + x[3] * y[3];
                let sum = p[i][j] + hessian.xx[i][j] - product;
                p[i][j] = sum;
                p[j][i] = sum;
            }
        }
    }

    /// S ← Aᵀ S − M Y, and the Gram matrix of Y.
    fn influence(&mut self, step: &Step, stage: &mut Stage) {
        let mut y = rows(&step.b, &self.s);
        for i in 0..4 {
            for k in 0..i {
                let factor = stage.lower[i][k];
                for c in 0..6 {
                    y[i][c] -= factor * y[k][c];
                }
            }
            for c in 0..6 {
                y[i][c] *= stage.per_pivot[i];
            }
        }
        carry_back(step.a, &mut self.s);
        for i in 0..7 {
            for k in 0..4 {
                for c in 0..6 {
                    self.s[i][c] -= stage.m[i][k] * y[k][c];
                }
            }
        }
        for k in 0..4 {
            for i in 0..6 {
                for j in 0..6 {
                    self.gram[i][j] += y[k][i] * y[k][j];
                }
            }
        }
        stage.y = y;
    }

    /// Factor of the Gram matrix; `None` where the prescribed end cannot be reached or numbers broke down.
    pub fn finish(&self) -> Option<End> {
        let mut end = End { lower: [[0.0; 6]; 6] };
        let mut sound = self.sound;
        for i in 0..6 {
            for j in 0..=i {
                let mut sum = self.gram[i][j];
                for k in 0..j {
                    sum -= end.lower[i][k] * end.lower[j][k];
                }
                if i == j {
                    sound &= sum > 0.0 && sum.is_finite();
                    end.lower[i][i] = libm::sqrt(sum.max(1e-200));
                } else {
                    end.lower[i][j] = sum / end.lower[j][j];
                }
            }
        }
        sound.then_some(end)
    }
}

/// L⁻¹ x.
fn forward(stage: &Stage, x: &[f64; 4]) -> [f64; 4] {
    let (l, per) = (&stage.lower, &stage.per_pivot);
    let a = x[0] * per[0];
    let b = (x[1] - l[1][0] * a) * per[1];
    let c = (x[2] - l[2][0] * a - l[2][1] * b) * per[2];
    let d = (x[3] - l[3][0] * a - l[3][1] * b - l[3][2] * c) * per[3];
    [a, b, c, d]
}

/// L⁻ᵀ x.
fn backward(stage: &Stage, x: &[f64; 4]) -> [f64; 4] {
    let (l, per) = (&stage.lower, &stage.per_pivot);
    let d = x[3] * per[3];
    let c = (x[2] - l[3][2] * d) * per[2];
    let b = (x[1] - l[2][1] * c - l[3][1] * d) * per[1];
    let a = (x[0] - l[1][0] * b - l[2][0] * c - l[3][0] * d) * per[0];
    [a, b, c, d]
}

/// Factor of the six equations for the end's multipliers.
#[derive(Clone, Copy, Debug)]
pub struct End {
    lower: [[f64; 6]; 6],
}

impl End {
    /// The x for which L Lᵀ x = `b`.
    fn solve(&self, mut b: [f64; 6]) -> [f64; 6] {
        let l = &self.lower;
        for i in 0..6 {
            for k in 0..i {
                b[i] -= l[i][k] * b[k];
            }
            b[i] /= l[i][i];
        }
        for i in (0..6).rev() {
            for k in (i + 1)..6 {
                b[i] -= l[k][i] * b[k];
            }
            b[i] /= l[i][i];
        }
        b
    }
}

/// Solves for the gradients in the stages; the first state is zero, the last position and velocity `end`.
/// Returns the multipliers ν.
pub fn solve<const N: usize>(
    stages: &mut [Stage; N],
    kinds: &[Step; 3],
    factor: &End,
    end: &[f64; 6],
) -> [f64; 6] {
    let [first, middle, last] = kinds;
    let mut p = [0.0; 7];
    let mut sum = *end;
    for (k, stage) in stages.iter_mut().enumerate().rev() {
        let step = if k == 0 {
            first
        } else if k + 1 == N {
            last
        } else {
            middle
        };
        let (own, by) = (transposed(&step.o, &stage.gx), transposed(&step.b, &p));
        let mut f = stage.gw;
        for i in 0..4 {
            f[i] += own[i] + by[i];
        }
        let l = forward(stage, &f);
        stage.l = l;
        for i in 0..4 {
            for c in 0..6 {
                sum[c] += stage.y[i][c] * l[i];
            }
        }
        p = back(step, &p, &stage.gx);
        for i in 0..7 {
            let m = &stage.m[i];
            p[i] -= m[0] * l[0] + m[1] * l[1] + m[2] * l[2] + m[3] * l[3];
        }
    }
    let nu = factor.solve(sum.map(|x| -x));
    let mut x = [0.0; 7];
    for (k, stage) in stages.iter_mut().enumerate() {
        let step = if k == 0 {
            first
        } else if k + 1 == N {
            last
        } else {
            middle
        };
        let mut e = stage.l;
        for i in 0..4 {
            for j in 0..7 {
                e[i] += stage.m[j][i] * x[j];
            }
            for c in 0..6 {
                e[i] += stage.y[i][c] * nu[c];
            }
        }
        stage.w = backward(stage, &e).map(|x| -x);
        stage.x = with_own(step, &x, &stage.w);
        x = next(step, &x, &stage.w);
    }
    nu
}

#[cfg(test)]
mod tests {
    use super::*;

    const N: usize = 9;

    fn wave(i: usize) -> f64 {
        libm::sin(1.7 * i as f64 + 0.3)
    }

    /// Positive definite, another at each node.
    fn hessian(k: usize) -> Hessian {
        let mut h = Hessian { xx: [[0.0; 7]; 7], mass_sigma: 0.1, ww: [[0.0; 4]; 4] };
        for r in 0..3 {
            for i in 0..7 {
                for j in 0..7 {
                    h.xx[i][j] += wave(31 * k + 7 * r + i) * wave(31 * k + 7 * r + j);
                }
            }
        }
        for i in 0..7 {
            h.xx[i][i] += 0.5;
        }
        for i in 0..4 {
            for j in 0..4 {
                h.ww[i][j] = wave(k + i) * wave(k + j);
            }
            h.ww[i][i] += 1.0 + k as f64;
        }
        h
    }

    /// The answer meets the end, and no change of control that keeps the end would lower the cost: the
    /// gradient, carried back by the transposed motion, vanishes with the multipliers.
    #[test]
    fn the_answer_reaches_the_end_and_is_stationary() {
        let kinds = Step::kinds(1.0 / (N - 1) as f64);
        let kind = |k: usize| {
            &kinds[if k == 0 {
                0
            } else if k == N - 1 {
                2
            } else {
                1
            }]
        };
        let mut stages = [Stage::NEW; N];
        let mut backward = Backward::new();
        for k in (0..N).rev() {
            backward.node(kind(k), &hessian(k), &mut stages[k]);
        }
        let factor = backward.finish().unwrap();
        for (k, stage) in stages.iter_mut().enumerate() {
            for i in 0..7 {
                stage.gx[i] = wave(50 + 11 * k + i);
            }
            for i in 0..4 {
                stage.gw[i] = wave(90 + 11 * k + i);
            }
        }
        let end = [0.3, -0.2, 0.1, 0.5, -0.4, 0.2];
        let nu = solve(&mut stages, &kinds, &factor, &end);
        let mut x = [0.0; 7];
        for (k, stage) in stages.iter().enumerate() {
            let own = with_own(kind(k), &x, &stage.w);
            assert!(own.iter().zip(&stage.x).all(|(a, b)| (a - b).abs() < 1e-12));
            x = next(kind(k), &x, &stage.w);
        }
        assert!(end.iter().zip(&x).all(|(a, b)| (a - b).abs() < 1e-11), "{x:?}");
        let mut p = [0.0; 7];
        p[..6].copy_from_slice(&nu);
        for (k, stage) in stages.iter().enumerate().rev() {
            let h = hessian(k);
            let (mut gx, mut gw) = (stage.gx, stage.gw);
            for i in 0..7 {
                for j in 0..7 {
                    gx[i] += h.xx[i][j] * stage.x[j];
                }
            }
            for i in 0..4 {
                for j in 0..4 {
                    gw[i] += h.ww[i][j] * stage.w[j];
                }
            }
            gx[6] += h.mass_sigma * stage.w[3];
            gw[3] += h.mass_sigma * stage.x[6];
            let (own, by) = (transposed(&kind(k).o, &gx), transposed(&kind(k).b, &p));
            for i in 0..4 {
                assert!((gw[i] + own[i] + by[i]).abs() < 1e-9, "node {k}: {gw:?} {own:?} {by:?}");
            }
            p = back(kind(k), &p, &gx);
        }
    }

    #[test]
    fn a_hessian_that_is_not_positive_is_noticed() {
        let kinds = Step::kinds(0.5);
        let mut backward = Backward::new();
        let mut bad = hessian(0);
        bad.ww[2][2] = -50.0;
        for kind in kinds.iter().rev() {
            backward.node(kind, &bad, &mut Stage::NEW.clone());
        }
        assert!(backward.finish().is_none());
    }
}
