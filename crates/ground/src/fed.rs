//! For tests: a station's deliveries, fed without sockets or carried over one.

use crate::ground::Ground;
use icd::events::Event;
use icd::link::cop::Clcw;
use icd::link::delivery::{self, Content, Unit};
use icd::link::frame::{Channel, FrameWriter, SCID, TM_FRAME};
use icd::link::packet::{self, PACKET_MAX};
use icd::station::Station;
use icd::tc::Report;
use icd::time::{Span, Time};
use icd::tm::{self, Phase, Snapshot};
use std::sync::Arc;

/// Light time of everything fed.
pub const LIGHT: Span = Span::from_ms(1_280);

/// Station 1.
pub struct Feed {
    pub ground: Arc<Ground>,
    pub clcw: Clcw,
    /// From the time on board to the time of reception.
    pub light: Span,
    writer: FrameWriter<TM_FRAME>,
    units: u64,
    packets: u16,
}

impl Feed {
    pub fn new(ground: &Arc<Ground>) -> Self {
        let (ground, clcw) = (ground.clone(), Clcw::default());
        Self { ground, clcw, light: LIGHT, writer: FrameWriter::new(SCID), units: 0, packets: 0 }
    }
    /// A unit's octets, numbered.
    pub fn unit(&mut self, content: Content, received: Time, payload: &[u8]) -> Vec<u8> {
        self.units += 1;
        let unit = Unit { content, station: 1, number: self.units, received, payload };
        let mut out = vec![0; payload.len() + delivery::OVERHEAD];
        let octets = delivery::write(&unit, &mut out).unwrap();
        out.truncate(octets);
        out
    }
    fn framed(&mut self, t: Time, write: impl Fn(u16, &mut [u8; PACKET_MAX]) -> usize) -> Vec<u8> {
        let mut packet = [0; PACKET_MAX];
        self.packets += 1;
        let octets = write(self.packets, &mut packet);
        assert!(self.writer.push(Channel::RealTime, &packet[..octets]));
        let mut frame = [0; TM_FRAME];
        self.writer.take(Channel::RealTime, self.clcw, &mut frame);
        self.unit(Content::Frame, t + self.light, &frame)
    }
    /// The unit of a state in a frame of its own.
    pub fn state_unit(&mut self, t: Time, phase: Phase, altitude_m: f64, v_up_m_s: f64) -> Vec<u8> {
        let mut s = Snapshot { t, phase, ..Snapshot::default() };
        (s.nav.altitude_m, s.nav.v_up_m_s) = (altitude_m, v_up_m_s);
        (s.nav.propellant_kg, s.nav.sigma_altitude_m) = (30.0, 1.0);
        self.framed(t, |count, out| packet::housekeeping(&tm::LISTS[0], &s, count, out))
    }
    /// The unit of a report in a frame of its own.
    pub fn report_unit(&mut self, t: Time, report: Report) -> Vec<u8> {
        self.framed(t, |count, out| packet::report(&report, t, count, out))
    }
    pub fn state(&mut self, t: Time, phase: Phase, altitude_m: f64, v_up_m_s: f64) {
        let unit = self.state_unit(t, phase, altitude_m, v_up_m_s);
        self.ground.feed(&unit).unwrap();
    }
    pub fn event(&mut self, t: Time, event: Event) {
        let unit = self.framed(t, |count, out| packet::event(event, t, count, out));
        self.ground.feed(&unit).unwrap();
    }
    pub fn station(&mut self, t: Time, carrier: bool) {
        let station = Station {
            t,
            number: 1,
            carrier_locked: carrier,
            frame_locked: carrier,
            bit_rate_bit_s: 100e3,
            light_time_s: LIGHT.s(),
            ..Station::default()
        };
        let mut packet = [0; PACKET_MAX];
        self.packets += 1;
        let octets = packet::housekeeping(&icd::station::LIST, &station, self.packets, &mut packet);
        let unit = self.unit(Content::Station, t, &packet[..octets]);
        self.ground.feed(&unit).unwrap();
    }
}
