//! XTCE 1.2 [XTCE]: the packets and telecommands as a database that other ground systems read.
//!
//! As written: flat names (a key's dots become underscores, the key itself is an alias), big-endian, fixed
//! order, one container a packet under three abstract ones (space packet, PUS telemetry, housekeeping);
//! bits of a word as parameters of one bit; limits in `DefaultAlarm`, and in `ContextAlarmList` where they
//! hold in some phases only. Conditional and repeated entries are avoided, because clients ignore them.
//! Refuses: what lies inside raw cycles, whose layout depends on their flags; they are octets here.

use super::model::{
    ALWAYS, Encoding, Field, HeaderField, Order, PRIMARY_HEADER, Packet, SECONDARY_HEADER,
    STRUCTURE, checksum,
};
use super::xml::Xml;
use super::xtce_commands;
use icd::limits::Limit;
use icd::link::packet::TIME_OCTETS;
use std::collections::BTreeSet;

/// Octets of a packet that are neither counted by its length field nor source data: what an octet string
/// is shorter than the length field says, with the field's own "less one".
const AROUND: i64 = 7 + TIME_OCTETS as i64 + 2 - 1;

/// The whole database.
pub fn document(packets: &[Packet], orders: &[Order]) -> String {
    let mut xml = Xml::new();
    let attributes: &[(&str, &str)] = &[
        ("name", "Frigoris"),
        ("xmlns", "http://www.omg.org/spec/XTCE/20180204"),
        ("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance"),
        (
            "xsi:schemaLocation",
            "http://www.omg.org/spec/XTCE/20180204 \
             https://www.omg.org/spec/XTCE/20180204/SpaceSystem.xsd",
        ),
    ];
    xml.node("SpaceSystem", attributes, |xml| {
        let version = env!("CARGO_PKG_VERSION");
        xml.leaf("Header", &[("version", version), ("validationStatus", "Working")]);
        xml.node("TelemetryMetaData", &[], |xml| {
            xml.node("ParameterTypeSet", &[], |xml| types(xml, packets));
            xml.node("ParameterSet", &[], |xml| parameters(xml, packets));
            xml.node("ContainerSet", &[], |xml| containers(xml, packets));
        });
        xtce_commands::write(xml, orders);
    });
    xml.finish()
}

/// A name XTCE allows.
pub fn flat(key: &str) -> String {
    key.replace(['.', ' ', '-', '/', ':'], "_")
}

fn type_of(key: &str) -> String {
    format!("{}_type", flat(key))
}

/// Every field once, without those that many packets share.
fn fields(packets: &[Packet]) -> impl Iterator<Item = &Field> {
    let mut seen = BTreeSet::from([STRUCTURE]);
    packets.iter().flat_map(|packet| &packet.fields).filter(move |field| seen.insert(&field.key))
}

fn own_fields() -> Vec<Field> {
    vec![super::model::structure(), checksum()]
}

fn types(xml: &mut Xml, packets: &[Packet]) {
    for HeaderField { key, bits, .. } in PRIMARY_HEADER.iter().chain(SECONDARY_HEADER) {
        if *key == "packet.time" {
            time_type(xml);
        } else {
            integer(xml, &type_of(key), "", *bits, |_| ());
        }
    }
    for field in &own_fields() {
        type_of_field(xml, field);
    }
    for field in fields(packets) {
        type_of_field(xml, field);
    }
}

fn time_type(xml: &mut Xml) {
    xml.node("AbsoluteTimeParameterType", &[("name", "packet_time_type")], |xml| {
        // 2⁻¹⁶ s.
        xml.node("Encoding", &[("units", "seconds"), ("scale", "1.52587890625E-5")], |xml| {
            let bits = (8 * TIME_OCTETS).to_string();
            xml.leaf("IntegerDataEncoding", &[("sizeInBits", &bits), ("encoding", "unsigned")]);
        });
        xml.node("ReferenceTime", &[], |xml| xml.text("Epoch", &[], "TAI"));
    });
}

fn integer(xml: &mut Xml, name: &str, unit: &str, bits: u32, alarms: impl FnOnce(&mut Xml)) {
    xml.node("IntegerParameterType", &[("name", name), ("signed", "false")], |xml| {
        units(xml, unit);
        unsigned(xml, bits);
        alarms(xml);
    });
}

/// The encoding of an unsigned integer.
pub fn unsigned(xml: &mut Xml, bits: u32) {
    let bits = bits.to_string();
    xml.leaf("IntegerDataEncoding", &[("sizeInBits", &bits), ("encoding", "unsigned")]);
}

/// The encoding of a floating-point number.
pub fn float(xml: &mut Xml, bits: u32) {
    let bits = bits.to_string();
    xml.leaf("FloatDataEncoding", &[("sizeInBits", &bits), ("encoding", "IEEE754_1985")]);
}

