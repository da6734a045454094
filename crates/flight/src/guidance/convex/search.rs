//! The duration that costs least, one solution at a time.
//!
//! Owns: which duration is tried next. Programmed: propellant as a function of duration falls and rises again;
//! it is bracketed and then searched by parabola and golden section. A duration that does not fit counts as
//! infinitely dear.

/// Solutions in a search before its last two.
pub const SOLUTIONS_MAX: u32 = 24;
/// The share of the duration that it is searched to where nobody says otherwise.
const WIDTH: f64 = 0.004;
/// First step of the search, and durations tried, by the guess, when the guess itself does not fit.
const STRIDE: f64 = 1.08;
const OTHERS: [f64; 8] = [1.2, 0.85, 1.45, 0.7, 1.8, 0.55, 2.4, 3.2];
/// Inner point of a golden section.
const GOLDEN: f64 = 0.381_966_011_250_105;

/// Where a duration is searched.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Where the search begins, s.
    pub guess_s: f64,
    /// Shorter ones are not tried, s.
    pub least_s: f64,
    /// Share of the duration that it is searched to.
    pub width: f64,
}

impl Bounds {
    /// From a guess, as finely as a plan is worth, with no least one.
    pub fn from(guess_s: f64) -> Self {
        Self { guess_s, least_s: 0.0, width: WIDTH }
    }
}

/// What follows from a cost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Next {
    /// The cost at [`Search::at_s`] is wanted.
    Try,
    /// The cheapest, s.
    Found {
        /// Duration, s.
        duration_s: f64,
    },
    /// Neither the guess nor any of the others fits.
    Nothing {
        /// The guess, s.
        guess_s: f64,
    },
}

/// Which duration is being tried, and why.
#[derive(Clone, Copy, Debug)]
enum Trial {
    /// The guess, or the other of this number in its place.
    First(usize),
    /// The next longer and the next shorter one.
    Longer,
    Shorter,
    /// Downhill, upwards and downwards.
    Up,
    Down,
    /// Inside the bracket.
    Inside,
}

/// A search under way; costs beside their durations, s and kg.
#[derive(Clone, Copy, Debug)]
pub(super) struct Search {
    /// Duration whose cost is wanted, s.
    pub at_s: f64,
    guess_s: f64,
    bounds: Bounds,
    trial: Trial,
    tried: u32,
    low: (f64, f64),
    middle: (f64, f64),
    high: (f64, f64),
}

impl Search {
    /// Begins at the guess.
    pub fn new(bounds: Bounds) -> Self {
        let guess_s = bounds.guess_s.max(bounds.least_s);
        let none = (guess_s, f64::INFINITY);
        let trial = Trial::First(0);
        Self {
            at_s: guess_s,
            guess_s,
            bounds,
            trial,
            tried: 0,
            low: none,
            middle: none,
            high: none,
        }
    }

    /// Takes the cost at [`Self::at_s`], kg; infinite where nothing fits.
    pub fn told(&mut self, cost_kg: f64) -> Next {
        let mut next = self.take(cost_kg);
        for _ in 0..SOLUTIONS_MAX {
            if next != Next::Try || self.at_s >= self.bounds.least_s {
                break;
            }
            next = self.take(f64::INFINITY);
        }
        next
    }

    fn take(&mut self, cost_kg: f64) -> Next {
        self.tried += 1;
        let now = (self.at_s, cost_kg);
        match self.trial {
            Trial::First(k) => {
                if cost_kg.is_finite() {
                    (self.middle, self.low) = (now, (now.0 / STRIDE, f64::INFINITY));
                    return self.at(now.0 * STRIDE, Trial::Longer);
                }
                return match OTHERS.get(k) {
                    Some(other) => self.at(self.guess_s * other, Trial::First(k + 1)),
                    None => Next::Nothing { guess_s: self.guess_s },
                };
            }
            Trial::Longer => {
                self.high = now;
                if now.1 >= self.middle.1 {
                    return self.at(self.low.0, Trial::Shorter);
                }
            }
            Trial::Shorter | Trial::Down => self.low = now,
            Trial::Up => self.high = now,
            Trial::Inside => self.narrow(now),
        }
        self.go_on()
    }

    fn at(&mut self, at_s: f64, trial: Trial) -> Next {
        (self.at_s, self.trial) = (at_s, trial);
        Next::Try
    }

