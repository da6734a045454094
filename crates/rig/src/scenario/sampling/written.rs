//! How a campaign is written: `[campaign]`, `[[correlation]]` and `[point]`.
//!
//! Owns: their keys, limits and contradictions. Does not own: what they do (see `sampling`).

use super::{CampaignPlan, Correlation, Drawing, Rows, Sampling, drawings};
use crate::scenario::error::{CorrelationError, ScenarioError};
use crate::scenario::file::Entry;
use crate::scenario::reader::{Read, Reader};
use crate::scenario::scenario::Scenario;
use crate::scenario::sobol;

/// Most runs of a campaign. Assumed: more than anyone flies.
const RUNS_MAX: i64 = 1_000_000_000;

/// Reads `[campaign]`; the correlations follow when the inputs are known.
pub fn campaign(t: &Reader<'_>) -> Read<CampaignPlan> {
    let sampling = Sampling::ALL[t.choice("sampling", &Sampling::ALL.map(Sampling::name))?];
    let runs = t.integer("runs", 1, RUNS_MAX)?.unsigned_abs();
    t.finish()?;
    Ok(CampaignPlan { sampling, runs, correlations: Vec::new(), point: Vec::new() })
}

/// Reads every `[[correlation]]` between inputs of the scenario as read so far, and checks that the sampling has as
/// many dimensions as there are inputs.
pub fn correlations(root: &Reader<'_>, scenario: &Scenario) -> Read<Vec<Correlation>> {
    let drawings = drawings(scenario);
    let keys: Vec<&str> = drawings.iter().map(|drawing| drawing.input.key.as_str()).collect();
    let sampling = scenario.campaign.sampling;
    if sampling == Sampling::Sobol && keys.len() > sobol::DIMENSIONS {
        let table = root.table("campaign")?;
        let (file, spot) = table.place(table.entry("sampling", "a text")?);
        let (key, sampling) = (table.key("sampling"), sampling.name());
        let (inputs, most) = (keys.len(), sobol::DIMENSIONS);
        return Err(ScenarioError::TooManyInputs { file, key, sampling, inputs, most, spot });
    }
    let mut rows = Rows::new(keys.len());
    let (mut out, mut last): (Vec<Correlation>, Vec<_>) = (Vec::new(), Vec::new());
    for t in root.tables("correlation")? {
        let (places, entry) = pair(&t, &keys)?;
        let coefficient = t.number("coefficient", -1.0, 1.0)?;
        let wrong = |reason| {
            let (file, spot) = t.place(entry);
            Err(ScenarioError::Correlation { file, key: t.key("between"), reason, spot })
        };
        let [one, other] = places.map(|place| keys[place].to_string());
        if places[0] == places[1] {
            return wrong(CorrelationError::WithItself { key: one });
        }
        let between = [one, other];
        let same = |earlier: &Correlation| between.iter().all(|key| earlier.between.contains(key));
        if out.iter().any(same) {
            let [one, other] = between;
            return wrong(CorrelationError::Twice { one, other });
        }
        rows.set(places[0], places[1], coefficient);
        t.finish()?;
        out.push(Correlation { between, coefficient });
        last.push((places, entry, t.key("between")));
    }
    let Err(row) = rows.factor() else { return Ok(out) };
    let named = last.into_iter().rfind(|(places, ..)| places.contains(&row));
    let Some((_, entry, key)) = named else { return Ok(out) };
    let ((file, spot), input) = (root.place(entry), keys[row].to_string());
    let reason = CorrelationError::NotPositiveDefinite { key: input };
    Err(ScenarioError::Correlation { file, key, reason, spot })
}

/// The places of the two inputs that `between` names, and the entry of the second.
fn pair<'a>(t: &Reader<'a>, keys: &[&str]) -> Read<([usize; 2], &'a Entry)> {
    let expected = "a list of two keys of dispersed values";
    let named = t.texts("between")?;
    let &[one, other] = &named[..] else {
        return Err(t.wrong(t.entry("between", expected)?, "between", expected));
    };
    let place = |(name, entry): (&str, &Entry)| {
        let found = keys.iter().position(|key| *key == name);
        found.ok_or_else(|| t.unknown_choice(entry, "between", name, keys))
    };
    Ok(([place(one)?, place(other)?], other.1))
}

/// Reads `[point]`: coordinates of inputs, each the same in every run.
pub fn point(root: &Reader<'_>, scenario: &Scenario) -> Read<Vec<(String, f64)>> {
    let Some(t) = root.table_if_any("point")? else { return Ok(Vec::new()) };
    let mut out = Vec::new();
    for Drawing { input, .. } in drawings(scenario) {
        if let Some(u) = t.number_if_any(&input.key, 0.0, 1.0)? {
            out.push((input.key, u));
        }
    }
    t.finish()?;
    Ok(out)
}
