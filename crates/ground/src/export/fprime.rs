//! The dictionary of F´ [FPrime441] as JSON, for its ground data system.
//!
//! As written: a housekeeping list is a telemetry packet of F´ with the same values in the same order, so
//! `python/frigoris_gds.py` hands over the octets as they are behind another head. Numbers that the head needs
//! follow from ours: packet = 256 × (process - 2A hex) + structure, event = code, other report = service and
//! subservice in the upper octets, opcode = service, subservice, length of the prefix, prefix.
//! Refuses: raw cycles, which are no channels; scheduling, whose argument is a telecommand; limits that hold in
//! some phases only, which F´ has no word for.

use super::model::{ALWAYS, Argument, Encoding, Field, Order, Packet, STRUCTURE};
use icd::events::{Event, Severity};
use serde_json::{Value, json};

/// The whole dictionary.
pub fn document(packets: &[Packet], orders: &[Order]) -> String {
    let lists: Vec<&Packet> = packets.iter().filter(|packet| is_list(packet)).collect();
    let mut channels = Vec::new();
    for field in lists.iter().flat_map(|packet| channels_of(packet)) {
        channels.push(channel(field, channels.len() + 1));
    }
    let mut events: Vec<Value> = Event::ALL.iter().copied().map(event).collect();
    events.extend(packets.iter().filter(|packet| is_report(packet)).map(report));
    let members: Vec<Value> = lists.iter().map(|packet| packet_of_channels(packet)).collect();
    let document = json!({
        "metadata": {
            "deploymentName": "Frigoris",
            "frameworkVersion": "4.0.0",
            "projectVersion": env!("CARGO_PKG_VERSION"),
            "libraryVersions": [],
            "dictionarySpecVersion": "1.0.0",
        },
        "typeDefinitions": types(&lists, orders),
        "constants": [],
        "parameters": [],
        "records": [],
        "containers": [],
        "commands": orders.iter().map(command).collect::<Vec<_>>(),
        "events": events,
        "telemetryChannels": channels,
        "telemetryPacketSets": [{ "name": "Frigoris", "members": members, "omitted": [] }],
    });
    format!("{document:#}\n")
}

/// The name with the deployment before it: F´ asks for a component.
fn full(key: &str) -> String {
    format!("Frigoris.{key}")
}

/// Housekeeping: a packet of channels.
fn is_list(packet: &Packet) -> bool {
    packet.structure.is_some() && packet.fields.iter().all(|field| !is_octets(field))
}

/// A report of fixed length that is neither housekeeping nor an event.
fn is_report(packet: &Packet) -> bool {
    packet.structure.is_none()
        && packet.service != 5
        && packet.fields.iter().all(|field| !is_octets(field))
}

fn is_octets(field: &Field) -> bool {
    matches!(field.encoding, Encoding::Octets { .. })
}

fn channels_of(packet: &Packet) -> impl Iterator<Item = &Field> {
    packet.fields.iter().filter(|field| field.key != STRUCTURE)
}

fn packet_of_channels(packet: &Packet) -> Value {
    let members: Vec<String> = channels_of(packet).map(|field| full(&field.key)).collect();
    let id = packet.structure.unwrap_or(0);
    json!({ "name": packet.name, "id": id, "group": 0, "members": members })
}

fn number(encoding: Encoding) -> Value {
    match encoding {
        Encoding::Float(bits) => {
            json!({ "name": format!("F{bits}"), "kind": "float", "size": bits })
        }
        Encoding::Unsigned(bits) => {
            json!({ "name": format!("U{bits}"), "kind": "integer", "size": bits, "signed": false })
        }
        Encoding::Octets { .. } => Value::Null,
    }
}

/// An enumeration's own name, or a number.
fn kind(key: &str, encoding: Encoding, names: &[(u32, String)]) -> Value {
    if names.is_empty() {
        return number(encoding);
    }
    json!({ "name": enumeration_name(key), "kind": "qualifiedIdentifier" })
}

fn enumeration_name(key: &str) -> String {
    full(&format!("{key}.Values"))
}

fn enumeration(key: &str, encoding: Encoding, names: &[(u32, String)]) -> Value {
    let constants: Vec<Value> = names
        .iter()
        .map(|(value, label)| json!({ "name": identifier(label), "value": value, "annotation": label }))
        .collect();
    let default =
        names.first().map(|(_, label)| format!("{}.{}", enumeration_name(key), identifier(label)));
    json!({
        "kind": "enum",
        "qualifiedName": enumeration_name(key),
        "representationType": number(encoding),
        "enumeratedConstants": constants,
        "default": default,
    })
}

