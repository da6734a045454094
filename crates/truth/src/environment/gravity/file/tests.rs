use super::*;
use icd::frames::Vector;
use proptest::prelude::*;
use std::fmt::Write;

/// The head of the built-in field as the text of either format.
fn icgem(degree: usize) -> String {
    let field = Field::grail(degree, degree).unwrap();
    let mut text = format!(
        "product_type gravity_field\nmodelname test\nearth_gravity_constant {:e}\nradius {:e}\n\
         max_degree {degree}\nerrors no\nnorm fully_normalized\n\nkey L M C S\nend_of_head ====\n\
         gfc 0 0 1.0 0.0\n",
        field.gm_m3_s2(),
        field.radius_m()
    );
    for n in 2..=degree {
        for m in 0..=n {
            let (c, s) = field.coefficients(n, m).unwrap();
            writeln!(text, "gfc {n:4} {m:4} {} {s:e} 0.0 0.0", format!("{c:e}").replace('e', "D"))
                .unwrap();
        }
    }
    text
}

fn shadr(degree: usize) -> String {
    let field = Field::grail(degree, degree).unwrap();
    let (gm, radius) = (field.gm_m3_s2() * 1e-9, field.radius_m() * 1e-3);
    let mut text = format!(" {radius:e}, {gm:e}, 1.2E-04, {degree}, {degree}, 1, 0.0, 0.0\r\n");
    for n in 1..=degree {
        for m in 0..=n {
            let (c, s) = field.coefficients(n, m).unwrap();
            write!(text, " {n}, {m}, {c:e}, {s:e}, 0.0, 0.0\r\n").unwrap();
        }
    }
    text
}

fn read(text: &str, degree: usize) -> Result<Field, GravityFileError> {
    Field::from_text(Path::new("field.gfc"), text, degree)
}

fn refused(text: &str, degree: usize) -> String {
    read(text, degree).map(|field| field.degree()).unwrap_err().to_string()
}

#[test]
fn both_formats_give_the_field_that_was_written() {
    let p = Vector::new(0.3e6, -1.2e6, 1.3e6);
    for text in [icgem(12), shadr(12)] {
        for degree in [0, 2, 7, 12] {
            let (read, built_in) = (read(&text, degree).unwrap(), Field::grail(degree, degree));
            let built_in = built_in.unwrap();
            assert_eq!(read.degree(), degree);
            assert!((read.gm_m3_s2() / built_in.gm_m3_s2() - 1.0).abs() < 1e-15);
            assert!((read.radius_m() / built_in.radius_m() - 1.0).abs() < 1e-15);
            assert_eq!(read.coefficients(7, 3), built_in.coefficients(7, 3));
            // SHADR lists degree 1 as GRAIL's, zero; both sums are the same numbers but for the last bit of GM.
            let (one, other) = (read.harmonics(p).si(), built_in.harmonics(p).si());
            assert!((one - other).norm() <= 1e-14 * other.norm());
        }
    }
}

#[test]
fn a_file_keeps_its_own_gm_and_radius() {
    let text = icgem(3).replace("4.90279980693169e12", "4.9e12").replace("1.738e6", "1.7374e6");
    let field = read(&text, 3).unwrap();
    assert_eq!((field.gm_m3_s2(), field.radius_m()), (4.9e12, 1_737_400.0));
}

#[test]
fn what_is_wrong_is_named_with_file_and_line() {
    let good = icgem(4);
    let cases = [
        (good.replace("gfc    3    2", "gfct   3    2"), "line 17: \"gfct\" is not gfc"),
        (good.replace("gfc    3    2", "gfc    3    x"), "line 17: \"x\" is not a whole number"),
        (good.replace("gfc    3    2", "gfc    3    5"), "line 17: order = 5  lies outside [0, 3]"),
        (good.replace("gfc    3    2", "gfc    3    1"), "line 17: \"a second (3, 1)\""),
        (good.replace("gfc    3    2", "gfc    3    2 7.0"), "line 17: C = 7  lies outside"),
        (good.replace("gfc    3    2", "gfc    3    2 nan"), "line 17: C = NaN"),
        (good.replace("fully_normalized", "unnormalized"), "line 7: \"unnormalized\""),
        (good.replace("radius", "radio"), "there is no radius in the header"),
        (good.replace("radius 1.738e6", "radius 0"), "line 4: radius = 0 m lies outside"),
        (good.replace("end_of_head", "body"), "there is no end_of_head"),
        (String::new(), "there is no end_of_head"),
        (good[..good.rfind("gfc").unwrap()].to_owned(), "there is no coefficient (4, 4)"),
        (shadr(4).replace(", 4, 4, 1,", ", 4, 4, 0,"), "line 1: \"0\" is not 1"),
    ];
    for (text, expected) in cases {
        let message = refused(&text, 4);
        assert!(message.starts_with("field.gfc") && message.contains(expected), "{message}");
    }
    assert!(refused(&good, 5).contains("gravity degree 5 exceeds 4"));
    let huge = good.replace("max_degree 4", "max_degree 99999999");
    assert!(refused(&huge, 99_999).contains("exceeds 1200"));
}

#[test]
fn a_file_that_is_not_there_is_an_error() {
    let error = Field::read(Path::new("/no/such/field.gfc"), 2).map(|f| f.degree()).unwrap_err();
    assert!(matches!(error, GravityFileError::Unreadable { .. }));
}

#[test]
fn the_highest_degree_is_finite_everywhere() {
    // A field of degree 1200 with coefficients of Kaula's size, [Kaula1966], and signs that alternate.
    let degree = FILE_DEGREE_MAX;
    let mut pairs = vec![(0.0, 0.0); row_index(degree + 1, 0)];
    for n in 2..=degree {
        for m in 0..=n {
            let c = 2.5e-4 / (n * n) as f64 * if (n + m) % 2 == 0 { 1.0 } else { -1.0 };
            pairs[row_index(n, m)] = (c, -c);
        }
    }
    let field = Field::from_coefficients(degree, degree, 4.9e12, 1.738e6, pairs);
    for z in [0.0, 0.3, 0.7, 0.9, 0.97, 0.99, 0.999, 0.99999, 1.0, -0.95, -1.0] {
        let flat = (1.0_f64 - z * z).sqrt();
        let p = Vector::new(1.74e6 * flat * 0.8, 1.74e6 * flat * 0.6, 1.74e6 * z);
        let a = field.harmonics(p).norm();
        assert!(a.is_finite() && a < 1.0, "{a} at sin φ = {z}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_text_makes_the_reader_panic(text in "\\PC*", degree in 0_usize..2000) {
        let _ = read(&text, degree);
    }

    #[test]
    fn no_damage_to_a_good_file_makes_it_panic(
        first in any::<bool>(),
        cut in 0.0_f64..1.0,
        at in 0.0_f64..1.0,
        junk in "[-0-9eED+., a-z\\n]{0,12}",
        degree in 0_usize..8,
    ) {
        let good = if first { icgem(6) } else { shadr(6) };
        let mut text = good[..(good.len() as f64 * cut) as usize].to_owned();
        let place = (text.len() as f64 * at) as usize;
        text.insert_str(place, &junk);
        if let Ok(field) = read(&text, degree) {
            let a = field.acceleration(Vector::new(1.1e6, 0.2e6, -1.4e6)).si();
            prop_assert!(a.iter().all(|x| x.is_finite()));
        }
    }
}
