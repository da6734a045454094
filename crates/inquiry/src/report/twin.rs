//! The report for programs: everything on the page by name, as JSON.
//!
//! Owns: the names ([`KEYS`]). A figure that is not known is `null`; lists may be empty.

use super::sheet::{Change, Fork, Moment, NoReturn, Panel, Row, Sheet};
use super::words::{grade, relative_s};
use crate::explanation::{Decider, Explanation, Mechanism, Reflown};
use crate::finding::{Cause, Channel, Fault, Seen};
use icd::time::Time;
use rig::report::Json;

/// Name and version of the format.
const FORMAT: &str = "frigoris-investigation-1";

/// Every key with its type and meaning; `[]` stands for each item of a list. Times in `_s` count from `zero`.
#[rustfmt::skip] // a table
pub const KEYS: &[(&str, &str, &str)] = &[
    ("format", "text", "name and version of this format"),
    ("source", "text", "`telemetry` or `points`"),
    ("title", "text", "the mission"),
    ("question", "text", "what is asked"),
    ("answer.word", "text", "the answer in a few words"),
    ("answer.text", "text", "the answer in a paragraph"),
    ("answer.probability", "number or null", "probability of what the words say; null where nothing is claimed"),
    ("facts[].name", "text", "a fact's name"),
    ("facts[].value", "text", "a fact"),
    ("zero.utc", "text", "zero of every time in s, UTC; empty where nothing has a time"),
    ("zero.what", "text", "what happened then"),
    ("evidence[].t_s", "number or null", "when; null for the whole flight"),
    ("evidence[].utc", "text", "the same in UTC"),
    ("evidence[].grade", "text", "`measured`, `derived` or `inferred`"),
    ("evidence[].text", "text", "what is seen"),
    ("evidence[].value", "number or null", "its figure"),
    ("evidence[].sigma", "number or null", "standard deviation, same unit"),
    ("evidence[].unit", "text", "unit"),
    ("evidence[].source", "text", "what it was read from or made with"),
    ("timeline[].t_s", "number or null", "when it began"),
    ("timeline[].utc", "text", "the same in UTC"),
    ("timeline[].until_s", "number or null", "when it ended, of what lasted"),
    ("timeline[].sigma_s", "number or null", "standard deviation of the time"),
    ("timeline[].grade", "text", "as above"),
    ("timeline[].text", "text", "what happened"),
    ("timeline[].source", "text", "as above"),
    ("families[].name", "text", "a family of explanations"),
    ("families[].probability", "number or null", "its probability"),
    ("outside_library", "number or null", "probability of something that the library of faults does not hold"),
    ("flights", "number or null", "flights flown for the explanations"),
    ("explanations[].name", "text", "in words, most probable first"),
    ("explanations[].probability", "number or null", "posterior probability, its equals' included"),
    ("explanations[].ln_posterior", "number or null", "natural logarithm before it was brought to a sum of one"),
    ("explanations[].ln_prior", "number or null", "the prior's part of it"),
    ("explanations[].ln_flown_again", "number or null", "the part of the flight flown again; null where it was not"),
    ("explanations[].channels[].channel", "text", "a stream of evidence"),
    ("explanations[].channels[].gain", "number or null", "ln p(evidence \\| this) − ln p(evidence \\| nothing wrong)"),
    ("explanations[].faults[].on", "text", "device, as scenario files name it"),
    ("explanations[].faults[].kind", "text", "kind of fault, as scenario files name it"),
    ("explanations[].faults[].numbers[].key", "text", "a number's key, as scenario files name it, unit included"),
    ("explanations[].faults[].numbers[].value", "number or null", "most probable value"),
    ("explanations[].faults[].numbers[].sigma", "number or null", "standard deviation"),
    ("explanations[].faults[].from_s", "number or null", "when it began"),
    ("explanations[].faults[].from_sigma_s", "number or null", "standard deviation"),
    ("explanations[].faults[].until_s", "number or null", "when it ended; null while it lasted"),
    ("explanations[].outside[]", "text", "channels in which something acted that the library does not hold"),
    ("explanations[].equals[][].on", "text", "sets of causes that no evidence can tell from this one: device"),
    ("explanations[].equals[][].kind", "text", "and kind"),
    ("explanations[].mechanism[].kind", "text", "what the software did; none or one"),
    ("explanations[].mechanism[].device", "text", "to which sensor"),
    ("explanations[].mechanism[].from_s", "number or null", "from when on"),
    ("explanations[].mechanism[].seen[].t_s", "number or null", "what shows it: when"),
    ("explanations[].mechanism[].seen[].grade", "text", "as above"),
    ("explanations[].mechanism[].seen[].text", "text", "what is seen"),
    ("explanations[].seen[].t_s", "number or null", "what speaks for the explanation: when; null for the whole flight"),
    ("explanations[].seen[].grade", "text", "as above"),
    ("explanations[].seen[].text", "text", "what is seen"),
    ("explanations[].flown_again[].outcome", "text", "how the flight ends under it; none or one"),
    ("explanations[].flown_again[].end_s", "number or null", "when its simulation ends, s after its start"),
    ("explanations[].flown_again[].contact_s", "number or null", "when it first meets the ground, s after its start"),
    ("explanations[].flown_again[].east_m", "number or null", "where it meets the ground, from the target"),
    ("explanations[].flown_again[].north_m", "number or null", "the same, north"),
    ("explanations[].flown_again[].v_down_m_s", "number or null", "vertical speed there"),
    ("explanations[].flown_again[].v_horizontal_m_s", "number or null", "horizontal speed there"),
    ("explanations[].flown_again[].propellant_kg", "number or null", "propellant left there"),
    ("explanations[].predicts[].test", "text", "a measurement, test or image"),
    ("explanations[].predicts[].says", "text", "what the explanation says of it and its rivals do not"),
    ("deciders[].between[]", "number or null", "places of two explanations in their list, from 0"),
    ("deciders[].test", "text", "a measurement, test or image that would tell them apart"),
    ("deciders[].says[]", "text", "what each of the two says of it"),
    ("deciders[].sigmas", "number or null", "by how many standard deviations they differ"),
    ("plots[].key", "text", "a plot's name"),
    ("plots[].title", "text", "its title"),
    ("plots[].x_label", "text", "horizontal axis, with unit"),
    ("plots[].y_label", "text", "vertical axis, with unit"),
    ("plots[].curves[].label", "text", "a curve"),
    ("plots[].curves[].x[]", "number or null", "its points"),
    ("plots[].curves[].y[]", "number or null", "its points; null breaks the curve"),
    ("plots[].bands[].label", "text", "an area between two heights"),
    ("plots[].bands[].x[]", "number or null", "its places"),
    ("plots[].bands[].low[]", "number or null", "lower height"),
    ("plots[].bands[].high[]", "number or null", "upper height"),
    ("plots[].dots[].label", "text", "single points"),
    ("plots[].dots[].x[]", "number or null", "their places"),
    ("plots[].dots[].y[]", "number or null", "their heights"),
    ("plots[].marks[].x", "number or null", "a vertical line: place"),
    ("plots[].marks[].label", "text", "and label"),
    ("plots[].levels[].y", "number or null", "a horizontal line: height"),
    ("plots[].levels[].label", "text", "and label"),
    ("changes[].what", "text", "what is different"),
    ("changes[].kind", "text", "`software`, `sensor`, `parameter`, `procedure`, `fault` or `set`; empty where nothing is changed"),
    ("changes[].outcome", "text", "how the flight ends"),
    ("changes[].saves", "number or null", "1 where it stands on its legs, whatever the touchdown limits say, else 0"),
    ("changes[].minimal", "number or null", "1 where no smaller set of these changes saves it, else 0"),
    ("changes[].v_down_m_s", "number or null", "vertical speed at the first contact"),
    ("changes[].miss_m", "number or null", "distance from the target there"),
    ("changes[].propellant_kg", "number or null", "propellant left there"),
    ("no_return[].last[].t_s", "number or null", "last moment from which it was still saved; none or one"),
    ("no_return[].last[].altitude_m", "number or null", "altitude then"),
    ("no_return[].last[].v_down_m_s", "number or null", "descent speed then"),
    ("no_return[].last[].outcome", "text", "how the flight ends if the best takes over then"),
    ("no_return[].first[].t_s", "number or null", "first moment after that from which it was not; none or one"),
    ("no_return[].first[].altitude_m", "number or null", "altitude then"),
    ("no_return[].first[].v_down_m_s", "number or null", "descent speed then"),
    ("no_return[].first[].outcome", "text", "how the flight ends if the best takes over then"),
    ("no_return[].beyond_thrust[].t_s", "number or null", "from when on no software could have stopped the descent; none or one"),
    ("no_return[].beyond_thrust[].altitude_m", "number or null", "altitude then"),
    ("no_return[].beyond_thrust[].v_down_m_s", "number or null", "descent speed then"),
    ("no_return[].beyond_thrust[].outcome", "text", "how the flight ends if the best takes over then"),
    ("no_return[].by", "text", "what was allowed to take over"),
    ("no_return[].text", "text", "what it means"),
    ("unknown[]", "text", "what remains unknown"),
    ("quality[].name", "text", "how good the evidence is: name"),
    ("quality[].value", "text", "and value"),
    ("method[].name", "text", "how it was found: step"),
    ("method[].value", "text", "and sentences"),
    ("repeat[]", "text", "commands that do it again"),
];

