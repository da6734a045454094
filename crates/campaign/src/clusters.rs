//! Failed runs grouped by what they share.
//!
//! Owns: the weights of what is compared, the choice of the number of groups, the run that stands for each.
//! Parts: `medoids` (grouping), `rule` (what a group has in common, in words).
//! As published — dissimilarity of mixed data with gaps: [Gower1971]; groups around medoids and the mean silhouette
//! that chooses their number: [KaufmanRousseeuw1990], where 0.5 to 0.7 is a reasonable structure.
//! As programmed: runs that ended alike are split no further unless the silhouette reaches [`SILHOUETTE_MIN`] (a
//! uniform spread along one line cut in two has 0.6). Each feature counts with the square of what the Kolmogorov–Smirnov
//! distance between failed and other runs has above its 1 % point, so that what has nothing to do with failing
//! does not blur the groups, be it a hundred inputs; where nothing is above it, all count alike.

pub mod medoids;
pub mod rule;

use crate::sensitivity::rank::order;
use rayon::prelude::*;
use rule::Rule;

/// Least mean silhouette for which a group is split.
pub const SILHOUETTE_MIN: f64 = 0.62;
/// Groups that one way of ending is split into, at the most.
const GROUPS_MAX: usize = 6;
/// Fewer runs are not split.
const SPLIT_MIN: usize = 8;
/// Runs among which the medoids are sought; the others join the nearest.
const SOUGHT_MAX: usize = 400;

/// Something known of every run.
#[derive(Clone, Debug, PartialEq)]
pub struct Feature {
    /// Name for people.
    pub name: String,
    /// Unit.
    pub unit: String,
    /// One value a run; NaN for none.
    pub values: Vec<f64>,
    /// Whether a rule may be stated in it.
    pub stated: Stated,
}

/// How a feature may serve in rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stated {
    /// Set before the run: a cause.
    Input,
    /// Known before the failure: a symptom.
    Symptom,
    /// A consequence: compared, but in no rule.
    No,
}

/// Runs that failed alike.
#[derive(Clone, Debug, PartialEq)]
pub struct Cluster {
    /// How they ended.
    pub ending: String,
    /// Their places among all runs, ascending.
    pub members: Vec<usize>,
    /// The place of the run that is most like all the others.
    pub medoid: usize,
    /// Mean silhouette of the split that it comes from; `None` when its ending was not split.
    pub silhouette: Option<f64>,
    /// What tells them from all other runs among the inputs; `None` when chance would tell as much.
    pub cause: Option<Rule>,
    /// The same among what the flight showed.
    pub symptom: Option<Rule>,
}

/// Groups the runs of each ending, largest first.
///
/// - `endings`: names and places of the runs that ended so; every other run counts as not failed.
/// - `features`: one value a run each, in the order of the runs.
pub fn clusters(endings: &[(String, Vec<usize>)], features: &[Feature]) -> Vec<Cluster> {
    let runs = features.first().map_or(0, |feature| feature.values.len());
    let mut failed = vec![false; runs];
    endings.iter().flat_map(|(_, places)| places).for_each(|place| failed[*place] = true);
    let weights: Vec<f64> = weights(features, &failed);
    let groups: Vec<_> = endings
        .par_iter()
        .filter(|(_, places)| !places.is_empty())
        .flat_map_iter(|(ending, places)| {
            let groups = split(places, features, &weights).into_iter();
            groups.map(move |group| (ending, group))
        })
        .collect();
    let cluster = |(ending, (members, medoid, silhouette)): (&String, Group)| {
        let mut inside = vec![false; runs];
        members.iter().for_each(|place| inside[*place] = true);
        let rule = |stated: Stated| rule::find(features, stated, &inside);
        let (cause, symptom) = (rule(Stated::Input), rule(Stated::Symptom));
        Cluster { ending: ending.clone(), members, medoid, silhouette, cause, symptom }
    };
    let mut out: Vec<Cluster> = groups.into_par_iter().map(cluster).collect();
    out.sort_by_key(|cluster| std::cmp::Reverse(cluster.members.len()));
    out
}

/// Members, medoid and silhouette.
type Group = (Vec<usize>, usize, Option<f64>);

/// The groups of the runs at `places`.
fn split(places: &[usize], features: &[Feature], weights: &[f64]) -> Vec<Group> {
    let stride = places.len().div_ceil(SOUGHT_MAX);
    let sought: Vec<usize> = places.iter().copied().step_by(stride).collect();
    let gower = medoids::Gower::new(features, weights, &sought);
    let table = medoids::table(&gower, &sought);
    let most = if sought.len() < SPLIT_MIN { 1 } else { GROUPS_MAX.min(sought.len() / 4) };
    let tried = (2..=most).map(|k| {
        let found = medoids::around(&table, k);
        (medoids::silhouette(&table, &found), found)
    });
    let best = tried.max_by(|a, b| a.0.total_cmp(&b.0));
    let (silhouette, found) = match best.filter(|(silhouette, _)| *silhouette >= SILHOUETTE_MIN) {
        Some((silhouette, found)) => (Some(silhouette), found),
        None => (None, medoids::around(&table, 1)),
    };
    let mut groups: Vec<Group> =
        found.iter().map(|medoid| (Vec::new(), sought[*medoid], silhouette)).collect();
    for place in places {
        let distance = |medoid: usize| gower.distance(*place, medoid);
        let nearest = (0..groups.len())
            .min_by(|a, b| distance(groups[*a].1).total_cmp(&distance(groups[*b].1)));
        nearest.into_iter().for_each(|group| groups[group].0.push(*place));
    }
    groups
}

/// The 1 % point of the Kolmogorov–Smirnov distance times √(n m / (n + m)).
const KOLMOGOROV_SMIRNOV: f64 = 1.63;

/// What the distances between failed and other runs have above chance, squared, feature by feature.
fn weights(features: &[Feature], failed: &[bool]) -> Vec<f64> {
    let of = failed.iter().filter(|failed| **failed).count() as f64;
    let chance = KOLMOGOROV_SMIRNOV * (1.0 / of + 1.0 / (failed.len() as f64 - of)).sqrt();
    let weight = |feature: &Feature| {
        let above = distance_of_distributions(&feature.values, failed) - chance;
        if above > 0.0 { above * above } else { 0.0 }
    };
    let weights: Vec<f64> = features.iter().map(weight).collect();
    if weights.iter().all(|weight| *weight <= 0.0) { vec![1.0; features.len()] } else { weights }
}

/// Kolmogorov–Smirnov distance of the values inside and outside; NaN is the least value.
pub(crate) fn distance_of_distributions(values: &[f64], inside: &[bool]) -> f64 {
    let of = inside.iter().filter(|inside| **inside).count();
    let others = inside.len() - of;
    if of == 0 || others == 0 {
        return 0.0;
    }
    let order = order(values);
    let (mut apart, mut most) = (0.0_f64, 0.0_f64);
    for (i, place) in order.iter().enumerate() {
        apart += if inside[*place] { 1.0 / of as f64 } else { -1.0 / others as f64 };
        let next = order.get(i + 1).map(|next| values[*next].to_bits());
        if next != Some(values[*place].to_bits()) {
            most = most.max(apart.abs());
        }
    }
    most
}

#[cfg(test)]
mod tests;
