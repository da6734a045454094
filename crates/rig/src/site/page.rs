//! The page of a survey: three pictures with their legends, and the table.
//!
//! Owns: HTML. The pictures travel inside the file.

use super::picture::{Picture, SLOPE_COLOURS};
use super::{SLOPE_LIMITS_DEG, Slopes, Survey};
use crate::report::{Shell, base64, escape};
use std::fmt::Write;

const OWN_STYLE: &str = include_str!("../../assets/site.css");

/// One HTML document.
///
/// - `title`: what was looked at.
///
/// # Errors
/// What the PNG encoder refuses.
pub fn page(title: &str, survey: &Survey) -> Result<String, png::EncodingError> {
    let km = survey.view.size_m / 1000.0;
    let when = survey.view.t;
    let mut out = format!(
        "<h1>{}</h1>\n\
         <p class=\"purpose\">A square of {km:.3} km, north up, {:.1} m a pixel. Light of {when}.</p>\n<div class=\"pictures\">\n",
        escape(title),
        survey.cell_m
    );
    let low = survey.elevation_m.iter().copied().fold(f64::INFINITY, f64::min);
    let high = survey.elevation_m.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let relief = format!(
        "Relief: dark and blue at {low:.0} m, light at {high:.0} m; shaded from the north-west, steepness exaggerated."
    )
    .replace(" -", " −");
    let light = format!(
        "Sunlight: the Sun {:.1}° high at azimuth {:.0}° from north over east; bluish black is shadow.",
        survey.sun.elevation_rad.to_degrees(),
        survey.sun.azimuth_rad.to_degrees().rem_euclid(360.0)
    );
    let pictures = [
        ("Shaded relief", Picture::relief(survey), relief),
        ("Slope", Picture::slope(survey), slope_legend(survey.cell_m)),
        ("Sunlight", Picture::sunlight(survey), light),
    ];
    for (name, picture, legend) in pictures {
        let data = base64(&picture.png()?);
        let _ = writeln!(
            out,
            "<figure class=\"plot\"><div class=\"picture\"><img alt=\"{name}\" src=\"data:image/png;base64,{data}\">{}</div><figcaption>{legend}\
             </figcaption></figure>",
            scale_bar(survey.view.size_m)
        );
    }
    out.push_str("</div>\n<div class=\"tables\">\n");
    out.push_str(&figures(survey));
    out.push_str(&slopes(survey));
    out.push_str("</div>");
    Ok(Shell { title, what: "site survey", style: &[OWN_STYLE], theme: false }.page(&out))
}

fn figures(survey: &Survey) -> String {
    let mut out = String::from("<section class=\"card\"><h2>The square</h2><table>\n");
    for figure in survey.figures() {
        let _ = writeln!(
            out,
            "<tr><th>{}</th><td>{}</td><td class=\"unit\">{}</td></tr>",
            escape(&figure.label),
            escape(&figure.value.replace('-', "−")),
            figure.unit
        );
    }
    out + "</table></section>\n"
}

fn slopes(survey: &Survey) -> String {
    let cells = |tag: &str, texts: &[String]| -> String {
        texts.iter().map(|text| format!("<{tag}>{}</{tag}>", escape(text))).collect()
    };
    let mut out = String::from("<section class=\"card\"><h2>Slopes</h2><table class=\"grid\">\n");
    let _ = writeln!(out, "<tr>{}</tr>", cells("th", &Slopes::head()));
    for slopes in &survey.slopes {
        let _ = writeln!(out, "<tr>{}</tr>", cells("td", &slopes.row()));
    }
    out + "</table></section>\n"
}

fn slope_legend(cell_m: f64) -> String {
    let [a, b, c] = SLOPE_LIMITS_DEG;
    let classes =
        [format!("to {a}°"), format!("to {b}°"), format!("to {c}°"), "steeper".to_string()];
    let mut out = format!("Slope over {:.1} m: ", 2.0 * cell_m);
    for (class, colour) in classes.iter().zip(SLOPE_COLOURS) {
        let [r, g, b] = colour.map(|x| (255.0 * x).round());
        let _ = write!(
            out,
            "<span class=\"class\"><span class=\"key\" style=\"background:rgb({r} {g} {b})\"></span>{class}</span> "
        );
    }
    out
}

/// A bar of 1, 2 or 5 times a power of ten, about a quarter of the side.
fn scale_bar(size_m: f64) -> String {
    let length_m = round_length_m(0.25 * size_m);
    let label = if length_m < 1000.0 {
        format!("{length_m} m")
    } else {
        format!("{} km", length_m / 1000.0)
    };
    let percent = 100.0 * length_m / size_m;
    format!("<div class=\"bar\" style=\"width:{percent:.2}%\">{label}</div>")
}

/// The largest of 1, 2, 5 times a power of ten up to `about_m`.
fn round_length_m(about_m: f64) -> f64 {
    let decade = libm::pow(10.0, libm::floor(libm::log10(about_m)));
    let fits = [5.0, 2.0, 1.0].into_iter().find(|factor| factor * decade <= about_m);
    fits.unwrap_or(1.0) * decade
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scale_bars_are_round_and_fit() {
        for (about_m, length_m) in [(1000.0, 1000.0), (999.0, 500.0), (260.0, 200.0), (1.9, 1.0)] {
            assert!((round_length_m(about_m) - length_m).abs() < 1e-9 * length_m);
        }
    }
}
