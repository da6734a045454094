//! The live view: one panel a flight, a fixed block of lines redrawn in place ten times a second.
//!
//! Owns: the panel's lines and their drawing. Does not own: when (see `fly`), what is true (see `rig`).

use crate::status::{Notice, Status, clock, t_minus};
use console::{Alignment, Style, Term, measure_text_width, pad_str, truncate_str};
use icd::events::{Event, Severity};
use icd::time::Time;
use icd::tm::Outcome;
use std::collections::VecDeque;

/// Events that stay on screen.
const EVENTS: usize = 6;
/// Widest panel, characters.
const WIDEST: usize = 74;
/// Narrowest panel that still stands beside another, characters.
const NARROWEST: usize = 62;

/// One flight's panel.
pub struct Panel {
    name: String,
    status: Status,
    full_kg: f64,
    events: VecDeque<(Time, Event)>,
    over: bool,
}

impl Panel {
    /// An empty panel.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_string(),
            status: Status::default(),
            full_kg: 0.0,
            events: VecDeque::new(),
            over: false,
        }
    }

    /// Takes in what the flight told.
    pub fn hear(&mut self, notice: Notice) {
        match notice {
            Notice::Moment(status) => {
                self.full_kg = self.full_kg.max(status.truth.propellant_kg);
                self.status = *status;
            }
            Notice::Raised(t, event) => {
                self.events.push_back((t, event));
                if self.events.len() > EVENTS {
                    self.events.pop_front();
                }
            }
            Notice::Over => self.over = true,
        }
    }

    /// The panel's lines, each `width` columns wide; always the same number of them.
    fn lines(&self, width: usize) -> Vec<String> {
        let s = &self.status;
        let dim = Style::new().dim();
        let state = if self.over { "over" } else { s.phase.name() };
        let mut lines = vec![
            spread(
                &Style::new().bold().cyan().apply_to(&self.name).to_string(),
                &bold(state),
                width,
            ),
            spread(
                &format!("{} UTC   {}", clock(s.t), bold(&t_minus(s.t_s()))),
                &dim.apply_to("from the planned touchdown").to_string(),
                width,
            ),
            dim.apply_to(format!("{:12}{:>14}{:>14}{:>13}", "", "truth", "estimate", "difference"))
                .to_string(),
        ];
        lines.extend(self.figures());
        let full = self.full_kg.max(1.0);
        let share = s.truth.propellant_kg / full;
        let tone = if share < 0.1 { Style::new().red() } else { Style::new().green() };
        lines.push(format!(
            "{:12}{} {:6.1} kg",
            "propellant",
            bar(share, 26, &tone),
            s.truth.propellant_kg
        ));
        let main = if s.main_open { "main engine on" } else { "main engine off" };
        lines.push(format!(
            "{:12}{} {:4.0} %  {main}",
            "assist",
            bar(s.throttle, 26, &Style::new().yellow()),
            100.0 * s.throttle
        ));
        lines.push(format!("{:12}{}", "rangefinder", self.rangefinder()));
        let alarms = s.alarm_names().join(", ");
        let shown = if alarms.is_empty() {
            dim.apply_to("none".to_string())
        } else {
            Style::new().red().bold().apply_to(alarms)
        };
        lines.push(format!("{:12}{shown}", "alarms"));
        lines.push(dim.apply_to("─".repeat(width)).to_string());
        lines.extend(self.event_lines());
        lines.into_iter().map(|line| fit(&line, width)).collect()
    }

    fn figures(&self) -> [String; 4] {
        let (truth, nav) = (&self.status.truth, &self.status.nav);
        let row = |what: &str, t: f64, n: f64, unit: &str, digits: usize| {
            let cell = |x: f64, width: usize| {
                format!("{:>width$}", format!("{x:.digits$} {unit}").replace('-', "−"))
            };
            let difference = Style::new().dim().apply_to(cell(n - t, 13));
            format!("{what:12}{}{}{difference}", bold(&cell(t, 14)), cell(n, 14))
        };
        let believed = Style::new()
            .dim()
            .apply_to(format!("  ±{:.0} m (3σ)", self.status.altitude_3_sigma_m))
            .to_string();
        [
            row("altitude", truth.altitude_m, nav.altitude_m, "m", 1) + &believed,
            row("descent", -truth.v_up_m_s, -nav.v_up_m_s, "m/s", 2),
            row("horizontal", truth.v_horizontal_m_s, nav.v_horizontal_m_s, "m/s", 2),
            row("tilt", truth.tilt_rad.to_degrees(), nav.tilt_rad.to_degrees(), "°", 2),
        ]
    }

    fn rangefinder(&self) -> String {
        let r = &self.status.rangefinder;
        let counts = format!("{} used, {} refused", r.fused, r.rejected);
        match r.outcome {
            Outcome::Silent => Style::new().dim().apply_to("no valid range yet").to_string(),
            Outcome::Fused => {
                format!("{}  {:.1} m  {counts}", Style::new().green().apply_to("used"), r.measured)
            }
            Outcome::Rejected => {
                format!(
                    "{}  off by {:.0} m  {counts}",
                    Style::new().red().apply_to("refused"),
                    r.nu
                )
            }
            Outcome::Unusable => {
                format!("{}  {counts}", Style::new().yellow().apply_to("not comparable"))
            }
            Outcome::Distrusted => {
                format!("{}  {counts}", Style::new().yellow().apply_to("weighed, not used"))
            }
            Outcome::LockedOut => {
                format!("{}  {counts}", Style::new().red().bold().apply_to("locked out"))
            }
            Outcome::Inhibited => {
                format!("{}  {counts}", Style::new().yellow().apply_to("inhibited"))
            }
        }
    }

    fn event_lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self
            .events
            .iter()
            .map(|(t, event)| {
                let since = t_minus((*t - self.status.planned).s());
                let style = severity_style(event.severity());
                format!("{:>9}  {}", since, style.apply_to(event.text()))
            })
            .collect();
        lines.resize(EVENTS, String::new());
        lines
    }
}