/// The table of keys as Markdown.
pub fn keys_table() -> String {
    let row =
        |(key, kind, meaning): &(&str, &str, &str)| format!("| `{key}` | {kind} | {meaning} |\n");
    let rows: String = KEYS.iter().map(row).collect();
    format!("| key | type | meaning |\n|---|---|---|\n{rows}")
}

/// The document.
pub fn json(sheet: &Sheet) -> String {
    let twin = Twin { zero: sheet.zero.as_ref().map(|(t, _)| *t) };
    let explained = &sheet.explained;
    let (utc, what) = match &sheet.zero {
        Some((t, what)) => (t.to_string(), what.clone()),
        None => (String::new(), String::new()),
    };
    let family = |f: &crate::explanation::FamilyShare| {
        Json::object([("name", Json::text(&*f.name)), ("probability", Json::Number(f.probability))])
    };
    let answer = Json::object([
        ("word", Json::text(&*sheet.answer.word)),
        ("text", Json::text(&*sheet.answer.text)),
        ("probability", optional(sheet.answer.probability)),
    ]);
    let outside = match explained.ranking.is_empty() {
        true => f64::NAN,
        false => explained.outside_library,
    };
    let json = Json::object([
        ("format", Json::text(FORMAT)),
        ("source", Json::text(sheet.source.key())),
        ("title", Json::text(&*sheet.title)),
        ("question", Json::text(&*sheet.question)),
        ("answer", answer),
        ("facts", pairs(&sheet.facts)),
        ("zero", Json::object([("utc", Json::text(utc)), ("what", Json::text(what))])),
        ("evidence", list(&sheet.evidence, |row| twin.row(row))),
        ("timeline", list(&sheet.timeline, |moment| twin.moment(moment))),
        ("families", list(&explained.families, family)),
        ("outside_library", Json::Number(outside)),
        ("flights", Json::Number(explained.flights as f64)),
        ("explanations", list(&explained.ranking, |e| twin.explanation(e))),
        ("deciders", list(&explained.deciders, decider)),
        ("plots", list(&sheet.plots, plot)),
        ("changes", list(&sheet.changes, change)),
        ("no_return", list(sheet.no_return.as_slice(), |lost| twin.no_return(lost))),
        ("unknown", texts(&sheet.unknown)),
        ("quality", pairs(&sheet.quality)),
        ("method", pairs(&sheet.method)),
        ("repeat", texts(&sheet.repeat)),
    ]);
    json.to_script() + "\n"
}

