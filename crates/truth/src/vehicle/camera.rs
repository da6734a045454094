//! Terrain-relative camera.

use super::{Checked, VehicleError, point, unit, within};

/// Terrain-relative camera with its image processing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Camera {
    /// Place of the pinhole from the body origin, m.
    pub p_BA_B: [f64; 3],
    /// Boresight, unit.
    pub d_B: [f64; 3],
    /// The image's right, unit, at right angles to the boresight.
    pub right_B: [f64; 3],
    /// Focal length, pixel.
    pub focal_px: f64,
    /// Half the image's width and height, pixel.
    pub half_px: [f64; 2],
    /// Noise of a landmark's centre, each image axis, standard deviation, pixel.
    pub sigma_px: f64,
    /// Time between frames, s.
    pub period_s: f64,
    /// Time from the exposure to the result, s.
    pub latency_s: f64,
    /// Largest body rate with a usable frame, rad/s.
    pub rate_rad_s_max: f64,
    /// Shorter axis of a landmark's image below which it is never matched, pixel.
    pub size_px_min: f64,
    /// Shorter axis from which it is matched as well as ever, pixel.
    pub size_px_full: f64,
    /// Longer axis above which it no longer counts as one landmark, pixel.
    pub size_px_max: f64,
    /// Elevation of the Sun below which nothing is matched, rad.
    pub sun_rad_min: f64,
    /// Elevation of the Sun from which light is as good as ever, rad.
    pub sun_rad_full: f64,
    /// Least elevation of the line of sight over the ground at the landmark, rad.
    pub sight_rad_min: f64,
    /// Probability of a match at best.
    pub detection_probability: f64,
    /// Probability that a match carries a neighbour's number.
    pub mismatch_probability: f64,
}

impl Camera {
    pub(super) fn check(&self) -> Checked {
        point("camera.p_BA_B", &self.p_BA_B)?;
        unit("camera.d_B", &self.d_B)?;
        unit("camera.right_B", &self.right_B)?;
        let cosine: f64 = self.d_B.iter().zip(self.right_B).map(|(a, b)| a * b).sum();
        if cosine.abs() > 1e-6 {
            let (key, other) = ("camera.d_B".to_owned(), "camera.right_B".to_owned());
            return Err(VehicleError::NotSquare { key, other, cosine });
        }
        within("camera.focal_px", self.focal_px, "pixel", 10.0, 1e5)?;
        self.half_px.iter().try_for_each(|h| within("camera.half_px", *h, "pixel", 1.0, 1e5))?;
        within("camera.sigma_px", self.sigma_px, "pixel", 0.0, 100.0)?;
        within("camera.period_s", self.period_s, "s", 0.02, 60.0)?;
        within("camera.latency_s", self.latency_s, "s", 0.0, 10.0)?;
        within("camera.rate_rad_s_max", self.rate_rad_s_max, "rad/s", 0.0, 10.0)?;
        within("camera.size_px_min", self.size_px_min, "pixel", 1.0, 1e4)?;
        within("camera.size_px_full", self.size_px_full, "pixel", self.size_px_min, 1e4)?;
        within("camera.size_px_max", self.size_px_max, "pixel", self.size_px_full, 1e5)?;
        within("camera.sun_rad_min", self.sun_rad_min, "rad", 0.0, 1.6)?;
        within("camera.sun_rad_full", self.sun_rad_full, "rad", self.sun_rad_min, 1.6)?;
        within("camera.sight_rad_min", self.sight_rad_min, "rad", 0.0, 1.6)?;
        within("camera.detection_probability", self.detection_probability, "", 0.0, 1.0)?;
        within("camera.mismatch_probability", self.mismatch_probability, "", 0.0, 1.0)
    }
}
