//! A lander's telemetry as stations would deliver it, every value of which can be computed again from its time.

use icd::events::Event;
use icd::link::cop::Clcw;
use icd::link::delivery::{self, Content, OVERHEAD, Unit};
use icd::link::frame::{Channel, FrameWriter, SCID, TM_FRAME};
use icd::link::packet::{self, PACKET_MAX};
use icd::time::{Span, Time};
use icd::tm::{LISTS, Phase, Snapshot, Wire};
use std::collections::BTreeMap;

/// Between two samples: the flight rate.
pub const EVERY: Span = Span::from_ms(100);

/// Begin of the flight.
pub fn begin() -> Time {
    Time::from_utc("2025-06-05T18:00:00").unwrap()
}

/// Numbers that repeat: a linear congruential generator with the constants of Knuth (MMIX).
#[derive(Clone, Debug)]
pub struct Random(pub u64);

impl Random {
    /// Evenly from 0 to `below` - 1.
    pub fn below(&mut self, below: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }
    /// Once in `times`.
    pub fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }
}

/// The k-th sample: some values smooth, some that jump about.
pub fn snapshot(k: u64) -> Snapshot {
    let mut random = Random(k);
    let mut any = || random.below(1 << 20) as f64 / 64.0 - 5_000.0;
    let t = begin() + Span::from_ns(EVERY.ns() * i64::try_from(k).unwrap());
    let mut s = Snapshot { t, ..Snapshot::default() };
    s.phase = Phase::ALL[usize::try_from(k / 6_000).unwrap() % 7];
    s.nav.p_LB_L = [any(), any(), any()];
    s.nav.v_LB_L = [any(), any(), any()];
    s.nav.altitude_m = 100_000.0 - (k % 90_000) as f64;
    s.nav.v_up_m_s = any();
    s.nav.tilt_rad = 0.001 * (k % 100) as f64;
    s.nav.propellant_kg = 300.0;
    s.rangefinder.measured = any();
    s.rangefinder.fused = u32::try_from(k).unwrap();
    s.radar_altimeter.nu = any();
    s.guidance.a_L = [any(), any(), any()];
    s.control.assist[3] = any() / 1e5;
    s.orders.accepted = (k % 60_000) as u16;
    s
}

/// The number of the sample that was taken at `t`, which the time code has rounded down.
pub fn number(t: Time) -> u64 {
    u64::try_from(((t - begin()).ns() + EVERY.ns() / 2).div_euclid(EVERY.ns())).unwrap()
}

/// What the ground must show for a parameter of the flight software at `t`; `None` if nothing was sampled then.
pub fn expected(key: &str, t: Time) -> Option<f64> {
    let s = snapshot(number(t));
    let sent = packet::decode_time(packet::encode_time(s.t));
    let parameter = LISTS.iter().flat_map(|list| list.parameters).find(|p| p.line.key == key)?;
    let value = (parameter.read)(&s);
    (sent == t).then(|| match parameter.line.wire {
        Wire::F32 => f64::from(value as f32),
        _ => value,
    })
}

/// All lists and some events of one sample after another, in frames.
pub struct Lander {
    writer: FrameWriter<TM_FRAME>,
    k: u64,
    count: u16,
    /// Packets that are complete in the frames given so far, and those that are begun.
    pub packets: u64,
}

impl Default for Lander {
    fn default() -> Self {
        Self { writer: FrameWriter::new(SCID), k: 0, count: 0, packets: 0 }
    }
}

impl Lander {
    /// Samples so far.
    #[allow(dead_code)] // not every user asks
    pub fn samples(&self) -> u64 {
        self.k
    }

    /// The next sample's packets; frames that became full.
    pub fn sample(&mut self, mut frame: impl FnMut([u8; TM_FRAME])) {
        let s = snapshot(self.k);
        let mut packets = Vec::new();
        for list in LISTS {
            let mut out = [0; PACKET_MAX];
            let octets = packet::housekeeping(list, &s, self.count, &mut out);
            self.count = self.count.wrapping_add(1);
            packets.push(out[..octets].to_vec());
        }
        if self.k.is_multiple_of(600) {
            let mut out = [0; PACKET_MAX];
            let octets = packet::event(Event::BrakingStarted, s.t, self.count, &mut out);
            packets.push(out[..octets].to_vec());
        }
        self.k += 1;
        for packet in packets {
            while !self.writer.push(Channel::RealTime, &packet) {
                let mut out = [0; TM_FRAME];
                self.writer.take(Channel::RealTime, Clcw::default(), &mut out);
                frame(out);
            }
            self.packets += 1;
        }
    }

    /// Closes what is open.
    #[allow(dead_code)] // not every user asks
    pub fn flush(&mut self) -> Vec<[u8; TM_FRAME]> {
        let mut frames = Vec::new();
        while self.writer.begun(Channel::RealTime) {
            let mut out = [0; TM_FRAME];
            self.writer.take(Channel::RealTime, Clcw::default(), &mut out);
            frames.push(out);
        }
        frames
    }

    /// Frames of at least so many samples.
    pub fn frames(&mut self, samples: u64) -> Vec<[u8; TM_FRAME]> {
        let mut frames = Vec::new();
        (0..samples).for_each(|_| self.sample(|frame| frames.push(frame)));
        frames
    }
}

/// A unit as a station writes it.
pub fn unit(station: u8, number: u64, content: Content, received: Time, payload: &[u8]) -> Vec<u8> {
    let mut out = vec![0; payload.len() + OVERHEAD];
    let unit = Unit { content, station, number, received, payload };
    assert_eq!(delivery::write(&unit, &mut out), Some(out.len()));
    out
}

/// Compares everything that is remembered of every parameter with what was sent. Returns how many values were
/// compared; panics at the first that is wrong.
pub fn check_all(ground: &ground::Ground) -> u64 {
    let all = Time::from_tai_ns(i64::MIN)..=Time::from_tai_ns(i64::MAX);
    let mut compared = 0;
    let mut cache: BTreeMap<Time, Snapshot> = BTreeMap::new();
    for list in LISTS {
        for parameter in list.parameters {
            let key = parameter.line.key;
            // What memory holds, so that no archive is read for each parameter.
            for (strategy, size) in
                [(ground::Strategy::Latest, 4_000), (ground::Strategy::MinMax, 200)]
            {
                for seen in ground.history(key, all.clone(), strategy, size).unwrap() {
                    compared += 1;
                    let s = cache.entry(seen.t).or_insert_with(|| snapshot(number(seen.t)));
                    let value = (parameter.read)(s);
                    let value = if parameter.line.wire == Wire::F32 {
                        f64::from(value as f32)
                    } else {
                        value
                    };
                    assert!(
                        seen.value.to_bits() == value.to_bits()
                            && packet::decode_time(packet::encode_time(s.t)) == seen.t,
                        "{key} at {}: {} shown, {value} sent",
                        seen.t,
                        seen.value
                    );
                }
            }
        }
    }
    compared
}