/// The set of units: one, or none.
pub fn units(xml: &mut Xml, unit: &str) {
    if unit.is_empty() {
        xml.leaf("UnitSet", &[]);
    } else {
        xml.node("UnitSet", &[], |xml| xml.text("Unit", &[], unit));
    }
}

/// The list of an enumeration's values.
pub fn enumeration<'a>(xml: &mut Xml, names: impl Iterator<Item = (u32, &'a str)>) {
    xml.node("EnumerationList", &[], |xml| {
        for (value, label) in names {
            let value = value.to_string();
            xml.leaf("Enumeration", &[("value", &value), ("label", label)]);
        }
    });
}

fn type_of_field(xml: &mut Xml, field: &Field) {
    let name = type_of(&field.key);
    for (key, bits, _) in field.parts() {
        if bits == 1 {
            bit_type(xml, &type_of(&key));
        } else {
            integer(xml, &type_of(&key), "", bits, |_| ());
        }
    }
    match field.encoding {
        Encoding::Unsigned(_) if !field.bits.is_empty() => {}
        Encoding::Unsigned(bits) if !field.names.is_empty() => {
            xml.node("EnumeratedParameterType", &[("name", &name)], |xml| {
                units(xml, field.unit);
                unsigned(xml, bits);
                enumeration(xml, field.names.iter().map(|(value, label)| (*value, label.as_str())));
            });
        }
        Encoding::Unsigned(bits) => {
            integer(xml, &name, field.unit, bits, |xml| alarms(xml, field));
        }
        Encoding::Float(bits) => {
            let size = bits.to_string();
            xml.node("FloatParameterType", &[("name", &name), ("sizeInBits", &size)], |xml| {
                units(xml, field.unit);
                float(xml, bits);
                alarms(xml, field);
            });
        }
        Encoding::Octets { before } => octets(xml, &name, before),
    }
}

fn bit_type(xml: &mut Xml, name: &str) {
    let attributes = &[("name", name), ("zeroStringValue", "no"), ("oneStringValue", "yes")];
    xml.node("BooleanParameterType", attributes, |xml| {
        units(xml, "");
        unsigned(xml, 1);
    });
}

/// A string of octets that ends where the checksum begins; `before` octets of source data precede it.
fn octets(xml: &mut Xml, name: &str, before: u32) {
    xml.node("BinaryParameterType", &[("name", name)], |xml| {
        units(xml, "");
        xml.node("BinaryDataEncoding", &[], |xml| {
            xml.node("SizeInBits", &[], |xml| {
                xml.node("DynamicValue", &[], |xml| {
                    let length = flat("packet.data_length");
                    let raw = &[("parameterRef", length.as_str()), ("useCalibratedValue", "false")];
                    xml.leaf("ParameterInstanceRef", raw);
                    let intercept = (-8 * (AROUND + i64::from(before))).to_string();
                    xml.leaf("LinearAdjustment", &[("slope", "8"), ("intercept", &intercept)]);
                });
            });
        });
    });
}

/// A limit for all phases by default, the others by context.
fn alarms(xml: &mut Xml, field: &Field) {
    let (always, sometimes): (Vec<&Limit>, Vec<&Limit>) =
        field.limits.iter().copied().partition(|limit| limit.phases == ALWAYS);
    if let Some(limit) = always.first() {
        xml.node("DefaultAlarm", &[], |xml| ranges(xml, limit));
    }
    if sometimes.is_empty() {
        return;
    }
    xml.node("ContextAlarmList", &[], |xml| {
        for limit in sometimes {
            xml.node("ContextAlarm", &[], |xml| {
                ranges(xml, limit);
                xml.node("ContextMatch", &[], |xml| phases(xml, limit));
            });
        }
    });
}

/// What lies outside is yellow or red.
fn ranges(xml: &mut Xml, limit: &Limit) {
    let (yellow, red) = ((limit.yellow_low, limit.yellow_high), (limit.red_low, limit.red_high));
    xml.node("StaticAlarmRanges", &[], |xml| {
        for (name, (low, high)) in [("WarningRange", yellow), ("CriticalRange", red)] {
            let (low, high) = (low.map(|v| v.to_string()), high.map(|v| v.to_string()));
            let sides = [("minInclusive", low.as_deref()), ("maxInclusive", high.as_deref())];
            let sides: Vec<_> = sides.iter().filter_map(|(k, v)| v.map(|v| (*k, v))).collect();
            xml.leaf(name, &sides);
        }
    });
}

fn phases(xml: &mut Xml, limit: &Limit) {
    let key = if limit.key.starts_with("beacon.") { "beacon.phase" } else { "phase" };
    let (first, last) = limit.phases;
    xml.node("ComparisonList", &[], |xml| {
        for (operator, phase) in [(">=", first), ("<=", last)] {
            let (name, value) = (flat(key), (phase as u8).to_string());
            let attributes = &[
                ("parameterRef", name.as_str()),
                ("comparisonOperator", operator),
                ("value", &value),
                ("useCalibratedValue", "false"),
            ];
            xml.leaf("Comparison", attributes);
        }
    });
}

