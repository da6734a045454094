//! Gravity fields of a user's own: text files of normalised coefficients.
//!
//! Owns: reading ICGEM's format (`.gfc`) and that of the Planetary Data System (SHADR, `.tab`, `.sha`), and
//! what can be wrong with such a file. Does not own: the sum (see [`super::Field`]).
//!
//! As published — [ICGEM2011]: `keyword value` up to `end_of_head`, then `gfc n m C S …` in m and m³/s²;
//! [SHADR]: one line of radius (km), GM (km³/s²), its error, degree, order, 1 for normalised, longitude and
//! latitude of reference; then `n, m, C, S, …`, comma separated.
//! As programmed: a text that begins with a number is SHADR, any other ICGEM; exponents may be Fortran's D.
//! GM and radius are the file's own. Every coefficient from degree 2 to the degree asked for must be there;
//! degrees 0 and 1 may, (0, 0) is then 1. Higher degrees are skipped.
//! Refuses: fields that are not normalised, coefficients that change with time (`gfct` and its kin). The axes
//! are taken to be those of `P`; a file does not say.

use super::{Field, row_index};
use std::path::{Path, PathBuf};

/// Highest degree read from a file. Near the poles the recursion's F grows with the degree to 1e250 at 1200.
pub const FILE_DEGREE_MAX: usize = 1200;
/// Largest coefficient of a field normalised to GM and radius; assumed: that of the Earth's (2, 0) is 5e-4.
const COEFFICIENT_MAX: f64 = 0.1;
/// Limits of GM and radius, m³/s² and m; assumed: from a small asteroid to the Sun.
const GM_M3_S2: (f64, f64) = (1.0, 2e20);
const RADIUS_M: (f64, f64) = (1.0, 1e9);

/// What is wrong with a gravity file.
#[derive(Debug, thiserror::Error)]
pub enum GravityFileError {
    /// The file cannot be read.
    #[error("{file}: cannot be read")]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the operating system said.
        #[source]
        reason: std::io::Error,
    },
    /// The text does not say what a gravity file must.
    #[error("{file}: there is no {what}")]
    Missing {
        /// The file.
        file: PathBuf,
        /// What was looked for.
        what: String,
    },
    /// A line that is not what its place asks for.
    #[error("{file}, line {line}: {found:?} is not {expected}")]
    NotUnderstood {
        /// The file.
        file: PathBuf,
        /// Line, counted from 1.
        line: usize,
        /// What stands there.
        found: String,
        /// What is accepted.
        expected: &'static str,
    },
    /// A number outside its range.
    #[error("{file}, line {line}: {key} = {value} {unit} lies outside [{min}, {max}]")]
    OutOfRange {
        /// The file.
        file: PathBuf,
        /// Line, counted from 1.
        line: usize,
        /// What the number is.
        key: &'static str,
        /// The number.
        value: f64,
        /// Its unit, empty for none.
        unit: &'static str,
        /// Least accepted.
        min: f64,
        /// Largest accepted.
        max: f64,
    },
    /// More was asked for than the file, or this reader, holds.
    #[error("{file}: gravity degree {degree} exceeds {max}, the highest that can be had from it")]
    DegreeTooHigh {
        /// The file.
        file: PathBuf,
        /// Degree asked for.
        degree: usize,
        /// Highest degree to be had.
        max: usize,
    },
}

type Read<T> = Result<T, GravityFileError>;

impl Field {
    /// Reads a field from a file, truncated to `degree`, order as far as the file goes.
    ///
    /// # Errors
    /// [`GravityFileError`], the first thing found wrong. Cost: as reading the text.
    pub fn read(path: &Path, degree: usize) -> Result<Self, GravityFileError> {
        let unreadable = |reason| GravityFileError::Unreadable { file: path.to_path_buf(), reason };
        let octets = std::fs::read(path).map_err(unreadable)?;
        Self::from_text(path, &String::from_utf8_lossy(&octets), degree)
    }

