//! Sending frames in sequence and again until the lander has them: the ground's half of COP-1.
//!
//! Owns: [`Fop`]: frame numbers V(S), the window, what is sent and not yet confirmed, when to repeat, when to give up.
//! Does not own: frames and their octets (`icd::link`), acceptance on board (`icd::link::cop::Farm`).
//! As published: [CCSDS2321] §5, FOP-1: N(R) confirms every frame before it; the retransmit flag asks for all from N(R)
//! on; a timer repeats what nobody confirms; lockout is ended by an unlock command. As programmed: a transfer begins
//! with the receiver's own V(R) as the newest control word tells it ("initiate AD service with CLCW check"), so no
//! frame number is kept over a restart.
//! Differs on purpose: when the receiver's V(R) jumps outside the window (a restarted computer), what was sent and
//! not confirmed is given up, not renumbered and repeated: a command could be carried out twice.
//! Refuses: more than one virtual channel, the suspended states (one operator, one link).

use super::State;
use icd::link::cop::{Clcw, WINDOW};
use icd::time::{Span, Time};
use std::collections::VecDeque;

/// Frames sent and not confirmed at the most: those ahead of the receiver inside its window.
pub const AHEAD: usize = (WINDOW / 2) as usize - 1;
/// Times that a frame is sent at the most.
pub const TRANSMISSIONS: u8 = 3;

/// What is to be radiated now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Send {
    /// Frame of type AD with this number, for this entry.
    Sequenced {
        /// N(S).
        number: u8,
        /// The caller's name for its content.
        entry: u64,
        /// Sent before.
        again: bool,
    },
    /// Control command "unlock".
    Unlock,
}

/// What became of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The lander's receiver has taken the frame.
    Received,
    /// Sent three times, never confirmed.
    NotConfirmed,
    /// Never sent: those before it were never confirmed.
    NotSent,
    /// The receiver was restarted meanwhile: not known whether it was taken.
    Unclear,
}

