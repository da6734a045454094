//! Sensors of the vehicle file.

use super::{ANY, ARCSEC, DEG, HOUR_S, PERCENT, PPM, Read, UG_M_S2, any, around};
use crate::scenario::reader::Reader;
use icd::constants::STANDARD_GRAVITY_M_S2;
use truth::vehicle as machine;

/// The inertial unit, and every value of the file that its `grade` names.
pub(super) fn imu(t: &Reader<'_>) -> Read<(machine::Imu, String)> {
    let p_BA_B = t.numbers("place_m", -ANY, ANY)?;
    let file = t.file("grade")?;
    t.finish()?;
    let grade = Reader::new(&file);
    let t = &grade;
    t.text("name")?;
    let imu = machine::Imu {
        p_BA_B,
        arw_rad_sqrt_s: any(t, "arw_deg_sqrt_h")? * DEG / HOUR_S.sqrt(),
        vrw_m_s_sqrt_s: any(t, "vrw_m_s_sqrt_h")? / HOUR_S.sqrt(),
        gyro_bias_sigma_rad_s: any(t, "gyro_bias_sigma_deg_h")? * DEG / HOUR_S,
        gyro_drift_sigma_rad_s: any(t, "gyro_drift_sigma_deg_h")? * DEG / HOUR_S,
        gyro_drift_tau_s: any(t, "gyro_drift_tau_s")?,
        accelerometer_bias_sigma_m_s2: any(t, "accelerometer_bias_sigma_ug")? * UG_M_S2,
        accelerometer_drift_sigma_m_s2: any(t, "accelerometer_drift_sigma_ug")? * UG_M_S2,
        accelerometer_drift_tau_s: any(t, "accelerometer_drift_tau_s")?,
        gyro_scale_sigma: any(t, "gyro_scale_sigma_ppm")? * PPM,
        accelerometer_scale_sigma: any(t, "accelerometer_scale_sigma_ppm")? * PPM,
        gyro_misalignment_sigma_rad: any(t, "gyro_misalignment_sigma_arcsec")? * ARCSEC,
        accelerometer_misalignment_sigma_rad: any(t, "accelerometer_misalignment_sigma_arcsec")?
            * ARCSEC,
        gyro_g_sensitivity_sigma_rad_s_m: any(t, "gyro_g_sensitivity_sigma_deg_h_g")? * DEG
            / HOUR_S
            / STANDARD_GRAVITY_M_S2,
        dtheta_quantum_rad: any(t, "dtheta_quantum_arcsec")? * ARCSEC,
        dv_quantum_m_s: any(t, "dv_quantum_m_s")?,
        rate_rad_s_max: any(t, "rate_deg_s_max")? * DEG,
        specific_force_m_s2_max: any(t, "specific_force_m_s2_max")?,
    };
    t.finish()?;
    Ok((imu, file.canonical()))
}

pub(super) fn star_tracker(t: &Reader<'_>) -> Read<machine::StarTracker> {
    let star_tracker = machine::StarTracker {
        d_B: t.numbers("direction", -1.0, 1.0)?,
        sigma_cross_rad: any(t, "sigma_cross_arcsec")? * ARCSEC,
        sigma_boresight_rad: any(t, "sigma_boresight_arcsec")? * ARCSEC,
        alignment_sigma_rad: any(t, "alignment_sigma_deg")? * DEG,
        period_s: any(t, "period_s")?,
        rate_rad_s_smear: any(t, "rate_smear_deg_s")? * DEG,
        rate_rad_s_max: any(t, "rate_deg_s_max")? * DEG,
        moon_limb_rad_min: any(t, "moon_limb_deg_min")? * DEG,
        sun_rad_min: any(t, "sun_deg_min")? * DEG,
        usable_under_thrust: t.flag("usable_under_thrust")?,
    };
    t.finish()?;
    Ok(star_tracker)
}

pub(super) fn rangefinder(t: &Reader<'_>) -> Read<machine::Rangefinder> {
    let rangefinder = machine::Rangefinder {
        p_BA_B: t.numbers("place_m", -ANY, ANY)?,
        d_B: t.numbers("direction", -1.0, 1.0)?,
        pulse_energy_J: any(t, "pulse_energy_uJ")? * 1e-6,
        wavelength_m: any(t, "wavelength_nm")? * 1e-9,
        pulse_width_s: any(t, "pulse_width_ns")? * 1e-9,
        divergence_rad: any(t, "divergence_mrad")? * 1e-3,
        aperture_m: any(t, "aperture_mm")? * 1e-3,
        transmit_efficiency: any(t, "transmit_efficiency")?,
        receive_efficiency: any(t, "receive_efficiency")?,
        noise_W: any(t, "noise_nW")? * 1e-9,
        bandwidth_hz: any(t, "bandwidth_mhz")? * 1e6,
        excess_noise: any(t, "excess_noise")?,
        pulse_rate_hz: any(t, "pulse_rate_hz")?,
        integration_s: any(t, "integration_ms")? * 1e-3,
        threshold_sigma: any(t, "threshold_sigma")?,
        range_m_min: any(t, "range_m_min")?,
        range_m_max: any(t, "range_m_max")?,
        sigma_m: any(t, "sigma_m")?,
        quantum_m: any(t, "quantum_m")?,
        latency_s: any(t, "latency_s")?,
        period_s: any(t, "period_s")?,
    };
    t.finish()?;
    Ok(rangefinder)
}

