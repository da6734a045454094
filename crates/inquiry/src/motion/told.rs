//! What is told of errors against one motion, as findings.
//!
//! Owns: findings and their words. Does not own: any figure in them (`motion`).

use super::unknown::Loose;
use super::{Clock, Own};
use crate::finding::{Cause, Channel, Device, Fault, Finding, Fitted, Grade, Seen};

/// Keys of a start.
const START_KEYS: [&str; 6] = [
    "position_x_m",
    "position_y_m",
    "position_z_m",
    "velocity_x_m_s",
    "velocity_y_m_s",
    "velocity_z_m_s",
];

/// One suspect.
pub(super) fn single(own: &Own<'_>) -> Finding {
    let Own { fault, gain, .. } = own;
    let text = format!(
        "innovations of all measurements shift as a {} of the {} would shift them: {}; ln Bayes factor {gain:.1}",
        fault.cause.kind,
        words(&fault.cause.on),
        written(fault),
    );
    let t = (own.fit.from.epoch > 0).then_some(fault.from.0);
    let seen = vec![Seen { t, grade: Grade::Inferred, text }];
    Finding { channel: Channel::Motion, faults: vec![fault.clone()], gain: *gain, seen }
}

/// Two together; `alone`: gain of the better.
pub(super) fn joint(faults: [Fault; 2], gain: f64, alone: f64) -> Finding {
    let name = |fault: &Fault| {
        format!("{} {} ({})", words(&fault.cause.on), fault.cause.kind, written(fault))
    };
    let text = format!(
        "innovations shift as by {} together with {}; ln Bayes factor {gain:.1}, {:.1} more than the better alone",
        name(&faults[0]),
        name(&faults[1]),
        gain - alone
    );
    let seen = vec![Seen { t: None, grade: Grade::Inferred, text }];
    Finding { channel: Channel::Motion, faults: faults.to_vec(), gain, seen }
}

/// A start other than navigation was told.
pub(super) fn start(loose: &Loose, clock: &Clock) -> Option<Finding> {
    let number = |(key, (value, sigma)): (&&str, &(f64, f64))| Fitted {
        key: (*key).to_string(),
        value: *value,
        sigma: *sigma,
    };
    let numbers: Vec<Fitted> = START_KEYS.iter().zip(&loose.sizes).map(number).collect();
    let length = |range: std::ops::Range<usize>| -> f64 {
        let own = numbers.get(range).unwrap_or(&[]);
        own.iter().map(|number| number.value * number.value).sum::<f64>().sqrt()
    };
    let text = format!(
        "innovations shift as by a start {:.0} m and {:.2} m/s from where navigation was told to start; ln Bayes factor \
         {:.1}",
        length(0..3),
        length(3..6),
        loose.gain
    );
    let cause = Cause { on: super::START.0.to_string(), kind: super::START.1 };
    let fault = Fault { cause, numbers, from: (clock.first, 0.0), until: None };
    let seen = vec![Seen { t: None, grade: Grade::Inferred, text }];
    Some(Finding { channel: Channel::Motion, faults: vec![fault], gain: loose.gain, seen })
}

/// A device whose error steps as it likes; `of`: ln of the number of devices that were tried.
pub(super) fn own_way(device: Device, loose: &Loose, of: f64) -> Finding {
    let text = format!(
        "innovations shift as by an error of the {} that steps as it likes: it takes {:.0} off the sum of squared \
         innovations",
        words(device.name()),
        loose.explains
    );
    let seen = vec![Seen { t: None, grade: Grade::Inferred, text }];
    Finding { channel: Channel::Motion, faults: Vec::new(), gain: loose.gain - of, seen }
}

fn words(name: &str) -> String {
    name.replace('_', " ")
}

/// The numbers that are not fixed at zero, with their standard deviations.
fn written(fault: &Fault) -> String {
    let number =
        |number: &Fitted| format!("{} = {:.3e} ± {:.1e}", number.key, number.value, number.sigma);
    let own: Vec<String> = fault.numbers.iter().filter(|own| own.sigma > 0.0).map(number).collect();
    own.join(", ")
}
