//! Figures, times and names as people read them.
//!
//! Owns: rounding to what the uncertainty allows, names of devices and kinds of faults in words.

use super::sheet::Figure;
use crate::finding::{Channel, Device, Fault, Fitted, Grade};
use icd::time::Time;
use rig::report::escape;
use rig::scenario::unit_of;

/// Significant digits of a figure without uncertainty.
const DIGITS: f64 = 3.0;
const MINUTE_S: f64 = 60.0;

/// Larger numbers are written with a power of ten.
const LARGE: f64 = 1e7;

/// `−1254`, to so many decimals, with a real minus sign.
fn fixed(value: f64, decimals: usize) -> String {
    if !value.is_finite() {
        return "–".to_string();
    }
    if value.abs() >= LARGE {
        let ten = libm::floor(libm::log10(value.abs()));
        let power: String = format!("{ten:.0}").chars().map(superscript).collect();
        return format!("{:.1} × 10{power}", value / libm::exp10(ten)).replace('-', "−");
    }
    let text = format!("{value:.decimals$}");
    let zero = text.trim_start_matches('-').chars().all(|c| c == '0' || c == '.');
    if zero { text.trim_start_matches('-').to_string() } else { text.replace('-', "−") }
}

fn superscript(digit: char) -> char {
    match digit {
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        '0' | '4'..='9' => {
            char::from_u32(0x2070 + u32::from(digit) - u32::from('0')).unwrap_or(digit)
        }
        other => other,
    }
}

/// A sentence of another part for the page: escaped, its hyphens before digits real minus signs, kinds of faults in words.
pub fn prose(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut within = false;
    let mut before = ' ';
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let number = letters.peek().is_some_and(char::is_ascii_digit);
        let opens = matches!(before, ' ' | '(' | ',');
        out.push(match letter {
            '-' if number && opens => '−',
            '_' if within => ' ',
            '`' => {
                within = !within;
                if within { '“' } else { '”' }
            }
            other => other,
        });
        before = letter;
    }
    escape(&out)
}

/// Decimals that leave so many significant digits of a number.
fn decimals(of: f64, digits: f64) -> usize {
    let size = if of == 0.0 { 0.0 } else { libm::floor(libm::log10(of.abs())) };
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // clamped
    let decimals = (digits - 1.0 - size).clamp(0.0, 9.0) as usize;
    decimals
}

/// A number to three significant digits, more where it is whole.
pub fn number(value: f64) -> String {
    fixed(value, if value.is_finite() { decimals(value, DIGITS) } else { 0 })
}

/// `1254 ± 30 m`: the uncertainty to two digits, the value to the same place.
pub fn figure(figure: &Figure) -> String {
    let unit = match &*figure.unit {
        "" => String::new(),
        "°" => "°".to_string(),
        unit => format!("\u{a0}{unit}"),
    };
    match figure.sigma.filter(|sigma| sigma.is_finite() && *sigma > 0.0) {
        None => format!("{}{unit}", number(figure.value)),
        Some(sigma) => {
            let places = decimals(sigma, 2.0);
            let (value, sigma) = (fixed(figure.value, places), fixed(sigma, places));
            match &*figure.unit {
                "°" => format!("({value} ± {sigma})°"),
                _ => format!("{value} ± {sigma}{unit}"),
            }
        }
    }
}

/// A number of a fault: its name in words and its figure.
pub fn fitted(fitted: &Fitted) -> String {
    let unit = unit_of(&fitted.key);
    let figure =
        figure(&Figure { value: fitted.value, sigma: Some(fitted.sigma), unit: unit.to_string() });
    format!("{} {figure}", stem(&fitted.key))
}

/// `range_m_max` as `largest range`.
fn stem(key: &str) -> String {
    let (bare, which) = match (key.strip_suffix("_max"), key.strip_suffix("_min")) {
        (Some(bare), _) => (bare, "largest "),
        (_, Some(bare)) => (bare, "least "),
        _ => (key, ""),
    };
    let unit = SUFFIXES.iter().filter_map(|suffix| bare.strip_suffix(suffix));
    let stem =
        if unit_of(key).is_empty() { bare } else { unit.min_by_key(|s| s.len()).unwrap_or(bare) };
    format!("{which}{}", stem.replace('_', " "))
}

/// Units that keys of faults end in; the longest that fits counts.
const SUFFIXES: [&str; 20] = [
    "_m_s2_s", "_m_s2", "_m_s_s", "_m_s", "_m", "_deg_h_s", "_deg_h", "_deg_s", "_deg", "_rad_s",
    "_rad", "_kg_s", "_kg", "_pixel_s", "_pixel", "_px", "_ms", "_s", "_percent", "_db",
];

/// With its first letter large.
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    first + letters.as_str()
}

/// A probability: `97 %`, never closer to certainty than its figures.
pub fn probability(p: f64) -> String {
    match 100.0 * p {
        p if !p.is_finite() => "–".to_string(),
        p if p < 0.1 => "< 0.1 %".to_string(),
        p if p > 99.9 => "> 99.9 %".to_string(),
        p if !(1.0..=99.0).contains(&p) => format!("{p:.1} %"),
        p => format!("{p:.0} %"),
    }
}

/// Seconds from one time to another, with sign.
pub fn relative_s(t: Time, zero: Time) -> f64 {
    (t - zero).s()
}

