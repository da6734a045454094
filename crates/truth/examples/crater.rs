//! Measures a crater in an elevation tile.
//!
//! Usage: `cargo run -p frigoris-truth --example crater -- FILE LATITUDE LONGITUDE [HEADING]`
//!
//! Degrees, of the crater's centre; the rim is sought between 2 km and 100 km from it. Printed are
//! the rim's diameter, height and depth, and a profile through the centre along the heading of a
//! ground track (north if none is given), one line a kilometre.
//! Refuses: a tile that ends before the rim on half of the azimuths.

#[path = "../tests/fixture/survey.rs"]
mod survey;

use std::error::Error;
use std::path::Path;
use survey::{along, survey};
use truth::environment::terrain::Tile;

const RADII_M: (f64, f64) = (2_000.0, 100_000.0);

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (file, numbers) =
        arguments.split_first().ok_or("usage: crater FILE LATITUDE LONGITUDE [HEADING]")?;
    let numbers = numbers.iter().map(|n| n.parse()).collect::<Result<Vec<f64>, _>>()?;
    let (&[latitude_deg, longitude_deg], rest) =
        numbers.split_first_chunk().ok_or("latitude and longitude are missing")?;
    let heading_rad = rest.first().copied().unwrap_or(0.0).to_radians();
    let tile = Tile::read(Path::new(file))?;
    let center = (latitude_deg.to_radians(), longitude_deg.to_radians());
    let crater = survey(&tile, center, RADII_M).ok_or("the tile ends before the rim")?;
    println!("rim, mean of {} azimuths", crater.azimuths);
    println!("  diameter        {:8.2} km", 2e-3 * crater.rim_radius_m);
    println!("  of the median   {:8.2} km", 2e-3 * crater.median_rim_radius_m);
    println!("  radius, 1 sigma {:8.2} km", 1e-3 * crater.rim_radius_sigma_m);
    let (low, high) = crater.rim_range_m;
    println!("  elevation       {:8.0} m, {low:.0} to {high:.0} m", crater.rim_m);
    println!("floor             {:8.0} m", crater.floor_m);
    println!("depth             {:8.0} m", crater.rim_m - crater.floor_m);
    println!("profile along {:.1} deg: km from the centre, m", heading_rad.to_degrees());
    for k in -(RADII_M.1 as i32 / 1000)..=RADII_M.1 as i32 / 1000 {
        let (latitude, longitude) = along(center, heading_rad, 1000.0 * f64::from(k));
        if let Some(elevation_m) = tile.elevation_m(latitude, longitude) {
            println!("{k:6} {elevation_m:8.0}");
        }
    }
    Ok(())
}
