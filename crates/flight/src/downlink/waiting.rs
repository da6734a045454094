//! Packets that wait to be sent at once: a short queue for each class, of what is kept in the store anyway.

use super::store::Kept;
use icd::time::Time;

/// Packets of a class that wait at the most.
const WAITING: usize = 64;

/// A packet that waits to be sent at once.
#[derive(Clone, Copy, Debug)]
pub struct Next {
    /// Where it is kept.
    pub kept: Kept,
    /// When it was made.
    pub t: Time,
    /// Its length.
    pub octets: usize,
}

/// Packets of one class that wait to be sent at once, oldest first.
#[derive(Clone, Copy, Debug)]
pub struct Waiting {
    next: [Option<Next>; WAITING],
    first: usize,
    /// How many.
    pub count: usize,
    /// Octets of all of them.
    pub octets: usize,
}

impl Waiting {
    /// Nothing waits.
    pub const EMPTY: Self = Self { next: [None; WAITING], first: 0, count: 0, octets: 0 };

    /// One more; where there is no room the oldest makes way: it is in the store.
    pub fn push(&mut self, next: Next) {
        if self.count >= WAITING {
            self.pop();
        }
        if let Some(slot) = self.next.get_mut((self.first + self.count) % WAITING) {
            *slot = Some(next);
            self.count += 1;
            self.octets += next.octets;
        }
    }
    /// Time of the oldest.
    pub fn oldest(&self) -> Option<Time> {
        self.next.get(self.first % WAITING)?.as_ref().map(|next| next.t)
    }
    /// The oldest.
    pub fn pop(&mut self) -> Option<Next> {
        let next = self.next.get_mut(self.first % WAITING)?.take()?;
        self.first = (self.first + 1) % WAITING;
        self.count = self.count.saturating_sub(1);
        self.octets = self.octets.saturating_sub(next.octets);
        Some(next)
    }
}
