//! The ring store: packets kept in a memory of fixed size, by class, in the order they were made.
//!
//! Owns: [`Store`]. Does not own: what is sent when (see the parent), what a packet holds.
//! As programmed: the memory is lent, cut into blocks; a packet is a chain of them, the packets of a class are
//! a queue. When room is short the oldest packet that the ground has is forgotten first, of the least important
//! class that begins with one; then the oldest of the least important class, which is counted as dropped. A
//! packet that is less important than all that is kept is itself the one dropped.
//! Refuses: memory that survives a power-down; what a cold restart forgets is its owner's choice.

use icd::link::packet::PACKET_MAX;
use icd::time::Time;

/// Classes of importance: 0 is the most important.
pub const CLASSES: usize = 5;
/// Octets of a packet in one block.
const OCTETS: usize = 98;
/// Blocks of one packet at the most.
const CHAIN_MAX: usize = PACKET_MAX.div_ceil(OCTETS);
/// No block.
const NONE: u32 = u32::MAX;
/// Not sent yet.
const NEVER: Time = Time::from_tai_ns(i64::MIN);
/// Packets passed over in one search: bounds the time that a search takes.
const SEARCH_MAX: usize = 512;

/// A piece of memory, 128 octets.
#[derive(Clone, Copy, Debug)]
pub struct Block {
    /// Time of the packet.
    t: Time,
    /// When it was last sent with the ground in contact.
    sent: Time,
    /// The packet's next block.
    rest: u32,
    /// The first block of the next packet of its class.
    later: u32,
    /// Distinguishes the packets that this block has held.
    serial: u32,
    length: u16,
    octets: [u8; OCTETS],
}

impl Block {
    /// Before the first use.
    pub const EMPTY: Self = Self {
        t: NEVER,
        sent: NEVER,
        rest: NONE,
        later: NONE,
        serial: 0,
        length: 0,
        octets: [0; OCTETS],
    };
}

/// A packet in the store; no longer there when it has been forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    block: u32,
    serial: u32,
    class: usize,
}

impl Kept {
    /// Its class.
    pub fn class(self) -> usize {
        self.class
    }
}

/// The packets of one class, oldest first.
#[derive(Clone, Copy, Debug)]
struct Queue {
    first: u32,
    last: u32,
    /// Where the search for packets to be dumped goes on.
    next: u32,
    packets: u32,
    octets: u32,
}

impl Queue {
    const EMPTY: Self = Self { first: NONE, last: NONE, next: NONE, packets: 0, octets: 0 };
}

/// A span of time; empty when it ends before it begins.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Between {
    from: Time,
    to: Time,
}

impl Between {
    const NOTHING: Self =
        Self { from: Time::from_tai_ns(i64::MAX), to: Time::from_tai_ns(i64::MIN) };

    fn holds(&self, t: Time) -> bool {
        self.from <= t && t <= self.to
    }
    /// The least span that holds both.
    fn and(&self, other: Self) -> Self {
        Self { from: self.from.min(other.from), to: self.to.max(other.to) }
    }
}

/// Packets in a memory of fixed size.
#[derive(Clone, Debug)]
pub struct Store<M> {
    memory: M,
    free: u32,
    free_blocks: u32,
    serial: u32,
    queues: [Queue; CLASSES],
    dropped: [u32; CLASSES],
    /// What was made in this time is asked for, unless it was sent since.
    asked: Between,
    asked_at: Time,
}

impl<M: AsRef<[Block]> + AsMut<[Block]>> Store<M> {
    /// Octets of a packet in one block.
    #[cfg(test)]
    pub const BLOCK: usize = OCTETS;

    /// An empty store in `memory`; what it held is forgotten.
    pub fn new(mut memory: M) -> Self {
        let blocks = memory.as_mut();
        let count = u32::try_from(blocks.len()).unwrap_or(NONE - 1).min(NONE - 1);
        for (block, later) in blocks.iter_mut().zip(1..=count) {
            *block = Block::EMPTY;
            block.rest = if later < count { later } else { NONE };
        }
        Self {
            memory,
            free: if count > 0 { 0 } else { NONE },
            free_blocks: count,
            serial: 0,
            queues: [Queue::EMPTY; CLASSES],
            dropped: [0; CLASSES],
            asked: Between::NOTHING,
            asked_at: NEVER,
        }
    }

