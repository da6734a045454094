//! The figures of one run, measured from truth and from the sensor bus, never from what the flight software believes.
//!
//! Owns: [`Measures`], the table [`MEASURES`] that names each figure, and [`crate::watch::Watch`] that gathers them.
//! Does not own: limits on them (see `verdict`).

/// The figures of one run; `None` when the run never came to the point where a figure is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Measures {
    /// From deorbit ignition (or the start of the run, if later) to first contact.
    pub descent_s: Option<f64>,
    /// Time of braking ignition before the planned touchdown.
    pub ignition_before_planned_s: Option<f64>,
    /// Altitude over ground at braking ignition.
    pub ignition_altitude_m: Option<f64>,
    /// Horizontal speed over ground at braking ignition.
    pub ignition_speed_m_s: Option<f64>,
    /// Ground distance to the target at braking ignition.
    pub ignition_distance_m: Option<f64>,
    /// From braking ignition to first contact.
    pub powered_s: Option<f64>,
    /// Integrated specific force from the start to first contact.
    pub dv_m_s: Option<f64>,
    /// Descent speed on passing 3 km over ground.
    pub speed_at_3_km_m_s: Option<f64>,
    /// Descent speed on passing 1 km over ground.
    pub speed_at_1_km_m_s: Option<f64>,
    /// Descent speed on passing 20 m over ground.
    pub speed_at_20_m_m_s: Option<f64>,
    /// Altitude over ground where body axis and velocity first stand within 10° of the vertical.
    pub vertical_at_m: Option<f64>,
    /// First valid range on the sensor bus after braking ignition.
    pub first_valid_range_m: Option<f64>,
    /// Descent speed at that time.
    pub speed_at_first_valid_m_s: Option<f64>,
    /// Horizontal speed at that time.
    pub horizontal_speed_at_first_valid_m_s: Option<f64>,
    /// Altitude believed minus altitude true at that time.
    pub altitude_error_at_first_valid_m: Option<f64>,
    /// Descent speed on passing 192 m over ground.
    pub speed_at_192_m_m_s: Option<f64>,
    /// From the first valid range to 192 m.
    pub time_from_first_valid_to_192_m_s: Option<f64>,
    /// From 192 m to first contact.
    pub time_192_m_to_impact_s: Option<f64>,
    /// Altitude over ground, true, when the believed one first is zero.
    pub height_at_estimate_zero_m: Option<f64>,
    /// Mean altitude over ground from then to empty tanks, or to the end.
    pub hover_mean_m: Option<f64>,
    /// From then to empty tanks.
    pub time_zero_to_dry_s: Option<f64>,
    /// From empty tanks to first contact.
    pub fall_s: Option<f64>,
    /// Speed over ground at first contact.
    pub impact_speed_m_s: Option<f64>,
    /// First contact before the planned touchdown.
    pub loss_before_planned_s: Option<f64>,
    /// Descent speed at first contact.
    pub v_vertical_m_s: Option<f64>,
    /// Horizontal speed at first contact.
    pub v_horizontal_m_s: Option<f64>,
    /// Angle of the body axis from the vertical, the largest from first contact to rest.
    pub tilt_deg: Option<f64>,
    /// Angle of the body axis from the vertical at the end, after contact.
    pub residual_tilt_deg: Option<f64>,
    /// Largest honeycomb stroke of a leg.
    pub leg_stroke_m: Option<f64>,
    /// The same as a share of the stroke there is.
    pub leg_stroke_share: Option<f64>,
    /// Largest load of a foot.
    pub leg_load_N: Option<f64>,
    /// Legs that broke.
    pub legs_broken: Option<f64>,
    /// Deepest pad in the soil at the end.
    pub pad_sunk_m: Option<f64>,
    /// Largest load of a point of the hull; zero when only the feet met the ground.
    pub hull_load_N: Option<f64>,
    /// How often the lander left the ground again.
    pub lift_offs: Option<f64>,
    /// Greatest height of its lowest point meanwhile.
    pub bounce_m: Option<f64>,
    /// Horizontal way from first contact to the end.
    pub slide_m: Option<f64>,
    /// Angle by which the lander at the end could be turned before it topples.
    pub stability_deg: Option<f64>,
    /// Least work that was ever missing to topple it, had its feet stuck.
    pub topple_margin_J_kg: Option<f64>,
    /// Slope of the plane under the four pads at first contact.
    pub pads_slope_deg: Option<f64>,
    /// Height of the tallest rock under a pad at first contact; zero for none.
    pub pads_rock_m: Option<f64>,
    /// Horizontal distance from the target at the end.
    pub miss_m: Option<f64>,
    /// East of the target at the end.
    pub miss_east_m: Option<f64>,
    /// North of the target at the end.
    pub miss_north_m: Option<f64>,
    /// Propellant left at the end.
    pub propellant_kg: Option<f64>,
    /// Ranges rejected by the navigation filter.
    pub ranges_rejected: Option<f64>,
    /// Times the flight software announced contact, cut-off or landed more than 5 m over the ground.
    pub false_landed: Option<f64>,
    /// Sensors that navigation does not ask any more at the end.
    pub sensors_shut_out: Option<f64>,
    /// Ranges that it took after the last that it rejected.
    pub ranges_fused_after_rejection: Option<f64>,
}

