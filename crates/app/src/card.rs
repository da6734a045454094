//! The verdict of a flight as a card on the terminal.
//!
//! Owns: its lines. Does not own: the verdict (see `rig::verdict`) or its labels (`rig::report::adapt`).

use console::{Alignment, Style, pad_str};
use rig::report::adapt::{label, reasons};
use rig::verdict::{Judgement, Limit, Outcome};

/// Lines of a verdict card; `colour` off leaves no control code.
pub fn lines(name: &str, judgement: &Judgement, colour: bool) -> Vec<String> {
    let style = |style: Style| style.force_styling(colour);
    let tone = match judgement.outcome {
        Outcome::Landed => Style::new().green(),
        Outcome::HardLanding | Outcome::TimedOut => Style::new().yellow(),
        _ => Style::new().red(),
    };
    let expected = if judgement.as_expected {
        "as the scenario expects"
    } else {
        "not what the scenario expects"
    };
    let grade = if judgement.as_expected { Style::new().green() } else { Style::new().red() };
    let mut out = vec![format!(
        "{}: {}, {}",
        style(Style::new().bold()).apply_to(name),
        style(tone.bold()).apply_to(judgement.headline().to_uppercase()),
        style(grade).apply_to(format!("{} ({expected})", judgement.grade.name())),
    )];
    let (kept, broken) = (style(Style::new().green()), style(Style::new().red()));
    for limit in judgement.limits.iter().chain(&judgement.bands) {
        let tone = match (limit.met, judgement.as_expected) {
            (true, _) => Some(&kept),
            (false, false) => Some(&broken),
            (false, true) => None,
        };
        out.push(format!("  {}", row(limit, tone)));
    }
    for reason in reasons(judgement) {
        out.push(format!("  {}", style(Style::new().red()).apply_to(reason)));
    }
    out
}

/// One limit; without a tone it is broken and yet as expected: it was not judged.
fn row(limit: &Limit, tone: Option<&Style>) -> String {
    let bound = match (limit.min.is_finite(), limit.max.is_finite()) {
        (true, true) => format!("{} to {}", limit.min, limit.max),
        (true, false) => format!("at least {}", limit.min),
        _ => format!("at most {}", limit.max),
    };
    let unit = limit.unit;
    let margin = match limit.value {
        Some(_) => format!("margin {:+.2} {unit}", limit.margin).replace('-', "−"),
        None => "never measured".to_string(),
    };
    let value = limit.value.map_or("–".to_string(), |x| format!("{x:.2}").replace('-', "−"));
    format!(
        "{} {value:>10} {} {} {}",
        column(label(limit.key), 46),
        column(unit, 4),
        column(&bound, 18),
        tone.map_or(format!("{margin} (not judged)"), |tone| tone.apply_to(margin).to_string())
    )
}

fn column(text: &str, width: usize) -> String {
    pad_str(text, width, Alignment::Left, None).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rig::measures::Measures;
    use rig::verdict::{Expect, judge};

    fn judgement() -> Judgement {
        let expect = Expect {
            outcome: Outcome::Landed,
            v_vertical_m_s_max: 2.0,
            v_horizontal_m_s_max: 1.0,
            tilt_deg_max: 8.0,
            miss_m_max: 100.0,
            propellant_kg_min: 0.0,
            bands: Vec::new(),
            events: Vec::new(),
        };
        let measures = Measures { v_vertical_m_s: Some(31.0), ..Measures::default() };
        judge(Outcome::Lost, &measures, &[], &expect)
    }

    #[test]
    fn a_card_without_colour_holds_no_control_code() {
        let plain = lines("one", &judgement(), false);
        assert!(plain.iter().all(|line| line.chars().all(|c| !c.is_control())));
        assert!(plain[0].contains("LOST") && plain[0].contains("not what the scenario expects"));
        assert!(plain[1].contains("31.00") && plain[1].contains("−29.00"), "{}", plain[1]);
    }

    #[test]
    fn a_card_with_colour_does() {
        assert!(lines("one", &judgement(), true)[0].contains('\u{1b}'));
    }
}
