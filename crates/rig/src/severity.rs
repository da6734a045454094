//! How bad a fault is tried: one representative severity for each kind that a device can have.
//!
//! Owns: the table [`SEVERITIES`]. Does not own: what a kind does (`truth::faulty`), how its keys are spelt
//! (`scenario::fault`).
//! Every number is assumed; the reason stands beside it. The rule behind them: what persists is as bad as a
//! unit that should be noticed, some ten times its noise; what the flight cannot do without (the one inertial
//! unit, the main engine) fails for a moment, for nothing on board could take its place for longer.
//! Like devices are tried once: the first assist engine, jet and switch.
//! Refuses: sweeping severities. A limit is found by a campaign of its own.

/// One fault as it is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Severity {
    /// Device.
    pub on: &'static str,
    /// Kind.
    pub kind: &'static str,
    /// Its numbers and when it acts, as lines of a scenario file.
    pub lines: &'static str,
    /// Why these.
    pub why: &'static str,
}

impl Severity {
    /// The fault as part of a scenario file.
    pub fn toml(&self) -> String {
        let Self { on, kind, lines, why } = self;
        format!("[[fault]] # assumed: {why}\non = \"{on}\"\nkind = \"{kind}\"\n{lines}\n")
    }

    /// Short name for tables and folders.
    pub fn name(&self) -> String {
        format!("{} {}", self.on, self.kind).replace(['.', '_', ' '], "-")
    }
}

const fn of(
    on: &'static str,
    kind: &'static str,
    lines: &'static str,
    why: &'static str,
) -> Severity {
    Severity { on, kind, lines, why }
}