fn parameters(xml: &mut Xml, packets: &[Packet]) {
    for HeaderField { key, text, .. } in PRIMARY_HEADER.iter().chain(SECONDARY_HEADER) {
        parameter(xml, key, text);
    }
    for field in own_fields().iter().chain(fields(packets)) {
        if field.bits.is_empty() {
            parameter(xml, &field.key, &field.text);
        }
        for (key, _, text) in field.parts() {
            parameter(xml, &key, &text);
        }
    }
}

fn parameter(xml: &mut Xml, key: &str, text: &str) {
    let (name, kind) = (flat(key), type_of(key));
    xml.node("Parameter", &[("name", &name), ("parameterTypeRef", &kind)], |xml| {
        xml.text("LongDescription", &[], text);
        xml.node("AliasSet", &[], |xml| {
            xml.leaf("Alias", &[("nameSpace", "Frigoris"), ("alias", key)]);
        });
    });
}

/// A container's condition: this parameter has this raw value.
type Condition<'a> = (&'a str, String);

fn containers(xml: &mut Xml, packets: &[Packet]) {
    let keys = |header: &[HeaderField]| header.iter().map(|f| f.key.to_string()).collect();
    // Clients look for the root by this name.
    container(xml, "CCSDSPacket", true, keys(PRIMARY_HEADER), None);
    let telemetry =
        [("packet.type", "0".to_string()), ("packet.secondary_header", "1".to_string())];
    let base = Some(("CCSDSPacket", &telemetry[..]));
    container(xml, "PusTelemetry", true, keys(SECONDARY_HEADER), base);
    let mut reports: Vec<(u8, Option<u8>)> = packets
        .iter()
        .filter(|packet| packet.structure.is_some())
        .map(|packet| (packet.service, packet.subservice))
        .collect();
    reports.dedup();
    for (service, subservice) in reports {
        let conditions = service_is(service, subservice);
        let base = Some(("PusTelemetry", &conditions[..]));
        let name = structured(service, subservice);
        container(xml, &name, true, vec![STRUCTURE.to_string()], base);
    }
    for packet in packets {
        one_packet(xml, packet);
    }
}

/// The abstract container of all reports of one service that begin with a structure identifier.
fn structured(service: u8, subservice: Option<u8>) -> String {
    format!("Structure_{service}_{}", subservice.unwrap_or(0))
}

fn service_is(service: u8, subservice: Option<u8>) -> Vec<Condition<'static>> {
    let mut out = vec![("packet.service", service.to_string())];
    out.extend(subservice.map(|subservice| ("packet.subservice", subservice.to_string())));
    out
}

fn one_packet(xml: &mut Xml, packet: &Packet) {
    let mut entries = Vec::new();
    for field in packet.fields.iter().filter(|field| field.key != STRUCTURE) {
        if field.bits.is_empty() {
            entries.push(field.key.clone());
        }
        entries.extend(field.parts().into_iter().map(|(key, ..)| key));
    }
    entries.push(checksum().key);
    let mut conditions = vec![("packet.apid", packet.apid.to_string())];
    let base = match packet.structure {
        Some(structure) => {
            conditions.push((STRUCTURE, structure.to_string()));
            structured(packet.service, packet.subservice)
        }
        None => {
            conditions.extend(service_is(packet.service, packet.subservice));
            "PusTelemetry".to_string()
        }
    };
    container(xml, &packet.name, false, entries, Some((&base, &conditions)));
}

fn container(
    xml: &mut Xml,
    name: &str,
    is_abstract: bool,
    keys: Vec<String>,
    base: Option<(&str, &[Condition])>,
) {
    let is_abstract = if is_abstract { "true" } else { "false" };
    xml.node("SequenceContainer", &[("name", name), ("abstract", is_abstract)], |xml| {
        xml.node("EntryList", &[], |xml| {
            for key in &keys {
                xml.leaf("ParameterRefEntry", &[("parameterRef", &flat(key))]);
            }
        });
        let Some((base, conditions)) = base else { return };
        xml.node("BaseContainer", &[("containerRef", base)], |xml| {
            xml.node("RestrictionCriteria", &[], |xml| {
                xml.node("ComparisonList", &[], |xml| {
                    for (key, value) in conditions {
                        let attributes = &[
                            ("parameterRef", flat(key)),
                            ("value", value.clone()),
                            ("useCalibratedValue", "false".to_string()),
                        ];
                        let attributes = attributes.each_ref().map(|(k, v)| (*k, v.as_str()));
                        xml.leaf("Comparison", &attributes);
                    }
                });
            });
        });
    });
}