impl Fate {
    /// As the record says it.
    pub(super) const fn says(self) -> (State, &'static str) {
        match self {
            Fate::Received => (State::Received, "the lander's receiver has it"),
            Fate::NotConfirmed => (State::Failed, "sent three times, never confirmed"),
            Fate::NotSent => (State::Failed, "not sent: those before it were never confirmed"),
            Fate::Unclear => {
                (State::Failed, "the lander's receiver was restarted: not known whether it came")
            }
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Sent {
    number: u8,
    entry: u64,
    times: u8,
}

/// Frame operation procedure.
#[derive(Clone, Debug, Default)]
pub struct Fop {
    /// V(S); `None` until a control word has told V(R).
    next: Option<u8>,
    sent: VecDeque<Sent>,
    waiting: VecDeque<u64>,
    /// Start of the timer, and of the time in which older control words are still on their way.
    since: Option<Time>,
    locked_out: bool,
    unlocks: u8,
}

impl Fop {
    /// Takes an entry to be sent when the window allows.
    pub fn queue(&mut self, entry: u64) {
        self.waiting.push_back(entry);
    }
    /// Takes back everything that was not sent yet.
    pub fn withdraw(&mut self) -> Vec<u64> {
        self.waiting.drain(..).collect()
    }
    /// Knows where the receiver stands, so that frames in sequence make sense.
    pub fn synchronised(&self) -> bool {
        self.next.is_some()
    }
    /// Sent and not confirmed.
    pub fn outstanding(&self) -> usize {
        self.sent.len()
    }
    /// Nothing to send, nothing to wait for.
    pub fn idle(&self) -> bool {
        self.sent.is_empty() && self.waiting.is_empty()
    }
    /// Reads a control word of this moment. `round_trip`: an answer to what was just sent cannot be here before.
    /// Gives the entries that it decides.
    pub fn hear(&mut self, clcw: Clcw, now: Time, round_trip: Span) -> Vec<(u64, Fate)> {
        let mut fates = Vec::new();
        self.locked_out = clcw.lockout;
        let Some(next) = self.next else {
            if !clcw.lockout {
                self.next = Some(clcw.expected);
            }
            return fates;
        };
        let oldest = self.sent.front().map_or(next, |sent| sent.number);
        let confirmed = usize::from(clcw.expected.wrapping_sub(oldest));
        if confirmed > self.sent.len() {
            // N(R) is none of ours: another V(R) than the one this transfer began with.
            fates.extend(self.sent.drain(..).map(|sent| (sent.entry, Fate::Unclear)));
            self.next = (!clcw.lockout).then_some(clcw.expected);
            self.since = None;
            return fates;
        }
        if confirmed > 0 {
            fates.extend(self.sent.drain(..confirmed).map(|sent| (sent.entry, Fate::Received)));
            self.since = (!self.sent.is_empty()).then_some(now);
        }
        let answered = self.since.is_some_and(|since| now >= since + round_trip);
        if clcw.retransmit && answered && !self.sent.is_empty() {
            self.since = None; // repeat now
        }
        fates
    }
    /// What to radiate now, and the entries that are given up. `timeout`: time after which an unconfirmed frame is
    /// repeated; not shorter than the round trip.
    pub fn due(&mut self, now: Time, timeout: Span) -> (Vec<Send>, Vec<(u64, Fate)>) {
        let mut out = Vec::new();
        let expired = self.since.is_none_or(|since| now >= since + timeout);
        if self.locked_out {
            if expired && !self.idle() {
                self.since = Some(now);
                self.unlocks = self.unlocks.saturating_add(1);
                if self.unlocks > TRANSMISSIONS {
                    return (out, self.give_up());
                }
                out.push(Send::Unlock);
            }
            return (out, Vec::new());
        }
        self.unlocks = 0;
        let Some(mut next) = self.next else { return (out, Vec::new()) };
        if expired && !self.sent.is_empty() {
            if self.sent.iter().any(|sent| sent.times >= TRANSMISSIONS) {
                return (out, self.give_up());
            }
            for sent in &mut self.sent {
                sent.times += 1;
                out.push(Send::Sequenced { number: sent.number, entry: sent.entry, again: true });
            }
            self.since = Some(now);
        }
        while self.sent.len() < AHEAD {
            let Some(entry) = self.waiting.pop_front() else { break };
            self.sent.push_back(Sent { number: next, entry, times: 1 });
            out.push(Send::Sequenced { number: next, entry, again: false });
            next = next.wrapping_add(1);
            self.since = Some(now);
        }
        self.next = Some(next);
        (out, Vec::new())
    }
    /// The transfer ends; the next control word begins a new one.
    fn give_up(&mut self) -> Vec<(u64, Fate)> {
        self.next = None;
        self.since = None;
        self.unlocks = 0;
        let sent = self.sent.drain(..).map(|sent| (sent.entry, Fate::NotConfirmed));
        sent.chain(self.waiting.drain(..).map(|entry| (entry, Fate::NotSent))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TRIP: Span = Span::from_ms(2_600);
    const TIMEOUT: Span = Span::from_ms(5_000);

    fn at(s: f64) -> Time {
        Time::from_utc("2025-06-05T19:00:00").unwrap() + Span::from_s(s)
    }
    fn word(expected: u8) -> Clcw {
        Clcw { expected, ..Clcw::default() }
    }
    fn started(expected: u8) -> Fop {
        let mut fop = Fop::default();
        fop.hear(word(expected), at(0.0), TRIP);
        fop
    }
    fn numbers(sends: &[Send]) -> Vec<u8> {
        let number = |send: &Send| match send {
            Send::Sequenced { number, .. } => Some(*number),
            Send::Unlock => None,
        };
        sends.iter().filter_map(number).collect()
    }

    #[test]
    fn frames_follow_the_receivers_number_and_are_confirmed_in_one_word() {
        let mut fop = started(254);
        for entry in 1..=4 {
            fop.queue(entry);
        }
        assert_eq!(numbers(&fop.due(at(0.0), TIMEOUT).0), [254, 255, 0, 1]);
        assert!(fop.hear(word(254), at(1.0), TRIP).is_empty());
        let fates = fop.hear(word(1), at(3.0), TRIP);
        assert_eq!(fates, [(1, Fate::Received), (2, Fate::Received), (3, Fate::Received)]);
        assert_eq!(fop.outstanding(), 1);
    }

    #[test]
    fn a_lost_frame_is_repeated_with_all_that_follow_once_a_round_trip() {
        let mut fop = started(0);
        fop.queue(1);
        fop.queue(2);
        fop.due(at(0.0), TIMEOUT);
        let missing = Clcw { retransmit: true, ..word(0) };
        // Words that left the lander before the frames could arrive say nothing about them.
        fop.hear(missing, at(1.0), TRIP);
        assert!(fop.due(at(1.0), TIMEOUT).0.is_empty());
        fop.hear(missing, at(2.7), TRIP);
        assert_eq!(numbers(&fop.due(at(2.7), TIMEOUT).0), [0, 1]);
        fop.hear(missing, at(3.0), TRIP);
        assert!(fop.due(at(3.0), TIMEOUT).0.is_empty());
    }

    #[test]
    fn after_three_times_in_silence_it_gives_up_and_says_so() {
        let mut fop = started(7);
        fop.queue(9);
        let mut sent = 0;
        let mut fates = Vec::new();
        for s in 0..60 {
            let (sends, given_up) = fop.due(at(f64::from(s)), TIMEOUT);
            sent += sends.len();
            fates.extend(given_up);
        }
        assert_eq!((sent, fates), (3, vec![(9, Fate::NotConfirmed)]));
        assert!(fop.idle() && !fop.synchronised());
    }

    #[test]
    fn what_never_went_out_is_not_called_unconfirmed() {
        let mut fop = started(0);
        let all = u64::try_from(AHEAD).unwrap() + 1;
        (1..=all).for_each(|entry| fop.queue(entry));
        let fates: Vec<_> = (0..60).flat_map(|s| fop.due(at(f64::from(s)), TIMEOUT).1).collect();
        assert_eq!(fates.first(), Some(&(1, Fate::NotConfirmed)));
        assert_eq!(fates.last(), Some(&(all, Fate::NotSent)));
        assert_eq!(fates.iter().filter(|(_, fate)| *fate == Fate::NotSent).count(), 1);
    }

    #[test]
    fn a_restarted_receiver_makes_no_command_run_twice() {
        let mut fop = started(90);
        fop.queue(1);
        fop.due(at(0.0), TIMEOUT);
        assert_eq!(fop.hear(word(0), at(4.0), TRIP), [(1, Fate::Unclear)]);
        assert!(fop.due(at(10.0), TIMEOUT).0.is_empty());
        fop.queue(2);
        assert_eq!(numbers(&fop.due(at(11.0), TIMEOUT).0), [0]);
    }

    #[test]
    fn lockout_is_unlocked_before_anything_else_is_sent() {
        let mut fop = started(5);
        fop.hear(Clcw { lockout: true, ..word(5) }, at(0.0), TRIP);
        fop.queue(1);
        assert_eq!(fop.due(at(0.0), TIMEOUT).0, [Send::Unlock]);
        assert!(fop.due(at(1.0), TIMEOUT).0.is_empty());
        fop.hear(word(5), at(3.0), TRIP);
        assert_eq!(numbers(&fop.due(at(8.0), TIMEOUT).0), [5]);
    }

    proptest! {
        /// Against the receiver of `icd`, over a link that loses frames and control words both ways: every entry
        /// arrives once and in order, or is reported as not confirmed; never twice, never out of order.
        #[test]
        fn whatever_is_lost_nothing_arrives_twice_or_out_of_order(
            lost in proptest::collection::vec(any::<(bool, bool)>(), 400),
            entries in 1u64..40,
        ) {
            use icd::link::command_frame::{Content, TC_FRAME_MAX, TcFrame, seal};
            use icd::link::cop::{Accepted, Farm};
            use icd::link::security::Key;
            let (mut fop, mut farm) = (Fop::default(), Farm::new());
            let (mut arrived, mut received, mut lost_for_good) = (Vec::new(), Vec::new(), Vec::new());
            let mut next = 1;
            for (s, (up, down)) in lost.iter().enumerate() {
                let now = at(3.0 * s as f64);
                if next <= entries {
                    fop.queue(next);
                    next += 1;
                }
                let (sends, fates) = fop.due(now, TIMEOUT);
                lost_for_good.extend(fates.into_iter().map(|(entry, _)| entry));
                for send in sends {
                    let Send::Sequenced { number, entry, .. } = send else { continue };
                    // Bursts: all frames of one moment share a fate.
                    let mut out = [0; TC_FRAME_MAX];
                    let n = seal(&Key([7; 32]), 1, Content::Sequenced, number, &[1], &mut out).unwrap();
                    let frame = TcFrame::read(&out[..n]).unwrap();
                    if !up && farm.accept(&frame) == Ok(Accepted::Packet) {
                        arrived.push(entry);
                    }
                }
                if !down {
                    for (entry, fate) in fop.hear(farm.clcw(), now + TRIP, TRIP) {
                        match fate {
                            Fate::Received => received.push(entry),
                            _ => lost_for_good.push(entry),
                        }
                    }
                }
            }
            prop_assert!(arrived.windows(2).all(|pair| pair[0] < pair[1]), "{:?}", arrived);
            prop_assert!(received.iter().all(|entry| arrived.contains(entry)));
            let open = fop.outstanding();
            prop_assert!(arrived.len() <= received.len() + lost_for_good.len() + open);
        }
    }
}
