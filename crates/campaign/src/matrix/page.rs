//! The heat maps as one HTML page that needs nothing but a browser, not even script.
//!
//! Owns: colours of shares, the maps, the list of cells. A share is told three ways at once: by number, by
//! hue (orange to blue, which every common colour blindness keeps apart) and by how dark it is at either end.
//! Colours as published: from the diverging schemes of [Brewer2003], the orange end of one, the blue end of
//! another, light grey between, mixed in sRGB.

use super::plan::Plan;
use super::summary::Summary;
use super::text::{column_name, interval, outcomes, percent, row_name};
use rig::report::adapt::label;
use rig::report::{Shell, escape};
use rig::statistics::Share;
use std::fmt::Write;

/// None, half, all: sRGB.
const NONE: [f64; 3] = [179.0, 88.0, 6.0];
const HALF: [f64; 3] = [247.0, 247.0, 247.0];
const ALL: [f64; 3] = [33.0, 102.0, 172.0];

const OWN_STYLE: &str = "table.map { width: auto; border-collapse: separate; border-spacing: 3px; } \
table.map th { border: 0; padding: 3px 10px 3px 0; white-space: nowrap; } \
table.map thead th { padding: 3px 4px; text-align: center; vertical-align: bottom; white-space: normal; \
max-width: 13ch; line-height: 1.25; } \
table.map tbody th { position: sticky; left: 0; background: var(--card); z-index: 1; vertical-align: middle; \
white-space: normal; min-width: 11ch; } \
table.map td { padding: 0; border: 0; border-radius: 6px; text-align: center; min-width: 74px; } \
table.map td a { display: block; padding: 7px 6px 5px; color: inherit; text-decoration: none; border-radius: 6px; } \
table.map td a:hover, table.map td a:focus { outline: 3px solid var(--ink); } \
table.map td b { font-size: 16px; display: block; line-height: 1.1; } \
table.map td small { font-size: 10.5px; opacity: .92; white-space: nowrap; } \
table.map td.none { background: repeating-linear-gradient(45deg, var(--grid) 0 6px, var(--card) 6px 12px); } \
table.map tr.first > * { border-top: 2px solid var(--line); } \
.plots section.card { margin: 0; } .scale { display: flex; gap: 3px; margin: 10px 0 0; } \
.scale span { flex: 1 1 0; max-width: 44px; text-align: center; font-size: 12px; padding: 2px 0; border-radius: 4px; } \
table.cells td, table.cells th { font-size: 13px; } table.cells code { font-size: 12px; white-space: nowrap; } \
table.cells tr:target > * { background: var(--band); } table.cells tr { scroll-margin-top: 64px; } \
table.cells td.number { text-align: right; }";

/// The page.
pub fn page(plan: &Plan, cells: &[Summary]) -> String {
    let flown: u64 = cells.iter().map(|cell| cell.survived.of).sum();
    let title = escape(&plan.title);
    let purpose = escape(&plan.purpose);
    let (runs, seed) = (plan.runs, plan.seed);
    let of = plan.cells.len();
    let unfinished = if cells.len() < of {
        format!(" Unfinished: {} of {of} cells.", cells.len())
    } else {
        String::new()
    };
    let shell = Shell {
        title: "matrix",
        what: "sites, azimuths, vehicles, configurations",
        style: &[OWN_STYLE],
        theme: false,
    };
    shell.page(&format!(
        "<h1>{title}</h1>\n<p class=\"purpose\">{purpose}</p>\n\
         <p class=\"purpose\">{flown} landings, {runs} a cell, seed {seed}, the same draws in every cell.{unfinished} \
         Point at a cell for its counts, follow it for the command that flies its worst run.</p>\n\
         <div class=\"plots\"><section class=\"card\"><h2>Survived: at rest on its legs, % and 95 % interval</h2>{}{}\
         </section>\n<section class=\"card\"><h2>Landed: within the limits of speed and tilt too</h2>{}</section></div>\n\
         <section class=\"card\"><h2>Every cell</h2>{}</section>\n\
         <footer>Intervals are exact (Clopper–Pearson). Margins are to the limits of the scenario that the matrix \
         extends; each cell's own scenario stands in the folder cells beside this page.</footer>",
        map(plan, cells, |cell| cell.survived),
        scale(),
        map(plan, cells, |cell| cell.landed),
        list(plan, cells),
    ))
}

/// The colour of a share from 0 to 1, and whether text on it is white.
pub(super) fn colour(share: f64) -> ([u8; 3], bool) {
    let share = share.clamp(0.0, 1.0);
    let (from, to, part) =
        if share < 0.5 { (NONE, HALF, share / 0.5) } else { (HALF, ALL, (share - 0.5) / 0.5) };
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // between two bytes
    let mixed: [u8; 3] =
        std::array::from_fn(|i| (from[i] + part * (to[i] - from[i])).round() as u8);
    (mixed, luminance(mixed) < 0.179)
}