/// Colour of an event by its severity.
pub fn severity_style(severity: Severity) -> Style {
    match severity {
        Severity::Info => Style::new(),
        Severity::Low => Style::new().cyan(),
        Severity::Medium => Style::new().yellow(),
        Severity::High => Style::new().red().bold(),
    }
}

/// The block of all panels on a terminal.
pub struct Screen {
    term: Term,
    drawn: usize,
}

impl Screen {
    /// A screen on standard output. The cursor stays visible: an interrupted flight leaves the terminal as it was.
    pub fn open() -> Self {
        Self { term: Term::buffered_stdout(), drawn: 0 }
    }

    /// Draws the panels over the last drawing.
    pub fn draw(&mut self, panels: &[Panel]) {
        let (rows, columns) = self.term.size();
        let lines = block(panels, usize::from(columns));
        let room = usize::from(rows).saturating_sub(1);
        let _ = self.term.move_cursor_up(self.drawn);
        self.drawn = lines.len().min(room);
        for line in lines.iter().take(self.drawn) {
            let _ = self.term.clear_line();
            let _ = self.term.write_line(line);
        }
        let _ = self.term.flush();
    }
}

/// The lines of all panels: side by side where the terminal is wide enough, else one above the other.
fn block(panels: &[Panel], columns: usize) -> Vec<String> {
    let beside = panels.len() > 1 && columns >= panels.len() * (NARROWEST + 3);
    let share = if beside { columns / panels.len().max(1) - 3 } else { columns.saturating_sub(1) };
    let width = share.clamp(20, WIDEST);
    let drawn: Vec<Vec<String>> = panels.iter().map(|panel| panel.lines(width)).collect();
    let mut out = vec![String::new()];
    if beside {
        let height = drawn.iter().map(Vec::len).max().unwrap_or(0);
        for row in 0..height {
            let cells: Vec<&str> =
                drawn.iter().filter_map(|p| p.get(row)).map(String::as_str).collect();
            out.push(cells.join("   ").trim_end().to_string());
        }
    } else {
        for panel in drawn {
            out.extend(panel);
            out.push(String::new());
        }
    }
    out
}

fn bold(text: &str) -> String {
    Style::new().bold().apply_to(text).to_string()
}

fn fit(line: &str, width: usize) -> String {
    pad_str(&truncate_str(line, width, "…"), width, Alignment::Left, None).into_owned()
}

fn spread(left: &str, right: &str, width: usize) -> String {
    let gap = width.saturating_sub(measure_text_width(left) + measure_text_width(right)).max(1);
    format!("{left}{}{right}", " ".repeat(gap))
}

fn bar(share: f64, width: usize, style: &Style) -> String {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // clamped to 0..=width
    let full = (share.clamp(0.0, 1.0) * width as f64).round() as usize;
    let rest = width - full.min(width);
    format!("{}{}", style.apply_to("█".repeat(full)), Style::new().dim().apply_to("░".repeat(rest)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panel_keeps_its_height_and_width_whatever_happens() {
        let mut panel = Panel::new("m2-resilient");
        let height = panel.lines(74).len();
        for event in Event::ALL {
            panel.hear(Notice::Raised(Time::default(), *event));
        }
        panel.hear(Notice::Moment(Box::new(Status { alarms: u16::MAX, ..Status::default() })));
        let lines = panel.lines(74);
        assert_eq!(lines.len(), height);
        assert!(lines.iter().all(|line| measure_text_width(line) == 74));
    }

    #[test]
    fn two_panels_stand_side_by_side_only_where_there_is_room() {
        let panels = [Panel::new("one"), Panel::new("two")];
        let wide = block(&panels, 160);
        let narrow = block(&panels, 80);
        assert!(narrow.len() > 3 * wide.len() / 2);
        assert!(wide.iter().all(|line| measure_text_width(line) <= 160));
        assert!(narrow.iter().all(|line| measure_text_width(line) <= 80));
    }

    #[test]
    fn a_bar_is_never_longer_than_its_frame() {
        for share in [-1.0, 0.0, 0.5, 1.0, 7.0, f64::NAN] {
            assert_eq!(measure_text_width(&bar(share, 10, &Style::new())), 10);
        }
    }
}