pub(super) fn radar_altimeter(t: &Reader<'_>) -> Read<machine::RadarAltimeter> {
    let radar_altimeter = machine::RadarAltimeter {
        p_BA_B: t.numbers("place_m", -ANY, ANY)?,
        d_B: t.numbers("direction", -1.0, 1.0)?,
        half_angle_rad: any(t, "half_angle_deg")? * DEG,
        range_m_min: any(t, "range_m_min")?,
        range_m_max: any(t, "range_m_max")?,
        noise: any(t, "noise_percent")? * PERCENT,
        sigma_m: any(t, "sigma_m")?,
        latency_s: any(t, "latency_s")?,
        period_s: any(t, "period_s")?,
    };
    t.finish()?;
    Ok(radar_altimeter)
}

pub(super) fn velocimeter(t: &Reader<'_>) -> Read<machine::Velocimeter> {
    let cone_rad = t.number("cone_deg", 1.0, 80.0)? * DEG;
    let azimuths_deg: [f64; 3] = t.numbers("azimuth_deg", 0.0, 360.0)?;
    let (across, down) = (libm::sin(cone_rad), libm::cos(cone_rad));
    let velocimeter = machine::Velocimeter {
        p_BA_B: t.numbers("place_m", -ANY, ANY)?,
        d_B: azimuths_deg.map(|azimuth_deg| around(across, azimuth_deg, -down)),
        range_m_max: any(t, "range_m_max")?,
        albedo_reference: any(t, "albedo_reference")?,
        speed_m_s_max: any(t, "speed_m_s_max")?,
        sigma_m_s: any(t, "sigma_m_s")?,
        bias_sigma_m_s: any(t, "bias_sigma_m_s")?,
        scale_sigma: any(t, "scale_sigma_ppm")? * PPM,
        period_s: any(t, "period_s")?,
        latency_s: any(t, "latency_s")?,
    };
    t.finish()?;
    Ok(velocimeter)
}

pub(super) fn camera(t: &Reader<'_>) -> Read<machine::Camera> {
    let camera = machine::Camera {
        p_BA_B: t.numbers("place_m", -ANY, ANY)?,
        d_B: t.numbers("direction", -1.0, 1.0)?,
        right_B: t.numbers("right", -1.0, 1.0)?,
        focal_px: any(t, "focal_px")?,
        half_px: t.numbers("half_px", 0.0, ANY)?,
        sigma_px: any(t, "sigma_px")?,
        period_s: any(t, "period_s")?,
        latency_s: any(t, "latency_s")?,
        rate_rad_s_max: any(t, "rate_deg_s_max")? * DEG,
        size_px_min: any(t, "size_px_min")?,
        size_px_full: any(t, "size_full_px")?,
        size_px_max: any(t, "size_px_max")?,
        sun_rad_min: any(t, "sun_deg_min")? * DEG,
        sun_rad_full: any(t, "sun_full_deg")? * DEG,
        sight_rad_min: any(t, "sight_deg_min")? * DEG,
        detection_probability: any(t, "detection_probability")?,
        mismatch_probability: any(t, "mismatch_probability")?,
    };
    t.finish()?;
    Ok(camera)
}

pub(super) fn hazard_lidar(t: &Reader<'_>) -> Read<machine::HazardLidar> {
    let hazard_lidar = machine::HazardLidar {
        p_BA_B: t.numbers("place_m", -ANY, ANY)?,
        d_B: t.numbers("direction", -1.0, 1.0)?,
        half_angle_rad: any(t, "half_angle_deg")? * DEG,
        range_m_min: any(t, "range_m_min")?,
        range_m_max: any(t, "range_m_max")?,
        sigma_m: any(t, "sigma_m")?,
        bias_sigma_m: any(t, "bias_sigma_m")?,
        dropout_probability: any(t, "dropout_probability")?,
        alignment_sigma_rad: any(t, "alignment_sigma_deg")? * DEG,
        jitter_sigma_rad: any(t, "jitter_sigma_mrad")? * 1e-3,
        latency_s: any(t, "latency_s")?,
    };
    t.finish()?;
    Ok(hazard_lidar)
}

pub(super) fn gauge(t: &Reader<'_>) -> Read<machine::Gauge> {
    let gauge = machine::Gauge {
        bias_sigma_kg: any(t, "bias_sigma_kg")?,
        sigma_kg: any(t, "sigma_kg")?,
        slosh_kg_rad: any(t, "slosh_kg_rad")?,
        lag_s: any(t, "lag_s")?,
        period_s: any(t, "period_s")?,
        quantum_kg: any(t, "quantum_kg")?,
        low_kg: any(t, "low_kg")?,
    };
    t.finish()?;
    Ok(gauge)
}

pub(super) fn switches(t: &Reader<'_>) -> Read<machine::Switches> {
    let switches = machine::Switches { close_s: any(t, "close_s")?, open_s: any(t, "open_s")? };
    t.finish()?;
    Ok(switches)
}
