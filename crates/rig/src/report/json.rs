//! Just enough JSON to carry numbers and names into a page: no reader, no escapes beyond what a page needs.
//!
//! Owns: rounding of numbers to significant digits, escaping. A NaN or an infinity becomes `null`.
//! Refuses: reading JSON back; maps without order.

use std::fmt::Write;

/// A JSON value under construction.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    /// One number, written to 7 significant digits.
    Number(f64),
    /// One text.
    Text(String),
    /// Numbers written to `digits` significant digits: the compact way for curves.
    Curve {
        /// The numbers.
        values: Vec<f64>,
        /// Significant digits kept.
        digits: usize,
    },
    /// Values in order.
    List(Vec<Json>),
    /// Named values in order.
    Object(Vec<(String, Json)>),
}

impl Json {
    /// A text.
    pub fn text(text: impl Into<String>) -> Self {
        Json::Text(text.into())
    }
    /// An object from pairs, in order.
    pub fn object<const N: usize>(pairs: [(&str, Json); N]) -> Self {
        Json::Object(pairs.into_iter().map(|(key, value)| (key.to_string(), value)).collect())
    }
    /// The value as text that is safe inside an HTML `script` element: `<` is written `\u003c`.
    pub fn to_script(&self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) {
        match self {
            Json::Number(x) => write_number(out, *x, 7),
            Json::Text(text) => write_text(out, text),
            Json::Curve { values, digits } => {
                write_joined(out, '[', ']', values, |out, x| write_number(out, *x, *digits));
            }
            Json::List(items) => write_joined(out, '[', ']', items, |out, item| item.write(out)),
            Json::Object(pairs) => write_joined(out, '{', '}', pairs, |out, (key, value)| {
                write_text(out, key);
                out.push(':');
                value.write(out);
            }),
        }
    }
}

fn write_joined<T>(
    out: &mut String,
    open: char,
    close: char,
    items: &[T],
    each: impl Fn(&mut String, &T),
) {
    out.push(open);
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        each(out, item);
    }
    out.push(close);
}

fn write_text(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '<' => out.push_str("\\u003c"),
            c if u32::from(c) < 0x20 => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

/// Writes `x` to `digits` significant digits and at most 9 decimals, without trailing zeros.
fn write_number(out: &mut String, x: f64, digits: usize) {
    if !x.is_finite() {
        out.push_str("null");
        return;
    }
    let magnitude = if x == 0.0 { 0.0 } else { x.abs().log10().floor() };
    let decimals = (digits as f64 - 1.0 - magnitude).clamp(0.0, 9.0);
    let start = out.len();
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // clamped to 0..=9 above
    let _ = write!(out, "{x:.*}", decimals as usize);
    if out[start..].contains('.') {
        let kept = out.trim_end_matches('0').trim_end_matches('.').len();
        out.truncate(kept);
    }
    if &out[start..] == "-0" {
        out.truncate(start);
        out.push('0');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(values: &[f64], digits: usize) -> String {
        Json::Curve { values: values.to_vec(), digits }.to_script()
    }

    #[test]
    fn numbers_keep_their_significant_digits_and_lose_trailing_zeros() {
        assert_eq!(
            curve(&[1234.5678, 0.000123456, -0.0, 20000.0, 1.5], 5),
            "[1234.6,0.00012346,0,20000,1.5]"
        );
        assert_eq!(curve(&[-1e-12], 5), "[0]");
    }

    #[test]
    fn what_is_not_a_number_is_null() {
        assert_eq!(curve(&[f64::NAN, f64::INFINITY, 1.0], 5), "[null,null,1]");
    }

    #[test]
    fn a_text_cannot_close_the_script_element() {
        let json = Json::object([("name", Json::text("</script>\"\\\n\u{1}"))]);
        assert_eq!(json.to_script(), "{\"name\":\"\\u003c/script>\\\"\\\\\\n\\u0001\"}");
    }
}
