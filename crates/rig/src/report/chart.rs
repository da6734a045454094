//! A line chart as a piece of SVG, for pages without script.
//!
//! Owns: axes, curves, level marks, the key. Does not own: colours (`assets/report.css` by role).

use crate::report::escape;
use std::fmt::Write;

/// What charts and tables of figures need beyond the style of the reports.
pub const CHART_STYLE: &str = "svg { width: 100%; height: auto; font: 12px system-ui, sans-serif; } \
svg text { fill: var(--muted); } svg .grid { stroke: var(--grid); } \
svg polyline { fill: none; stroke-width: 2; } svg .band { opacity: .18; } \
svg .dots { fill: none; stroke-width: 5; stroke-linecap: round; } \
svg line.mark { stroke: var(--muted); stroke-dasharray: 2 3; } \
.key span.fill::before { border-top-width: 9px; border-radius: 2px; opacity: .35; } \
svg line.level { stroke: var(--limit); stroke-dasharray: 5 4; } svg text.level { fill: var(--limit); } \
td.number, th.number { text-align: right; } tr.sum > * { font-weight: 650; } p { max-width: 100ch; }";

/// A picture has its key on the right.
const PICTURE_WIDTH: f64 = 900.0;
const KEY_LEFT: f64 = 560.0;
/// Light colours of the reports, by role.
const PICTURE_STYLE: &str = "svg { font: 12px system-ui, sans-serif; --card: #ffffff; --muted: #5a6879; \
--grid: #e8edf3; --truth: #16202c; --nav: #0a6fd1; --second: #b45f06; --reference: #1f8a5b; --limit: #cf2f3c; \
--pass: #1f8a5b; } text { fill: var(--muted); } .title { font-size: 14px; font-weight: 650; } \
.grid { stroke: var(--grid); } polyline { fill: none; stroke-width: 2; } .band { opacity: .18; } \
.dots { fill: none; stroke-width: 5; stroke-linecap: round; } .mark { stroke: var(--muted); stroke-dasharray: 2 3; } \
text.mark { stroke: none; }";

const WIDTH: f64 = 620.0;
const HEIGHT: f64 = 330.0;
const LEFT: f64 = 62.0;
/// Room for the labels of levels.
const RIGHT: f64 = 96.0;
/// Room for half of the last tick's number.
const MARGIN: f64 = 22.0;
const TOP: f64 = 14.0;
const BOTTOM: f64 = 44.0;

/// One curve.
pub struct Curve {
    /// Label in the key; empty for none.
    pub label: String,
    /// A colour of the style sheet, such as `--nav`.
    pub colour: &'static str,
    /// Points. One that is not a number breaks the curve.
    pub points: Vec<(f64, f64)>,
}

/// An area between two heights.
pub struct Band {
    /// Label in the key; empty for none.
    pub label: String,
    /// A colour of the style sheet; drawn transparent.
    pub colour: &'static str,
    /// Place, lower and upper height. One that is not a number ends the area there.
    pub points: Vec<(f64, f64, f64)>,
}

/// Single points.
pub struct Dots {
    /// Label in the key; empty for none.
    pub label: String,
    /// A colour of the style sheet.
    pub colour: &'static str,
    /// Points.
    pub points: Vec<(f64, f64)>,
}

/// One chart.
#[derive(Default)]
pub struct Chart {
    /// Title.
    pub title: &'static str,
    /// One sentence on how to read it.
    pub note: String,
    /// Label of the horizontal axis, with unit.
    pub x_label: &'static str,
    /// Label of the vertical axis, with unit.
    pub y_label: &'static str,
    /// Ticks of the horizontal axis; the first and last bound it.
    pub x_ticks: Vec<f64>,
    /// Ticks of the vertical axis; the first and last bound it.
    pub y_ticks: Vec<f64>,
    /// Curves.
    pub curves: Vec<Curve>,
    /// Horizontal lines: height and label.
    pub levels: Vec<(f64, &'static str)>,
    /// Vertical lines: place and label.
    pub marks: Vec<(f64, String)>,
    /// Areas, below the curves.
    pub bands: Vec<Band>,
    /// Points, above the curves.
    pub dots: Vec<Dots>,
}

impl Chart {
    /// The chart as a figure.
    pub fn figure(&self) -> String {
        let mut svg = String::new();
        self.grid(&mut svg);
        self.layers(&mut svg);
        for (level, label) in &self.levels {
            let y = self.y(*level);
            let _ = write!(
                svg,
                "<line class=\"level\" x1=\"{LEFT}\" x2=\"{:.1}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>\
                 <text class=\"level\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
                WIDTH - RIGHT,
                WIDTH - RIGHT + 6.0,
                y + 4.0,
                escape(label)
            );
        }
        let key: String = (self.key().into_iter())
            .map(|(class, colour, label)| {
                format!("<span{class} style=\"--c:var({colour})\">{}</span>", escape(label))
            })
            .collect();
        // Without levels there is nothing on the right that would need room.
        let width = if self.levels.is_empty() { WIDTH - RIGHT + MARGIN } else { WIDTH };
        format!(
            "<figure class=\"plot\"><div class=\"head\"><h3>{}</h3></div><p class=\"note\">{}</p>\
             <svg viewBox=\"0 0 {width} {HEIGHT}\" role=\"img\">{svg}</svg>\
             <div class=\"key\">{key}</div></figure>\n",
            escape(self.title),
            escape(&self.note)
        )
    }