    /// Walks downhill until both sides are dearer, then closes in.
    fn go_on(&mut self) -> Next {
        let (low, middle, high) = (self.low, self.middle, self.high);
        let more = self.tried < SOLUTIONS_MAX;
        if more && high.1 < middle.1 && !matches!(self.trial, Trial::Inside) {
            (self.low, self.middle) = (middle, high);
            return self.at(high.0 * STRIDE, Trial::Up);
        }
        if more && low.1 < middle.1 && !matches!(self.trial, Trial::Inside) {
            (self.high, self.middle) = (middle, low);
            return self.at(low.0 / STRIDE, Trial::Down);
        }
        if more && high.0 - low.0 > self.bounds.width * middle.0 {
            return self.at(inner(low, middle, high, self.bounds.width), Trial::Inside);
        }
        Next::Found { duration_s: middle.0 }
    }

    /// Takes a cost inside the bracket.
    fn narrow(&mut self, now: (f64, f64)) {
        let longer = now.0 > self.middle.0;
        if now.1 < self.middle.1 {
            if longer {
                self.low = self.middle
            } else {
                self.high = self.middle
            }
            self.middle = now;
        } else if longer {
            self.high = now;
        } else {
            self.low = now;
        }
    }
}

/// Where to look next between three durations and their costs: the parabola's vertex if it is well inside the
/// larger part, else its golden section.
fn inner(low: (f64, f64), middle: (f64, f64), high: (f64, f64), width: f64) -> f64 {
    let (left, right) = (middle.0 - low.0, high.0 - middle.0);
    let golden = if right > left { middle.0 + GOLDEN * right } else { middle.0 - GOLDEN * left };
    if !(low.1.is_finite() && high.1.is_finite()) {
        return golden;
    }
    let (rise_l, rise_r) = (low.1 - middle.1, high.1 - middle.1);
    let below = left * rise_r + right * rise_l;
    let vertex =
        middle.0 + 0.5 * (right * right * rise_l - left * left * rise_r) / below.max(1e-12);
    let least = 0.1 * width * middle.0;
    let inside = vertex > low.0 + least && vertex < high.0 - least;
    if inside && (vertex - middle.0).abs() > least {
        vertex
    } else if inside {
        // The vertex is where we are: close in from the larger side.
        middle.0 + if right > left { 4.0 * least } else { -4.0 * least }
    } else {
        golden
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The duration found for a cost, and the costs that it took.
    fn found(bounds: Bounds, cost_kg: impl Fn(f64) -> f64) -> (Next, u32) {
        let mut search = Search::new(bounds);
        loop {
            let next = search.told(cost_kg(search.at_s));
            if next != Next::Try {
                return (next, search.tried);
            }
        }
    }

    #[test]
    fn the_bottom_of_a_valley_is_found_from_either_side_and_its_wall_counts_as_infinitely_dear() {
        for guess_s in [12.0, 28.0, 31.0, 47.0, 80.0] {
            let valley = |s: f64| {
                if s < 20.0 { f64::INFINITY } else { (s - 30.0) * (s - 30.0) + 0.01 * s }
            };
            let (Next::Found { duration_s }, tried) = found(Bounds::from(guess_s), valley) else {
                unreachable!()
            };
            assert!((duration_s - 30.0).abs() < 0.15, "{guess_s}: {duration_s}");
            assert!(tried <= SOLUTIONS_MAX + 2);
            // Cheapest at the wall itself, and at the least that may be tried.
            let least = Bounds { least_s: 25.0, ..Bounds::from(guess_s) };
            let (Next::Found { duration_s }, _) = found(least, |s| s) else { unreachable!() };
            assert!((25.0..25.2).contains(&duration_s), "{guess_s}: {duration_s}");
            let slope = |s: f64| if s < 20.0 { f64::INFINITY } else { s };
            let (Next::Found { duration_s }, _) = found(Bounds::from(guess_s), slope) else {
                unreachable!()
            };
            assert!((20.0..20.2).contains(&duration_s), "{guess_s}: {duration_s}");
        }
    }

    #[test]
    fn where_nothing_fits_the_search_says_so_after_the_guess_and_eight_others() {
        let nothing = found(Bounds::from(40.0), |_| f64::INFINITY);
        assert_eq!(nothing, (Next::Nothing { guess_s: 40.0 }, 9));
    }
}