    fn block(&self, at: u32) -> Option<&Block> {
        self.memory.as_ref().get(at as usize)
    }

    fn block_mut(&mut self, at: u32) -> Option<&mut Block> {
        self.memory.as_mut().get_mut(at as usize)
    }

    fn queue(&self, class: usize) -> Queue {
        self.queues.get(class).copied().unwrap_or(Queue::EMPTY)
    }

    /// Keeps a packet; `None` when it was dropped, which is counted.
    ///
    /// - `class`: its importance, 0 to [`CLASSES`] − 1. `t`: its time.
    /// - `sure`: what was sent before then has arrived.
    pub fn put(&mut self, class: usize, t: Time, octets: &[u8], sure: Time) -> Option<Kept> {
        let blocks = octets.len().div_ceil(OCTETS);
        if octets.is_empty() || octets.len() > PACKET_MAX || !self.make_room(class, blocks, sure) {
            self.count_dropped(class);
            return None;
        }
        self.serial = self.serial.wrapping_add(1).max(1);
        let serial = self.serial;
        let length = u16::try_from(octets.len()).unwrap_or(u16::MAX);
        let first = self.free;
        let mut last = NONE;
        for piece in octets.chunks(OCTETS) {
            let at = self.free;
            let Some(block) = self.block_mut(at) else { break };
            let after = block.rest;
            (block.t, block.sent, block.serial, block.length) = (t, NEVER, serial, length);
            block.later = NONE;
            for (slot, octet) in block.octets.iter_mut().zip(piece) {
                *slot = *octet;
            }
            self.free = after;
            self.free_blocks = self.free_blocks.saturating_sub(1);
            last = at;
        }
        if let Some(block) = self.block_mut(last) {
            block.rest = NONE;
        }
        let before = self.queue(class).last;
        if let Some(block) = self.block_mut(before) {
            block.later = first;
        }
        if let Some(queue) = self.queues.get_mut(class) {
            queue.last = first;
            for slot in [&mut queue.first, &mut queue.next] {
                *slot = if *slot == NONE { first } else { *slot };
            }
            queue.packets = queue.packets.saturating_add(1);
            queue.octets = queue.octets.saturating_add(u32::from(length));
        }
        Some(Kept { block: first, serial, class })
    }

    fn count_dropped(&mut self, class: usize) {
        if let Some(count) = self.dropped.get_mut(class) {
            *count = count.saturating_add(1);
        }
    }

    /// Forgets packets until so many blocks are free; `false` when those kept are more important.
    fn make_room(&mut self, class: usize, blocks: usize, sure: Time) -> bool {
        for _ in 0..=CHAIN_MAX {
            if self.free_blocks as usize >= blocks {
                return true;
            }
            let arrived = |first: u32| {
                self.block(first).is_some_and(|block| !self.wanted(block) && block.sent < sure)
            };
            let begins = |queue: &Queue| queue.first != NONE;
            let old = self.queues.iter().rposition(|queue| arrived(queue.first));
            let least = self.queues.iter().rposition(begins).filter(|least| *least >= class);
            match (old, least) {
                (Some(old), _) => self.forget(old),
                (None, Some(least)) => {
                    self.count_dropped(least);
                    self.forget(least);
                }
                (None, None) => return false,
            }
        }
        self.free_blocks as usize >= blocks
    }

    /// Forgets the oldest packet of a class.
    fn forget(&mut self, class: usize) {
        let first = self.queue(class).first;
        let Some(head) = self.block(first).copied() else { return };
        if let Some(queue) = self.queues.get_mut(class) {
            queue.first = head.later;
            queue.next = if queue.next == first { head.later } else { queue.next };
            queue.last = if queue.last == first { NONE } else { queue.last };
            queue.packets = queue.packets.saturating_sub(1);
            queue.octets = queue.octets.saturating_sub(u32::from(head.length));
        }
        let (mut at, free) = (first, self.free);
        for _ in 0..CHAIN_MAX {
            self.free_blocks = self.free_blocks.saturating_add(1);
            let Some(block) = self.block_mut(at) else { break };
            block.serial = 0;
            if block.rest == NONE {
                block.rest = free;
                break;
            }
            at = block.rest;
        }
        self.free = first;
    }

