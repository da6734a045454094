//! A linear system with its filter's gains, and how an error that begins somewhere shows in the innovations.
//!
//! As published [WillskyJones1976]: an error e that a fault adds to the state of a filter shifts every later innovation by
//! H e⁻; the filter follows with e⁺ = (I − K H) e⁻, e⁻ = Φ e⁺. The shifted innovations are Gaussian, so that the
//! likelihood ratio of an error θ injected at one place is exp(θᵀh − ½ θᵀJθ) with
//!     h = Σ gᵀν/S,   J = Σ gᵀg/S,   g = H Ψ(later, place).
//! As programmed: h and J follow backwards over the readings, for every place and every state in one pass,
//!     h⁻ = Hᵀν/S + (I − KH)ᵀh⁺,   J⁻ = HᵀH/S + (I − KH)ᵀJ⁺(I − KH),   h⁺ = Φᵀh⁻,   J⁺ = ΦᵀJ⁻Φ
//! (the adjoint of the Bryson-Frazier smoother). An error that grows with time is a further state r that feeds its own:
//! e⁻ = Φ e⁺ + r dt.

use crate::finding::Device;
use nalgebra::{DMatrix, DVector};

/// Most rows of a transition that are not those of the identity.
const MOVED: usize = 32;

/// The rows of a transition that are not those of the identity.
pub fn moved(
    entries: impl Iterator<Item = (usize, usize, f64)>,
) -> Vec<(usize, Vec<(usize, f64)>)> {
    let mut rows: Vec<(usize, Vec<(usize, f64)>)> = Vec::new();
    for (row, col, value) in entries {
        match rows.iter_mut().find(|(own, _)| *own == row) {
            Some((_, own)) => own.push((col, value)),
            None => rows.push((row, vec![(col, value)])),
        }
    }
    rows.retain(|(row, own)| own.as_slice() != [(*row, 1.0)]);
    rows.truncate(MOVED);
    rows
}

/// One scalar reading as the filter met it.
#[derive(Clone, Debug)]
pub struct Reading {
    /// Who measured.
    pub device: Device,
    /// Which of its scalars.
    pub component: u8,
    /// Place of the cycle in which it arrived.
    pub cycle: u32,
    /// When, s after the first epoch.
    pub t_s: f64,
    /// How it depends on the states: place and derivative.
    pub h: Vec<(usize, f64)>,
    /// Innovation, in the reading's unit.
    pub nu: f64,
    /// Its variance.
    pub s: f64,
    /// What the filter adds to its states for an innovation of one.
    pub gain: Vec<f64>,
}

/// One instant at which readings were used, one after the other.
#[derive(Clone, Debug)]
pub struct Epoch {
    /// When, s after the first epoch.
    pub t_s: f64,
    /// Transition of the states from the epoch before: rows that are not those of the identity, with columns and values.
    pub phi: Vec<(usize, Vec<(usize, f64)>)>,
    /// What was read.
    pub readings: Vec<Reading>,
}

/// The whole flight.
#[derive(Clone, Debug, Default)]
pub struct System {
    /// Number of states.
    pub states: usize,
    /// States of which an error can grow with time; the `n`-th has the place `states + n`.
    pub growing: Vec<usize>,
    /// In the order of time.
    pub epochs: Vec<Epoch>,
}

/// A place in the flight: before one reading of one epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The epoch.
    pub epoch: usize,
    /// The reading within it.
    pub reading: usize,
}

impl Place {
    /// Before all readings of an epoch.
    pub const fn before(epoch: usize) -> Self {
        Self { epoch, reading: 0 }
    }
}

/// An error that comes in at a place: states (those that grow behind the others) and sizes.
#[derive(Clone, Debug, PartialEq)]
pub struct Injection {
    /// Where.
    pub place: Place,
    /// State and what is added to it.
    pub added: Vec<(usize, f64)>,
}

/// What the innovations from a place on say of an error that comes in there: all states, then those that grow.
#[derive(Clone, Debug)]
pub struct Adjoint {
    /// Σ gᵀν/S.
    pub h: DVector<f64>,
    /// Σ gᵀg/S.
    pub J: DMatrix<f64>,
}

impl System {
    /// States and growing ones together.
    pub fn width(&self) -> usize {
        self.states + self.growing.len()
    }

    /// Place of the growing error of a state, if it has one.
    pub fn growth_of(&self, state: usize) -> Option<usize> {
        self.growing.iter().position(|own| *own == state).map(|n| self.states + n)
    }

    /// Time at a place, s.
    pub fn t_s(&self, place: Place) -> f64 {
        let epoch = self.epochs.get(place.epoch);
        let reading = epoch.and_then(|epoch| epoch.readings.get(place.reading));
        let of_epoch = epoch.map_or_else(|| self.end_s(), |epoch| epoch.t_s);
        reading.filter(|_| place.reading > 0).map_or(of_epoch, |reading| reading.t_s)
    }

