//! Columns of doubles in Parquet files: writing, and reading our own back.
//!
//! Owns: the one schema we use: every column a required 64-bit float, its unit in the key-value
//! metadata as `unit.<key>`; the SHA-256 of all values beside it, so that a file that was damaged is known for one.
//! Refuses: nested, optional and text columns.
//! A file appears whole or not at all: it is written under another name, brought to the disk and then renamed.
//! Memory: one row group of values and one encoded column.

use crate::record::WriteError;
use crate::scenario::hex;
use parquet::basic::{Compression, Repetition, Type as Physical};
use parquet::column::reader::ColumnReader;
use parquet::data_type::DoubleType;
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::Type;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Key, unit, values.
pub type Column<'a> = (&'a str, &'a str, &'a [f64]);

/// What the fact of a column's unit begins with.
const UNIT: &str = "unit.";
/// Where the SHA-256 of columns, values and facts stands.
const VALUES: &str = "frigoris.values_sha256";
/// Values read at once.
const BATCH: usize = 65_536;

/// Writes columns of equal length.
pub fn write(
    path: &Path,
    columns: &[Column<'_>],
    facts: &[(&str, String)],
) -> Result<(), WriteError> {
    let heads: Vec<_> = columns.iter().map(|(key, unit, _)| (*key, *unit)).collect();
    let mut writer = Writer::create(path, &heads)?;
    let values: Vec<_> = columns.iter().map(|(_, _, values)| *values).collect();
    writer.group(&values)?;
    writer.finish(facts)
}

/// A file in the making; dropped before [`Writer::finish`], it leaves nothing.
pub struct Writer {
    path: PathBuf,
    encoder: SerializedFileWriter<File>,
    /// The same file, to be brought to the disk.
    disk: File,
    half: Half,
    digest: Sha256,
}

/// The name under which a file is written; what is left there is removed.
struct Half(PathBuf);

impl Drop for Half {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

impl Writer {
    /// Begins a file with these columns, each by key and unit.
    ///
    /// # Errors
    /// A file that cannot be made.
    pub fn create(path: &Path, columns: &[(&str, &str)]) -> Result<Self, WriteError> {
        let file_error = |reason| WriteError::File { file: path.to_path_buf(), reason };
        // Two programs that write the same file do not write into each other's.
        let half = Half(path.with_extension(format!("{}.half", std::process::id())));
        let disk = File::create(&half.0).map_err(file_error)?;
        let file = disk.try_clone().map_err(file_error)?;
        let encoder = encoder(file, columns).map_err(|reason| fault(path, reason))?;
        let mut digest = Sha256::new();
        columns.iter().for_each(|(key, unit)| pair(&mut digest, key, unit));
        Ok(Self { path: path.to_path_buf(), encoder, disk, half, digest })
    }

    /// Writes rows as one row group: for each column its values, all of one length.
    ///
    /// # Errors
    /// A file that cannot be written: the disk is full.
    pub fn group(&mut self, columns: &[&[f64]]) -> Result<(), WriteError> {
        columns.iter().for_each(|values| digest(&mut self.digest, values));
        encode(&mut self.encoder, columns).map_err(|reason| fault(&self.path, reason))
    }

    /// Adds the facts and lets the file appear.
    ///
    /// # Errors
    /// As [`Self::group`].
    pub fn finish(mut self, facts: &[(&str, String)]) -> Result<(), WriteError> {
        for (key, value) in facts {
            pair(&mut self.digest, key, value);
            self.encoder.append_key_value_metadata(KeyValue::new(key.to_string(), value.clone()));
        }
        let values = hex(&self.digest.finalize_reset());
        self.encoder.append_key_value_metadata(KeyValue::new(VALUES.to_string(), values));
        self.encoder.finish().map_err(|reason| fault(&self.path, reason))?;
        self.disk
            .sync_all()
            .and_then(|()| std::fs::rename(&self.half.0, &self.path))
            .map_err(|reason| WriteError::File { file: self.path.clone(), reason })
    }
}

/// One name and what it stands for; neither can run into the next.
fn pair(digest: &mut Sha256, key: &str, value: &str) {
    for text in [key, value] {
        digest.update((text.len() as u64).to_le_bytes());
        digest.update(text);
    }
}

fn digest(digest: &mut Sha256, values: &[f64]) {
    for some in values.chunks(512) {
        let mut octets = [0; 8 * 512];
        let (whole, _) = octets.split_at_mut(8 * some.len());
        for (eight, value) in whole.chunks_exact_mut(8).zip(some) {
            eight.copy_from_slice(&value.to_bits().to_le_bytes());
        }
        digest.update(&whole);
    }
}

/// What the format's library says; what the operating system said to it stays that.
fn fault(path: &Path, reason: ParquetError) -> WriteError {
    let file = path.to_path_buf();
    match reason {
        ParquetError::External(source) => match source.downcast::<std::io::Error>() {
            Ok(reason) => WriteError::File { file, reason: *reason },
            Err(source) => WriteError::Parquet { file, reason: ParquetError::External(source) },
        },
        reason => WriteError::Parquet { file, reason },
    }
}

fn encoder(
    file: File,
    columns: &[(&str, &str)],
) -> Result<SerializedFileWriter<File>, ParquetError> {
    let fields = columns
        .iter()
        .map(|(key, _)| {
            let field = Type::primitive_type_builder(key, Physical::DOUBLE);
            field.with_repetition(Repetition::REQUIRED).build().map(Arc::new)
        })
        .collect::<Result<Vec<_>, _>>()?;
    let schema = Arc::new(Type::group_type_builder("frigoris").with_fields(fields).build()?);
    let units = columns.iter().map(|(key, unit)| (format!("{UNIT}{key}"), (*unit).to_string()));
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_created_by("frigoris".to_string())
        .set_key_value_metadata(Some(units.map(|(key, value)| KeyValue::new(key, value)).collect()))
        .build();
    SerializedFileWriter::new(file, schema, Arc::new(properties))
}

/// Column by column, so that never more than one encoded column is in memory.
fn encode(writer: &mut SerializedFileWriter<File>, columns: &[&[f64]]) -> Result<(), ParquetError> {
    let mut group = writer.next_row_group()?;
    for values in columns {
        if let Some(mut column) = group.next_column()? {
            column.typed::<DoubleType>().write_batch(values, None, None)?;
            column.close()?;
        }
    }
    group.close().map(|_| ())
}

/// A file of ours that is open; values are read when they are asked for.
pub struct Reader {
    path: PathBuf,
    decoder: SerializedFileReader<File>,
    keys: Vec<String>,
}

impl Reader {
    /// Opens a file.
    ///
    /// # Errors
    /// A file that is absent or is not one of ours.
    pub fn open(path: &Path) -> Result<Self, WriteError> {
        let file_error = |reason| WriteError::File { file: path.to_path_buf(), reason };
        let file = File::open(path).map_err(file_error)?;
        let decoder = SerializedFileReader::new(file).map_err(|reason| fault(path, reason))?;
        let schema = decoder.metadata().file_metadata().schema_descr();
        let keys = schema.columns().iter().map(|column| column.name().to_string()).collect();
        Ok(Self { path: path.to_path_buf(), decoder, keys })
    }

    /// The columns, in order.
    pub fn keys(&self) -> &[String] {
        &self.keys
    }

    /// The facts, units of the columns included.
    pub fn facts(&self) -> Vec<(String, String)> {
        let pairs = self.decoder.metadata().file_metadata().key_value_metadata();
        let pair = |pair: &KeyValue| Some((pair.key.clone(), pair.value.clone()?));
        pairs.into_iter().flatten().filter_map(pair).collect()
    }

    /// One fact.
    pub fn fact(&self, key: &str) -> Option<String> {
        self.facts().into_iter().find(|(other, _)| other == key).map(|(_, value)| value)
    }

    /// Number of row groups.
    pub fn groups(&self) -> usize {
        self.decoder.num_row_groups()
    }

    /// The values of one row group, column by column.
    ///
    /// # Errors
    /// A file that is damaged.
    pub fn group(&self, group: usize) -> Result<Vec<Vec<f64>>, WriteError> {
        (0..self.keys.len()).map(|column| self.chunk(group, column)).collect()
    }

    /// The values of one column through all row groups; `None` when there is no such column.
    ///
    /// # Errors
    /// A file that is damaged.
    pub fn column(&self, key: &str) -> Result<Option<Vec<f64>>, WriteError> {
        let Some(column) = self.keys.iter().position(|other| other == key) else { return Ok(None) };
        let mut out = Vec::new();
        for group in 0..self.groups() {
            out.extend(self.chunk(group, column)?);
        }
        Ok(Some(out))
    }

    /// Whether columns, units, values and facts are those that were written.
    ///
    /// # Errors
    /// A file that is damaged.
    pub fn verify(&self) -> Result<(), WriteError> {
        let (mut sum, facts) = (Sha256::new(), self.facts());
        for key in &self.keys {
            let unit = format!("{UNIT}{key}");
            let unit = facts.iter().find(|(other, _)| *other == unit);
            pair(&mut sum, key, unit.map_or("", |(_, unit)| unit));
        }
        for group in 0..self.groups() {
            for column in 0..self.keys.len() {
                digest(&mut sum, &self.chunk(group, column)?);
            }
        }
        let own = |key: &str| !key.starts_with(UNIT) && key != VALUES;
        facts
            .iter()
            .filter(|(key, _)| own(key))
            .for_each(|(key, value)| pair(&mut sum, key, value));
        if self.fact(VALUES) == Some(hex(&sum.finalize())) {
            return Ok(());
        }
        let reason = ParquetError::General("what it holds is not what was written".into());
        Err(WriteError::Parquet { file: self.path.clone(), reason })
    }

    fn chunk(&self, group: usize, column: usize) -> Result<Vec<f64>, WriteError> {
        self.decode(group, column).map_err(|reason| fault(&self.path, reason))
    }

    fn decode(&self, group: usize, column: usize) -> Result<Vec<f64>, ParquetError> {
        let reader = self.decoder.get_row_group(group)?.get_column_reader(column)?;
        let ColumnReader::DoubleColumnReader(mut reader) = reader else {
            return Err(ParquetError::General("a column is not a double".to_string()));
        };
        let mut out = Vec::new();
        while reader.read_records(BATCH, None, None, &mut out)?.0 > 0 {}
        Ok(out)
    }
}

/// The facts of a file of ours, units of its columns included.
pub fn facts(path: &Path) -> Result<Vec<(String, String)>, WriteError> {
    Ok(Reader::open(path)?.facts())
}

/// Reads a file of ours: its keys and its rows.
pub fn read(path: &Path) -> Result<(Vec<String>, Vec<Vec<f64>>), WriteError> {
    let reader = Reader::open(path)?;
    let mut rows = Vec::new();
    for group in 0..reader.groups() {
        let columns = reader.group(group)?;
        let row = |i: usize| columns.iter().filter_map(|column| column.get(i).copied()).collect();
        rows.extend((0..columns.first().map_or(0, Vec::len)).map(row));
    }
    Ok((reader.keys, rows))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_survive_the_round_trip_bit_by_bit() {
        let path = std::env::temp_dir().join(format!("frigoris-{}.parquet", std::process::id()));
        let (a, b) = ([1.0, -0.0, f64::NAN], [1e-300, 3.5, f64::INFINITY]);
        write(&path, &[("a_m", "m", &a), ("b", "", &b)], &[("note", "x".to_string())]).unwrap();
        let (keys, rows) = read(&path).unwrap();
        assert!(facts(&path).unwrap().contains(&("note".to_string(), "x".to_string())));
        std::fs::remove_file(&path).unwrap();
        assert_eq!(keys, ["a_m", "b"]);
        for (i, row) in rows.iter().enumerate() {
            assert_eq!([row[0].to_bits(), row[1].to_bits()], [a[i].to_bits(), b[i].to_bits()]);
        }
        assert_eq!(rows.len(), 3);
    }

    #[test]
    fn row_groups_read_as_one_column_and_a_changed_octet_is_found() {
        let path =
            std::env::temp_dir().join(format!("frigoris-{}-groups.parquet", std::process::id()));
        let mut writer = Writer::create(&path, &[("a_m", "m"), ("b", "")]).unwrap();
        writer.group(&[&[1.0, 2.0], &[0.1, 0.2]]).unwrap();
        writer.group(&[&[3.0], &[0.3]]).unwrap();
        writer.finish(&[("note", "x".to_string())]).unwrap();
        let reader = Reader::open(&path).unwrap();
        reader.verify().unwrap();
        assert_eq!((reader.groups(), reader.fact("unit.a_m").as_deref()), (2, Some("m")));
        assert_eq!(reader.column("b").unwrap().unwrap(), [0.1, 0.2, 0.3]);
        assert_eq!(reader.column("c").unwrap(), None);
        // Any octet changed, any length cut: an error or the same values, never others, never a panic.
        let whole = std::fs::read(&path).unwrap();
        let mut found = 0;
        for at in 0..whole.len() {
            let mut bad = whole.clone();
            bad[at] ^= 0x10;
            for octets in [&bad[..], &whole[..at]] {
                std::fs::write(&path, octets).unwrap();
                let Ok(reader) = Reader::open(&path) else {
                    found += 1;
                    continue;
                };
                match reader.verify() {
                    Ok(()) => assert_eq!(reader.column("a_m").unwrap().unwrap(), [1.0, 2.0, 3.0]),
                    Err(_) => found += 1,
                }
            }
        }
        std::fs::remove_file(&path).unwrap();
        assert!(found > whole.len(), "{found} of {}", 2 * whole.len());
    }

    #[test]
    fn a_file_that_is_not_finished_leaves_nothing() {
        let folder = std::env::temp_dir().join(format!("frigoris-{}-half", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let mut writer = Writer::create(&folder.join("x.parquet"), &[("a_m", "m")]).unwrap();
        writer.group(&[&[1.0]]).unwrap();
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
        drop(writer);
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0);
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
