//! The filter as a linear system: what an error that nobody modelled would have done to every innovation.
//!
//! Owns: [`Linear`] and how an error is carried through it. Does not own: the filter that made it.
//! As published — [WillskyJones1976]: with the gains K of a filter that knows nothing of it, an error e of the estimate
//! (truth less prediction) goes from epoch to epoch, and reading to reading, as
//!     e⁻ₖ = Φₖ e⁺ₖ₋₁ + jumpₖ,    Δν = H e⁻,    e⁺ = e⁻ − K Δν
//! and Δν is what it adds to the innovation. Innovations are white with variance S where nothing is wrong.
//! As programmed: readings of one epoch are taken one after the other, each with its own gain.

use super::states::{Errors, MOTION, N};
use crate::finding::Device;
use icd::time::Time;
use std::ops::Range;

/// How errors move from one epoch to the next.
#[derive(Clone, Debug, PartialEq)]
pub struct Transition {
    /// Rows of position, velocity and attitude.
    pub motion: Box<[Errors; MOTION]>,
    /// What is kept of each of the other states; 1 of a constant.
    pub keep: Box<[f64; N - MOTION]>,
}

impl Transition {
    /// Nothing moves.
    pub fn identity() -> Self {
        let mut motion = Box::new([[0.0; N]; MOTION]);
        for (place, row) in motion.iter_mut().enumerate() {
            row[place] = 1.0;
        }
        Self { motion, keep: Box::new([1.0; N - MOTION]) }
    }

    /// An error carried over.
    pub fn carry(&self, e: &Errors) -> Errors {
        let mut out = *e;
        for (slot, row) in out.iter_mut().zip(self.motion.iter()) {
            *slot = dot(row, e);
        }
        for (slot, keep) in out.iter_mut().skip(MOTION).zip(self.keep.iter()) {
            *slot *= keep;
        }
        out
    }

    /// The transpose, for the way back.
    pub fn carry_back(&self, l: &Errors) -> Errors {
        let mut out = [0.0; N];
        for (slot, (l, keep)) in out.iter_mut().zip(l.iter().zip(self.kept())) {
            *slot = keep * l;
        }
        for (row, l) in self.motion.iter().zip(l) {
            for (slot, x) in out.iter_mut().zip(row) {
                *slot += x * l;
            }
        }
        out
    }

    fn kept(&self) -> impl Iterator<Item = f64> + '_ {
        [0.0; MOTION].into_iter().chain(self.keep.iter().copied())
    }
}

/// Sum of products.
pub(super) fn dot(a: &Errors, b: &Errors) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

/// One scalar as it was taken.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// Where it came from. [`Device::Accelerometers`]: what they read while no valve is open and nothing pushes.
    pub device: Device,
    /// Which of its scalars: star tracker two across the boresight and one about it; beams; pixel right and down, in the
    /// order of the frame's landmarks; axes.
    pub component: u8,
    /// Place in `Evidence::cycles` of the cycle in which it arrived.
    pub cycle: u32,
    /// Time of the measurement, by its tag.
    pub t: Time,
    /// As read, less what is predicted without it.
    pub innovation: f64,
    /// Variance of the innovation.
    pub variance: f64,
    /// ∂reading/∂state.
    pub partial: Errors,
    /// What the state learns from a unit of innovation.
    pub gain: Errors,
}

impl Reading {
    /// Innovation in standard deviations.
    pub fn whitened(&self) -> f64 {
        self.innovation / self.variance.sqrt()
    }

    /// Takes the reading: what the error `e` adds to its whitened innovation; `e` is what remains.
    pub fn take(&self, e: &mut Errors) -> f64 {
        let shift = dot(&self.partial, e);
        for (slot, gain) in e.iter_mut().zip(&self.gain) {
            *slot -= gain * shift;
        }
        shift / self.variance.sqrt()
    }
}

/// One instant at which readings are taken.
#[derive(Clone, Debug, PartialEq)]
pub struct Epoch {
    /// When.
    pub t: Time,
    /// From the epoch before; of the first one from the start of navigation.
    pub transition: Transition,
    /// Its readings in [`Linear::readings`]; may be none.
    pub readings: Range<usize>,
}

/// The filter of the last pass.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Linear {
    /// In the order of time.
    pub epochs: Vec<Epoch>,
    /// All readings, in the order in which they were taken.
    pub readings: Vec<Reading>,
    /// Covariance of the errors at the start of navigation: its Cholesky factor's columns times normal deviates are start
    /// errors. One row a state.
    pub start: Vec<Errors>,
}

impl Linear {
    /// What an error adds to all whitened innovations, in the order of [`Self::readings`].
    ///
    /// - `jump`: added to the errors at an epoch before its readings are taken: place of the epoch, its time, the errors.
    pub fn signature(&self, mut jump: impl FnMut(usize, Time, &mut Errors)) -> Vec<f64> {
        let mut e = [0.0; N];
        let mut out = Vec::with_capacity(self.readings.len());
        for (place, epoch) in self.epochs.iter().enumerate() {
            e = epoch.transition.carry(&e);
            jump(place, epoch.t, &mut e);
            let readings = self.readings.get(epoch.readings.clone()).unwrap_or(&[]);
            out.extend(readings.iter().map(|reading| reading.take(&mut e)));
        }
        out
    }
}
