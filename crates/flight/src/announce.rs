//! Events of one cycle, in order of occurrence. Bounded: what does not fit is counted, not lost quietly.

use icd::events::Event;

/// Events that one cycle can hold.
const CAPACITY: usize = 12;

/// The events of one cycle.
#[derive(Clone, Copy, Debug)]
pub struct Announce {
    list: [Event; CAPACITY],
    count: usize,
    /// Events that did not fit since start.
    pub dropped: u32,
}

impl Default for Announce {
    fn default() -> Self {
        Self { list: [Event::Landed; CAPACITY], count: 0, dropped: 0 }
    }
}

impl Announce {
    /// Forgets the last cycle's events.
    pub fn clear(&mut self) {
        self.count = 0;
    }
    /// Announces.
    pub fn now(&mut self, event: Event) {
        match self.list.get_mut(self.count) {
            Some(slot) => {
                *slot = event;
                self.count += 1;
            }
            None => self.dropped = self.dropped.saturating_add(1),
        }
    }
    /// Announces when `rising`.
    pub fn edge(&mut self, event: Event, rising: bool) {
        if rising {
            self.now(event);
        }
    }
    /// The events so far.
    pub fn events(&self) -> &[Event] {
        self.list.get(..self.count).unwrap_or(&[])
    }
}
