//! Columns of doubles in Parquet files: writing, and reading our own back.
//!
//! Owns: the one schema we use: every column a required 64-bit float, its unit in the key-value
//! metadata as `unit.<key>`. Refuses: nested, optional and text columns.

use crate::record::WriteError;
use parquet::basic::{Compression, Repetition, Type as Physical};
use parquet::data_type::DoubleType;
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::file::writer::SerializedFileWriter;
use parquet::record::Field;
use parquet::schema::types::Type;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

/// Key, unit, values.
pub type Column<'a> = (&'a str, &'a str, &'a [f64]);

/// Writes columns of equal length; the file appears whole or not at all.
pub fn write(
    path: &Path,
    columns: &[Column<'_>],
    facts: &[(&str, String)],
) -> Result<(), WriteError> {
    let half = path.with_extension("half");
    let file_error = |reason| WriteError::File { file: path.to_path_buf(), reason };
    let file = encode(File::create(&half).map_err(file_error)?, columns, facts)
        .map_err(|reason| WriteError::Parquet { file: path.to_path_buf(), reason })?;
    file.sync_all().map_err(file_error)?;
    std::fs::rename(&half, path).map_err(file_error)
}

/// Column by column, so that never more than one encoded column is in memory.
fn encode(
    file: File,
    columns: &[Column<'_>],
    facts: &[(&str, String)],
) -> Result<File, ParquetError> {
    let fields = columns
        .iter()
        .map(|(key, _, _)| {
            let field = Type::primitive_type_builder(key, Physical::DOUBLE);
            field.with_repetition(Repetition::REQUIRED).build().map(Arc::new)
        })
        .collect::<Result<Vec<_>, _>>()?;
    let schema = Arc::new(Type::group_type_builder("frigoris").with_fields(fields).build()?);
    let units = columns.iter().map(|(key, unit, _)| (format!("unit.{key}"), (*unit).to_string()));
    let facts = facts.iter().map(|(key, value)| ((*key).to_string(), value.clone()));
    let metadata = facts.chain(units).map(|(key, value)| KeyValue::new(key, value)).collect();
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_created_by("frigoris".to_string())
        .set_key_value_metadata(Some(metadata))
        .build();
    let mut writer = SerializedFileWriter::new(file, schema, Arc::new(properties))?;
    let mut group = writer.next_row_group()?;
    for (_, _, values) in columns {
        if let Some(mut column) = group.next_column()? {
            column.typed::<DoubleType>().write_batch(values, None, None)?;
            column.close()?;
        }
    }
    group.close()?;
    writer.into_inner()
}

/// The facts of a file of ours, units of its columns included.
pub fn facts(path: &Path) -> Result<Vec<(String, String)>, WriteError> {
    let file =
        File::open(path).map_err(|reason| WriteError::File { file: path.to_path_buf(), reason })?;
    let reader = SerializedFileReader::new(file)
        .map_err(|reason| WriteError::Parquet { file: path.to_path_buf(), reason })?;
    let pairs = reader.metadata().file_metadata().key_value_metadata();
    let pair = |pair: &KeyValue| Some((pair.key.clone(), pair.value.clone()?));
    Ok(pairs.into_iter().flatten().filter_map(pair).collect())
}

/// Reads a file of ours: its keys and its rows.
pub fn read(path: &Path) -> Result<(Vec<String>, Vec<Vec<f64>>), WriteError> {
    let file =
        File::open(path).map_err(|reason| WriteError::File { file: path.to_path_buf(), reason })?;
    decode(file).map_err(|reason| WriteError::Parquet { file: path.to_path_buf(), reason })
}

fn decode(file: File) -> Result<(Vec<String>, Vec<Vec<f64>>), ParquetError> {
    let reader = SerializedFileReader::new(file)?;
    let schema = reader.metadata().file_metadata().schema_descr();
    let keys = schema.columns().iter().map(|column| column.name().to_string()).collect();
    let mut rows = Vec::new();
    for row in reader.get_row_iter(None)? {
        let number = |(_, field): (&String, &Field)| match field {
            Field::Double(value) => Ok(*value),
            _ => Err(ParquetError::General("a column is not a double".to_string())),
        };
        rows.push(row?.get_column_iter().map(number).collect::<Result<_, _>>()?);
    }
    Ok((keys, rows))
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
}
