use super::model::{Encoding, PRIMARY_HEADER, SECONDARY_HEADER, commands, telemetry};
use super::xtce::flat;
use super::*;
use icd::link::packet::{PACKET_MAX, decode, housekeeping};
use icd::tc::{self, Command, Header};
use icd::tm::{self, Snapshot};
use std::collections::BTreeSet;

#[test]
fn every_list_is_as_long_in_the_dictionary_as_on_the_wire() {
    let packets = telemetry();
    for list in tm::LISTS {
        let mut out = [0; PACKET_MAX];
        let octets = housekeeping(list, &Snapshot::default(), 0, &mut out);
        assert!(decode(&out[..octets]).is_ok());
        let packet = packets.iter().find(|p| p.structure == Some(list.id)).unwrap();
        let headers = PRIMARY_HEADER.iter().chain(SECONDARY_HEADER).map(|f| f.bits).sum::<u32>();
        let fields: u32 = packet
            .fields
            .iter()
            .map(|field| match field.encoding {
                Encoding::Unsigned(bits) | Encoding::Float(bits) => bits,
                Encoding::Octets { .. } => 0,
            })
            .sum();
        assert_eq!((headers + fields + 16) as usize, 8 * octets, "{}", packet.name);
    }
}

#[test]
fn flat_names_stay_unique_and_bits_fill_their_word() {
    let packets = telemetry();
    let mut names = BTreeSet::new();
    for field in packets.iter().filter(|p| p.structure.is_some()).flat_map(|p| &p.fields) {
        assert!(field.key == "packet.structure" || names.insert(flat(&field.key)), "{}", field.key);
        let parts = field.parts();
        if let (Encoding::Unsigned(bits), false) = (field.encoding, parts.is_empty()) {
            assert_eq!(parts.iter().map(|(_, bits, _)| bits).sum::<u32>(), bits, "{}", field.key);
        }
        for (key, ..) in parts {
            assert!(names.insert(flat(&key)), "{key}");
        }
    }
}

#[test]
fn an_order_as_the_dictionary_describes_it_is_what_the_lander_reads() {
    for order in commands() {
        let mut data: Vec<u8> = order.prefix.to_vec();
        for argument in &order.arguments {
            let value = argument.names.first().map_or(argument.range.1, |(v, _)| f64::from(*v));
            match argument.encoding {
                Encoding::Unsigned(_) => data.push(value as u8),
                Encoding::Float(32) => data.extend((value as f32).to_be_bytes()),
                _ => data.extend(value.to_be_bytes()),
            }
        }
        let mut packet = Header::new(5).request().to_vec();
        packet.extend(u16::try_from(data.len() + 6).unwrap().to_be_bytes());
        packet.extend([0x2F, order.service.0, order.service.1, 0, 1]);
        packet.extend(data);
        packet.extend(icd::link::checksum::crc16(&packet).to_be_bytes());
        match tc::decode(&packet) {
            Ok((header, read)) => {
                assert_eq!(header, Header::new(5));
                assert_eq!(read.parts().0, Command::named(order.name).unwrap());
            }
            // A value that fits every parameter is none of the table's: only its range may be refused.
            Err((_, why)) => assert_eq!((order.name, why.argument()), ("load_parameter", Some(1))),
        }
    }
}

#[test]
fn a_folder_holds_every_format_and_says_that_yamcs_is_untested() {
    let folder = std::env::temp_dir().join(format!("frigoris-dictionary-{}", std::process::id()));
    let files = write(&folder).unwrap();
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    assert!(files.iter().all(|file| file.is_file()));
    let xtce = read("frigoris.xtce.xml");
    assert!(xtce.contains("<Alias nameSpace=\"Frigoris\" alias=\"nav.p_LB_L.0\"/>"));
    assert_eq!(xtce, read("yamcs/mdb/frigoris.xml"));
    let fprime: serde_json::Value = serde_json::from_str(&read("frigoris.fprime.json")).unwrap();
    let channels = fprime["telemetryChannels"].as_array().unwrap();
    assert_eq!(channels.len(), tm::layouts().flat_map(tm::Layout::lines).count());
    assert!(read("ccsdspy/nav.csv").contains("\nnav.altitude_m,float,32\n"));
    assert!(read("yamcs/README.md").contains("Untested"));
    std::fs::remove_dir_all(&folder).unwrap();
    let taken = folder.with_extension("file");
    std::fs::write(&taken, "").unwrap();
    assert!(matches!(write(&taken), Err(ExportError::Write { .. })));
    std::fs::remove_file(taken).unwrap();
}

#[test]
fn our_decoder_reads_every_sample_to_its_end() {
    let packets = telemetry();
    let octets = samples::octets(&packets);
    let (mut at, mut kinds) = (0, BTreeSet::new());
    while at < octets.len() {
        let (packet, length) = decode(&octets[at..]).unwrap_or_else(|why| {
            panic!("{why:?} at {at}: {:02x?}", &octets[at..(at + 40).min(octets.len())])
        });
        if let icd::link::packet::Packet::Housekeeping { list, data, .. } = packet {
            assert_eq!(data.len(), tm::Layout::find(list).unwrap().octets());
            kinds.insert((3, 25, list));
        } else {
            kinds.insert((octets[at + 7], octets[at + 8] * u8::from(octets[at + 7] != 5), 0));
        }
        at += length;
    }
    assert_eq!(kinds.len() + 1, packets.len(), "all but raw cycles");
}