fn list<T>(items: &[T], one: impl Fn(&T) -> Json) -> Json {
    Json::List(items.iter().map(one).collect())
}

fn texts(items: &[String]) -> Json {
    list(items, |text| Json::text(&**text))
}

fn numbers(items: impl Iterator<Item = f64>) -> Json {
    Json::Curve { values: items.collect(), digits: 7 }
}

fn optional(value: Option<f64>) -> Json {
    Json::Number(value.unwrap_or(f64::NAN))
}

fn truth_value(value: bool) -> Json {
    Json::Number(f64::from(u8::from(value)))
}

fn pairs(items: &[(String, String)]) -> Json {
    list(items, |(name, value)| {
        Json::object([("name", Json::text(&**name)), ("value", Json::text(&**value))])
    })
}

/// A channel as programs name it: `stream.rangefinder`, `motion`, `thrust`.
fn channel(channel: Channel) -> Json {
    Json::text(match channel {
        Channel::Stream(device) => format!("stream.{}", device.name()),
        Channel::Motion => "motion".to_string(),
        Channel::Thrust => "thrust".to_string(),
    })
}

fn decider(decider: &Decider) -> Json {
    let (a, b) = decider.between;
    Json::object([
        ("between", Json::List(vec![Json::Number(a as f64), Json::Number(b as f64)])),
        ("test", Json::text(&*decider.test)),
        ("says", texts(&decider.says)),
        ("sigmas", optional(decider.sigmas)),
    ])
}