    /// The chart as a picture of its own, its title and key inside; light colours.
    pub fn picture(&self, title: &str) -> String {
        let mut svg = String::new();
        self.grid(&mut svg);
        self.layers(&mut svg);
        let mut top = TOP + 12.0;
        for (_, colour, label) in self.key() {
            let _ = writeln!(
                svg,
                "<line x1=\"{1}\" x2=\"{2}\" y1=\"{3}\" y2=\"{3}\" style=\"stroke:var({0});stroke-width:3\"/>\
                 <text x=\"{4}\" y=\"{5}\">{6}</text>",
                colour,
                KEY_LEFT,
                KEY_LEFT + 18.0,
                top - 4.0,
                KEY_LEFT + 24.0,
                top,
                escape(label)
            );
            top += 17.0;
        }
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 -26 {PICTURE_WIDTH} {}\">\n\
             <style>{PICTURE_STYLE}</style>\n\
             <rect x=\"0\" y=\"-26\" width=\"100%\" height=\"100%\" style=\"fill:var(--card)\"/>\n\
             <text x=\"{LEFT}\" y=\"-8\" class=\"title\">{}: {}</text>\n{svg}</svg>\n",
            HEIGHT + 26.0,
            escape(title),
            escape(&self.title.to_lowercase()),
        )
    }

    /// What stands in the key: class, colour, label.
    fn key(&self) -> Vec<(&'static str, &'static str, &str)> {
        let curves = self.curves.iter().map(|c| ("", c.colour, &*c.label));
        let bands = self.bands.iter().map(|b| (" class=\"fill\"", b.colour, &*b.label));
        let dots = self.dots.iter().map(|d| (" class=\"dot\"", d.colour, &*d.label));
        curves.chain(bands).chain(dots).filter(|(.., label)| !label.is_empty()).collect()
    }

    /// Areas, curves, points and vertical lines.
    fn layers(&self, svg: &mut String) {
        for band in &self.bands {
            for part in band.points.split(|(x, low, high)| !(x + low + high).is_finite()) {
                let lower = part.iter().map(|(x, low, _)| self.place(*x, *low));
                let upper = part.iter().rev().map(|(x, _, high)| self.place(*x, *high));
                let corners: String = lower.chain(upper).collect();
                if !corners.is_empty() {
                    let _ = write!(
                        svg,
                        "<polygon class=\"band\" style=\"fill:var({})\" points=\"{}\"/>",
                        band.colour,
                        corners.trim_end()
                    );
                }
            }
        }
        for curve in &self.curves {
            for part in curve.points.split(|(x, y)| !(x + y).is_finite()) {
                let points: String = part.iter().map(|(x, y)| self.place(*x, *y)).collect();
                if !points.is_empty() {
                    let _ = write!(
                        svg,
                        "<polyline style=\"stroke:var({})\" points=\"{}\"/>",
                        curve.colour,
                        points.trim_end()
                    );
                }
            }
        }
        for dots in &self.dots {
            let finite = dots.points.iter().filter(|(x, y)| (x + y).is_finite());
            let path: String =
                finite.map(|(x, y)| format!("M{:.1},{:.1}h0", self.x(*x), self.y(*y))).collect();
            if !path.is_empty() {
                let colour = dots.colour;
                let _ = write!(
                    svg,
                    "<path class=\"dots\" style=\"stroke:var({colour})\" d=\"{path}\"/>"
                );
            }
        }
        for (place, label) in &self.marks {
            let x = self.x(*place);
            let _ = write!(
                svg,
                "<line class=\"mark\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{TOP}\" y2=\"{:.1}\"/>\
                 <text class=\"mark\" transform=\"translate({:.1} {:.1}) rotate(-90)\" text-anchor=\"end\">{}</text>",
                HEIGHT - BOTTOM,
                x - 4.0,
                TOP + 3.0,
                escape(label)
            );
        }
    }

