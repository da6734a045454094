//! The picture of the point of no return: how far the lander still had to fall, and how far it needed to stop.

use super::plots::{View, bounds, flown_s, thinned};
use rig::report::chart::{Chart, Curve, Dots, ticks};

/// Shown before the first moment at which it was lost, s.
const BEFORE_S: f64 = 120.0;

/// Altitude and stopping distance along the flight under the first explanation; `None` where it was not looked for.
pub(super) fn chart(view: &View) -> Option<Chart> {
    let lost = view.told.saved?.no_return.as_ref()?;
    let first_s = lost.lost_first.as_ref().map_or(lost.end_s, |fork| fork.t_s);
    let from_s = first_s.min(lost.end_s - BEFORE_S) - BEFORE_S;
    let shown: Vec<_> = lost.bound.iter().filter(|at| at.t_s >= from_s).copied().collect();
    let (_, highest) = bounds(shown.iter().map(|at| at.altitude_m))?;
    let (begin, end) = bounds(shown.iter().map(|at| flown_s(view, at.t_s)))?;
    let shown = thinned(&shown);
    let curve = |label: &str, colour, of: fn(&crate::counterfactual::Stopping) -> f64| Curve {
        label: label.to_string(),
        colour,
        points: shown.iter().map(|at| (flown_s(view, at.t_s), of(at))).collect(),
    };
    let forks = |saved: bool, label: &str, colour| Dots {
        label: label.to_string(),
        colour,
        points: (lost.forks.iter().filter(|fork| fork.saved == saved && fork.t_s >= from_s))
            .map(|fork| (flown_s(view, fork.t_s), fork.altitude_m))
            .collect(),
    };
    let marks =
        lost.lost_first.iter().map(|fork| (flown_s(view, fork.t_s), "lost from here".to_string()));
    let dots = [
        forks(true, "the best taking over here lands", "--pass"),
        forks(false, "the best taking over here is lost", "--limit"),
    ];
    Some(Chart {
        title: "Until when it could be saved",
        note: "Stopping distance: all engines at full thrust, straight up; below it nothing can stop the descent."
            .to_string(),
        x_label: super::plots::TIME,
        y_label: "m",
        x_ticks: ticks(begin, end, 8.0),
        y_ticks: ticks(0.0, highest.max(1.0), 6.0),
        curves: vec![
            curve("altitude, flown again", "--truth", |at| at.altitude_m),
            curve("stopping distance", "--second", |at| at.stopping_m.min(1e9)),
        ],
        dots: dots.into_iter().filter(|d| !d.points.is_empty()).collect(),
        marks: marks.collect(),
        ..Chart::default()
    })
}
