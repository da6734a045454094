use super::*;

/// The unit of `vehicles/resilience.toml`, with every number written out again.
pub(crate) const UNIT: vehicle::Rangefinder = vehicle::Rangefinder {
    p_BA_B: [0.0; 3],
    d_B: [0.0, 0.0, -1.0],
    pulse_energy_J: 100e-6,
    wavelength_m: 1064e-9,
    pulse_width_s: 10e-9,
    divergence_rad: 0.5e-3,
    aperture_m: 0.03,
    transmit_efficiency: 0.9,
    receive_efficiency: 0.7,
    noise_W: 0.7e-9,
    bandwidth_hz: 50e6,
    excess_noise: 6.7,
    pulse_rate_hz: 1000.0,
    integration_s: 0.02,
    threshold_sigma: 6.5,
    range_m_min: 0.5,
    range_m_max: 8000.0,
    sigma_m: 0.5,
    quantum_m: 0.0,
    latency_s: 0.0,
    period_s: 0.1,
};
const MARE: Surface = Surface { normal_albedo: 0.25, lommel_seeliger: 1.0 };

fn target(range_m: f64) -> Target {
    let surface = MARE;
    Target { range_m, cos_incidence: 1.0, surface, closing_m_s: 0.0, transmission: 1.0 }
}

fn healthy(spec: &vehicle::Rangefinder, target: &Target) -> Echo {
    Link::new(spec).echo(target, &Health::HEALTHY)
}

fn near(a: f64, b: f64) {
    assert!((a / b - 1.0).abs() < 1e-9, "{a} is not {b}");
}

#[test]
fn the_peak_power_is_the_published_equation_worked_by_hand() {
    // 10 kW · 0.25/π · π·(0.03 m)²/4 / (3000 m)² · 0.9 · 0.7 = 3.9375e-8 W.
    let echo = healthy(&UNIT, &target(3000.0));
    near(echo.peak_W, 1e4 * 0.25 * 0.25 * 9e-4 / 9e6 * 0.63);
    near(echo.width_s, 1e-8);
    // Twenty pulses; a photon of 1064 nm carries 1.8670e-19 J.
    let photon_J = 1.867_0e-19;
    let sigma2 = (0.49e-18 + 2.0 * photon_J * 6.7 * echo.peak_W * 50e6) / 20.0;
    assert!((echo.sigma_W * echo.sigma_W / sigma2 - 1.0).abs() < 1e-4, "{}", echo.sigma_W);
    near(Link::new(&UNIT).threshold_W(), 6.5 * 0.7e-9 / 20.0_f64.sqrt());
}

#[test]
fn ground_reflects_by_the_lunar_lambert_law() {
    let at_60_deg = |lommel_seeliger| Surface { lommel_seeliger, ..MARE }.reflectance(0.5);
    near(at_60_deg(1.0), 0.25);
    near(at_60_deg(0.0), 0.125);
    near(at_60_deg(0.9), 0.25 * 0.95);
}

#[test]
fn incidence_stretches_the_echo_as_published_figures_have_it() {
    // 3 km, 2 mrad: 6 m and 40 ns at 45°, 16.5 m and 110 ns at 70°, on a pulse too short to matter.
    let spec = vehicle::Rangefinder { divergence_rad: 2e-3, pulse_width_s: 1e-13, ..UNIT };
    for (incidence_deg, width_ns, half_digit_ns) in [(45.0_f64, 40.0, 0.5), (70.0, 110.0, 0.5)] {
        let cos_incidence = incidence_deg.to_radians().cos();
        let echo = healthy(&spec, &Target { cos_incidence, ..target(3000.0) });
        assert!((echo.width_s * 1e9 - width_ns).abs() < half_digit_ns, "{}", echo.width_s * 1e9);
    }
    // The peak falls as τ₀/√(τ₀² + Δt²), Lommel and Seeliger's law taking nothing itself.
    let head_on = healthy(&UNIT, &target(3000.0));
    let sloped = healthy(&UNIT, &Target { cos_incidence: 0.5, ..target(3000.0) });
    let dt_s = 2.0 * 3000.0 * 0.5e-3 * 3.0_f64.sqrt() / SPEED_OF_LIGHT_M_S;
    near(sloped.peak_W / head_on.peak_W, 1e-8 / libm::hypot(1e-8, dt_s));
}

#[test]
fn speed_smears_the_echo_over_its_integration() {
    // 66 m/s for 0.1 s: 6.6 m, 44.03 ns.
    let spec = vehicle::Rangefinder { integration_s: 0.1, ..UNIT };
    let echo = healthy(&spec, &Target { closing_m_s: 66.0, ..target(1000.0) });
    near(echo.width_s, libm::hypot(1e-8, 2.0 * 6.6 / SPEED_OF_LIGHT_M_S));
    let receding = healthy(&spec, &Target { closing_m_s: -66.0, ..target(1000.0) });
    assert_eq!(echo, receding);
}

#[test]
fn dust_takes_light_on_both_ways() {
    let clear = healthy(&UNIT, &target(100.0));
    let veiled = healthy(&UNIT, &Target { transmission: 0.3, ..target(100.0) });
    near(veiled.peak_W / clear.peak_W, 0.09);
}

