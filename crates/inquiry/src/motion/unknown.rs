//! What the library does not hold: a start other than navigation was told, a device that is wrong in a way of its own.
//!
//! As programmed: Gaussian errors whose common size is not known. With the law of that size as in [`crate::prior`],
//!     ln p = ln mean over s of exp(½ hᵀ(J + s⁻²)⁻¹h) / √|1 + s²J|.
//! A start is wrong by a multiple of its own covariance. A device of its own way has an error that steps at eight times to
//! whatever fits; the eight steps are paid for as far as the readings resolve them.

use super::size::ln_sum_exp;
use super::suspects::biases;
use super::system::{Injection, Place, System};
use crate::finding::Device;
use crate::prior::SIGMA_LN;
use crate::trajectory::states::Errors;
use nalgebra::{DMatrix, DVector};

/// A wrong start is typically wrong by so many of its standard deviations; assumed.
const START_SIGMAS: f64 = 5.0;
/// Times at which an error may step.
const BLOCKS: usize = 8;
/// States of position and velocity.
const START_STATES: usize = 6;

/// Errors of unknown size against the innovations.
#[derive(Clone, Debug)]
pub struct Loose {
    /// ln of the evidence.
    pub gain: f64,
    /// Most probable sizes, one for each column, and their standard deviations.
    pub sizes: Vec<(f64, f64)>,
    /// How much of the readings' squared innovations it takes away.
    pub explains: f64,
}

/// Evidence of errors along columns of shifts, each normal about zero with one common size.
pub(super) fn loose(system: &System, columns: &[Vec<f64>]) -> Option<Loose> {
    let nu = system.innovations();
    let n = columns.len();
    let h = DVector::from_iterator(n, columns.iter().map(|own| system.product(own, &nu)));
    let J = DMatrix::from_fn(n, n, |i, j| system.product(&columns[i], &columns[j]));
    if n == 0 || J.trace() <= 0.0 {
        return None;
    }
    let eigen = J.symmetric_eigen();
    let turned = eigen.eigenvectors.tr_mul(&h);
    let at = |s: f64| -> f64 {
        let pairs = eigen.eigenvalues.iter().zip(turned.iter());
        pairs
            .map(|(j, h)| {
                let j = j.max(0.0);
                0.5 * h * h / (j + 1.0 / (s * s)) - 0.5 * libm::log(1.0 + s * s * j)
            })
            .sum()
    };
    let (step, reach) = (0.25, 4.0);
    let z = |n: usize| -reach + step * n as f64;
    let terms: Vec<f64> = (0..=(2.0 * reach / step) as usize)
        .map(|n| at(libm::exp(SIGMA_LN * z(n))) - 0.5 * z(n) * z(n))
        .collect();
    let gain = ln_sum_exp(&terms) + libm::log(step) - 0.918_938_533_204_672_8;
    let best = terms.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).map_or(0, |(n, _)| n);
    let s = libm::exp(SIGMA_LN * z(best));
    let shrunk = DVector::from_iterator(
        n,
        eigen.eigenvalues.iter().zip(turned.iter()).map(|(j, h)| h / (j.max(0.0) + 1.0 / (s * s))),
    );
    let mean = &eigen.eigenvectors * shrunk;
    let variance = |row: usize| -> f64 {
        let axes = eigen.eigenvectors.row(row);
        let pairs = axes.iter().zip(eigen.eigenvalues.iter());
        pairs.map(|(v, j)| v * v / (j.max(0.0) + 1.0 / (s * s))).sum()
    };
    let sizes = (0..n).map(|row| (mean[row], variance(row).sqrt())).collect();
    Some(Loose { gain, sizes, explains: mean.dot(&h) })
}

/// A start that is wrong by more than navigation was told; sizes are position and velocity, inertial axes, m and m/s.
pub fn start(system: &System, covariance: &[Errors]) -> Option<Loose> {
    let n = START_STATES;
    let own = DMatrix::from_fn(n, n, |i, j| {
        covariance.get(i).and_then(|row| row.get(j)).copied().unwrap_or_default()
    });
    // Metres and metres a second are brought to one scale before the root is taken.
    let scale: Vec<f64> = (0..n).map(|i| own[(i, i)].max(f64::MIN_POSITIVE).sqrt()).collect();
    let even = DMatrix::from_fn(n, n, |i, j| own[(i, j)] / scale[i] / scale[j]);
    let root = (even + DMatrix::identity(n, n) * 1e-12).cholesky()?.l();
    let axis = |column: usize| -> Vec<(usize, f64)> {
        (0..n).map(|row| (row, START_SIGMAS * scale[row] * root[(row, column)])).collect()
    };
    let shift =
        |column| system.shifts(&[Injection { place: Place::before(0), added: axis(column) }]);
    let columns: Vec<Vec<f64>> = (0..n).map(shift).collect();
    let mut found = loose(system, &columns)?;
    let along = found.sizes.clone();
    found.sizes = (0..n)
        .map(|row| {
            let parts = || (0..=row).map(|c| START_SIGMAS * scale[row] * root[(row, c)]);
            let mean = parts().zip(&along).map(|(by, (mean, _))| by * mean).sum();
            let square: f64 = parts().zip(&along).map(|(by, (_, sd))| (by * sd) * (by * sd)).sum();
            (mean, square.sqrt())
        })
        .collect();
    Some(found)
}

/// A device whose error steps as it likes.
pub fn own_way(system: &System, device: Device) -> Option<Loose> {
    let inertial = matches!(device, Device::Gyros | Device::Accelerometers);
    let seen = system.readings().any(|reading| reading.device == device);
    if !inertial && !seen {
        return None;
    }
    let blocks = blocks(system, device);
    let mut columns = Vec::new();
    for place in &blocks {
        for (state, typical) in biases(device) {
            let added = vec![(state, typical)];
            columns.push(system.shifts(&[Injection { place: *place, added }]));
        }
    }
    loose(system, &columns)
}

/// Where the blocks begin: of a device with readings so that each has as many of them, else even in time.
fn blocks(system: &System, device: Device) -> Vec<Place> {
    let own = |reading: &super::system::Reading| reading.device == device;
    let epochs = system.epochs.iter().enumerate();
    let with = epochs.filter(|(_, epoch)| epoch.readings.iter().any(own)).map(|(k, _)| k);
    let mut with: Vec<usize> = with.collect();
    if matches!(device, Device::Gyros | Device::Accelerometers) || with.len() < BLOCKS {
        with = (0..system.epochs.len()).collect();
    }
    let mut out: Vec<Place> = (0..BLOCKS)
        .filter_map(|n| with.get(n * with.len() / BLOCKS))
        .map(|k| Place::before(*k))
        .collect();
    if let Some(first) = out.first_mut() {
        *first = Place::before(0);
    }
    out.dedup();
    out
}