/// Every kind of every device, engines last; one line each, in the order of `truth::faulty::known`.
#[rustfmt::skip]
pub const SEVERITIES: &[Severity] = &[
    of("rangefinder", "not_enabled", "at_s = 0.0", "never switched on, as on IM-1"),
    of("rangefinder", "dead", "at_s = 0.0", "no echo at all"),
    of("rangefinder", "stuck", "below_m = 2000.0", "freezes when it is relied on"),
    of("rangefinder", "bias", "bias_m = 30.0\nat_s = 0.0", "a wrong delay, 30 times the noise"),
    of("rangefinder", "drift", "bias_m_s = 0.3\nphase = \"braking\"", "some 200 m by touchdown"),
    of("rangefinder", "noise", "sigma_m = 20.0\ngrowth_m_s = 0.0\nat_s = 0.0", "20 times the noise"),
    of("rangefinder", "dropout", "probability = 0.5\nat_s = 0.0", "every other shot"),
    of("rangefinder", "outliers", "probability = 0.2\nsigma_m = 300.0\nat_s = 0.0", "one shot in five is a stray"),
    of("rangefinder", "latency", "latency_s = 0.5\nat_s = 0.0", "five times its own"),
    of("rangefinder", "time_tag", "offset_s = -0.5\nat_s = 0.0", "five periods: a queue that is not emptied"),
    of("rangefinder", "scale", "factor = 1.05\nat_s = 0.0", "a wrong clock; 5 % moves 3 km by 150 m"),
    of("rangefinder", "saturation", "limit_m = 1000.0\nat_s = 0.0", "a counter a third as long as it must be"),
    of("rangefinder", "ghost", "probability = 0.3\nrange_m = 40.0\nat_s = 0.0", "plume or dust in three shots of ten"),
    of("rangefinder", "unfit", "at_s = 0.0", "calls itself unfit"),
    of("rangefinder", "range_limit", "range_m_max = 900.0\nat_s = 0.0", "Mission 2, published: below 900 m"),
    of("rangefinder", "weak_surface", "factor = 0.00265\nat_s = 0.0", "893 m alone, as m2-cause-surface"),
    of("rangefinder", "weak_laser", "factor = 0.00265\nat_s = 0.0", "893 m alone, as m2-cause-laser"),
    of("rangefinder", "weak_receiver", "factor = 0.00265\nat_s = 0.0", "893 m alone, as m2-cause-receiver"),
    of("rangefinder", "weak_at_speed", "factor = 0.00175\nat_s = 0.0", "893 m alone, as m2-cause-speed"),
    of("radar_altimeter", "not_enabled", "at_s = 0.0", "never switched on"),
    of("radar_altimeter", "dead", "at_s = 0.0", "no echo at all"),
    of("radar_altimeter", "stuck", "below_m = 5000.0", "freezes when it is relied on"),
    of("radar_altimeter", "bias", "bias_m = 50.0\nat_s = 0.0", "a wrong delay, as large as its noise at 3 km"),
    of("radar_altimeter", "drift", "bias_m_s = 0.3\nphase = \"braking\"", "some 200 m by touchdown"),
    of("radar_altimeter", "noise", "sigma_m = 100.0\ngrowth_m_s = 0.0\nat_s = 0.0", "ten times its noise at 700 m"),
    of("radar_altimeter", "dropout", "probability = 0.5\nat_s = 0.0", "every other pulse"),
    of("radar_altimeter", "outliers", "probability = 0.2\nsigma_m = 500.0\nat_s = 0.0", "one pulse in five is a stray"),
    of("radar_altimeter", "latency", "latency_s = 0.5\nat_s = 0.0", "five times its own"),
    of("radar_altimeter", "time_tag", "offset_s = -0.5\nat_s = 0.0", "some periods: a queue that is not emptied"),
    of("radar_altimeter", "scale", "factor = 1.05\nat_s = 0.0", "three times its noise"),
    of("radar_altimeter", "saturation", "limit_m = 3000.0\nat_s = 0.0", "a third of its reach"),
    of("radar_altimeter", "ghost", "probability = 0.3\nrange_m = 40.0\nat_s = 0.0", "plume or structure in three of ten"),
    of("radar_altimeter", "unfit", "at_s = 0.0", "calls itself unfit"),
    of("radar_altimeter", "range_limit", "range_m_max = 1000.0\nat_s = 0.0", "a tenth of its reach"),
    of("velocimeter", "not_enabled", "at_s = 0.0", "never switched on, as on IM-1"),
    of("velocimeter", "dead", "at_s = 0.0", "no lock at all"),
    of("velocimeter", "stuck", "below_m = 1000.0", "freezes when it is relied on"),
    of("velocimeter", "bias", "beam_0_m_s = 0.5\nbeam_1_m_s = -0.5\nbeam_2_m_s = 0.5\nat_s = 0.0", "as on DART; ten times the noise"),
    of("velocimeter", "drift", "beam_0_m_s_s = 0.01\nbeam_1_m_s_s = 0.01\nbeam_2_m_s_s = 0.01\nphase = \"pitch-up\"", "1 m/s by touchdown"),
    of("velocimeter", "noise", "sigma_m_s = 0.5\ngrowth_m_s_s = 0.0\nat_s = 0.0", "ten times the noise"),
    of("velocimeter", "dropout", "probability = 0.5\nat_s = 0.0", "every other measurement"),
    of("velocimeter", "outliers", "probability = 0.2\nsigma_m_s = 5.0\nat_s = 0.0", "one in five is a stray"),
    of("velocimeter", "latency", "latency_s = 0.5\nat_s = 0.0", "several times its own"),
    of("velocimeter", "time_tag", "offset_s = -0.5\nat_s = 0.0", "a queue that is not emptied"),
    of("velocimeter", "scale", "factor = 1.05\nat_s = 0.0", "a wrong reference frequency: 4 m/s at the gate"),
    of("velocimeter", "saturation", "limit_m_s = 20.0\nat_s = 0.0", "a quarter of the speed at the gate"),
    of("velocimeter", "ghost", "probability = 0.2\nspeed_m_s = 0.0\nat_s = 0.0", "locks onto its own plume or dust"),
    of("star_tracker", "not_enabled", "at_s = 30.0", "lost half a minute before ignition: attitude must be set once"),
    of("star_tracker", "dead", "at_s = 30.0", "as above"),
    of("star_tracker", "stuck", "at_s = 30.0", "as above"),
    of("star_tracker", "bias", "roll_deg = 0.0\npitch_deg = 0.122\nyaw_deg = 0.0\nat_s = 0.0", "as fitted to Mission 2"),
    of("star_tracker", "drift", "roll_deg_s = 0.0\npitch_deg_s = 0.001\nyaw_deg_s = 0.0\nat_s = 0.0", "0.06 deg by ignition"),
    of("star_tracker", "noise", "sigma_deg = 0.05\ngrowth_deg_s = 0.0\nat_s = 0.0", "30 times the noise"),
    of("star_tracker", "dropout", "probability = 0.5\nat_s = 0.0", "every other solution"),
    of("star_tracker", "outliers", "probability = 0.2\nsigma_deg = 0.5\nat_s = 0.0", "one solution in five is of other stars"),
    of("star_tracker", "latency", "latency_s = 1.0\nat_s = 0.0", "several times its own"),
    of("star_tracker", "time_tag", "offset_s = -0.5\nat_s = 0.0", "a queue that is not emptied"),
    of("camera", "not_enabled", "at_s = 0.0", "never switched on"),
    of("camera", "dead", "at_s = 0.0", "nothing seen"),
    of("camera", "stuck", "phase = \"braking\"", "the same image again and again"),
    of("camera", "bias", "right_pixel = 5.0\ndown_pixel = 5.0\nat_s = 0.0", "bent mounting: 7 times the noise, 0.26 deg"),
    of("camera", "drift", "right_pixel_s = 0.01\ndown_pixel_s = 0.01\nphase = \"braking\"", "warms up: 7 pixels by touchdown"),
    of("camera", "noise", "sigma_pixel = 5.0\ngrowth_pixel_s = 0.0\nat_s = 0.0", "7 times the noise"),
    of("camera", "dropout", "probability = 0.5\nat_s = 0.0", "every other frame"),
    of("camera", "outliers", "probability = 0.2\nsigma_pixel = 100.0\nat_s = 0.0", "one match in five is of another crater"),
    of("camera", "latency", "latency_s = 1.0\nat_s = 0.0", "twice its own"),
    of("camera", "time_tag", "offset_s = -0.5\nat_s = 0.0", "half a frame"),
    of("camera", "scale", "factor = 1.02\nat_s = 0.0", "a lens out of focus by heat"),
    of("camera", "saturation", "limit_pixel = 256.0\nat_s = 0.0", "half of the image"),
    of("gauge", "not_enabled", "at_s = 0.0", "never switched on"),
    of("gauge", "dead", "at_s = 0.0", "silent"),
    of("gauge", "stuck", "at_s = 0.0", "always the first reading"),
    of("gauge", "bias", "bias_kg = 20.0\nat_s = 0.0", "five times its own"),
    of("gauge", "drift", "bias_kg_s = 0.05\nat_s = 0.0", "some 35 kg by touchdown"),
    of("gauge", "noise", "sigma_kg = 10.0\ngrowth_kg_s = 0.0\nat_s = 0.0", "ten times its own"),
    of("gauge", "dropout", "probability = 0.5\nat_s = 0.0", "every other reading"),
    of("gauge", "outliers", "probability = 0.2\nsigma_kg = 100.0\nat_s = 0.0", "slosh over the probe"),
    of("gauge", "latency", "latency_s = 10.0\nat_s = 0.0", "five times its lag"),
    of("gauge", "time_tag", "offset_s = -10.0\nat_s = 0.0", "as latency"),
    of("gauge", "scale", "factor = 1.1\nat_s = 0.0", "a wrong density"),
    of("gauge", "saturation", "limit_kg = 200.0\nat_s = 0.0", "half of the tanks"),
    of("gauge", "ghost", "probability = 0.2\npropellant_kg = 0.0\nat_s = 0.0", "bubbles at the probe"),
    of("hazard_lidar", "not_enabled", "at_s = 0.0", "never switched on"),
    of("hazard_lidar", "dead", "at_s = 0.0", "no echo at all"),
    of("hazard_lidar", "stuck", "below_m = 400.0", "freezes after the first scan"),
    of("hazard_lidar", "bias", "bias_m = 0.5\nat_s = 0.0", "ten times its own: heights shift, slopes do not"),
    of("hazard_lidar", "drift", "bias_m_s = 0.2\nbelow_m = 100.0", "1 deg of slope in the last scan"),
    of("hazard_lidar", "noise", "sigma_m = 0.2\ngrowth_m_s = 0.0\nat_s = 0.0", "ten times its own, a line at a time"),
    of("hazard_lidar", "dropout", "probability = 0.5\nat_s = 0.0", "every other line"),
    of("hazard_lidar", "outliers", "probability = 0.2\nsigma_m = 20.0\nat_s = 0.0", "one line in five is a stray"),
    of("hazard_lidar", "latency", "latency_s = 0.5\nat_s = 0.0", "eight times its own"),
    of("hazard_lidar", "time_tag", "offset_s = -0.5\nat_s = 0.0", "a queue that is not emptied"),
    of("imu", "not_enabled", "at_s = 300.0\nuntil_s = 300.2", "the one unit, in braking, for ten samples: calls itself healthy"),
    of("imu", "dead", "at_s = 300.0\nuntil_s = 301.0", "the one unit, in braking, for a second: a reset"),
    of("imu", "unfit", "at_s = 300.0\nuntil_s = 310.0", "calls itself unfit and reads right"),
    of("imu", "stuck", "at_s = 300.0\nuntil_s = 301.0", "a second of one sample"),
    of("imu", "dropout", "probability = 0.02\nat_s = 0.0", "one sample in fifty"),
    of("gyros", "not_enabled", "at_s = 300.0\nuntil_s = 300.2", "as the unit"),
    of("gyros", "dead", "at_s = 300.0\nuntil_s = 301.0", "as the unit"),
    of("gyros", "unfit", "at_s = 300.0\nuntil_s = 310.0", "as the unit"),
    of("gyros", "stuck", "at_s = 300.0\nuntil_s = 301.0", "as the unit"),
    of("gyros", "bias", "x_deg_h = 0.1\ny_deg_h = 0.1\nz_deg_h = 0.1\nat_s = 0.0", "ten times the specified"),
    of("gyros", "drift", "x_deg_h_s = 0.0003\ny_deg_h_s = 0.0003\nz_deg_h_s = 0.0003\nat_s = 0.0", "0.2 deg/h by touchdown, twenty times the specified bias"),
    of("gyros", "scale", "factor = 1.0005\nat_s = 0.0", "a hundred times the specified: 0.05 deg in a quarter turn"),
    of("gyros", "noise", "sigma_deg_h = 20.0\ngrowth_deg_h_s = 0.0\nat_s = 0.0", "ten times the noise of a sample"),
    of("gyros", "dropout", "probability = 0.02\nat_s = 0.0", "one sample in fifty"),
    of("gyros", "outliers", "probability = 0.01\nsigma_deg_h = 1000.0\nat_s = 0.0", "spikes of 0.3 deg/s, every other second"),
    of("gyros", "saturation", "limit_deg_h = 18000.0\nat_s = 0.0", "5 deg/s: just under the fastest turn commanded"),
    of("accelerometers", "not_enabled", "at_s = 300.0\nuntil_s = 300.2", "as the unit; Luna-25 for longer"),
    of("accelerometers", "dead", "at_s = 300.0\nuntil_s = 301.0", "as the unit"),
    of("accelerometers", "unfit", "at_s = 300.0\nuntil_s = 310.0", "as the unit"),
    of("accelerometers", "stuck", "at_s = 300.0\nuntil_s = 301.0", "as the unit"),
    of("accelerometers", "bias", "x_m_s2 = 0.003\ny_m_s2 = 0.003\nz_m_s2 = 0.003\nat_s = 0.0", "300 µg, ten times the specified"),
    of("accelerometers", "drift", "x_m_s2_s = 5e-6\ny_m_s2_s = 5e-6\nz_m_s2_s = 5e-6\nat_s = 0.0", "400 µg by touchdown, thirteen times the specified bias"),
    of("accelerometers", "scale", "factor = 1.001\nat_s = 0.0", "ten times the specified: 1.7 m/s of braking"),
    of("accelerometers", "noise", "sigma_m_s2 = 0.005\ngrowth_m_s2_s = 0.0\nat_s = 0.0", "ten times the noise of a sample"),
    of("accelerometers", "dropout", "probability = 0.02\nat_s = 0.0", "one sample in fifty: 30 m/s of braking unsensed"),
    of("accelerometers", "outliers", "probability = 0.01\nsigma_m_s2 = 1.0\nat_s = 0.0", "spikes every other second"),
    of("accelerometers", "saturation", "limit_m_s2 = 1.0\nat_s = 300.0\nuntil_s = 301.0", "half of the thrust for a second, as on Schiaparelli"),
    of("switch.0", "dead", "at_s = 0.0", "never closes"),
    of("switch.0", "stuck_on", "at_s = 0.0", "closed from the start"),
    of("switch.0", "dropout", "probability = 0.5\nat_s = 0.0", "a loose contact"),
    of("main", "dead", "at_s = 300.0\nuntil_s = 302.0", "one engine: shut for two seconds of braking"),
    of("main", "stuck_on", "phase = \"pitch-up\"\nuntil_phase = \"terminal descent\"", "shuts late"),
    of("main", "scale", "factor = 0.97\nat_s = 0.0", "three times its spread"),
    of("main", "drift", "share_s = -0.00005\nphase = \"braking\"", "3 % by the gate"),
    of("main", "noise", "sigma = 0.02\ngrowth_s = 0.0\nat_s = 0.0", "rough combustion"),
    of("main", "dropout", "probability = 0.01\nat_s = 0.0", "one frame in a hundred"),
    of("main", "latency", "latency_s = 0.1\nat_s = 0.0", "a slow valve"),
    of("main", "saturation", "limit = 0.97\nat_s = 0.0", "three times its spread"),
    of("assist.0", "dead", "phase = \"terminal descent\"", "one of six, when five carry the lander"),
    of("assist.0", "stuck_on", "at_s = 300.0\nuntil_s = 300.5", "a valve that sticks for five frames"),
    of("assist.0", "scale", "factor = 0.9\nat_s = 0.0", "a tenth of one of six"),
    of("assist.0", "drift", "share_s = -0.0001\nphase = \"braking\"", "7 % by touchdown"),
    of("assist.0", "noise", "sigma = 0.05\ngrowth_s = 0.0\nat_s = 0.0", "rough pulses"),
    of("assist.0", "dropout", "probability = 0.1\nat_s = 0.0", "one pulse in ten"),
    of("assist.0", "latency", "latency_s = 0.02\nat_s = 0.0", "a slow valve: two least pulses"),
    of("assist.0", "saturation", "limit = 0.9\nat_s = 0.0", "a tenth of one of six"),
    of("jet.0", "dead", "at_s = 0.0", "one of eight"),
    of("jet.0", "stuck_on", "at_s = 300.0\nuntil_s = 301.0", "a valve that sticks for a second"),
    of("jet.0", "scale", "factor = 0.5\nat_s = 0.0", "half of one of eight"),
    of("jet.0", "drift", "share_s = -0.0005\nat_s = 0.0", "a third by touchdown"),
    of("jet.0", "noise", "sigma = 0.2\ngrowth_s = 0.0\nat_s = 0.0", "rough pulses"),
    of("jet.0", "dropout", "probability = 0.3\nat_s = 0.0", "three pulses in ten"),
    of("jet.0", "latency", "latency_s = 0.05\nat_s = 0.0", "a slow valve"),
    of("jet.0", "saturation", "limit = 0.5\nat_s = 0.0", "half of one of eight"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Scenario;
    use std::path::Path;

    #[test]
    fn every_kind_of_every_device_has_one_severity_and_no_other() {
        let first = |device: &str| device.split_once('.').is_none_or(|(_, n)| n == "0");
        let known = truth::faulty::known().into_iter().filter(|(device, _)| first(device));
        let mut known: Vec<(String, &str)> = known
            .flat_map(|(on, kinds)| kinds.into_iter().map(move |kind| (on.clone(), kind)))
            .collect();
        let mut tried: Vec<(String, &str)> =
            SEVERITIES.iter().map(|severity| (severity.on.to_string(), severity.kind)).collect();
        known.sort();
        tried.sort();
        assert_eq!(tried, known);
    }

    #[test]
    fn every_severity_is_a_fault_that_a_scenario_may_have() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap();
        let base = root.join("scenarios/m2-nominal-from-ignition.toml");
        let faults: String = SEVERITIES.iter().map(Severity::toml).collect();
        let file = std::env::temp_dir().join(format!("frigoris-{}-all.toml", std::process::id()));
        std::fs::write(&file, format!("extends = {:?}\n{faults}", base.to_str().unwrap())).unwrap();
        let read = Scenario::read(&file);
        std::fs::remove_file(&file).unwrap();
        assert_eq!(read.unwrap().faults.len(), SEVERITIES.len());
    }
}