/// Relative luminance of sRGB, 0 to 1, by [WCAG2]; white and black text are equally readable at 0.179.
pub(super) fn luminance(rgb: [u8; 3]) -> f64 {
    let linear = |byte: u8| {
        let c = f64::from(byte) / 255.0;
        if c <= 0.04045 { c / 12.92 } else { libm::pow((c + 0.055) / 1.055, 2.4) }
    };
    0.2126 * linear(rgb[0]) + 0.7152 * linear(rgb[1]) + 0.0722 * linear(rgb[2])
}

fn paint(share: f64) -> String {
    let ([r, g, b], white) = colour(share);
    let ink = if white { "#ffffff" } else { "#000000" };
    format!("background:#{r:02x}{g:02x}{b:02x};color:{ink}")
}

fn scale() -> String {
    let step = |n: u32| {
        let share = f64::from(n) / 10.0;
        format!("<span style=\"{}\">{}</span>", paint(share), n * 10)
    };
    format!("<div class=\"scale\">{}</div>", (0..=10).map(step).collect::<String>())
}

/// Rows site and azimuth, columns vehicle and configuration.
fn map(plan: &Plan, cells: &[Summary], share: impl Fn(&Summary) -> Share) -> String {
    let columns = plan.vehicles.len() * plan.configurations.len();
    let mut out = String::from("<table class=\"map\"><thead><tr><th></th>");
    for cell in cells.iter().take(columns) {
        let _ = write!(out, "<th>{}</th>", escape(&column_name(plan, cell.at)));
    }
    out += "</tr></thead><tbody>\n";
    for row in cells.chunks(columns.max(1)) {
        let Some(first) = row.first() else { continue };
        let class = if first.at[1] == 0 { " class=\"first\"" } else { "" };
        let _ = write!(out, "<tr{class}><th>{}</th>", escape(&row_name(plan, first.at)));
        for cell in row {
            let hint = escape(&hint(plan, cell));
            let name = escape(&cell.name);
            let _ = match &cell.no_approach {
                Some(_) => write!(
                    out,
                    "<td class=\"none\" title=\"{hint}\"><a href=\"#{name}\">no approach</a></td>"
                ),
                None => {
                    let share = share(cell);
                    let value = share.count as f64 / share.of.max(1) as f64;
                    write!(
                        out,
                        "<td style=\"{}\" title=\"{hint}\"><a href=\"#{name}\"><b>{}</b>\
                         <small>{}</small></a></td>",
                        paint(value),
                        percent(&share),
                        interval(&share)
                    )
                }
            };
        }
        out += "</tr>\n";
    }
    out + "</tbody></table>"
}

/// What a cell says when pointed at.
fn hint(plan: &Plan, cell: &Summary) -> String {
    let name = format!("{}; {}", row_name(plan, cell.at), column_name(plan, cell.at));
    if let Some(reason) = &cell.no_approach {
        return format!("{name}\nno approach: {reason}");
    }
    let mut out = format!(
        "{name}\n{}\nsurvived {} %, landed {} %",
        outcomes(cell),
        interval(&cell.survived),
        interval(&cell.landed)
    );
    if let Some((cause, n)) = &cell.cause {
        let _ = write!(out, "\nmost: {cause} ({n})");
    }
    if let Some(replay) = cell.replay() {
        let _ = write!(out, "\nworst: {replay}");
    }
    out
}

fn list(plan: &Plan, cells: &[Summary]) -> String {
    let mut out = String::from(
        "<table class=\"cells\"><thead><tr><th>cell</th><th>outcomes</th><th>survived, %</th><th>landed, %</th>\
         <th>most frequent way not to land</th><th>miss, median, largest</th><th>propellant, least</th>\
         <th>worst run and its least margin</th><th>again</th></tr></thead><tbody>\n",
    );
    for cell in cells {
        let name = format!("{}; {}", row_name(plan, cell.at), column_name(plan, cell.at));
        let _ = write!(out, "<tr id=\"{}\"><th>{}</th>", escape(&cell.name), escape(&name));
        if let Some(reason) = &cell.no_approach {
            let _ = writeln!(out, "<td colspan=\"8\">no approach: {}</td></tr>", escape(reason));
            continue;
        }
        let cause =
            cell.cause.as_ref().map_or(String::new(), |(cause, n)| format!("{cause} ({n})"));
        let worst = cell.worst.as_ref().map_or(String::new(), |worst| {
            let margin = format!("{:+.2}", worst.margin).replace('-', "−");
            let of = if worst.limit.is_empty() { "" } else { label(worst.limit) };
            let end = worst.outcome.name();
            match worst.limit {
                "" => format!("{}: {end}", worst.run),
                _ => format!("{}: {end}, {of} {margin} {}", worst.run, worst.unit),
            }
        });
        let _ = writeln!(
            out,
            "<td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{:.0} m, {:.0} m</td><td>{:.1} kg</td><td>{}</td>\
             <td><code>{}</code></td></tr>",
            escape(&outcomes(cell)),
            shown(&cell.survived),
            shown(&cell.landed),
            escape(&cause),
            cell.miss_m[0],
            cell.miss_m[1],
            cell.propellant_kg,
            escape(&worst),
            escape(&cell.replay().unwrap_or_default())
        );
    }
    out + "</tbody></table>"
}

fn shown(share: &Share) -> String {
    format!("{} <i>{}</i>", percent(share), interval(share))
}
