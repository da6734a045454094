//! What can be written wrongly of `[[command]]`.

use super::{help, read, refused, underlined};
use rig::scenario::ScenarioError;

#[test]
fn a_command_that_there_is_not_is_answered_with_those_that_there_are() {
    let error = refused("command", "[[command]]\nname = \"land\"\nat_s = 1.0");
    assert!(
        matches!(&error, ScenarioError::UnknownChoice { known, .. } if known.contains("wave_off"))
    );
    assert_eq!(underlined(&error), "\"land\"");
    // To be put into the schedule is a key of the others.
    assert!(read("schedule", "[[command]]\nname = \"schedule\"\nat_s = 1.0").is_err());
    let later = "[[command]]\nname = \"no_go\"\nat_s = 1.0\nexecute_at_s = 9.0";
    assert!(read("later", later).is_ok());
}

#[test]
fn an_argument_out_of_the_dictionarys_range_is_named_with_its_limits() {
    let lines = "[[command]]\nname = \"divert\"\neast_m = 2500.0\nnorth_m = 0.0\nat_s = 1.0";
    let error = refused("divert", lines);
    assert!(
        error.to_string().ends_with("command[0].east_m = 2500 m lies outside [-2000, 2000]"),
        "{error}"
    );
    assert_eq!(underlined(&error), "2500.0");
    // A parameter that is loaded has limits of its own.
    let load = |name: &str, value: f64| {
        format!(
            "[[command]]\nname = \"load_parameter\"\nparameter = \"{name}\"\nvalue = {value:.1}\nat_s = 1.0"
        )
    };
    let error = refused("gate", &load("gate_sigmas", 900.0));
    assert!(error.to_string().ends_with("command[0].value = 900 lies outside [2, 50]"), "{error}");
    assert!(read("reserve", &load("reserve_kg", 450.0)).is_ok());
}

#[test]
fn an_argument_that_is_missing_or_no_choice_or_too_much_is_named() {
    let error = refused("missing", "[[command]]\nname = \"divert\"\neast_m = 5.0\nat_s = 1.0");
    assert!(matches!(&error, ScenarioError::MissingKey { key, .. } if key == "command[0].north_m"));
    let inhibit =
        "[[command]]\nname = \"sensor_use\"\nsensor = \"nose\"\nuse = \"inhibit\"\nat_s = 1.0";
    let error = refused("sensor", inhibit);
    assert!(
        matches!(&error, ScenarioError::UnknownChoice { known, .. } if known.contains("star tracker"))
    );
    let error = refused("much", "[[command]]\nname = \"go\"\neast_m = 5.0\nat_s = 1.0");
    assert!(matches!(&error, ScenarioError::UnknownKey { key, .. } if key == "command[0].east_m"));
    assert!(!help(&error).is_empty());
    let error = refused("when", "[[command]]\nname = \"go\"");
    assert!(matches!(&error, ScenarioError::MissingKey { key, .. } if key == "command[0].at_s"));
}

#[test]
fn only_the_rangefinder_is_restarted() {
    let fault = |on: &str, kind: &str| {
        format!("[[fault]]\non = \"{on}\"\nkind = \"{kind}\"\nat_s = 0.0\nuntil_restart = true")
    };
    assert!(read("rangefinder", &fault("rangefinder", "stuck")).is_ok());
    let error = refused("camera", &fault("star_tracker", "dead"));
    assert!(
        matches!(&error, ScenarioError::UnknownKey { key, .. } if key == "fault[0].until_restart")
    );
}
