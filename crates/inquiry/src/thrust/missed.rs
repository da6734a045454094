//! An engine that misses some of its pulses.
//!
//! Owns: [`scan`]. Does not own: valves and chambers (`levels`), what a change of level is worth (`fit`).
//! As programmed: command by command the engine is followed in the machine's own model as if the command had reached it and
//! as if not, through the next few cycles as suits best; what was felt, against the usual machine, says which of the two. The
//! commands that were missed make one changed level, worth what `fit` says; of N commands between the first and the last of
//! them n were missed, which has the probability pⁿ (1 − p)ᴺ⁻ⁿ, p = n/N.

use super::body::Six;
use super::exact::Exact;
use super::fit::Fit;
use super::levels::{Series, name};
use super::scan::{GROUP, Kind, Rough, Tried, size};
use super::scatter::{self, window};
use core::ops::RangeBounds;
use icd::bus::CYCLE;

/// Cycles after a command of the main engine, which is told anew in each, that are looked at, and of the others.
const AHEAD: [usize; 2] = [2, GROUP];
/// A command was missed where that says so much more, nats: one in eight.
const MORE: f64 = 2.0;
/// Most rounds.
const ROUNDS: usize = 6;
/// Fewer are not looked into.
const MISSED_MIN: usize = 3;
/// What a missed command counts in the search for beginning and end, nats; assumed: more than all between two of them.
const COUNTS: f64 = 50.0;

/// Missed pulses of one engine, told by what was felt beyond the usual machine.
pub(super) fn scan(exact: &Exact<'_>, thruster: usize) -> Option<Tried> {
    let told = Told::by(exact, thruster, (&exact.fit.we_usual, &exact.fit.w))?;
    told.tried(exact)
}

/// Again and again: what was missed bends the machine that it is told by, so that this is fitted without it. `rest`: what was
/// felt beyond healthy engines, `model`.
pub(super) fn again(exact: &Exact<'_>, (rest, model): (&[Six], &[Six]), n: usize) -> Option<Tried> {
    let mut told = Told::by(exact, n, (&exact.fit.we_usual, &exact.fit.w))?;
    for _ in 0..ROUNDS {
        let left = exact.fit.without(&exact.given, rest, (n, &told.change));
        let healthy = Fit::of(&exact.given, model, &left, &[]);
        let both = rest.iter().zip(&left).zip(healthy.we.iter().zip(&healthy.w));
        let felt: Vec<Six> =
            both.map(|((rest, left), (we, w))| we + (rest - left).component_mul(w)).collect();
        let next = Told::by(exact, n, (&felt, &healthy.w))?;
        let settled = next.commands == told.commands;
        told = next;
        if settled {
            break;
        }
    }
    told.tried(exact)
}

/// What became of the commands of one engine.
struct Told {
    thruster: usize,
    /// Whether each was missed, by the cycle in which it begins to act.
    commands: Vec<(usize, bool)>,
    /// What the engine gives more than if nothing had been missed.
    change: Series,
}

impl Told {
    /// By what was felt beyond a machine, weighted, and the weights; `None` where hardly any was missed.
    fn by(exact: &Exact<'_>, thruster: usize, (felt, w): (&[Six], &[Six])) -> Option<Self> {
        let own = exact.given.series.get(thruster)?;
        let mut commands: Vec<(usize, bool)> = Vec::new();
        let score = |k: usize, [x, u]: [f64; 2], used_kg: f64| {
            let change = [x - own.level[k], u - own.turning[k]];
            let surplus_kg = own.used_kg[k] - used_kg;
            let v = exact.fit.changed(&exact.given, thruster, change, k, surplus_kg);
            v.dot(&felt[k]) - 0.5 * v.component_mul(&w[k]).dot(&v)
        };
        let ahead = (AHEAD[usize::from(thruster > 0)], MORE);
        let note = |k, missed| commands.push((k, missed));
        let mut change = exact.course.missing(exact.given.vehicle, thruster, ahead, score, note);
        change.level.iter_mut().zip(&own.level).for_each(|(x, own)| *x -= own);
        change.turning.iter_mut().zip(&own.turning).for_each(|(x, own)| *x -= own);
        let missed = commands.iter().filter(|(_, missed)| *missed).count();
        (missed >= MISSED_MIN).then_some(Self { thruster, commands, change })
    }

    /// How many were missed of how many in some cycles.
    fn missed(&self, cycles: impl RangeBounds<usize>) -> (f64, f64) {
        let acting = self.commands.iter().filter(|(k, _)| cycles.contains(k));
        let (mut missed, mut all) = (0.0, 0.0);
        acting.for_each(|(_, own)| (missed, all) = (missed + f64::from(u8::from(*own)), all + 1.0));
        (missed, all)
    }

    fn tried(&self, exact: &Exact<'_>) -> Option<Tried> {
        let cycles = self.change.level.len();
        let first = self.commands.iter().find(|(_, missed)| *missed)?.0;
        let (missed, all) = self.missed(first..);
        let hit = libm::log1p(-(missed / all).min(0.99));
        let mut worths = vec![0.0; cycles / GROUP + 1];
        for (k, missed) in &self.commands {
            worths[k / GROUP] += if *missed { COUNTS } else { hit };
        }
        let (from, until, total, within) = window(&worths, cycles as f64 * CYCLE.s());
        let (missed, all) =
            self.missed(from * GROUP..until.map_or(usize::MAX, |until| until * GROUP));
        let p = (missed / all.max(1.0)).clamp(1e-3, 0.999);
        let coded = missed * libm::log(p) + (all - missed) * libm::log1p(-p);
        let (along, square) = exact.fit.worth(&exact.given, (self.thruster, &self.change));
        let at_best = along - 0.5 * square + coded;
        let rough = Rough::Dropout(p);
        let gain = at_best + total - within;
        let mut out = scatter::tried(self.thruster, rough, (from, until), at_best, gain);
        out.sigma = (p * (1.0 - p) / all.max(1.0)).sqrt();
        out.occam += size(&name(self.thruster), Kind::Rough(rough), out.sigma);
        (out.at_best > 1.0).then_some(out)
    }
}
