//! The cones of one node, side by side.
//!
//! Owns: vectors of slacks and of their multipliers, and the scaling between them. What each cone
//! means is in `rows`.

use super::cone::{Line, Scaling, depth, product};

/// Cones of one node: the barrier's degree.
pub const DEGREE: usize = 7;

/// One vector over the cones of a node.
#[derive(Clone, Copy, Debug)]
pub struct Slack {
    /// (σ; u).
    pub thrust: [f64; 4],
    /// Least thrust.
    pub least: [f64; 3],
    /// Glide slope.
    pub slope: [f64; 3],
    /// Speed.
    pub speed: [f64; 4],
    /// Most thrust, pointing, mass.
    pub line: [f64; 3],
}

fn each<const D: usize>(a: &[f64; D], b: &[f64; D], f: impl Fn(f64, f64) -> f64) -> [f64; D] {
    let mut out = *a;
    for i in 0..D {
        out[i] = f(a[i], b[i]);
    }
    out
}

fn dot<const D: usize>(a: &[f64; D], b: &[f64; D]) -> f64 {
    let mut sum = 0.0;
    for i in 0..D {
        sum += a[i] * b[i];
    }
    sum
}

impl Slack {
    /// The identity of the algebra: in the middle of every cone.
    pub const CENTRE: Self = Self {
        thrust: [1.0, 0.0, 0.0, 0.0],
        least: [1.0, 0.0, 0.0],
        slope: [1.0, 0.0, 0.0],
        speed: [1.0, 0.0, 0.0, 0.0],
        line: [1.0; 3],
    };

    /// Nothing.
    pub const ZERO: Self = Self {
        thrust: [0.0; 4],
        least: [0.0; 3],
        slope: [0.0; 3],
        speed: [0.0; 4],
        line: [0.0; 3],
    };

    /// Element by element.
    pub fn zip(&self, other: &Self, f: impl Fn(f64, f64) -> f64 + Copy) -> Self {
        Self {
            thrust: each(&self.thrust, &other.thrust, f),
            least: each(&self.least, &other.least, f),
            slope: each(&self.slope, &other.slope, f),
            speed: each(&self.speed, &other.speed, f),
            line: each(&self.line, &other.line, f),
        }
    }

    /// Inner product.
    pub fn dot(&self, other: &Self) -> f64 {
        dot(&self.thrust, &other.thrust)
            + dot(&self.least, &other.least)
            + dot(&self.slope, &other.slope)
            + dot(&self.speed, &other.speed)
            + dot(&self.line, &other.line)
    }

    /// Smallest eigenvalue of all: positive inside every cone.
    pub fn depth(&self) -> f64 {
        let line = self.line.iter().fold(f64::INFINITY, |a, b| a.min(*b));
        depth(&self.thrust)
            .min(depth(&self.least))
            .min(depth(&self.slope))
            .min(depth(&self.speed))
            .min(line)
    }

    /// Moved towards the middle of each cone on its own until no eigenvalue is below `least`.
    pub fn at_least(&self, least: f64) -> Self {
        fn lift<const D: usize>(a: &[f64; D], least: f64) -> [f64; D] {
            let mut out = *a;
            if let Some(first) = out.first_mut() {
                *first += (least - depth(a)).max(0.0);
            }
            out
        }
        Self {
            thrust: lift(&self.thrust, least),
            least: lift(&self.least, least),
            slope: lift(&self.slope, least),
            speed: lift(&self.speed, least),
            line: self.line.map(|x| x.max(least)),
        }
    }
}

/// Scaling of all cones of a node.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    pub thrust: Scaling<4>,
    pub least: Scaling<3>,
    pub slope: Scaling<3>,
    pub speed: Scaling<4>,
    pub line: [Line; 3],
}

impl Scale {
    /// That changes nothing.
    pub fn identity() -> Self {
        Self {
            thrust: Scaling::identity(),
            least: Scaling::identity(),
            slope: Scaling::identity(),
            speed: Scaling::identity(),
            line: [Line::identity(); 3],
        }
    }

    /// Of a pair strictly inside.
    pub fn new(s: &Slack, z: &Slack) -> Self {
        let ([a, b, c], [d, e, f]) = (s.line, z.line);
        Self {
            thrust: Scaling::new(&s.thrust, &z.thrust),
            least: Scaling::new(&s.least, &z.least),
            slope: Scaling::new(&s.slope, &z.slope),
            speed: Scaling::new(&s.speed, &z.speed),
            line: [Line::new(a, d), Line::new(b, e), Line::new(c, f)],
        }
    }

    fn lines(&self, x: &[f64; 3], f: impl Fn(&Line, f64) -> f64) -> [f64; 3] {
        let ([a, b, c], [x, y, z]) = (&self.line, *x);
        [f(a, x), f(b, y), f(c, z)]
    }

    /// W x.
    pub fn by(&self, x: &Slack) -> Slack {
        Slack {
            thrust: self.thrust.by(&x.thrust),
            least: self.least.by(&x.least),
            slope: self.slope.by(&x.slope),
            speed: self.speed.by(&x.speed),
            line: self.lines(&x.line, |line, x| line.w * x),
        }
    }

    /// W⁻¹ x.
    pub fn per(&self, x: &Slack) -> Slack {
        Slack {
            thrust: self.thrust.per(&x.thrust),
            least: self.least.per(&x.least),
            slope: self.slope.per(&x.slope),
            speed: self.speed.per(&x.speed),
            line: self.lines(&x.line, |line, x| line.per_w * x),
        }
    }

    /// λ.
    pub fn lambda(&self) -> Slack {
        Slack {
            thrust: *self.thrust.lambda(),
            least: *self.least.lambda(),
            slope: *self.slope.lambda(),
            speed: *self.speed.lambda(),
            line: self.lines(&[0.0; 3], |line, _| line.lambda),
        }
    }

    /// λ \ (λ ∘ λ + a ∘ b − centre e): the corrector's right side.
    pub fn corrector(&self, a: &Slack, b: &Slack, centre: f64) -> Slack {
        fn one<const D: usize>(
            by: &Scaling<D>,
            a: &[f64; D],
            b: &[f64; D],
            centre: f64,
        ) -> [f64; D] {
            let mut d = product(a, b);
            if let Some(first) = d.first_mut() {
                *first -= centre;
            }
            let divided = by.divide(&d);
            each(&divided, by.lambda(), |x, l| x + l)
        }
        let product = each(&a.line, &b.line, |a, b| a * b - centre);
        Slack {
            thrust: one(&self.thrust, &a.thrust, &b.thrust, centre),
            least: one(&self.least, &a.least, &b.least, centre),
            slope: one(&self.slope, &a.slope, &b.slope, centre),
            speed: one(&self.speed, &a.speed, &b.speed, centre),
            line: self.lines(&product, |line, x| line.lambda + x * line.per_lambda),
        }
    }

    /// Inverse of the longest step along the scaled direction; at most zero: no limit.
    pub fn inverse_step(&self, d: &Slack) -> f64 {
        let [a, b, c] = self.lines(&d.line, |line, x| -x * line.per_lambda);
        self.thrust
            .inverse_step(&d.thrust)
            .max(self.least.inverse_step(&d.least))
            .max(self.slope.inverse_step(&d.slope))
            .max(self.speed.inverse_step(&d.speed))
            .max(a.max(b).max(c))
    }
}