/// One line of the table of measures.
pub struct Measure {
    /// Name in scenario files, records and reports.
    pub key: &'static str,
    /// Unit, as NOTATION.md spells it; empty for counts.
    pub unit: &'static str,
    /// Reads the figure.
    pub read: fn(&Measures) -> Option<f64>,
    write: fn(&mut Measures) -> &mut Option<f64>,
}

macro_rules! measures {
    ($($key:ident $unit:literal,)+) => {
        /// Every measure, in the order of a flight.
        pub const MEASURES: &[Measure] = &[
            $(Measure { key: stringify!($key), unit: $unit, read: |m| m.$key, write: |m| &mut m.$key },)+
        ];
    };
}

measures! {
    descent_s "s",
    ignition_before_planned_s "s",
    ignition_altitude_m "m",
    ignition_speed_m_s "m/s",
    ignition_distance_m "m",
    powered_s "s",
    dv_m_s "m/s",
    speed_at_3_km_m_s "m/s",
    speed_at_1_km_m_s "m/s",
    speed_at_20_m_m_s "m/s",
    vertical_at_m "m",
    first_valid_range_m "m",
    speed_at_first_valid_m_s "m/s",
    horizontal_speed_at_first_valid_m_s "m/s",
    altitude_error_at_first_valid_m "m",
    speed_at_192_m_m_s "m/s",
    time_from_first_valid_to_192_m_s "s",
    time_192_m_to_impact_s "s",
    height_at_estimate_zero_m "m",
    hover_mean_m "m",
    time_zero_to_dry_s "s",
    fall_s "s",
    impact_speed_m_s "m/s",
    loss_before_planned_s "s",
    v_vertical_m_s "m/s",
    v_horizontal_m_s "m/s",
    tilt_deg "deg",
    residual_tilt_deg "deg",
    leg_stroke_m "m",
    leg_stroke_share "",
    leg_load_N "N",
    legs_broken "",
    pad_sunk_m "m",
    hull_load_N "N",
    lift_offs "",
    bounce_m "m",
    slide_m "m",
    stability_deg "deg",
    topple_margin_J_kg "J/kg",
    pads_slope_deg "deg",
    pads_rock_m "m",
    miss_m "m",
    miss_east_m "m",
    miss_north_m "m",
    propellant_kg "kg",
    ranges_rejected "",
    false_landed "",
    sensors_shut_out "",
    ranges_fused_after_rejection "",
}

/// The table's line for a key.
pub fn measure(key: &str) -> Option<&'static Measure> {
    MEASURES.iter().find(|measure| measure.key == key)
}

impl Measures {
    /// From one value a line of [`MEASURES`], NaN for none: the inverse of writing them as columns.
    pub fn from_values(values: impl IntoIterator<Item = f64>) -> Self {
        let mut out = Self::default();
        for (measure, value) in MEASURES.iter().zip(values) {
            *(measure.write)(&mut out) = (!value.is_nan()).then_some(value);
        }
        out
    }
}
