//! No octets make mission control panic: streams of stations, records of the archive, commands as written.
//!
//! FRIGORIS_FUZZ_INPUTS=10000000 cargo test --release -p frigoris-ground --test fuzz_ground -- --nocapture

#[path = "fuzz/corpus.rs"]
mod corpus;
#[path = "fuzz/mutate.rs"]
mod mutate;

use corpus::{checksum_repair, frames, unit_repair, units};
use ground::archive::record::{self, Found, HEADER, Kind, Record};
use ground::command::{Request, check};
use ground::decode::Decoder;
use icd::link::checksum::crc32;
use icd::link::frame::{ASM, Channel, SCID, TM_FRAME};
use icd::tc::COMMANDS;
use mutate::fuzz;

/// Decodes octets of a station's connection; `true` if anything in them was understood.
fn heard(decoder: &mut Decoder, kind: Kind, octets: &[u8]) -> bool {
    let record = Record { kind, stream: 1, at_ns: 1_749_150_000_000_000_000, payload: octets };
    let mut items = 0;
    decoder.take(&record, &mut |_| items += 1);
    items > 0
}

#[test]
fn no_datagram_breaks_the_decoder() {
    let mut decoder = Decoder::default();
    fuzz("datagrams with delivery units", &units(), unit_repair, |octets| {
        heard(&mut decoder, Kind::Datagram, octets)
    });
}

#[test]
fn no_stream_breaks_the_decoder_and_none_is_held_for_ever() {
    let mut decoder = Decoder::default();
    fuzz("streams of delivery units", &units(), unit_repair, |octets| {
        heard(&mut decoder, Kind::Stream, octets)
    });
}

#[test]
fn no_plain_stream_of_frames_breaks_the_decoder() {
    let mut decoder = Decoder::default();
    let frames = frames::<TM_FRAME>(SCID, &[Channel::RealTime, Channel::Stored]);
    let good: Vec<_> = frames.iter().map(|frame| [&ASM[..], frame].concat()).collect();
    let repair = |octets: &mut [u8]| {
        if let Some(frame) = octets.get_mut(ASM.len()..) {
            checksum_repair(frame);
        }
    };
    fuzz("plain streams of frames", &good, repair, |octets| {
        heard(&mut decoder, Kind::Datagram, octets)
    });
}

#[test]
fn no_octets_break_the_reader_of_archive_records() {
    let kinds = [Kind::Opened, Kind::Stream, Kind::Closed, Kind::Datagram, Kind::Sent];
    let mut good = Vec::new();
    for ((number, payload), kind) in (1..).zip(&units()).zip(kinds.iter().cycle()) {
        let mut octets = Vec::new();
        record::write(number, &Record { kind: *kind, stream: 1, at_ns: 7, payload }, &mut octets);
        good.push(octets);
    }
    let repair = |octets: &mut [u8]| {
        if octets.len() < HEADER {
            return;
        }
        let length = (octets.len() - HEADER) as u32;
        octets[4..8].copy_from_slice(&length.to_be_bytes());
        let sum = crc32(&[&octets[..36], &octets[HEADER..]].concat());
        octets[36..HEADER].copy_from_slice(&sum.to_be_bytes());
    };
    fuzz("archive records", &good, repair, |octets| match record::find(octets) {
        Found::Whole { number, octets: length } => {
            let read = record::read(&octets[..length]).unwrap();
            let mut again = Vec::new();
            record::write(number, &read, &mut again);
            assert_eq!(record::find(&again), Found::Whole { number, octets: length });
            true
        }
        Found::Needs(_) | Found::Foreign => false,
    });
}

#[test]
fn no_text_breaks_the_reader_of_commands() {
    let mut good = Vec::new();
    for command in COMMANDS.iter().filter(|command| command.name != "schedule") {
        let mut arguments = serde_json::Map::new();
        for argument in command.arguments {
            let value = match argument.choices.first() {
                Some((_, name)) => serde_json::json!(name),
                None => serde_json::json!(((argument.min + argument.max) / 2.0).floor()),
            };
            arguments.insert(argument.name.to_string(), value);
        }
        if command.name == "load_parameter" {
            arguments.insert("value".to_string(), serde_json::json!(5.5));
        }
        let request =
            serde_json::json!({ "name": command.name, "arguments": arguments, "at": 1e12 });
        good.push(request.to_string().into_bytes());
    }
    fuzz(
        "commands as JSON",
        &good,
        |_| (),
        |octets| {
            let request: Result<Request, _> = serde_json::from_slice(octets);
            request.is_ok_and(|request| check::check(&request).is_ok())
        },
    );
}
