//! No octets from the radio make the command receiver panic, and none make it give out a packet that nobody sealed.
//!
//! FRIGORIS_FUZZ_INPUTS=10000000 cargo test --release -p frigoris-flight --test fuzz_uplink -- --nocapture

#[path = "../../ground/tests/fuzz/mutate.rs"]
mod mutate;

use flight::uplink::Receiver;
use icd::bus::UPLINK_MAX;
use icd::link::cltu;
use icd::link::command_frame::{Content, Directive, TC_FRAME_MAX, directive, seal};
use icd::link::security::{KEY_OCTETS, Key};
use icd::tc::{self, Header, Order};
use mutate::fuzz;

const KEY: Key = Key([7; KEY_OCTETS]);

fn unit(frame: &[u8]) -> Vec<u8> {
    let mut out = [0; cltu::CLTU_MAX];
    let octets = cltu::encode(frame, &mut out);
    out[..octets].to_vec()
}

#[test]
fn no_octets_break_the_receiver_and_only_sealed_packets_pass() {
    let (mut good, mut sealed) = (Vec::new(), Vec::new());
    for (n, order) in
        (1..).zip([Order::Ping, Order::Go, Order::Divert { east_m: 90.0, north_m: 4.0 }])
    {
        let mut packet = [0; UPLINK_MAX];
        let octets = tc::encode(&order, Header::new(n), &mut packet);
        for content in [Content::Sequenced, Content::Bypass] {
            let mut frame = [0; TC_FRAME_MAX];
            let length =
                seal(&KEY, u32::from(n), content, 0, &packet[..octets], &mut frame).unwrap();
            good.push(unit(&frame[..length]));
        }
        sealed.push(packet[..octets].to_vec());
    }
    for what in [Directive::Unlock, Directive::SetExpected(0)] {
        let mut frame = [0; TC_FRAME_MAX];
        let octets = directive(what, &mut frame);
        good.push(unit(&frame[..octets]));
    }
    // One receiver hears everything, one each input alone.
    let mut old = Receiver::new(KEY, 0);
    // The parity of every block but the tail: else the code corrects or refuses what was changed.
    let repair = |octets: &mut [u8]| {
        for block in octets.get_mut(2..).unwrap_or_default().chunks_exact_mut(8) {
            if let Some((information, parity)) = block.split_first_chunk_mut::<7>()
                && parity != [0x79]
            {
                parity.fill(cltu::parity(information));
            }
        }
    };
    fuzz("command receiver", &good, repair, |octets| {
        let heard = Receiver::new(KEY, 0).take(octets);
        for uplink in [old.take(octets), heard].into_iter().flatten().flatten() {
            assert!(sealed.iter().any(|packet| packet == uplink.packet()), "forged");
        }
        heard.is_ok()
    });
}
