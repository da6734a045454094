//! Laws, correlations, samplings and choices of faults that cannot be.

use super::*;
use rig::scenario::Dispersed;

#[test]
fn a_law_that_no_value_follows_is_refused() {
    for (law, said) in [
        ("{ min = 5.0, max = 5.0 }", "start.along_m: min = 5 must be less than max = 5"),
        (
            "{ mean = 9.0, sigma = 1.0, min = -5.0, max = 5.0 }",
            "start.along_m.mean = 9 m lies outside [-5, 5]",
        ),
        (
            "{ mean = 0.0, sigma = -1.0, min = -5.0, max = 5.0 }",
            "start.along_m.sigma = -1 m lies outside [0, 200000]",
        ),
        ("{ mean = 0.0, sigma = 0.0, min = -5.0, max = 5.0 }", "start.along_m: sigma = 0 between"),
        ("{ values = [1.0, 2.0], weights = [1.0] }", "start.along_m: 2 values and 1 weights"),
        ("{ values = [], weights = [] }", "start.along_m: 0 values and 0 weights"),
        (
            "{ values = [1.0, 2.0], weights = [1.0, 0.0] }",
            "start.along_m.weights[1] = 0 lies outside [0.000000001, 1000000000]",
        ),
        (
            "{ values = [1.0, 2e7], weights = [1.0, 1.0] }",
            "start.along_m.values[1] = 20000000 m lies outside [-100000, 100000]",
        ),
        ("{ values = 3.0, weights = [1.0] }", "start.along_m.values must be a list of numbers"),
        ("{ mean = 1.0, min = 0.0 }", "start.along_m must be a number, { mean, sigma }, "),
        ("{ mean = 1.0, sigma = nan }", "start.along_m.sigma = NaN m lies outside"),
    ] {
        let error = refused("law", &format!("[start]\nalong_m = {law}"));
        assert!(error.to_string().contains(said), "{law}: {error}");
        assert!(error.labels().is_some(), "{law}");
    }
}

/// Three values that are dispersed, and correlations between them.
fn tied(between: &[(&str, &str, &str)]) -> String {
    let law = "{ mean = 0.0, sigma = 5.0 }";
    let start = format!("[start]\nradial_m = {law}\nalong_m = {law}\nacross_m = {law}\n");
    let one = |(one, other, coefficient): &(&str, &str, &str)| {
        format!("[[correlation]]\nbetween = [{one:?}, {other:?}]\ncoefficient = {coefficient}\n")
    };
    start + &between.iter().map(one).collect::<String>()
}

#[test]
fn a_correlation_that_cannot_be_is_refused() {
    let (radial, along, across) = ("start.radial_m", "start.along_m", "start.across_m");
    for (between, said) in [
        (&[(radial, along, "1.5")][..], "correlation[0].coefficient = 1.5 lies outside [-1, 1]"),
        (&[(radial, radial, "0.5")], "correlation[0].between: `start.radial_m` with itself"),
        (
            &[(radial, along, "0.5"), (along, radial, "0.4")],
            "correlation[1].between: `start.along_m` and `start.radial_m` have a coefficient already",
        ),
        (
            &[(radial, along, "-1.0")],
            "correlation[0].between: no random numbers have the coefficients given for `start.along_m`",
        ),
        (
            &[(radial, along, "0.9"), (along, across, "0.9"), (radial, across, "-0.9")],
            "correlation[2].between: no random numbers have the coefficients given for `start.across_m`",
        ),
    ] {
        let error = refused("correlation", &tied(between));
        assert!(error.to_string().contains(said), "{error}");
        assert!(error.labels().is_some());
    }
    // Two of three may need the third.
    let between = [(radial, along, "0.9"), (along, across, "0.9"), (radial, across, "0.8")];
    read("correlation", &tied(&between)).unwrap();
    // What is not dispersed cannot be correlated; what can is listed.
    for key in ["start.propellant_kg", "start.along"] {
        let error = refused("correlation", &tied(&[(radial, key, "0.5")]));
        assert!(error.to_string().contains(&format!("between knows no `{key}`")), "{error}");
        assert!(help(&error).contains("start.along_m, start.across_m"), "{}", help(&error));
        assert_eq!(underlined(&error), format!("{key:?}"));
    }
}

#[test]
fn a_sampling_that_there_is_not_or_that_has_too_few_dimensions_is_refused() {
    let error = refused("sampling", "[campaign]\nsampling = \"lattice\"");
    assert!(help(&error).contains("monte-carlo, latin-hypercube, sobol"), "{}", help(&error));
    let error = refused("runs", "[campaign]\nruns = 0");
    assert!(error.to_string().contains("campaign.runs = 0 lies outside [1, "), "{error}");
    let fault = "[[fault]]\non = \"rangefinder\"\nkind = \"dropout\"\nat_s = 0.0\n";
    let faults = format!("{fault}probability = {{ min = 0.0, max = 0.1 }}\n").repeat(257);
    read("many", &faults).unwrap();
    let error = refused("many", &format!("[campaign]\nsampling = \"sobol\"\n{faults}"));
    assert!(error.to_string().contains("campaign.sampling: sobol has 256 dimensions"), "{error}");
    assert_eq!(underlined(&error), "\"sobol\"");
}

#[test]
fn a_chance_beyond_one_and_a_choice_without_weight_are_refused() {
    let fault = "[[fault]]\non = \"rangefinder\"\nkind = \"dead\"\nat_s = 0.0\n";
    let error = refused("chance", &format!("{fault}chance = 1.5"));
    assert!(error.to_string().contains("fault[0].chance = 1.5 lies outside [0, 1]"), "{error}");
    let error = refused("one-of", &format!("{fault}one_of = \"sensor\""));
    assert!(matches!(&error, ScenarioError::MissingKey { key, .. } if key == "fault[0].weight"));
    let error = refused("weight", &format!("{fault}weight = 1.0"));
    assert!(matches!(&error, ScenarioError::UnknownKey { key, .. } if key == "fault[0].weight"));
}

#[test]
fn a_point_of_what_is_not_dispersed_is_refused() {
    let error = refused("point", "[point]\n\"start.along_m\" = 0.5");
    assert!(error.to_string().contains("`point.start.along_m` is not a key"), "{error}");
    assert!(help(&error).contains("knowledge.orbit_along_m"), "{}", help(&error));
    let error = refused("point", "[point]\n\"knowledge.orbit_along_m\" = 1.5");
    assert!(error.to_string().contains("= 1.5") && error.to_string().contains("[0, 1]"), "{error}");
}

#[test]
fn a_law_replaces_the_one_that_it_extends_whole() {
    let folder = Folder::new("law-extends");
    let nominal = shipped("scenarios/m2-nominal.toml").display().to_string();
    let law = "{ mean = 1.0, sigma = 2.0, min = 0.0, max = 3.0 }";
    folder.write("base.toml", &format!("extends = {nominal:?}\n[start]\nalong_m = {law}\n"));
    for (law, expected) in [
        ("{ mean = 4.0, sigma = 5.0 }", Dispersed::Normal { mean: 4.0, sigma: 5.0 }),
        ("{ min = 4.0, max = 5.0 }", Dispersed::Uniform { min: 4.0, max: 5.0 }),
    ] {
        let text = format!("extends = \"base.toml\"\n[start]\nalong_m = {law}\n");
        let scenario = Scenario::read(&folder.write("s.toml", &text)).unwrap();
        assert_eq!(scenario.start.delivery_m[1], expected);
    }
}