    /// Time of the last epoch, s.
    pub fn end_s(&self) -> f64 {
        self.epochs.last().map_or(0.0, |epoch| epoch.t_s)
    }

    /// Time from the epoch before to `k`, s.
    fn dt_s(&self, k: usize) -> f64 {
        let before = k.checked_sub(1).and_then(|before| self.epochs.get(before));
        before.map_or(0.0, |before| self.epochs[k].t_s - before.t_s)
    }

    /// The transition to `k` less the identity: row, column, value.
    fn moves(&self, k: usize) -> impl Iterator<Item = (usize, usize, f64)> + '_ {
        let of_row = |(row, own): &'_ (usize, Vec<(usize, f64)>)| {
            let row = *row;
            let stays = std::iter::once((row, row, -1.0));
            own.iter().map(move |(col, v)| (row, *col, *v)).chain(stays).collect::<Vec<_>>()
        };
        let dt_s = self.dt_s(k);
        let grows = self.growing.iter().enumerate();
        let grows = grows.map(move |(n, state)| (*state, self.states + n, dt_s));
        self.epochs[k].phi.iter().flat_map(of_row).chain(grows)
    }

    /// How much every innovation shifts, in the order of the readings, for errors that come in.
    pub fn shifts(&self, injections: &[Injection]) -> Vec<f64> {
        let mut out = Vec::new();
        let mut column = vec![0.0; self.width()];
        for k in 0..self.epochs.len() {
            self.carry(k, &mut column);
            self.meet(k, &mut column, injections, &mut out);
        }
        out
    }

    /// Carries an error from the epoch before to `k`.
    pub(super) fn carry(&self, k: usize, column: &mut [f64]) {
        if k == 0 || column.iter().all(|e| *e == 0.0) {
            return;
        }
        let mut moved = [0.0; MOVED];
        for (slot, (_, row)) in moved.iter_mut().zip(&self.epochs[k].phi) {
            *slot = along(row, column);
        }
        for (value, (row, _)) in moved.iter().zip(&self.epochs[k].phi) {
            column[*row] = *value;
        }
        let dt_s = self.dt_s(k);
        for (n, state) in self.growing.iter().enumerate() {
            column[*state] += column[self.states + n] * dt_s;
        }
    }

    /// Takes an error through the readings of an epoch; `injections` come in where they belong.
    fn meet(&self, k: usize, column: &mut [f64], injections: &[Injection], out: &mut Vec<f64>) {
        let readings = &self.epochs[k].readings;
        let inject = |n: usize, column: &mut [f64]| {
            let here = Place { epoch: k, reading: n };
            for injection in injections.iter().filter(|injection| injection.place == here) {
                injection.added.iter().for_each(|(state, by)| column[*state] += by);
            }
        };
        for (n, reading) in readings.iter().enumerate() {
            inject(n, column);
            let shift: f64 = reading.h.iter().map(|(state, by)| column[*state] * by).sum();
            if shift != 0.0 {
                column.iter_mut().zip(&reading.gain).for_each(|(e, gain)| *e -= gain * shift);
            }
            out.push(shift);
        }
        if readings.is_empty() {
            inject(0, column);
        }
    }

    /// Takes an error through the readings of an epoch.
    pub(super) fn pass(&self, k: usize, column: &mut [f64]) {
        for reading in &self.epochs[k].readings {
            let shift: f64 = reading.h.iter().map(|(state, by)| column[*state] * by).sum();
            if shift != 0.0 {
                column.iter_mut().zip(&reading.gain).for_each(|(e, gain)| *e -= gain * shift);
            }
        }
    }

    /// All innovations, in the order of the readings.
    pub fn innovations(&self) -> Vec<f64> {
        self.readings().map(|reading| reading.nu).collect()
    }

    /// All readings in their order.
    pub fn readings(&self) -> impl Iterator<Item = &Reading> {
        self.epochs.iter().flat_map(|epoch| &epoch.readings)
    }

    /// Σ a b/S over all readings.
    pub fn product(&self, a: &[f64], b: &[f64]) -> f64 {
        self.readings().zip(a.iter().zip(b)).map(|(reading, (a, b))| a * b / reading.s).sum()
    }

    /// Goes backwards over all places, last first: `see(place, h, J)` with what the innovations from there on say.
    ///
    /// - `growing`: places in [`Self::growing`] of those that are looked at; the others stay zero.
    pub fn backwards(
        &self,
        growing: &[usize],
        mut see: impl FnMut(Place, &DVector<f64>, &DMatrix<f64>),
    ) {
        let width = self.width();
        let mut state = Adjoint { h: DVector::zeros(width), J: DMatrix::zeros(width, width) };
        let mut scratch = Scratch {
            along: DVector::zeros(width),
            product: DMatrix::zeros(width, width),
            row: DVector::zeros(width),
            moves: Vec::new(),
        };
        for k in (0..self.epochs.len()).rev() {
            let readings = &self.epochs[k].readings;
            for (n, reading) in readings.iter().enumerate().rev() {
                unread(reading, &mut state, &mut scratch.along);
                see(Place { epoch: k, reading: n }, &state.h, &state.J);
            }
            if readings.is_empty() {
                see(Place::before(k), &state.h, &state.J);
            }
            if k > 0 {
                let seen = |col: usize| col < self.states || growing.contains(&(col - self.states));
                scratch.moves.clear();
                scratch.moves.extend(self.moves(k).filter(|(_, col, _)| seen(*col)));
                uncarry(&mut state, &mut scratch);
            }
        }
    }

    /// What a set of shifted innovations has in common with an error that comes in at each place: Σ g b/S, all states, for
    /// each place of `places` (ascending).
    pub fn common(&self, shifts: &[f64], places: &[Place]) -> Vec<DVector<f64>> {
        let mut out = Vec::with_capacity(places.len());
        let mut left = places.iter().rev().peekable();
        let mut h = DVector::<f64>::zeros(self.width());
        let mut n = shifts.len();
        for k in (0..self.epochs.len()).rev() {
            let readings = &self.epochs[k].readings;
            for place in (0..readings.len().max(1)).rev() {
                if let Some(reading) = readings.get(place) {
                    n -= 1;
                    let of_h: f64 = reading.gain.iter().zip(h.iter()).map(|(k, h)| k * h).sum();
                    let by = shifts[n] / reading.s - of_h;
                    reading.h.iter().for_each(|(i, hi)| h[*i] += hi * by);
                }
                while left.next_if(|next| **next == Place { epoch: k, reading: place }).is_some() {
                    out.push(h.clone());
                }
            }
            if k > 0 {
                let mut next = h.clone();
                self.moves(k).for_each(|(row, col, v)| next[col] += v * h[row]);
                h = next;
            }
        }
        out.reverse();
        out
    }
}