fn change(change: &Change) -> Json {
    Json::object([
        ("what", Json::text(&*change.what)),
        ("kind", Json::text(&*change.kind)),
        ("outcome", Json::text(&*change.outcome)),
        ("saves", truth_value(change.saves)),
        ("minimal", truth_value(change.minimal)),
        ("v_down_m_s", optional(change.v_down_m_s)),
        ("miss_m", optional(change.miss_m)),
        ("propellant_kg", optional(change.propellant_kg)),
    ])
}

fn plot(panel: &Panel) -> Json {
    let chart = &panel.chart;
    let points = |label: &str, points: &[(f64, f64)]| {
        Json::object([
            ("label", Json::text(label)),
            ("x", numbers(points.iter().map(|p| p.0))),
            ("y", numbers(points.iter().map(|p| p.1))),
        ])
    };
    let band = |band: &rig::report::chart::Band| {
        Json::object([
            ("label", Json::text(&*band.label)),
            ("x", numbers(band.points.iter().map(|p| p.0))),
            ("low", numbers(band.points.iter().map(|p| p.1))),
            ("high", numbers(band.points.iter().map(|p| p.2))),
        ])
    };
    let mark = |(x, label): &(f64, String)| {
        Json::object([("x", Json::Number(*x)), ("label", Json::text(&**label))])
    };
    let level = |(y, label): &(f64, &'static str)| {
        Json::object([("y", Json::Number(*y)), ("label", Json::text(*label))])
    };
    Json::object([
        ("key", Json::text(panel.key)),
        ("title", Json::text(chart.title)),
        ("x_label", Json::text(chart.x_label)),
        ("y_label", Json::text(chart.y_label)),
        ("curves", list(&chart.curves, |c| points(&c.label, &c.points))),
        ("bands", list(&chart.bands, band)),
        ("dots", list(&chart.dots, |d| points(&d.label, &d.points))),
        ("marks", list(&chart.marks, mark)),
        ("levels", list(&chart.levels, level)),
    ])
}

/// What counts its times from the zero.
struct Twin {
    zero: Option<Time>,
}

impl Twin {
    fn s(&self, t: Option<Time>) -> Json {
        optional(t.zip(self.zero).map(|(t, zero)| relative_s(t, zero)))
    }

    fn row(&self, row: &Row) -> Json {
        let figure = row.figure.as_ref();
        Json::object([
            ("t_s", self.s(row.t)),
            ("utc", Json::text(row.t.map_or(String::new(), |t| t.to_string()))),
            ("grade", Json::text(grade(row.grade))),
            ("text", Json::text(&*row.text)),
            ("value", optional(figure.map(|figure| figure.value))),
            ("sigma", optional(figure.and_then(|figure| figure.sigma))),
            ("unit", Json::text(figure.map_or("", |figure| &*figure.unit))),
            ("source", Json::text(&*row.source)),
        ])
    }

    fn moment(&self, moment: &Moment) -> Json {
        Json::object([
            ("t_s", self.s(Some(moment.t))),
            ("utc", Json::text(moment.t.to_string())),
            ("until_s", self.s(moment.until)),
            ("sigma_s", Json::Number(moment.sigma_s)),
            ("grade", Json::text(grade(moment.grade))),
            ("text", Json::text(&*moment.text)),
            ("source", Json::text(&*moment.source)),
        ])
    }

