//! PDS3 images in the forms in which LOLA, SLDEM2015 and LROC are archived.

use super::*;

/// Keys of a label, changed and written.
#[derive(Clone)]
pub struct Made {
    pub image: Vec<(&'static str, String)>,
    pub map: Vec<(&'static str, String)>,
}

impl Made {
    /// LOLA's integers: half metres below and above 1737.4 km, 4 pixels a degree, around the Moon.
    pub fn ldem() -> Self {
        Self {
            image: keys(&[
                ("LINES", "720"),
                ("LINE_SAMPLES", "1440"),
                ("SAMPLE_TYPE", "LSB_INTEGER"),
                ("SAMPLE_BITS", "16"),
                ("UNIT", "METER"),
                ("SCALING_FACTOR", "0.5"),
                ("OFFSET", "1737400."),
            ]),
            map: keys(&[
                ("MAP_PROJECTION_TYPE", "\"SIMPLE CYLINDRICAL\""),
                ("A_AXIS_RADIUS", "1737.4 <KM>"),
                ("POSITIVE_LONGITUDE_DIRECTION", "EAST"),
                ("CENTER_LATITUDE", "0.0 <DEG>"),
                ("CENTER_LONGITUDE", "180.0 <DEG>"),
                ("MAP_RESOLUTION", "4 <PIX/DEG>"),
                ("MAP_SCALE", "7.580837638 <KM/PIX>"),
                ("MAXIMUM_LATITUDE", "90.0 <DEG>"),
                ("MINIMUM_LATITUDE", "-90.0 <DEG>"),
                ("LINE_PROJECTION_OFFSET", "359.5"),
                ("SAMPLE_PROJECTION_OFFSET", "719.5"),
                ("MAP_PROJECTION_ROTATION", "0.0"),
            ]),
        }
    }

    pub fn with(&self, key: &str, value: &str) -> Self {
        let mut made = self.clone();
        for (k, v) in made.image.iter_mut().chain(&mut made.map) {
            if *k == key {
                value.clone_into(v);
            }
        }
        made
    }

    pub fn and(&self, key: &'static str, value: &str) -> Self {
        let mut made = self.clone();
        made.image.push((key, value.to_owned()));
        made
    }

    pub fn text(&self, pointer: &str) -> String {
        let lines = |keys: &[(&str, String)]| -> String {
            keys.iter().map(|(key, value)| format!("  {key} = {value}\r\n")).collect()
        };
        format!(
            "PDS_VERSION_ID = \"PDS3\"\r\n/* a comment */\r\n{pointer}\r\nOBJECT = IMAGE\r\n{}\
             END_OBJECT = IMAGE\r\nOBJECT = IMAGE_MAP_PROJECTION\r\n{}\
             END_OBJECT = IMAGE_MAP_PROJECTION\r\nEND\r\n",
            lines(&self.image),
            lines(&self.map)
        )
    }

    /// Label and image beside each other.
    fn write(&self, name: &str, image: &[u8]) -> PathBuf {
        scratch(&format!("{name}.img"), image);
        let pointer = format!("^IMAGE = \"{}.IMG\"", name.to_uppercase());
        scratch(&format!("{name}.lbl"), self.text(&pointer).as_bytes())
    }
}

fn keys(of: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    of.iter().map(|(key, value)| (*key, (*value).to_owned())).collect()
}

/// Elevation of the pixel at 89.875 − r/4 N, 0.125 + c/4 E: half metres, so that integers are exact.
fn height_m(c: usize, r: usize) -> f64 {
    let (a, b) =
        ((89.875 - r as f64 * 0.25_f64).to_radians(), (c as f64 * 0.25_f64 + 0.125).to_radians());
    (2.0 * (1000.0 * a.sin() + 700.0 * a.cos() * b.cos() - 300.0 * a.cos() * b.sin())).round() / 2.0
}

fn image(write: impl Fn(f64) -> Vec<u8>) -> Vec<u8> {
    (0..720 * 1440).flat_map(|k| write(height_m(k % 1440, k / 1440))).collect()
}

fn integers() -> Vec<u8> {
    image(|z| ((2.0 * z) as i16).to_le_bytes().to_vec())
}

/// Every sample is where the label puts it: at 30.125 N 45.125 E and in the far west of the map.
fn check(path: &std::path::Path) {
    let tile = Tile::read(path).unwrap();
    assert!((tile.posting_m() - 7_580.837_638).abs() < 1e-3);
    for (c, r) in [(180, 239), (0, 400), (1439, 100), (720, 360)] {
        let (a, b) = (89.875 - r as f64 * 0.25, c as f64 * 0.25 + 0.125);
        let found = elevation_m(&tile, a, b).unwrap();
        assert!((found - height_m(c, r)).abs() < 1e-3, "{c} {r}: {found}");
    }
    // It goes around the Moon and over its poles, so the coarse grid has no say anywhere.
    let terrain = ground(vec![tile]);
    for (a, b, expected) in [(90.0, 0.0, 1000.0), (-90.0, 9.0, -1000.0), (0.0, 0.0, 700.0)] {
        assert!((at(&terrain, a, b) - expected).abs() < 4.0, "{a} {b}");
    }
}

#[test]
fn integers_of_lola_and_kilometres_of_sldem_are_the_same_ground() {
    let ldem = Made::ldem();
    check(&ldem.write("ldem", &integers()));
    let big = ldem.with("SAMPLE_TYPE", "MSB_INTEGER");
    check(&big.write("big", &image(|z| ((2.0 * z) as i16).to_be_bytes().to_vec())));
    let real = ldem.with("SAMPLE_BITS", "32").with("UNIT", "KILOMETER").with("OFFSET", "1737.4");
    let real = real.with("SCALING_FACTOR", "1");
    let little = real.with("SAMPLE_TYPE", "PC_REAL");
    check(&little.write("pc", &image(|z| ((z / 1000.0) as f32).to_le_bytes().to_vec())));
    let big = real.with("SAMPLE_TYPE", "IEEE_REAL");
    check(&big.write("ieee", &image(|z| ((z / 1000.0) as f32).to_be_bytes().to_vec())));
    // Heights over the label's own sphere, 600 m above the usual one.
    let heights = ldem.with("OFFSET", "0").with("A_AXIS_RADIUS", "1738.0 <KM>");
    check(
        &heights.write("heights", &image(|z| ((2.0 * (z - 600.0)) as i16).to_le_bytes().to_vec())),
    );
}

#[test]
fn a_label_may_stand_at_the_head_of_its_image() {
    let text = Made::ldem().text("RECORD_BYTES = 2880\r\n^IMAGE = 2");
    let mut bytes = text.into_bytes();
    assert!(bytes.len() < 2880);
    bytes.resize(2880, b' ');
    bytes.extend(integers());
    check(&scratch("attached.img", &bytes));
    let text = Made::ldem().text("^IMAGE = (\"WITH_HEAD.IMG\", 101 <BYTES>)");
    let path = scratch("with_head.lbl", text.as_bytes());
    let head = [vec![7; 100], integers()].concat();
    let image = scratch("with_head.img", &head);
    check(&path);
    check(&image);
}

#[test]
fn an_equirectangular_map_of_the_narrow_angle_cameras_is_placed() {
    // 2 m pixels true to scale at 26 N, edge at 26.01 N: 26.01° · R / 2 m lines from the equator.
    let scale_m = 2.0;
    let line = 26.01_f64.to_radians() * MOON_RADIUS_M / scale_m - 0.5;
    let per_column = scale_m / (MOON_RADIUS_M * 26.0_f64.to_radians().cos());
    let sample = -(3.0_f64.to_radians() / per_column) - 0.5;
    let mut made = Made::ldem()
        .with("LINES", "300")
        .with("LINE_SAMPLES", "280")
        .with("SAMPLE_TYPE", "PC_REAL")
        .with("SAMPLE_BITS", "32")
        .with("SCALING_FACTOR", "1")
        .with("OFFSET", "0")
        .and("MISSING_CONSTANT", "16#FF7FFFFB#")
        .with("MAP_PROJECTION_TYPE", "\"EQUIRECTANGULAR\"")
        .with("CENTER_LATITUDE", "26.0 <DEG>")
        .with("CENTER_LONGITUDE", "0.0 <DEG>")
        .with("MAP_SCALE", "2.0 <METERS/PIXEL>")
        .with("LINE_PROJECTION_OFFSET", &format!("{line:.6}"))
        .with("SAMPLE_PROJECTION_OFFSET", &format!("{sample:.6}"))
        .with("MAXIMUM_LATITUDE", "26.01 <DEG>")
        .with("MINIMUM_LATITUDE", "25.9902 <DEG>");
    made.image.retain(|(key, _)| *key != "UNIT");
    let null = f32::from_bits(0xFF7F_FFFB);
    let z = |c: usize, r: usize| if r > 250 { null } else { c as f32 + 0.5 * r as f32 };
    let image: Vec<u8> = (0..300 * 280).flat_map(|k| z(k % 280, k / 280).to_le_bytes()).collect();
    let tile = Tile::read(&made.write("nac", &image)).unwrap();
    let place = |c: f64, r: f64| {
        let latitude = 26.01 - (scale_m * (r + 0.5) / MOON_RADIUS_M).to_degrees();
        (latitude, 3.0 + ((c + 0.5) * per_column).to_degrees())
    };
    for (c, r) in [(140.0, 150.0), (60.25, 80.5), (200.0, 230.0)] {
        let (a, b) = place(c, r);
        let found = elevation_m(&tile, a, b).unwrap();
        assert!((found - c - 0.5 * r).abs() < 1e-3, "{c} {r}: {found}");
    }
    let (a, b) = place(140.0, 249.0);
    assert_eq!(elevation_m(&tile, a, b), None);
}

#[test]
fn a_polar_map_of_lola_is_placed() {
    // Longitude 0 runs down from the north pole and up from the south pole: [LOLAPOLAR].
    for (center, down) in [("90.0", 1.0), ("-90.0", -1.0)] {
        let made = Made::ldem()
            .with("LINES", "400")
            .with("LINE_SAMPLES", "400")
            .with("MAP_PROJECTION_TYPE", "\"POLAR STEREOGRAPHIC\"")
            .with("CENTER_LATITUDE", center)
            .with("CENTER_LONGITUDE", "0.0")
            .with("MAP_SCALE", "240 <METERS/PIXEL>")
            .with("LINE_PROJECTION_OFFSET", "199.5")
            .with("SAMPLE_PROJECTION_OFFSET", "199.5");
        // 10 m a line, 1 m a sample.
        let image: Vec<u8> = (0..400_i16)
            .flat_map(|r| (0..400_i16).flat_map(move |c| (20 * r + 2 * c).to_le_bytes()))
            .collect();
        let tile = Tile::read(&made.write(&format!("polar{center}"), &image)).unwrap();
        let from_pole_deg =
            |pixels: f64| 2.0 * (pixels * 240.0 / (2.0 * MOON_RADIUS_M)).atan().to_degrees();
        let sign: f64 = if down > 0.0 { 1.0 } else { -1.0 };
        let latitude = sign * (90.0 - from_pole_deg(100.0));
        let middle = 10.0 * 199.5 + 199.5;
        for (longitude, expected) in [
            (0.0, middle + down * 1000.0),
            (90.0, middle + 100.0),
            (180.0, middle - down * 1000.0),
            (270.0, middle - 100.0),
        ] {
            let found = elevation_m(&tile, latitude, longitude).unwrap();
            assert!((found - expected).abs() < 1e-3, "{center} {longitude}: {found} {expected}");
        }
    }
}

#[test]
fn what_a_label_says_wrongly_is_named() {
    let (ldem, image) = (Made::ldem(), integers());
    for (key, value, words) in [
        ("SAMPLE_TYPE", "VAX_REAL", "SAMPLE_TYPE = VAX_REAL"),
        ("SAMPLE_BITS", "8", "SAMPLE_BITS = 8"),
        ("UNIT", "FEET", "UNIT = FEET"),
        ("SCALING_FACTOR", "0", "SCALING_FACTOR = 0"),
        ("SCALING_FACTOR", "NaN", "SCALING_FACTOR = NaN"),
        ("LINES", "-720", "LINES = -720"),
        ("LINES", "3", "1440 x 3"),
        ("LINES", "99999999999", "99999999999 rows"),
        ("LINES", "721", "has 2073600 bytes"),
        ("A_AXIS_RADIUS", "6378.1 <KM>", "6378100"),
        ("MAP_PROJECTION_TYPE", "SINUSOIDAL", "MAP_PROJECTION_TYPE = SINUSOIDAL"),
        ("MAP_PROJECTION_ROTATION", "90.0", "MAP_PROJECTION_ROTATION = 90.0"),
        ("POSITIVE_LONGITUDE_DIRECTION", "WEST", "POSITIVE_LONGITUDE_DIRECTION = WEST"),
        ("MAP_RESOLUTION", "0", "step_x = inf"),
        ("MAP_RESOLUTION", "-4", "step_x"),
        ("MAP_RESOLUTION", "none", "MAP_RESOLUTION = none"),
        ("MAXIMUM_LATITUDE", "-90.0", "MAXIMUM_LATITUDE = -90.0"),
        ("LINE_PROJECTION_OFFSET", "-359.5", "latitude"),
        ("OFFSET", "1736000", "no place"),
    ] {
        let made = ldem.with(key, value);
        let refused = Tile::read(&made.write("wrong", &image));
        match (refused, words) {
            (Ok(_), "no place") => {} // a datum 1.4 km lower is a datum
            (refused, _) => {
                let text = refused.expect_err(key).to_string();
                assert!(text.contains(words) && text.contains("wrong."), "{key}: {text}");
            }
        }
    }
    let bands = ldem.and("BANDS", "3").write("bands", &image);
    assert!(refusal(bands).contains("BANDS = 3"));
    let mut lacking = ldem.clone();
    lacking.map.retain(|(key, _)| *key != "CENTER_LONGITUDE");
    assert!(refusal(lacking.write("lacking", &image)).contains("no CENTER_LONGITUDE"));
    let nothing = scratch("nothing.lbl", b"just text");
    assert!(refusal(nothing).contains("no ^IMAGE"));
    let absent = scratch("absent.lbl", ldem.text("^IMAGE = \"../../NOWHERE.IMG\"").as_bytes());
    assert!(refusal(absent).contains("NOWHERE.IMG"));
    assert!(refusal(scratch("map.png", b"")).contains(".lbl, .img"));
}