    /// As [`Self::read`], from the text itself; `path` is named in errors.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn from_text(path: &Path, text: &str, degree: usize) -> Result<Self, GravityFileError> {
        let first = text.split([',', ' ', '\t', '\r', '\n']).find(|word| !word.is_empty());
        let source = Source { path, text };
        if first.is_some_and(|word| number(word).is_some()) {
            source.shadr(degree)
        } else {
            source.icgem(degree)
        }
    }
}

/// A text and its name.
struct Source<'a> {
    path: &'a Path,
    text: &'a str,
}

/// Header of a field.
#[derive(Clone, Copy)]
struct Header {
    gm_m3_s2: f64,
    radius_m: f64,
    degree: usize,
    order: usize,
}

/// Coefficients read so far, up to the degree asked for.
struct Table {
    degree: usize,
    pairs: Vec<Option<(f64, f64)>>,
}

/// A number with the exponent of C or of Fortran.
fn number(word: &str) -> Option<f64> {
    word.replace(['D', 'd'], "e").parse().ok()
}

impl Source<'_> {
    fn not_understood(&self, line: usize, found: &str, expected: &'static str) -> GravityFileError {
        let file = self.path.to_path_buf();
        let found = found.chars().take(60).collect();
        GravityFileError::NotUnderstood { file, line, found, expected }
    }

    fn missing(&self, what: impl Into<String>) -> GravityFileError {
        GravityFileError::Missing { file: self.path.to_path_buf(), what: what.into() }
    }

    fn number(&self, line: usize, word: Option<&str>) -> Read<f64> {
        let word = word.unwrap_or("");
        number(word).ok_or_else(|| self.not_understood(line, word, "a number"))
    }

    fn whole(&self, line: usize, word: Option<&str>) -> Read<usize> {
        let word = word.unwrap_or("");
        word.parse().map_err(|_| self.not_understood(line, word, "a whole number"))
    }

    fn within(
        &self,
        line: usize,
        (key, value, unit): (&'static str, f64, &'static str),
        (min, max): (f64, f64),
    ) -> Read<f64> {
        if value >= min && value <= max {
            return Ok(value);
        }
        let file = self.path.to_path_buf();
        Err(GravityFileError::OutOfRange { file, line, key, value, unit, min, max })
    }

    /// An empty table, if the file and the reader reach so far.
    fn table(&self, degree: usize, held: usize) -> Read<Table> {
        let max = held.min(FILE_DEGREE_MAX);
        if degree > max {
            let file = self.path.to_path_buf();
            return Err(GravityFileError::DegreeTooHigh { file, degree, max });
        }
        Ok(Table { degree, pairs: vec![None; row_index(degree + 1, 0)] })
    }

    /// Reads `n m C S` and keeps it if it is wanted.
    fn coefficient<'w>(
        &self,
        line: usize,
        mut words: impl Iterator<Item = &'w str>,
        table: &mut Table,
    ) -> Read<()> {
        let (n, m) = (self.whole(line, words.next())?, self.whole(line, words.next())?);
        let (c, s) = (self.number(line, words.next())?, self.number(line, words.next())?);
        if m > n {
            let key = "order";
            self.within(line, (key, m as f64, ""), (0.0, n as f64))?;
        }
        let limits = if n == 0 { (1.0, 1.0) } else { (-COEFFICIENT_MAX, COEFFICIENT_MAX) };
        self.within(line, ("C", c, ""), limits)?;
        self.within(line, ("S", s, ""), (-COEFFICIENT_MAX, COEFFICIENT_MAX))?;
        if n > table.degree {
            return Ok(());
        }
        let slot = &mut table.pairs[row_index(n, m)];
        if slot.is_some() {
            let found = format!("a second ({n}, {m})");
            return Err(self.not_understood(line, &found, "a new coefficient"));
        }
        *slot = Some(if n == 0 { (0.0, 0.0) } else { (c, s) });
        Ok(())
    }

    /// The field, if nothing is missing.
    fn field(&self, header: &Header, table: &Table) -> Read<Field> {
        let order = header.order.min(table.degree);
        for n in 2..=table.degree {
            for m in 0..=n.min(order) {
                if table.pairs[row_index(n, m)].is_none() {
                    return Err(self.missing(format!("coefficient ({n}, {m})")));
                }
            }
        }
        let pairs = table.pairs.iter().map(|pair| pair.unwrap_or((0.0, 0.0))).collect();
        let Header { gm_m3_s2, radius_m, .. } = *header;
        Ok(Field::from_coefficients(table.degree, order, gm_m3_s2, radius_m, pairs))
    }

    fn shadr(&self, degree: usize) -> Read<Field> {
        let mut lines = self.lines();
        let (line, text) = lines.next().ok_or_else(|| self.missing("line"))?;
        let mut words = text.split(',').map(str::trim);
        let radius_km = self.number(line, words.next())?;
        let gm_km3_s2 = self.number(line, words.next())?;
        let _error = self.number(line, words.next())?;
        let header = Header {
            radius_m: self.within(line, ("radius", radius_km * 1e3, "m"), RADIUS_M)?,
            gm_m3_s2: self.within(line, ("GM", gm_km3_s2 * 1e9, "m³/s²"), GM_M3_S2)?,
            degree: self.whole(line, words.next())?,
            order: self.whole(line, words.next())?,
        };
        let normalised = words.next().unwrap_or("");
        if number(normalised) != Some(1.0) {
            return Err(self.not_understood(line, normalised, "1, for normalised coefficients"));
        }
        let mut table = self.table(degree, header.degree)?;
        for (line, text) in lines {
            self.coefficient(line, text.split(',').map(str::trim), &mut table)?;
        }
        self.field(&header, &table)
    }

    fn icgem(&self, degree: usize) -> Read<Field> {
        let mut lines = self.lines();
        let header = self.icgem_header(&mut lines)?;
        let mut table = self.table(degree, header.degree)?;
        for (line, text) in lines {
            let mut words = text.split_whitespace();
            match words.next() {
                Some("gfc") => self.coefficient(line, words, &mut table)?,
                other => {
                    let expected = "gfc, a coefficient that does not change with time";
                    return Err(self.not_understood(line, other.unwrap_or(""), expected));
                }
            }
        }
        self.field(&header, &table)
    }

    fn icgem_header<'t>(&self, lines: &mut impl Iterator<Item = (usize, &'t str)>) -> Read<Header> {
        let (mut gm, mut radius, mut degree, mut ended) = (None, None, None, false);
        for (line, text) in lines {
            let mut words = text.split_whitespace();
            let (keyword, value) = (words.next(), words.next());
            match keyword {
                Some("earth_gravity_constant" | "gravity_constant") => {
                    let given = ("GM", self.number(line, value)?, "m³/s²");
                    gm = Some(self.within(line, given, GM_M3_S2)?);
                }
                Some("radius") => {
                    let given = ("radius", self.number(line, value)?, "m");
                    radius = Some(self.within(line, given, RADIUS_M)?);
                }
                Some("max_degree") => degree = Some(self.whole(line, value)?),
                Some("norm") if value != Some("fully_normalized") => {
                    return Err(self.not_understood(
                        line,
                        value.unwrap_or(""),
                        "fully_normalized, the only norm read",
                    ));
                }
                Some("end_of_head") => {
                    ended = true;
                    break;
                }
                _ => {}
            }
        }
        if !ended {
            return Err(self.missing("end_of_head: neither a .gfc nor a SHADR file"));
        }
        let (gm_m3_s2, radius_m, degree) = (
            gm.ok_or_else(|| self.missing("earth_gravity_constant in the header"))?,
            radius.ok_or_else(|| self.missing("radius in the header"))?,
            degree.ok_or_else(|| self.missing("max_degree in the header"))?,
        );
        Ok(Header { gm_m3_s2, radius_m, degree, order: degree })
    }

    /// Lines that are not empty, counted from 1.
    fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        let numbered = self.text.lines().enumerate().map(|(n, line)| (n + 1, line));
        numbered.filter(|(_, line)| !line.trim().is_empty())
    }
}

#[cfg(test)]
mod tests;