    /// Octets of a packet, into `out`; 0 when it has been forgotten.
    pub fn get(&self, kept: Kept, out: &mut [u8; PACKET_MAX]) -> usize {
        let Some(head) = self.block(kept.block) else { return 0 };
        if head.serial != kept.serial || kept.serial == 0 {
            return 0;
        }
        let length = usize::from(head.length).min(PACKET_MAX);
        let (mut at, mut left) = (kept.block, out.get_mut(..length).unwrap_or(&mut []));
        for _ in 0..CHAIN_MAX {
            let Some(block) = self.block(at) else { break };
            let count = left.len().min(OCTETS);
            let (now, then) = left.split_at_mut_checked(count).unwrap_or((&mut [], &mut []));
            for (slot, octet) in now.iter_mut().zip(&block.octets) {
                *slot = *octet;
            }
            (at, left) = (block.rest, then);
        }
        length
    }

    /// Notes that a packet was sent with the ground in contact.
    pub fn sent(&mut self, kept: Kept, now: Time) {
        if let Some(block) = self.block_mut(kept.block).filter(|block| block.serial == kept.serial)
        {
            block.sent = now;
        }
    }

    /// Notes that a packet that counted as sent was not sent whole.
    pub fn not_sent(&mut self, kept: Kept) {
        self.sent(kept, NEVER);
        if let Some(queue) = self.queues.get_mut(kept.class) {
            queue.next = queue.first;
        }
    }

    /// What was sent at `since` or later may not have arrived: it counts as not sent. One walk over all that is kept.
    pub fn doubt(&mut self, since: Time) {
        for class in 0..CLASSES {
            let Queue { first, packets, .. } = self.queue(class);
            let mut at = first;
            for _ in 0..packets {
                let Some(block) = self.block_mut(at) else { break };
                if block.sent >= since {
                    block.sent = NEVER;
                }
                at = block.later;
            }
        }
        self.search_again();
    }

    /// What was made between the two is to be sent once more, whether it was sent or not.
    pub fn ask(&mut self, from: Time, to: Time, now: Time) {
        self.asked = self.asked.and(Between { from, to: to.min(now) });
        self.asked_at = now;
        self.search_again();
    }

    /// Whether something that was asked for may not have been sent yet.
    pub fn asked(&self) -> bool {
        self.asked != Between::NOTHING
    }

    fn search_again(&mut self) {
        for queue in &mut self.queues {
            queue.next = queue.first;
        }
    }

    fn wanted(&self, block: &Block) -> bool {
        block.sent == NEVER || (self.asked.holds(block.t) && block.sent < self.asked_at)
    }

    /// The next packet to be sent out of the store: the oldest that is wanted of the most important class.
    /// `None` when there is none, or the search must go on at the next call.
    ///
    /// - `before`: only packets that were made before then.
    pub fn next(&mut self, before: Time) -> Option<Kept> {
        let mut passed = 0;
        for class in 0..CLASSES {
            loop {
                let at = self.queue(class).next;
                let Some(block) = self.block(at) else { break };
                if block.t >= before {
                    break;
                }
                let (kept, later) = (Kept { block: at, serial: block.serial, class }, block.later);
                let wanted = self.wanted(block);
                if !wanted && later == NONE {
                    break;
                }
                if passed >= SEARCH_MAX {
                    return None;
                }
                passed += 1;
                if wanted {
                    return Some(kept);
                }
                if let Some(queue) = self.queues.get_mut(class) {
                    queue.next = later;
                }
            }
        }
        // Every queue was searched as far as the span could reach: it is dealt with.
        if self.asked.to < before {
            self.asked = Between::NOTHING;
        }
        None
    }

    /// Packets kept, by class.
    pub fn packets(&self) -> [u32; CLASSES] {
        self.queues.map(|queue| queue.packets)
    }

    /// Octets of the packets kept, all classes.
    pub fn octets(&self) -> u32 {
        self.queues.iter().fold(0, |sum, queue| sum.saturating_add(queue.octets))
    }

    /// Packets forgotten before the ground had them, by class.
    pub fn dropped(&self) -> [u32; CLASSES] {
        self.dropped
    }
}