    fn seen(&self, seen: &Seen) -> Json {
        Json::object([
            ("t_s", self.s(seen.t)),
            ("grade", Json::text(grade(seen.grade))),
            ("text", Json::text(&*seen.text)),
        ])
    }

    fn explanation(&self, explanation: &Explanation) -> Json {
        let parts = &explanation.parts;
        let gain = |(of, gain): &(Channel, f64)| {
            Json::object([("channel", channel(*of)), ("gain", Json::Number(*gain))])
        };
        let cause = |cause: &Cause| {
            Json::object([("on", Json::text(&*cause.on)), ("kind", Json::text(cause.kind))])
        };
        let said = |p: &crate::explanation::Prediction| {
            Json::object([("test", Json::text(&*p.test)), ("says", Json::text(&*p.says))])
        };
        Json::object([
            ("name", Json::text(&*explanation.name)),
            ("probability", Json::Number(explanation.probability)),
            ("ln_posterior", Json::Number(explanation.ln_posterior)),
            ("ln_prior", Json::Number(parts.prior)),
            ("ln_flown_again", optional(parts.reflight)),
            ("channels", list(&parts.channels, gain)),
            ("faults", list(&explanation.faults, |fault| self.fault(fault))),
            ("outside", list(&explanation.unknown, |of| channel(*of))),
            ("equals", list(&explanation.equals, |set| list(set, cause))),
            ("mechanism", list(explanation.mechanism.as_slice(), |m| self.mechanism(m))),
            ("seen", list(&explanation.seen, |seen| self.seen(seen))),
            ("flown_again", list(explanation.reflown.as_slice(), flown_again)),
            ("predicts", list(&explanation.predicts, said)),
        ])
    }

    fn fault(&self, fault: &Fault) -> Json {
        let number = |fitted: &crate::finding::Fitted| {
            Json::object([
                ("key", Json::text(&*fitted.key)),
                ("value", Json::Number(fitted.value)),
                ("sigma", Json::Number(fitted.sigma)),
            ])
        };
        Json::object([
            ("on", Json::text(&*fault.cause.on)),
            ("kind", Json::text(fault.cause.kind)),
            ("numbers", list(&fault.numbers, number)),
            ("from_s", self.s(Some(fault.from.0))),
            ("from_sigma_s", Json::Number(fault.from.1)),
            ("until_s", self.s(fault.until)),
        ])
    }

    fn mechanism(&self, mechanism: &Mechanism) -> Json {
        Json::object([
            ("kind", Json::text(mechanism.kind.text())),
            ("device", Json::text(mechanism.device.name())),
            ("from_s", self.s(Some(mechanism.from))),
            ("seen", list(&mechanism.seen, |seen| self.seen(seen))),
        ])
    }

    fn no_return(&self, lost: &NoReturn) -> Json {
        let fork = |fork: &Fork| {
            Json::object([
                ("t_s", self.s(Some(fork.t))),
                ("altitude_m", Json::Number(fork.altitude.value)),
                ("v_down_m_s", Json::Number(fork.descent.value)),
                ("outcome", Json::text(&*fork.outcome)),
            ])
        };
        Json::object([
            ("last", list(lost.last.as_slice(), fork)),
            ("first", list(lost.first.as_slice(), fork)),
            ("beyond_thrust", list(lost.beyond_thrust.as_slice(), fork)),
            ("by", Json::text(&*lost.by)),
            ("text", Json::text(&*lost.text)),
        ])
    }
}

fn flown_again(flown: &Reflown) -> Json {
    let [east, north] = flown.ground_m.unwrap_or([f64::NAN; 2]);
    let [down, across] = flown.speed_m_s.unwrap_or([f64::NAN; 2]);
    Json::object([
        ("outcome", Json::text(&*flown.outcome)),
        ("end_s", Json::Number(flown.end_s)),
        ("contact_s", optional(flown.contact_s)),
        ("east_m", Json::Number(east)),
        ("north_m", Json::Number(north)),
        ("v_down_m_s", Json::Number(down.abs())),
        ("v_horizontal_m_s", Json::Number(across)),
        ("propellant_kg", optional(flown.propellant_kg)),
    ])
}
