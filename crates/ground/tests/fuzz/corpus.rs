//! Good inputs, and how to put length and checksum of broken ones right again.

use icd::link::checksum::{crc16, crc32};
use icd::link::cop::Clcw;
use icd::link::delivery::{self, OVERHEAD, Unit};
use icd::link::frame::{BEACON_FRAME, Channel, FrameWriter, SCID_BACKUP};
use icd::time::Time;

/// One packet of every kind after the other.
pub fn samples() -> Vec<Vec<u8>> {
    let octets = ground::export::samples();
    let (mut out, mut at) = (Vec::new(), 0);
    while at < octets.len() {
        let length = 7 + usize::from(octets[at + 4]) * 256 + usize::from(octets[at + 5]);
        out.push(octets[at..at + length].to_vec());
        at += length;
    }
    out
}

pub fn checksum_repair(octets: &mut [u8]) {
    if let Some((body, checksum)) = octets.split_last_chunk_mut::<2>() {
        *checksum = crc16(body).to_be_bytes();
    }
}

pub fn frames<const OCTETS: usize>(scid: u16, channels: &[Channel]) -> Vec<Vec<u8>> {
    let mut writer = FrameWriter::<OCTETS>::new(scid);
    let mut out = Vec::new();
    for (packet, channel) in samples().iter().zip(channels.iter().cycle()) {
        let _ = writer.push(*channel, packet);
        let mut frame = [0; OCTETS];
        writer.take(*channel, Clcw::default(), &mut frame);
        out.push(frame.to_vec());
    }
    out
}

pub fn units() -> Vec<Vec<u8>> {
    let contents = (1..=5).filter_map(delivery::Content::of_code).collect::<Vec<_>>();
    let payloads = [frames::<BEACON_FRAME>(SCID_BACKUP, &[Channel::RealTime]), samples()].concat();
    let mut out = Vec::new();
    for (number, payload) in (1..).zip(&payloads) {
        let content = contents[number as usize % contents.len()];
        let received = Time::from_tai_ns(8 << 56);
        let mut octets = vec![0; payload.len() + OVERHEAD];
        let unit = Unit { content, station: 3, number, received, payload };
        let length = delivery::write(&unit, &mut octets).unwrap();
        out.push(octets[..length].to_vec());
    }
    out
}

/// Length and checksum of a delivery unit.
pub fn unit_repair(octets: &mut [u8]) {
    if octets.len() < OVERHEAD {
        return;
    }
    let length = (octets.len() - OVERHEAD) as u32;
    octets[8..12].copy_from_slice(&length.to_be_bytes());
    if let Some((body, checksum)) = octets.split_last_chunk_mut::<4>() {
        *checksum = crc32(body).to_be_bytes();
    }
}
