//! One record of the archive, octet by octet; big-endian.
//!
//! | octets | what |
//! |--:|---|
//! | 4 | the letters FREC |
//! | 4 | length of the payload |
//! | 8 | number of the record, from 1 |
//! | 8 | stream: number of the record that opened the connection; 0 for datagrams |
//! | 8 | the computer's clock, nanoseconds since 1970 |
//! | 1 + 3 | kind; spare |
//! | 4 | CRC-32 of all before it and of the payload |
//! | … | payload, as received |

/// Octets before the payload.
pub const HEADER: usize = 40;
/// Octets of a payload at the most: more than a datagram can hold.
pub const PAYLOAD_MAX: usize = 1 << 17;
pub(super) const MAGIC: [u8; 4] = *b"FREC";

/// What a record holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// A connection was opened; payload: the peer's address.
    Opened = 1,
    /// Octets of a connection, in order.
    Stream = 2,
    /// A connection has ended.
    Closed = 3,
    /// One datagram.
    Datagram = 4,
    /// Octets that were sent to a station.
    Sent = 5,
}

impl Kind {
    fn from_code(code: u8) -> Option<Self> {
        [Kind::Opened, Kind::Stream, Kind::Closed, Kind::Datagram, Kind::Sent]
            .into_iter()
            .find(|kind| *kind as u8 == code)
    }
}

/// A record to be written, or as read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// What it holds.
    pub kind: Kind,
    /// The connection; 0 for a datagram, and when written for [`Kind::Opened`]: it becomes the record's number.
    pub stream: u64,
    /// The computer's clock, nanoseconds since 1970.
    pub at_ns: i64,
    /// As received.
    pub payload: &'a [u8],
}

/// What octets are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// A whole record: its number and its octets, header included.
    Whole {
        /// Its number.
        number: u64,
        /// Octets, header included.
        octets: usize,
    },
    /// The beginning of one that needs this many octets.
    Needs(usize),
    /// Something else.
    Foreign,
}

fn array<const N: usize>(octets: &[u8], at: usize) -> [u8; N] {
    let found = octets.get(at..at + N).and_then(|part| part.try_into().ok());
    found.unwrap_or([0; N])
}

/// What the octets begin with.
pub fn find(octets: &[u8]) -> Found {
    let begin = octets.len().min(MAGIC.len());
    if octets.get(..begin) != MAGIC.get(..begin) {
        return Found::Foreign;
    }
    if octets.len() < HEADER {
        return Found::Needs(HEADER);
    }
    let length = u32::from_be_bytes(array(octets, 4)) as usize;
    if length > PAYLOAD_MAX {
        return Found::Foreign;
    }
    let octets_whole = HEADER + length;
    let Some(whole) = octets.get(..octets_whole) else { return Found::Needs(octets_whole) };
    if checksum(whole) != u32::from_be_bytes(array(whole, 36))
        || Kind::from_code(whole[32]).is_none()
    {
        return Found::Foreign;
    }
    Found::Whole { number: u64::from_be_bytes(array(whole, 8)), octets: octets_whole }
}

fn checksum(whole: &[u8]) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    crc.update(whole.get(..36).unwrap_or_default());
    crc.update(whole.get(HEADER..).unwrap_or_default());
    crc.finalize()
}

/// The record that [`find`] found whole.
pub fn read(whole: &[u8]) -> Option<Record<'_>> {
    Some(Record {
        kind: Kind::from_code(*whole.get(32)?)?,
        stream: u64::from_be_bytes(array(whole, 16)),
        at_ns: i64::from_be_bytes(array(whole, 24)),
        payload: whole.get(HEADER..)?,
    })
}

/// Appends the record to `out`. The payload is cut at [`PAYLOAD_MAX`], which no caller reaches.
pub fn write(number: u64, record: &Record<'_>, out: &mut Vec<u8>) {
    let payload = record.payload.get(..PAYLOAD_MAX).unwrap_or(record.payload);
    let stream = if record.kind == Kind::Opened { number } else { record.stream };
    let begin = out.len();
    out.extend_from_slice(&MAGIC);
    out.extend_from_slice(&u32::try_from(payload.len()).unwrap_or(0).to_be_bytes());
    out.extend_from_slice(&number.to_be_bytes());
    out.extend_from_slice(&stream.to_be_bytes());
    out.extend_from_slice(&record.at_ns.to_be_bytes());
    out.extend_from_slice(&[record.kind as u8, 0, 0, 0]);
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(payload);
    let crc = checksum(&out[begin..]);
    out[begin + 36..begin + HEADER].copy_from_slice(&crc.to_be_bytes());
}
