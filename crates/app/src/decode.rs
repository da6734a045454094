//! `frigoris decode`: what is in a file of packets, value by value, as CSV.
//!
//! Owns: the arguments, the lines. Does not own: the decoders (`icd`).

use crate::plain::say;
use icd::link::packet::{self, Packet, values};
use icd::link::raw::{self, Packer};
use icd::tc::{self, Report};
use icd::time::Time;
use miette::{IntoDiagnostic, WrapErr};
use std::io::Write;
use std::path::PathBuf;

/// Arguments of `frigoris decode`.
#[derive(clap::Args)]
#[command(
    after_help = "One line a value: number of the packet, on-board time, process, service, subservice, sequence \
count, key, value. Telecommands are read too.\n\n\
Exit code: 0 all of the file are packets of ours, 1 some of it is not."
)]
pub struct Decode {
    /// File of space packets, such as telemetry.tm of a flight.
    file: PathBuf,
}

impl Decode {
    /// Prints every value; `true` when nothing was left over.
    pub fn run(&self) -> miette::Result<bool> {
        let octets = std::fs::read(&self.file)
            .into_diagnostic()
            .wrap_err_with(|| format!("{}: cannot be read", self.file.display()))?;
        let mut out = std::io::BufWriter::new(std::io::stdout().lock());
        say(&mut out, "packet,utc,apid,service,subservice,count,key,value").into_diagnostic()?;
        let mut whole = true;
        for (number, packet) in split(&octets).enumerate() {
            let Some(lines) = lines(number, packet) else {
                whole = false;
                continue;
            };
            for line in lines {
                say(&mut out, &line).into_diagnostic()?;
            }
        }
        out.flush().into_diagnostic()?;
        Ok(whole)
    }
}

/// The packets one after the other, by their own lengths; what is too short for one comes last.
fn split(mut octets: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        if octets.is_empty() {
            return None;
        }
        let length =
            octets.get(4..6).map_or(0, |two| usize::from(two[0]) << 8 | usize::from(two[1]));
        let (packet, rest) = octets.split_at((length + 7).min(octets.len()));
        octets = rest;
        Some(packet)
    })
}

/// The lines of one packet; `None` when it is none of ours.
fn lines(number: usize, octets: &[u8]) -> Option<Vec<String>> {
    let head = octets.first_chunk::<9>()?;
    let word = |high: u8, low: u8| u16::from_be_bytes([high, low]);
    let (apid, count) = (word(head[0], head[1]) & 0x7FF, word(head[2], head[3]) & 0x3FFF);
    let (t, values) =
        if head[0] & 0x10 == 0 { telemetry(octets)? } else { (None, telecommand(octets)?) };
    let utc = t.map_or(String::new(), utc);
    let head = format!("{number},{utc},{apid},{},{},{count}", head[7], head[8]);
    Some(values.into_iter().map(|(key, value)| format!("{head},{key},{value}")).collect())
}

/// To the nanosecond, so that the time code can be made again.
fn utc(t: Time) -> String {
    let (year, month, day, hour, minute, second, ns) = t.utc();
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ns:09}")
}

type Values = Vec<(String, String)>;

/// A key with a value that reads back as the same number.
fn pair(key: &str, value: f64) -> (String, String) {
    (key.to_string(), format!("{value:?}"))
}

fn telemetry(octets: &[u8]) -> Option<(Option<Time>, Values)> {
    let (packet, length) = packet::decode(octets).ok()?;
    if length != octets.len() {
        return None;
    }
    Some(match packet {
        Packet::Housekeeping { t, list, data } => {
            let structure = [pair("packet.structure", f64::from(list))];
            let values = values(list, data).map(|(line, value)| pair(line.key, value));
            (Some(t), structure.into_iter().chain(values).collect())
        }
        Packet::Event { t, event } => (Some(t), vec![pair("event", f64::from(event.code()))]),
        Packet::Report { t, report } => (Some(t), answer(&report)),
        Packet::Raw { t, data } => (Some(t), cycles(data)?),
    })
}

fn answer(report: &Report) -> Values {
    let request =
        |header: &tc::Header| pair("request", f64::from(u32::from_be_bytes(header.request())));
    match report {
        Report::Accepted(header) | Report::Started(header) | Report::Completed(header) => {
            vec![request(header)]
        }
        Report::Refused(header, why)
        | Report::NotStarted(header, why)
        | Report::Failed(header, why) => {
            let (code, argument) = why.wire();
            let why = [("refusal", code), ("refusal.argument", argument)];
            let why = why.map(|(key, value)| pair(key, f64::from(value)));
            [request(header)].into_iter().chain(why).collect()
        }
        // A line without a value, so that no packet goes unmentioned.
        Report::Alive => vec![Default::default()],
        Report::Parameter { parameter, value } => {
            // A report is of one parameter.
            let values = [("parameter.count", 1.0), ("parameter", f64::from(*parameter))];
            let value = [("parameter.value", *value)];
            values.into_iter().chain(value).map(|(key, value)| pair(key, value)).collect()
        }
        Report::Schedule { count, entries } => {
            let entries = entries.iter().take(usize::from(*count));
            let octets = entries.flat_map(|(t, header)| {
                packet::encode_time(*t).into_iter().chain(header.request())
            });
            vec![
                pair("schedule.count", f64::from(*count)),
                ("schedule.entries".to_string(), hex(octets)),
            ]
        }
    }
}

fn hex(octets: impl Iterator<Item = u8>) -> String {
    octets.map(|octet| format!("{octet:02x}")).collect()
}

/// The cycles read and packed again: what was read is what was sent.
fn cycles(data: &[u8]) -> Option<Values> {
    let mut packer = Packer::new();
    let mut first = None;
    for cycle in raw::cycles(data) {
        let cycle = cycle.ok()?;
        first.get_or_insert(cycle.number);
        packer.add(&cycle.sensors, cycle.powered_up);
    }
    let mut out = [0; packet::PACKET_MAX];
    let length = packer.take(0, &mut out);
    let (Packet::Raw { data, .. }, _) = packet::decode(&out[..length]).ok()? else { return None };
    Some(vec![
        pair("packet.structure", f64::from(raw::STRUCTURE)),
        pair("raw.first", f64::from(first?)),
        ("raw.cycles".to_string(), hex(data.iter().skip(5).copied())),
    ])
}

fn telecommand(octets: &[u8]) -> Option<Values> {
    let (_, order) = tc::decode(octets).ok()?;
    let (command, values) = order.parts();
    let arguments = command.arguments.iter().zip(values);
    let mut out = vec![("command".to_string(), command.name.to_string())];
    out.extend(arguments.map(|(argument, value)| pair(argument.name, value)));
    Some(out)
}
