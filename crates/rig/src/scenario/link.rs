//! `[link]` of a scenario, and the file of the radio on board that it names.
//!
//! Owns: their keys and units. Does not own: what a plausible radio is (`truth::radio` checks it), stations
//! (`truth::radio::STATIONS`). A scenario without `[link]` has no radio, and nothing of it is computed.
//! A radio has a file of its own beside the vehicles: vehicles stay what they are, whoever listens.

use super::error::ScenarioError;
use super::file::Tree;
use super::reader::{Read, Reader};
use truth::radio::{
    Antenna, Backup, Ladder, Link, Main, Mirror, OnBoard, Proximity, Receiver, Relay, STATIONS,
    Station, Transmitter,
};

const DEG: f64 = std::f64::consts::PI / 180.0;
/// Limit where the radio's own check decides.
const ANY: f64 = 1e9;
/// Most bit rates of a transmitter, antennas of a radio. Chosen.
const RATES_MAX: usize = 16;

/// The link, and every value of the radio's file; `None` where the scenario has no `[link]`.
pub(super) fn link(root: &Reader<'_>, file: &Tree) -> Read<Option<(Link, String)>> {
    let Some(t) = root.table_if_any("link")? else { return Ok(None) };
    let radio = t.file("radio")?;
    let on_board = on_board(&Reader::new(&radio))?;
    let rates = &on_board.main.transmitter.rates_bit_s;
    let start = t.number("bit_rate_bit_s", 0.0, ANY)?;
    let rate = rates.iter().position(|rate| (rate - start).abs() < 0.5);
    let ground = t.table("ground")?;
    let link = Link {
        stations: stations(&t)?,
        elevation_rad_min: t.number("elevation_deg_min", 0.0, 90.0)? * DEG,
        rate: rate.ok_or_else(|| ScenarioError::NoSuchRate {
            file: file.path().to_path_buf(),
            rate: start,
            known: rates.iter().map(f64::to_string).collect::<Vec<_>>().join(", "),
        })?,
        mirror: Mirror {
            permittivity: ground.number("permittivity", 1.0, 100.0)?,
            roughness_m: ground.number("roughness_mm", 0.0, 1e4)? * 1e-3,
        },
        relays: t.tables("relay")?.iter().map(relay).collect::<Read<_>>()?,
        on_board,
    };
    ground.finish()?;
    t.finish()?;
    link.check()
        .map_err(|reason| ScenarioError::Radio { file: file.path().to_path_buf(), reason })?;
    Ok(Some((link, radio.canonical())))
}