/// A name that F´ takes for a constant.
fn identifier(label: &str) -> String {
    let letter = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    label.chars().map(letter).collect()
}

fn types(lists: &[&Packet], orders: &[Order]) -> Vec<Value> {
    let of_channels =
        lists.iter().flat_map(|packet| channels_of(packet)).filter(|f| !f.names.is_empty());
    let of_channels = of_channels.map(|f| enumeration(&f.key, f.encoding, &f.names));
    let of_orders = orders.iter().flat_map(|order| {
        order.arguments.iter().filter(|a| !a.names.is_empty()).map(|argument| {
            let key = format!("{}.{}", order.name, argument.name);
            enumeration(&key, argument.encoding, &argument.names)
        })
    });
    of_channels.chain(of_orders).collect()
}

fn channel(field: &Field, id: usize) -> Value {
    let mut text = field.text.clone();
    if !field.unit.is_empty() {
        text += &format!(", {}", field.unit);
    }
    let bits: Vec<String> = field.bits.iter().map(|(n, bit)| format!("{n} {bit}")).collect();
    if !bits.is_empty() {
        text += &format!("; bits: {}", bits.join(", "));
    }
    let mut channel = json!({
        "name": full(&field.key),
        "id": id,
        "type": kind(&field.key, field.encoding, &field.names),
        "telemetryUpdate": "always",
        "annotation": text,
    });
    if let Some(limit) = field.limits.iter().find(|limit| limit.phases == ALWAYS) {
        channel["limits"] = json!({
            "low": side(limit.yellow_low, limit.red_low),
            "high": side(limit.yellow_high, limit.red_high),
        });
    }
    channel
}

fn side(yellow: Option<f64>, red: Option<f64>) -> Value {
    let mut out = serde_json::Map::new();
    out.extend(yellow.map(|value| ("yellow".to_string(), json!(value))));
    out.extend(red.map(|value| ("red".to_string(), json!(value))));
    Value::Object(out)
}

fn event(event: Event) -> Value {
    let severity = match event.severity() {
        Severity::Info => "ACTIVITY_HI",
        Severity::Low | Severity::Medium => "WARNING_LO",
        Severity::High => "WARNING_HI",
    };
    json!({
        "name": full(&format!("event.{}", event.name())),
        "id": event.code(),
        "severity": severity,
        "format": event.text(),
        "formalParams": [],
        "annotation": event.text(),
    })
}

/// A report of another service as an event whose arguments are its fields.
fn report(packet: &Packet) -> Value {
    let arguments: Vec<Value> = packet
        .fields
        .iter()
        .map(|f| json!({ "name": f.key, "type": number(f.encoding), "annotation": f.text, "ref": false }))
        .collect();
    let format: Vec<String> = packet.fields.iter().map(|f| format!("{} {{}}", f.key)).collect();
    let id = u32::from(packet.service) << 24 | u32::from(packet.subservice.unwrap_or(0)) << 16;
    json!({
        "name": full(&format!("report.{}", packet.name)),
        "id": id,
        "severity": "ACTIVITY_LO",
        "format": format!("{} {}", packet.text, format.join(", ")),
        "formalParams": arguments,
        "annotation": packet.text,
    })
}

fn command(order: &Order) -> Value {
    let arguments: Vec<Value> = order
        .arguments
        .iter()
        .map(|argument| {
            let key = format!("{}.{}", order.name, argument.name);
            json!({
                "name": argument.name,
                "type": kind(&key, argument.encoding, &argument.names),
                "annotation": range(argument),
                "ref": false,
            })
        })
        .collect();
    let hazardous = if order.hazardous { "; hazardous, needs to be armed" } else { "" };
    json!({
        "name": full(&format!("command.{}", order.name)),
        "commandKind": "async",
        "opcode": opcode(order),
        "annotation": format!("{}{hazardous}", order.text),
        "formalParams": arguments,
    })
}

/// Unit and range in words: F´ has no place for them.
fn range(argument: &Argument) -> String {
    let (min, max) = argument.range;
    if argument.names.is_empty() {
        format!("{min} to {max} {}", argument.unit)
    } else {
        String::new()
    }
}

/// Service, subservice, length of the prefix, prefix.
fn opcode(order: &Order) -> u32 {
    let (service, subservice) = order.service;
    let length = u8::try_from(order.prefix.len()).unwrap_or(u8::MAX);
    let prefix = order.prefix.first().copied().unwrap_or(0);
    u32::from_be_bytes([service, subservice, length, prefix])
}