/// `−75.1 s` before the zero, `−12 min 05 s` where it is long.
pub fn relative(t: Time, zero: Time) -> String {
    let s = relative_s(t, zero);
    let sign = if s < -0.05 { "−" } else { "+" };
    let s = s.abs();
    if s < 2.0 * MINUTE_S {
        return format!("{sign}{s:.1} s");
    }
    let minutes = libm::floor((s + 0.5) / MINUTE_S);
    format!("{sign}{minutes:.0} min {:02.0} s", libm::floor(s + 0.5 - minutes * MINUTE_S))
}

/// `16:17:23.4`, UTC.
pub fn clock(t: Time) -> String {
    let text = t.to_string();
    let clock = text.split_once('T').map_or(&*text, |(_, clock)| clock);
    clock.get(..10).unwrap_or(clock).to_string()
}

/// How a statement came to be.
pub const fn grade(grade: Grade) -> &'static str {
    match grade {
        Grade::Measured => "measured",
        Grade::Derived => "derived",
        Grade::Inferred => "inferred",
    }
}

/// A channel of evidence in words.
pub fn channel(channel: Channel) -> String {
    match channel {
        Channel::Stream(device) => format!("{}: how its readings come", device_name(device)),
        Channel::Motion => "one motion under all readings".to_string(),
        Channel::Thrust => "answers of engines and jets".to_string(),
    }
}

/// A device in words.
pub const fn device_name(device: Device) -> &'static str {
    match device {
        Device::Rangefinder => "rangefinder",
        Device::RadarAltimeter => "radar altimeter",
        Device::Velocimeter => "velocimeter",
        Device::StarTracker => "star tracker",
        Device::Camera => "camera",
        Device::Gauge => "gauge",
        Device::HazardLidar => "hazard lidar",
        Device::Gyros => "gyros",
        Device::Accelerometers => "accelerometers",
        Device::Switches => "touchdown switches",
        Device::Engines => "engines",
        Device::Computer => "computer",
    }
}

/// `rangefinder`, `assist engine 3`: a device as a person says it.
pub fn device(on: &str) -> String {
    match on.split_once('.') {
        Some(("assist", n)) => format!("assist engine {n}"),
        Some(("switch", n)) => format!("touchdown switch {n}"),
        Some((family, n)) => format!("{} {n}", family.replace('_', " ")),
        None if on == "main" => "main engine".to_string(),
        None if on == "imu" => "inertial unit".to_string(),
        None => on.replace('_', " "),
    }
}

/// `rangefinder: range limit`.
pub fn cause(on: &str, kind: &str) -> String {
    format!("{}: {}", device(on), kind.replace('_', " "))
}

/// Its numbers in one line.
pub fn numbers(fault: &Fault) -> String {
    fault.numbers.iter().map(fitted).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(value: f64, sigma: Option<f64>, unit: &str) -> String {
        figure(&Figure { value, sigma, unit: unit.to_string() })
    }

    #[test]
    fn a_figure_has_the_digits_that_its_uncertainty_allows() {
        assert_eq!(of(1254.859, Some(31.2), "m"), "1255 ± 31\u{a0}m");
        assert_eq!(of(-0.063_41, Some(0.001_24), "°"), "(−0.0634 ± 0.0012)°");
        assert_eq!(of(65.755, None, "m/s"), "65.8\u{a0}m/s");
        assert_eq!(of(-0.0001, Some(0.5), ""), "0.00 ± 0.50");
        assert_eq!(of(f64::NAN, None, "m"), "–\u{a0}m");
        assert_eq!(of(3.0, Some(f64::NAN), "m"), "3.00\u{a0}m");
        assert_eq!(of(0.0, Some(3.36e148), "m"), "0 ± 3.4 × 10¹⁴⁸\u{a0}m");
    }

    #[test]
    fn a_hyphen_before_a_digit_is_a_minus_and_elsewhere_stays() {
        assert_eq!(
            prose("at -12.5 m (-3) of PUS-8, 1e-4 <b>"),
            "at −12.5 m (−3) of PUS-8, 1e-4 &lt;b&gt;"
        );
    }

    #[test]
    fn a_kind_of_fault_is_quoted_in_words() {
        assert_eq!(prose("about `range_limit`, not a_b"), "about “range limit”, not a_b");
    }

    #[test]
    fn a_probability_is_never_certain() {
        let shown = [1.0, 0.9995, 0.995, 0.97, 0.005, 0.0].map(probability);
        assert_eq!(shown, ["> 99.9 %", "> 99.9 %", "99.5 %", "97 %", "0.5 %", "< 0.1 %"]);
    }

    #[test]
    fn keys_of_faults_become_words() {
        let fit = |key: &str| fitted(&Fitted { key: key.into(), value: 893.0, sigma: 12.0 });
        assert_eq!(fit("range_m_max"), "largest range 893 ± 12\u{a0}m");
        assert_eq!(fit("x_m_s2"), "x 893 ± 12\u{a0}m/s²");
        assert_eq!(fit("probability"), "probability 893 ± 12");
        assert_eq!(cause("assist.3", "stuck_on"), "assist engine 3: stuck on");
    }

    #[test]
    fn a_time_stands_before_or_after_the_zero() {
        let zero = Time::from_tai_ns(0);
        let at = |s: f64| relative(zero + icd::time::Span::from_s(s), zero);
        assert_eq!(
            [-75.12, 0.0, -725.4, 119.6].map(at),
            ["−75.1 s", "+0.0 s", "−12 min 05 s", "+119.6 s"]
        );
        assert_eq!(at(-779.6), "−13 min 00 s");
    }
}