fn stations(t: &Reader<'_>) -> Read<Vec<&'static Station>> {
    let known = STATIONS.map(|station| station.key);
    let each = |(name, entry): (&str, _)| {
        Station::named(name).ok_or_else(|| t.unknown_choice(entry, "stations", name, &known))
    };
    t.texts("stations")?.into_iter().map(each).collect()
}

fn relay(t: &Reader<'_>) -> Read<Relay> {
    let relay = Relay {
        name: t.text("name")?.to_string(),
        semi_major_axis_m: t.number("semi_major_axis_km", 1e3, 1e5)? * 1e3,
        eccentricity: t.number("eccentricity", 0.0, 0.95)?,
        inclination_rad: t.number("inclination_deg", 0.0, 180.0)? * DEG,
        node_rad: t.number("node_deg", -360.0, 360.0)? * DEG,
        perilune_rad: t.number("perilune_deg", -360.0, 360.0)? * DEG,
        mean_anomaly_rad: t.number("mean_anomaly_deg", -360.0, 360.0)? * DEG,
        epoch: t.utc("epoch_utc")?,
        merit_dB_K: t.number("merit_db_k", -60.0, 60.0)?,
        power_W: t.number("power_W", 1e-3, 1e4)?,
        gain_dBi: t.number("gain_dbi", -20.0, 80.0)?,
        frequency_Hz: t.number("frequency_ghz", 0.1, 100.0)? * 1e9,
        rate_bit_s: t.number("bit_rate_bit_s", 1.0, ANY)?,
        elevation_rad_min: t.number("elevation_deg_min", -10.0, 90.0)? * DEG,
    };
    t.finish()?;
    Ok(relay)
}

fn on_board(root: &Reader<'_>) -> Read<OnBoard> {
    root.text("name")?;
    let plume = root.table("plume")?;
    let on_board = OnBoard {
        main: main(&root.table("main")?)?,
        backup: root.table_if_any("backup")?.as_ref().map(backup).transpose()?,
        proximity: root.table_if_any("proximity")?.as_ref().map(proximity).transpose()?,
        contact_m_s_max: root.number("contact_m_s_max", 0.0, 1e3)?,
        plume_rad: plume.number("half_angle_deg", 0.0, 90.0)? * DEG,
        plume_dB_max: plume.number("loss_db_max", 0.0, 60.0)?,
    };
    plume.finish()?;
    root.finish()?;
    Ok(on_board)
}

fn transmitter(t: &Reader<'_>) -> Read<Transmitter> {
    Ok(Transmitter {
        power_W: t.number("power_W", 0.0, 1e4)?,
        frequency_Hz: t.number("frequency_ghz", 0.1, 100.0)? * 1e9,
        line_loss_dB: t.number("line_loss_db", 0.0, 30.0)?,
        rates_bit_s: t.numbers_up_to(RATES_MAX, "bit_rates_bit_s", 0.0, ANY)?,
        supply_W: t.number("supply_W", 0.0, 1e4)?,
    })
}

fn antenna(t: &Reader<'_>) -> Read<Antenna> {
    let d: [f64; 3] = t.numbers("direction", -1.0, 1.0)?;
    let length = d.iter().map(|x| x * x).sum::<f64>().sqrt();
    let antenna = Antenna {
        p_BA_B: t.numbers("place_m", -100.0, 100.0)?,
        d_B: d.map(|x| x / length),
        peak_dBi: t.number("peak_dbi", -20.0, 60.0)?,
        exponent: t.number("exponent", 0.0, 100.0)?,
        back_dB: t.number("back_db", -60.0, 0.0)?,
    };
    t.finish()?;
    Ok(antenna)
}

fn main(t: &Reader<'_>) -> Read<Main> {
    let receiver = t.table("receiver")?;
    let antennas = t.tables("antenna")?.iter().map(antenna).collect::<Read<_>>()?;
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // limited by the reader
    let units = t.integer("transmitters", 1, 2)? as u8;
    let main = Main {
        transmitter: transmitter(t)?,
        units,
        antennas,
        receiver: Receiver {
            frequency_Hz: receiver.number("frequency_ghz", 0.1, 100.0)? * 1e9,
            noise_K: receiver.number("noise_K", 1.0, 1e5)?,
            supply_W: receiver.number("supply_W", 0.0, 1e4)?,
        },
        battery_Wh: t.number("battery_Wh", 0.0, 1e6)?,
        ladder: ladder(&t.table("ladder")?)?,
    };
    receiver.finish()?;
    t.finish()?;
    Ok(main)
}

/// A step whose time is not written is never taken.
fn ladder(t: &Reader<'_>) -> Read<Ladder> {
    let after = |key| t.number_if_any(key, 1.0, 1e6);
    let ladder = Ladder {
        rate_s: after("rate_after_s")?,
        antenna_s: after("antenna_after_s")?,
        transmitter_s: after("transmitter_after_s")?,
        carrier_s: after("carrier_after_s")?,
        reboot_s: after("reboot_after_s")?,
        listen_s: after("listen_after_s")?,
        reboot_takes_s: t.number("reboot_takes_s", 0.0, 1e4)?,
        beacon_every_s: t.number("beacon_every_s", 1.0, 1e6)?,
        beacon_s: t.number("beacon_s", 0.0, 1e6)?,
    };
    t.finish()?;
    Ok(ladder)
}

fn backup(t: &Reader<'_>) -> Read<Backup> {
    let backup = Backup {
        transmitter: transmitter(t)?,
        antenna: antenna(&t.table("antenna")?)?,
        battery_Wh: t.number("battery_Wh", 0.0, 1e6)?,
    };
    t.finish()?;
    Ok(backup)
}

fn proximity(t: &Reader<'_>) -> Read<Proximity> {
    let proximity =
        Proximity { transmitter: transmitter(t)?, antenna: antenna(&t.table("antenna")?)? };
    t.finish()?;
    Ok(proximity)
}