#[test]
fn half_of_the_shots_are_detected_at_the_threshold_and_the_rest_follows_the_normal_law() {
    let link = Link::new(&UNIT);
    let range_m = link.threshold_range_m(MARE, 0.0, 0.0, &Health::HEALTHY);
    let echo = link.echo(&target(range_m), &Health::HEALTHY);
    assert!((echo.detection - 0.5).abs() < 1e-9, "{}", echo.detection);
    // Q(−1), Q(−2) and Q(−3) of the normal distribution, [AbramowitzStegun1964] table 26.1.
    for (sigmas, tabulated) in [(1.0, 0.841_344_746), (2.0, 0.977_249_868), (3.0, 0.998_650_102)] {
        let spec = vehicle::Rangefinder { excess_noise: 0.0, ..UNIT };
        let link = Link::new(&spec);
        let peak: f64 = 1.0 + sigmas / 6.5;
        let at_m = link.threshold_range_m(MARE, 0.0, 0.0, &Health::HEALTHY) / peak.sqrt();
        let seen = link.echo(&target(at_m), &Health::HEALTHY).detection;
        assert!((seen - tabulated).abs() < 1e-9, "{sigmas}: {seen}");
    }
}

#[test]
fn reach_goes_with_the_root_of_every_power() {
    let reach = |spec: &vehicle::Rangefinder, surface, health: &Health| {
        Link::new(spec).threshold_range_m(surface, 0.0, 0.0, health)
    };
    let all = reach(&UNIT, MARE, &Health::HEALTHY);
    let half = Health::HEALTHY;
    let root = 0.5_f64.sqrt();
    near(reach(&UNIT, Surface { normal_albedo: 0.125, ..MARE }, &half), all * root);
    near(reach(&vehicle::Rangefinder { pulse_energy_J: 50e-6, ..UNIT }, MARE, &half), all * root);
    near(reach(&vehicle::Rangefinder { noise_W: 1.4e-9, ..UNIT }, MARE, &half), all * root);
    near(reach(&vehicle::Rangefinder { aperture_m: 0.015, ..UNIT }, MARE, &half), all * 0.5);
    for health in [
        Health { laser: 0.5, ..half },
        Health { receiver: 0.5, ..half },
        Health { surface: 0.5, ..half },
    ] {
        near(reach(&UNIT, MARE, &health), all * root);
    }
    // Four times the pulses: half the noise.
    let longer = vehicle::Rangefinder { integration_s: 0.08, ..UNIT };
    near(reach(&longer, MARE, &half), all * 2.0_f64.sqrt());
    // Three independent halvings: 0.35 of the range.
    let three = Health { laser: 0.5, receiver: 0.5, surface: 0.5, smear: 1.0 };
    near(reach(&UNIT, MARE, &three), all * 0.5_f64.powf(1.5));
}

#[test]
fn the_reach_ends_where_the_range_gate_closes() {
    let link = Link::new(&UNIT);
    assert!(link.threshold_range_m(MARE, 0.0, 0.0, &Health::HEALTHY) > 8000.0);
    assert_eq!(link.reach_m(MARE, 0.0, 0.0), 8000.0);
    assert!(link.reach_m(MARE, 65.0_f64.to_radians(), 80.0) < 8000.0);
}

#[test]
fn a_smearing_unit_is_healthy_at_rest_and_loses_its_share_at_the_reference_speed() {
    let link = Link::new(&UNIT);
    let sick = Health { smear: 0.2, ..Health::HEALTHY };
    let peaks = |closing_m_s| {
        let at = Target { closing_m_s, ..target(1000.0) };
        link.echo(&at, &sick).peak_W / link.echo(&at, &Health::HEALTHY).peak_W
    };
    near(peaks(0.0), 1.0);
    near(peaks(SMEAR_SPEED_M_S), 0.2);
    near(peaks(50.0), 1.0 / (1.0 + 24.0 / 4.0_f64).sqrt());
}

#[test]
fn noise_crosses_the_threshold_at_rices_rate() {
    let gate_s = 2.0 * 7999.5 / SPEED_OF_LIGHT_M_S;
    let expected = 50e6 / 3.0_f64.sqrt() * (-0.5 * 6.5_f64 * 6.5).exp() * gate_s;
    let seen = Link::new(&UNIT).false_alarm();
    assert!((seen / expected - 1.0).abs() < expected, "{seen} {expected}");
    assert!(seen > 1e-7 && seen < 1e-5, "{seen}");
}

#[test]
fn range_noise_is_the_width_over_the_signal_to_noise_ratio() {
    // Ratio 10 on a pulse of 10 ns: 10 ns / 1.386 / 10 = 0.7213 ns, 0.10813 m; with 0.5 m of its own.
    let link = Link::new(&vehicle::Rangefinder { excess_noise: 0.0, ..UNIT });
    let at_m = link.threshold_range_m(MARE, 0.0, 0.0, &Health::HEALTHY) * (0.65_f64).sqrt();
    let echo = link.echo(&target(at_m), &Health::HEALTHY);
    assert!((echo.sigma_m - libm::hypot(0.5, 0.108_13)).abs() < 1e-5, "{}", echo.sigma_m);
}
