//! Random streams keyed by (campaign seed, run, component name).
//!
//! Owns: the generator and the few distributions the models need. A component that is added,
//! removed or asked more often never changes what another one draws.
//! As published — [Steele2014], SplitMix64: state += γ; output = mix(state). The key is
//! FNV-1a [FNV] over the component's name, mixed with seed and run through the same finaliser.
//! As programmed: a counter, so draw k of a stream is `mix(key + (k + 1) γ)`. Normal deviates by
//! [BoxMuller1958], both of each pair used, with `libm` so that every platform gives the same bits.

/// One component's own random numbers.
#[derive(Clone, Debug)]
pub struct Stream {
    state: u64,
    spare: Option<f64>,
}

/// Odd constant nearest to 2⁶⁴ divided by the golden ratio: [Steele2014].
const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn fnv1a(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3))
}

impl Stream {
    /// The stream of `component` in run number `run` of the campaign with `seed`.
    pub fn new(seed: u64, run: u64, component: &str) -> Self {
        let key = mix(mix(mix(seed.wrapping_add(GAMMA)) ^ run).wrapping_add(fnv1a(component)));
        Self { state: key, spare: None }
    }

    /// Numbers of the part `part` of whatever `key` was drawn for: the same whatever other parts draw.
    pub fn part(key: u64, part: u64) -> Self {
        Self { state: mix(key ^ mix(part.wrapping_add(GAMMA))), spare: None }
    }

    /// Other numbers from now on: those of `key`, and of this stream alone.
    pub fn rekey(&mut self, key: u64) {
        *self = Self::part(self.state, mix(key));
    }

    /// 64 uniform bits.
    pub fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(GAMMA);
        mix(self.state)
    }

    /// Uniform on [0, 1), 53 bits.
    pub fn uniform(&mut self) -> f64 {
        (self.bits() >> 11) as f64 * (1.0 / 9_007_199_254_740_992.0)
    }

    /// Uniform on [min, max).
    pub fn uniform_between(&mut self, min: f64, max: f64) -> f64 {
        min + (max - min) * self.uniform()
    }

    /// Normal deviate, mean 0, standard deviation 1.
    pub fn normal(&mut self) -> f64 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        let radius = libm::sqrt(-2.0 * libm::log(1.0 - self.uniform()));
        let (sin, cos) = libm::sincos(core::f64::consts::TAU * self.uniform());
        self.spare = Some(radius * sin);
        radius * cos
    }

    /// Three independent normal deviates.
    pub fn normal3(&mut self) -> nalgebra::Vector3<f64> {
        nalgebra::Vector3::new(self.normal(), self.normal(), self.normal())
    }
}

/// Which random numbers a run has: those of its seed and number, and in place of what they would draw for
/// constants, numbers that are given.
#[derive(Clone, Copy, Debug)]
pub struct Key<'a> {
    /// Seed of the campaign.
    pub seed: u64,
    /// Number of the run.
    pub run: u64,
    given: &'a [Given],
}

/// The first normal deviates of a component's constants, in the order in which they are drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Given {
    /// Name of the component's stream.
    pub component: String,
    /// Standard normal deviates.
    pub normals: Vec<f64>,
}

impl From<(u64, u64)> for Key<'_> {
    fn from((seed, run): (u64, u64)) -> Self {
        Self { seed, run, given: &[] }
    }
}

impl<'a> Key<'a> {
    /// The numbers of a run, some of its constants given.
    pub fn new(seed: u64, run: u64, given: &'a [Given]) -> Self {
        Self { seed, run, given }
    }

    /// The stream of a component.
    pub fn stream(self, component: &str) -> Stream {
        Stream::new(self.seed, self.run, component)
    }

    /// What is drawn once a run for a component: as from its stream, but for what is given.
    pub fn constants(self, component: &str) -> Constants<'a> {
        let given = self.given.iter().find(|given| given.component == component);
        let given = given.map_or(&[][..], |given| &given.normals[..]).iter();
        Constants { given, stream: self.stream(component) }
    }
}

/// Normal deviates for the constants of one component in a run.
#[derive(Clone, Debug)]
pub struct Constants<'a> {
    given: core::slice::Iter<'a, f64>,
    stream: Stream,
}

/// What gives standard normal deviates.
pub trait Normals {
    /// The next.
    fn normal(&mut self) -> f64;

    /// Three independent ones.
    fn normal3(&mut self) -> nalgebra::Vector3<f64> {
        nalgebra::Vector3::new(self.normal(), self.normal(), self.normal())
    }
}

impl Normals for Stream {
    fn normal(&mut self) -> f64 {
        Self::normal(self)
    }
}

impl Normals for Constants<'_> {
    /// Drawn always, so that what is given moves nothing else.
    fn normal(&mut self) -> f64 {
        let drawn = self.stream.normal();
        self.given.next().copied().unwrap_or(drawn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_finaliser_gives_the_published_first_outputs_of_splitmix64() {
        // Java's SplittableRandom and the reference C code, seed 1234567.
        let mut stream = Stream { state: 1_234_567, spare: None };
        let published = [6_457_827_717_110_365_317_u64, 3_203_168_211_198_807_973];
        assert_eq!([stream.bits(), stream.bits()], published);
    }

    #[test]
    fn normal_deviates_have_the_moments_of_a_normal_distribution() {
        let mut stream = Stream::new(1, 2, "imu");
        let n = 200_000;
        let mut sums = [0.0_f64; 4];
        for _ in 0..n {
            let x = stream.normal();
            for (power, sum) in sums.iter_mut().enumerate() {
                *sum += x.powi(power as i32 + 1) / f64::from(n);
            }
        }
        // Four standard errors: the variances of x, x², x³, x⁴ are 1, 2, 15, 96.
        for ((moment, expected), variance) in
            sums.iter().zip([0.0, 1.0, 0.0, 3.0]).zip([1.0_f64, 2.0, 15.0, 96.0])
        {
            assert!((moment - expected).abs() < 4.0 * (variance / f64::from(n)).sqrt(), "{sums:?}");
        }
    }

    #[test]
    fn uniform_deviates_fill_sixteen_bins_evenly() {
        let mut stream = Stream::new(7, 0, "uniform");
        let mut bins = [0_u32; 16];
        for _ in 0..160_000 {
            bins[(stream.uniform() * 16.0) as usize] += 1;
        }
        let chi2: f64 = bins.iter().map(|n| (f64::from(*n) - 1e4).powi(2) / 1e4).sum();
        assert!(chi2 < 37.7, "chi2 {chi2} with 15 degrees of freedom, 0.1 % limit 37.7");
    }

    #[test]
    fn streams_differ_by_seed_run_and_name_and_do_not_share_draws() {
        let draw = |seed, run, name| Stream::new(seed, run, name).bits();
        let base = draw(1, 1, "imu");
        assert_eq!(base, draw(1, 1, "imu"));
        for other in [draw(2, 1, "imu"), draw(1, 2, "imu"), draw(1, 1, "jet.0")] {
            assert_ne!(base, other);
        }
        assert_ne!(Stream::part(base, 1).bits(), Stream::part(base, 2).bits());
        // Correlation of neighbours (runs n and n + 1): zero within four standard errors.
        let n = 20_000_u64;
        let sum: f64 = (0..n)
            .map(|run| Stream::new(5, run, "a").normal() * Stream::new(5, run + 1, "a").normal())
            .sum();
        assert!((sum / n as f64).abs() < 4.0 / (n as f64).sqrt(), "{sum}");
    }
}
