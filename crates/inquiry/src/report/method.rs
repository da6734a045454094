//! How an inquiry comes to its answer, for the reader of its report.

/// Steps of an inquiry into telemetry.
pub(super) fn telemetry() -> Vec<(String, String)> {
    const STEPS: [(&str, &str); 8] = [
        (
            "Evidence",
            "Packets are read as far as they can be read; what is damaged, missing, repeated or out of order is noted, not repaired.",
        ),
        (
            "Replay",
            "The flight software is run again on every cycle of sensors that came down and compared with the downlink bit by bit.",
        ),
        (
            "Readings",
            "Each device's readings are examined for silence, repetition, clipping, delay, scatter and outliers.",
        ),
        (
            "Trajectory",
            "A forward filter and a backward smoother (Rauch, Tung, Striebel 1965) over all readings, those that were rejected on \
             board included, with one state for each additive error of sensors and ground.",
        ),
        (
            "Motion and thrust",
            "Every fault of the library is a signature in the filter's innovations (Willsky, Jones 1976) or in the answer of engines \
             and jets; a gain is the logarithm of the evidence's probability with it over that without, its numbers and beginning \
             integrated out.",
        ),
        (
            "Explanations",
            "Sets of at most three faults, with the software's own part, weighed by their gains and prior; the likeliest are flown \
             again in closed loop on the mission's models and compared with the record.",
        ),
        (
            "Probabilities",
            "Those of all sets, of sets that nothing can tell apart together. Prior and trust in the models are assumed; they are not yet calibrated on flights whose cause is known.",
        ),
        (
            "What would have saved it",
            "The first explanation flown with one thing changed at a time and with sets of changes (Halpern, Pearl 2005), everything \
             else the same; and with the best software and exact knowledge taking over at moments along the way.",
        ),
    ];
    STEPS.map(|(name, text)| (name.to_string(), text.to_string())).to_vec()
}
