//! What a group of runs has in common and no other has, in words.
//!
//! Owns: the search for up to three conditions, and the test that chance does not do as well.
//! As published — subgroup discovery by greedy specialisation, [Herrera2011]: conditions are added one by one where they
//! raise the quality most. Quality here is F₁, the harmonic mean of the share of the group that the rule
//! holds for and the share of the group among all that it holds for.
//! The guard: labels are shuffled [`SHUFFLES`] times; a rule stands only if its first condition is better than the
//! best of every shuffle, over all features and thresholds. One rule in forty would stand by chance.

use super::{Feature, Stated};
use crate::sensitivity::rank::order;
use crate::sensitivity::shuffle;
use rig::random::Stream;

/// Conditions of a rule, at the most.
const CONDITIONS_MAX: usize = 3;
/// A further condition must raise F₁ by this.
const GAIN_MIN: f64 = 0.03;
/// Shuffles of the guard.
pub const SHUFFLES: usize = 39;
/// Fewer runs have no rule.
const MEMBERS_MIN: usize = 3;

/// One condition.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Condition {
    /// Index of the feature.
    pub feature: usize,
    /// What is asked of its value.
    pub test: Test,
}

/// What a condition asks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Test {
    /// At least this.
    Above(f64),
    /// At most this.
    Below(f64),
    /// There is no value.
    Absent,
}

impl Test {
    fn holds(self, value: f64) -> bool {
        match self {
            Test::Above(least) => value >= least,
            Test::Below(most) => value <= most,
            Test::Absent => value.is_nan(),
        }
    }
}

/// Conditions that hold together.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// The conditions.
    pub conditions: Vec<Condition>,
    /// Members that it holds for.
    pub held: usize,
    /// Members.
    pub members: usize,
    /// Other runs that it holds for.
    pub others: usize,
}

impl Rule {
    /// The conditions in words.
    pub fn words(&self, features: &[Feature]) -> String {
        let one = |condition: &Condition| {
            let Feature { name, unit, .. } = &features[condition.feature];
            let unit = if unit.is_empty() { String::new() } else { format!(" {unit}") };
            match condition.test {
                Test::Above(least) => format!("{name} at least {}{unit}", figure(least)),
                Test::Below(most) => format!("{name} at most {}{unit}", figure(most)),
                Test::Absent => format!("{name} never measured"),
            }
        };
        self.conditions.iter().map(one).collect::<Vec<_>>().join(" and ")
    }

    fn quality(&self) -> f64 {
        quality(self.held, self.held + self.others, self.members)
    }
}

/// Four significant digits.
fn figure(x: f64) -> String {
    let size = if x == 0.0 { 0.0 } else { libm::floor(libm::log10(x.abs())) };
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // clamped
    let decimals = (3.0 - size).clamp(0.0, 6.0) as usize;
    let text = format!("{x:.decimals$}");
    let text =
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    text.replace('-', "−")
}

fn quality(held: usize, covered: usize, members: usize) -> f64 {
    2.0 * held as f64 / (covered + members).max(1) as f64
}

/// The rule of the runs `inside`; `None` when there is none that chance would not find.
pub fn find(features: &[Feature], stated: Stated, inside: &[bool]) -> Option<Rule> {
    let members = inside.iter().filter(|inside| **inside).count();
    if members < MEMBERS_MIN || members == inside.len() {
        return None;
    }
    let orders: Vec<(usize, Vec<usize>)> = (0..features.len())
        .filter(|i| features[*i].stated == stated)
        .map(|i| (i, order(&features[i].values)))
        .collect();
    let everywhere = vec![true; inside.len()];
    let best = |covered: &[bool], inside: &[bool]| -> Option<(f64, Condition)> {
        let each = orders.iter().filter_map(|(i, order)| {
            let (quality, test) = best_test(&features[*i].values, order, covered, inside, members)?;
            Some((quality, Condition { feature: *i, test }))
        });
        each.max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.feature.cmp(&a.1.feature)))
    };
    let first = best(&everywhere, inside)?;
    let mut stream = Stream::new(inside.len() as u64, members as u64, "rule");
    let mut shuffled = inside.to_vec();
    for _ in 0..SHUFFLES {
        shuffle(&mut shuffled, &mut stream);
        if best(&everywhere, &shuffled).is_some_and(|(by_chance, _)| by_chance >= first.0) {
            return None;
        }
    }
    let mut rule = rule(vec![first.1], features, inside);
    while rule.conditions.len() < CONDITIONS_MAX {
        let covered: Vec<bool> =
            (0..inside.len()).map(|j| holds(&rule.conditions, features, j)).collect();
        let Some((quality, condition)) = best(&covered, inside) else { break };
        if quality < rule.quality() + GAIN_MIN {
            break;
        }
        let conditions = rule.conditions.iter().copied().chain([condition]).collect();
        rule = self::rule(conditions, features, inside);
    }
    Some(rule)
}

fn holds(conditions: &[Condition], features: &[Feature], run: usize) -> bool {
    conditions.iter().all(|c| c.test.holds(features[c.feature].values[run]))
}

/// The rule with its counts.
fn rule(conditions: Vec<Condition>, features: &[Feature], inside: &[bool]) -> Rule {
    let held = (0..inside.len()).filter(|run| holds(&conditions, features, *run));
    let (mut of_members, mut others) = (0, 0);
    held.for_each(|run| if inside[run] { of_members += 1 } else { others += 1 });
    let members = inside.iter().filter(|inside| **inside).count();
    Rule { conditions, held: of_members, members, others }
}

/// The best condition on one feature among the runs covered so far.
fn best_test(
    values: &[f64],
    order: &[usize],
    covered: &[bool],
    inside: &[bool],
    members: usize,
) -> Option<(f64, Test)> {
    let places: Vec<usize> = order.iter().copied().filter(|place| covered[*place]).collect();
    let absent = places.iter().take_while(|place| values[**place].is_nan()).count();
    let count = |places: &[usize]| places.iter().filter(|place| inside[**place]).count();
    let within = count(&places[absent..]);
    let mut best: Option<(f64, Test)> = None;
    let mut offer = |quality: f64, test: Test| {
        if best.is_none_or(|(least, _)| quality > least) {
            best = Some((quality, test));
        }
    };
    if absent > 0 && absent < places.len() {
        offer(quality(count(&places[..absent]), absent, members), Test::Absent);
    }
    let present = &places[absent..];
    let mut held = 0;
    for (i, place) in present.iter().enumerate() {
        held += usize::from(inside[*place]);
        let Some(next) = present.get(i + 1).map(|next| values[*next]) else { break };
        if next.to_bits() != values[*place].to_bits() {
            // Half-way between the two, so that the words do not hang on one run's digits.
            let threshold = 0.5 * (values[*place] + next);
            offer(quality(held, i + 1, members), Test::Below(threshold));
            let above = present.len() - i - 1;
            offer(quality(within - held, above, members), Test::Above(threshold));
        }
    }
    best
}
