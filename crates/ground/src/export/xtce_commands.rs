//! The telecommands in XTCE, each with its headers.
//!
//! As written: what is the same in every packet of a command is a fixed value; ranges in `ValidRangeSet`; hazardous commands are `critical`.
//! Length, sequence count and checksum are the sender's to fill in: zero here, and no checksum.

use super::model::{Argument, Encoding, Order};
use super::xml::Xml;
use super::xtce::{enumeration, flat, float, units, unsigned};
use icd::link::packet::APID;
use icd::tc::SOURCE;

/// Writes the command part of the database.
pub fn write(xml: &mut Xml, orders: &[Order]) {
    xml.node("CommandMetaData", &[], |xml| {
        xml.node("ArgumentTypeSet", &[], |xml| {
            for order in orders {
                order.arguments.iter().for_each(|argument| type_of(xml, order, argument));
            }
        });
        xml.node("MetaCommandSet", &[], |xml| {
            orders.iter().for_each(|order| command(xml, order));
        });
    });
}

fn type_name(order: &Order, argument: &Argument) -> String {
    flat(&format!("{}.{}.type", order.name, argument.name))
}

fn type_of(xml: &mut Xml, order: &Order, argument: &Argument) {
    let name = type_name(order, argument);
    let (min, max) = (argument.range.0.to_string(), argument.range.1.to_string());
    let range = |xml: &mut Xml| {
        xml.node("ValidRangeSet", &[], |xml| {
            xml.leaf("ValidRange", &[("minInclusive", &min), ("maxInclusive", &max)]);
        });
    };
    match argument.encoding {
        Encoding::Unsigned(bits) if !argument.names.is_empty() => {
            xml.node("EnumeratedArgumentType", &[("name", &name)], |xml| {
                units(xml, argument.unit);
                unsigned(xml, bits);
                enumeration(xml, argument.names.iter().map(|(v, label)| (*v, label.as_str())));
            });
        }
        Encoding::Unsigned(bits) => {
            xml.node("IntegerArgumentType", &[("name", &name), ("signed", "false")], |xml| {
                units(xml, argument.unit);
                unsigned(xml, bits);
                range(xml);
            });
        }
        Encoding::Float(bits) => {
            let size = bits.to_string();
            xml.node("FloatArgumentType", &[("name", &name), ("sizeInBits", &size)], |xml| {
                units(xml, argument.unit);
                float(xml, bits);
                range(xml);
            });
        }
        Encoding::Octets { .. } => {}
    }
}

fn fixed(xml: &mut Xml, name: &str, octets: &[u8]) {
    let hex: String = octets.iter().map(|octet| format!("{octet:02X}")).collect();
    let bits = (8 * octets.len()).to_string();
    xml.leaf("FixedValueEntry", &[("name", name), ("binaryValue", &hex), ("sizeInBits", &bits)]);
}

fn command(xml: &mut Xml, order: &Order) {
    xml.node("MetaCommand", &[("name", order.name)], |xml| {
        xml.text("LongDescription", &[], order.text);
        if !order.arguments.is_empty() {
            xml.node("ArgumentList", &[], |xml| {
                for argument in &order.arguments {
                    let kind = type_name(order, argument);
                    xml.leaf("Argument", &[("name", &argument.name), ("argumentTypeRef", &kind)]);
                }
            });
        }
        xml.node("CommandContainer", &[("name", order.name)], |xml| {
            xml.node("EntryList", &[], |xml| {
                fixed(xml, "packet_identification", &(0x1800 | APID).to_be_bytes());
                fixed(xml, "packet_sequence", &0xC000u16.to_be_bytes());
                fixed(xml, "packet_data_length", &[0, 0]);
                let (service, subservice) = order.service;
                let [high, low] = SOURCE.to_be_bytes();
                // PUS-C, every report wanted.
                fixed(xml, "packet_secondary_header", &[0x2F, service, subservice, high, low]);
                if !order.prefix.is_empty() {
                    fixed(xml, "function", order.prefix);
                }
                for argument in &order.arguments {
                    xml.leaf("ArgumentRefEntry", &[("argumentRef", &argument.name)]);
                }
            });
        });
        if order.hazardous {
            let why = "Cannot be taken back; the lander asks for `arm` first";
            let attributes = &[("reasonForWarning", why), ("consequenceLevel", "critical")];
            xml.leaf("DefaultSignificance", attributes);
        }
    });
}