/// Sum of products, in four sums: one would wait for itself.
fn along(row: &[(usize, f64)], column: &[f64]) -> f64 {
    let mut sums = [0.0; 4];
    for part in row.chunks(sums.len()) {
        for (sum, (col, value)) in sums.iter_mut().zip(part) {
            *sum += value * column[*col];
        }
    }
    sums.iter().sum()
}

/// What a way backwards is computed in.
struct Scratch {
    along: DVector<f64>,
    product: DMatrix<f64>,
    row: DVector<f64>,
    moves: Vec<(usize, usize, f64)>,
}

/// Back over one reading. J is symmetric: its columns are its rows.
fn unread(reading: &Reading, adjoint: &mut Adjoint, along: &mut DVector<f64>) {
    along.fill(0.0);
    for (n, gain) in reading.gain.iter().enumerate().filter(|(_, gain)| **gain != 0.0) {
        along.axpy(*gain, &adjoint.J.column(n), 1.0); // J K
    }
    let with_gain = |v: &DVector<f64>| reading.gain.iter().zip(v.iter()).map(|(k, v)| k * v).sum();
    let (q, of_h): (f64, f64) = (with_gain(along), with_gain(&adjoint.h));
    for (i, hi) in &reading.h {
        adjoint.h[*i] += hi * (reading.nu / reading.s - of_h);
        adjoint.J.column_mut(*i).axpy(-hi, along, 1.0);
    }
    for (mut column, along) in adjoint.J.column_iter_mut().zip(along.iter()) {
        reading.h.iter().for_each(|(i, hi)| column[*i] -= hi * along);
    }
    for (i, hi) in &reading.h {
        for (j, hj) in &reading.h {
            adjoint.J[(*i, *j)] += hi * hj * (q + 1.0 / reading.s);
        }
    }
}

/// Back over a transition Φ = I + E: ΦᵀJΦ = J + JE + (JE)ᵀ + Eᵀ(JE).
fn uncarry(adjoint: &mut Adjoint, scratch: &mut Scratch) {
    let Scratch { along, product, row, moves } = scratch;
    let Adjoint { h, J } = adjoint;
    along.copy_from(h);
    product.fill(0.0);
    for (r, c, v) in moves.iter() {
        h[*c] += v * along[*r];
        product.column_mut(*c).axpy(*v, &J.column(*r), 1.0);
    }
    let mut at = usize::MAX;
    for (r, c, v) in moves.iter() {
        if *r != at {
            row.tr_copy_from(&product.row(*r));
            at = *r;
        }
        J.column_mut(*c).axpy(*v, row, 1.0);
    }
    for n in 0..J.ncols() {
        let mut column = J.column_mut(n);
        column += product.column(n);
        column.iter_mut().zip(product.row(n).iter()).for_each(|(slot, v)| *slot += v);
    }
}
