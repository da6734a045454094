//! Packet definitions for ccsdspy [CcsdsPy201]: a CSV file a packet, one line a field.
//!
//! Owns: the columns. The primary header is not listed: the client knows it.
//! A packet that ends in octets of any number needs its `VariableLength`, the others `FixedLength`.

use super::model::{Encoding, Field, Packet, SECONDARY_HEADER, checksum};

/// The definition of one packet.
pub fn document(packet: &Packet) -> String {
    let mut out = String::from("name,data_type,bit_length\n");
    for field in SECONDARY_HEADER.iter().map(|field| (field.key.to_string(), field.bits)) {
        out += &format!("{},uint,{}\n", field.0, field.1);
    }
    for field in packet.fields.iter().chain([&checksum()]) {
        out += &line(field);
    }
    out
}

fn line(field: &Field) -> String {
    let (kind, bits) = match field.encoding {
        Encoding::Unsigned(bits) => ("uint", bits),
        Encoding::Float(bits) => ("float", bits),
        Encoding::Octets { .. } => ("uint(expand)", 8),
    };
    format!("{},{kind},{bits}\n", field.key)
}