    /// A point as the lists of SVG want it.
    fn place(&self, x: f64, y: f64) -> String {
        format!("{:.1},{:.1} ", self.x(x), self.y(y))
    }

    fn grid(&self, svg: &mut String) {
        let (right, bottom) = (WIDTH - RIGHT, HEIGHT - BOTTOM);
        let number = |tick: &f64| tick.to_string().replace('-', "−");
        for tick in &self.x_ticks {
            let x = self.x(*tick);
            let _ = write!(
                svg,
                "<line class=\"grid\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{TOP}\" y2=\"{bottom}\"/>\
                 <text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
                bottom + 16.0,
                number(tick)
            );
        }
        for tick in &self.y_ticks {
            let y = self.y(*tick);
            let _ = write!(
                svg,
                "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{right}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>\
                 <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                LEFT - 7.0,
                y + 4.0,
                number(tick)
            );
        }
        let (middle_x, middle_y) = (0.5 * (LEFT + right), 0.5 * (TOP + bottom));
        let _ = write!(
            svg,
            "<text x=\"{middle_x}\" y=\"{}\" text-anchor=\"middle\">{}</text>\
             <text transform=\"translate(16 {middle_y}) rotate(-90)\" text-anchor=\"middle\">{}</text>",
            HEIGHT - 8.0,
            escape(self.x_label),
            escape(self.y_label)
        );
    }

    fn x(&self, x: f64) -> f64 {
        LEFT + share(x, &self.x_ticks) * (WIDTH - LEFT - RIGHT)
    }

    fn y(&self, y: f64) -> f64 {
        HEIGHT - BOTTOM - share(y, &self.y_ticks) * (HEIGHT - TOP - BOTTOM)
    }
}

/// Where a value lies between the first and the last tick, 0 to 1; values outside stick to the edge.
fn share(value: f64, ticks: &[f64]) -> f64 {
    match ticks {
        [first, .., last] => ((value - first) / (last - first)).clamp(0.0, 1.0),
        _ => 0.0,
    }
}

/// Round ticks that enclose two values, about so many.
pub fn ticks(first: f64, last: f64, about: f64) -> Vec<f64> {
    let span = (last - first).max(1e-6);
    let ten = libm::exp10(libm::floor(libm::log10(span / about)));
    let step = [1.0, 2.0, 5.0, 10.0].map(|m| m * ten);
    let step = step.into_iter().find(|step| span / step <= about).unwrap_or(10.0 * ten);
    let (from, to) = (libm::floor(first / step + 1e-9), libm::ceil(last / step - 1e-9));
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a few
    let count = (to - from) as usize;
    (0..=count).map(|k| libm::round((from + k as f64) * step * 1e6) / 1e6).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chart_puts_its_corners_where_its_axes_end() {
        let chart = Chart {
            title: "a <b>",
            note: String::new(),
            x_label: "x",
            y_label: "y",
            x_ticks: vec![0.0, 5.0, 10.0],
            y_ticks: vec![0.0, 100.0],
            curves: vec![Curve {
                label: "one".into(),
                colour: "--nav",
                points: vec![(0.0, 0.0), (10.0, 100.0)],
            }],
            ..Chart::default()
        };
        let figure = chart.figure();
        assert!(figure.contains("points=\"62.0,286.0 524.0,14.0\""), "{figure}");
        assert!(figure.contains("a &lt;b&gt;"), "{figure}");
    }

    #[test]
    fn what_is_not_a_number_breaks_curves_and_bands_and_leaves_out_dots() {
        let chart = Chart {
            x_ticks: vec![0.0, 10.0],
            y_ticks: vec![0.0, 10.0],
            curves: vec![Curve {
                label: String::new(),
                colour: "--nav",
                points: vec![(0.0, 1.0), (1.0, f64::NAN), (2.0, 1.0), (3.0, 1.0)],
            }],
            bands: vec![Band {
                label: "b".into(),
                colour: "--nav",
                points: vec![(0.0, 0.0, 1.0), (1.0, 0.0, f64::INFINITY), (2.0, 0.0, 1.0)],
            }],
            dots: vec![Dots {
                label: "d".into(),
                colour: "--limit",
                points: vec![(5.0, 5.0), (6.0, f64::NAN)],
            }],
            marks: vec![(5.0, "here".into())],
            ..Chart::default()
        };
        let figure = chart.figure();
        assert_eq!(figure.matches("<polyline").count(), 2);
        assert_eq!(figure.matches("<polygon").count(), 2);
        assert_eq!(figure.matches("h0").count(), 1);
        assert!(figure.contains(">here</text>") && !figure.contains("NaN"), "{figure}");
    }
}
