//! What is kept of one run: columns at the pulse frame rate, events, telemetry packets, a hash.
//!
//! Owns: [`Record`], [`Recorder`], the list of `truth.*` columns, which packet is sent when.
//! Does not own: the telemetry dictionary (`icd::tm`): its columns stand under its own keys.
//! The hash is SHA-256 over the header, every column's key and bits, and the packets. Column files are
//! written as Parquet; a machine that reads only the packets sees what the ground would have seen.

use crate::closed_loop::Frame;
use crate::load::digest;
use crate::parquet_file;
use crate::scenario::hex;
use crate::stand::Stand;
use flight::load::{Load, NavStart, image};
use icd::bus::{PULSE_FRAME, ShotQuality};
use icd::events::Event;
use icd::link::packet::{self, PACKET_MAX};
use icd::link::raw::Packer;
use icd::tc::Report;
use icd::time::{Span, Time};
use icd::tm::{self, Phase};
use sha2::{Digest, Sha256};
use std::path::Path;
use truth::actuators::Thrust;
use truth::world::TruthView;

/// How much of a run is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recording {
    /// Columns, packets and events.
    Full,
    /// Only what the verdict needs; costs nothing.
    Off,
}

/// One recorded quantity.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Key: the one name from the field to the plot label.
    pub key: String,
    /// Unit, as NOTATION.md spells it; empty for counts and codes.
    pub unit: &'static str,
    /// One value a pulse frame; NaN where there was none.
    pub values: Vec<f64>,
}

/// What heads a record.
#[derive(Clone, Debug, PartialEq)]
pub struct Header {
    /// The scenario's short name.
    pub name: String,
    /// The scenario's title.
    pub title: String,
    /// The requirement it tests.
    pub purpose: String,
    /// The checked scenario, one value a line.
    pub scenario: String,
    /// Campaign seed.
    pub seed: u64,
    /// Run number.
    pub run: u64,
    /// Time of `t_s` = 0.
    pub start: Time,
    /// Planned touchdown.
    pub planned_touchdown: Time,
    /// Digest of the load and of the state that navigation started with: [`crate::load::digest`].
    pub load: String,
}

/// The record of one run.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// What was flown.
    pub header: Header,
    /// `t_s` first, then `truth.*`, then `bus.*`, then the telemetry dictionary.
    pub columns: Vec<Column>,
    /// Events with their time since the start, s.
    pub events: Vec<(f64, Event)>,
    /// CCSDS space packets as the lander sends them.
    pub packets: Vec<u8>,
    /// What the ground had uploaded: the image of load and first navigation state, see [`flight::load::image`].
    pub uploaded: Vec<u8>,
}

impl Record {
    /// The values of a column.
    pub fn column(&self, key: &str) -> Option<&[f64]> {
        self.columns.iter().find(|column| column.key == key).map(|column| &column.values[..])
    }

    /// SHA-256, hexadecimal: equal records have equal hashes.
    pub fn hash(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(self.header.scenario.as_bytes());
        hash.update(self.header.seed.to_be_bytes());
        hash.update(self.header.run.to_be_bytes());
        for column in &self.columns {
            hash.update(column.key.as_bytes());
            for value in &column.values {
                hash.update(value.to_bits().to_be_bytes());
            }
        }
        hash.update(&self.packets);
        hex(&hash.finalize())
    }

    /// Writes `record.parquet`, `telemetry.tm` and `uploaded.load` into a folder, which is made if need be.
    ///
    /// # Errors
    /// What the file system or the Parquet writer refuses.
    pub fn write(&self, folder: &Path) -> Result<(), WriteError> {
        std::fs::create_dir_all(folder)
            .map_err(|reason| WriteError::Folder { folder: folder.to_path_buf(), reason })?;
        let facts = [
            ("frigoris.title", self.header.title.clone()),
            ("frigoris.purpose", self.header.purpose.clone()),
            ("frigoris.seed", self.header.seed.to_string()),
            ("frigoris.run", self.header.run.to_string()),
            ("frigoris.start_utc", self.header.start.to_string()),
            ("frigoris.name", self.header.name.clone()),
            ("frigoris.load", self.header.load.clone()),
            ("frigoris.hash", self.hash()),
            ("frigoris.scenario", self.header.scenario.clone()),
        ];
        let columns: Vec<parquet_file::Column<'_>> =
            self.columns.iter().map(|c| (&c.key[..], c.unit, &c.values[..])).collect();
        parquet_file::write(&folder.join("record.parquet"), &columns, &facts)?;
        for (name, octets) in [("telemetry.tm", &self.packets), ("uploaded.load", &self.uploaded)] {
            let file = folder.join(name);
            std::fs::write(&file, octets).map_err(|reason| WriteError::File { file, reason })?;
        }
        Ok(())
    }
}

/// Why a record or a campaign could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The folder cannot be made or listed.
    #[error("{folder}: the folder cannot be used")]
    Folder {
        /// The folder.
        folder: std::path::PathBuf,
        /// What the operating system said.
        #[source]
        reason: std::io::Error,
    },
    /// The file cannot be written or read.
    #[error("{file}: cannot be written or read")]
    File {
        /// The file.
        file: std::path::PathBuf,
        /// What the operating system said.
        #[source]
        reason: std::io::Error,
    },
    /// The Parquet format refuses.
    #[error("{file}: not a Parquet file of ours")]
    Parquet {
        /// The file.
        file: std::path::PathBuf,
        /// What the format's library said.
        #[source]
        reason: parquet::errors::ParquetError,
    },
}

/// One column of ours: key, unit, how to read it from a frame.
type Own = (&'static str, &'static str, fn(&Frame<'_>) -> f64);

/// The columns that no telemetry holds.
const OWN: &[Own] = &[
    ("t_s", "s", |f| f.t_s),
    ("truth.p_LB_L.0", "m", |f| f.view.p_LB_L.x()),
    ("truth.p_LB_L.1", "m", |f| f.view.p_LB_L.y()),
    ("truth.p_LB_L.2", "m", |f| f.view.p_LB_L.z()),
    ("truth.v_LB_L.0", "m/s", |f| f.view.v_LB_L.x()),
    ("truth.v_LB_L.1", "m/s", |f| f.view.v_LB_L.y()),
    ("truth.v_LB_L.2", "m/s", |f| f.view.v_LB_L.z()),
    ("truth.q_IB.0", "", |f| f.view.q_IB.si()[0]),
    ("truth.q_IB.1", "", |f| f.view.q_IB.si()[1]),
    ("truth.q_IB.2", "", |f| f.view.q_IB.si()[2]),
    ("truth.q_IB.3", "", |f| f.view.q_IB.si()[3]),
    ("truth.w_IB_B.0", "rad/s", |f| f.view.w_IB_B.x()),
    ("truth.w_IB_B.1", "rad/s", |f| f.view.w_IB_B.y()),
    ("truth.w_IB_B.2", "rad/s", |f| f.view.w_IB_B.z()),
    ("truth.altitude_m", "m", |f| f.view.altitude_m),
    ("truth.v_up_m_s", "m/s", |f| f.view.v_up_m_s),
    ("truth.v_horizontal_m_s", "m/s", |f| f.view.v_horizontal_m_s),
    ("truth.tilt_rad", "rad", |f| f.view.tilt_rad),
    ("truth.mass_kg", "kg", |f| f.view.mass_kg),
    ("truth.propellant_kg", "kg", |f| f.view.propellant_kg),
    ("truth.range_m", "m", |f| f.view.range_m.unwrap_or(f64::NAN)),
    ("bus.rangefinder.range_m", "m", |f| match f.sensors.rangefinder {
        Some(shot) if shot.quality == ShotQuality::Valid => f64::from(shot.range_m),
        _ => f64::NAN,
    }),
    ("bus.camera.count", "", |f| f.sensors.camera.map_or(f64::NAN, |seen| f64::from(seen.count))),
    ("bus.gauge.propellant_kg", "kg", |f| {
        f.sensors.gauge.map_or(f64::NAN, |gauge| f64::from(gauge.propellant_kg))
    }),
];

/// Thrust columns: means over the frame that ends at the column's time.
const THRUST: [&str; 3] = ["truth.main_thrust_N", "truth.assist_thrust_N", "truth.jets_thrust_N"];

/// Fills a [`Record`] while a run flies.
#[derive(Clone)]
pub struct Recorder {
    record: Record,
    thrust_sum_N: [f64; 3],
    thrust_cycles: f64,
    sent: u16,
    received: bool,
    next_slow: Time,
    raw: Packer,
}

/// Columns get their room at once up to so many frames, 1.8 h, assumed: growing a hundred of them in turn
/// leaves holes behind that double the memory of a run.
const FRAMES_FORESEEN: usize = 65_536;

/// Period of housekeeping while nothing burns.
const SLOW: Span = Span::from_ms(1_000);

impl Recorder {
    /// An empty record of one run.
    ///
    /// - `load`, `nav`: what was uploaded.
    pub fn new(stand: &Stand, run: u64, start: Time, load: &Load, nav: &NavStart) -> Self {
        let scenario = &stand.scenario;
        let frames = (scenario.duration_s_max / PULSE_FRAME.s()) as usize + 2;
        let values = || Vec::with_capacity(frames.min(FRAMES_FORESEEN));
        let column = |key: &str, unit| Column { key: key.to_string(), unit, values: values() };
        let mut columns: Vec<Column> = OWN.iter().map(|(key, unit, _)| column(key, unit)).collect();
        columns.extend(THRUST.map(|key| column(key, "N")));
        columns.extend(
            tm::parameters().map(|parameter| column(parameter.line.key, parameter.line.unit)),
        );
        let header = Header {
            name: scenario.name(),
            title: scenario.title.clone(),
            purpose: scenario.purpose.clone(),
            scenario: scenario.canonical.clone(),
            seed: scenario.seed,
            run,
            start,
            planned_touchdown: scenario.approach.touchdown,
            load: digest(load, nav),
        };
        let (events, packets, mut uploaded) = (Vec::new(), Vec::new(), Vec::new());
        image::pack(load, nav, |octets| uploaded.extend_from_slice(octets));
        Self {
            record: Record { header, columns, events, packets, uploaded },
            thrust_sum_N: [0.0; 3],
            thrust_cycles: 0.0,
            sent: 0,
            received: true,
            next_slow: start,
            raw: Packer::new(),
        }
    }

    /// Keeps a cycle as the flight software read it; sent once a packet is full.
    ///
    /// - `powered_up`: it was the first cycle after a power-up.
    pub fn cycle(&mut self, sensors: &icd::bus::Sensors, powered_up: bool) {
        if !self.raw.add(sensors, powered_up) {
            self.send_raw();
            self.raw.add(sensors, powered_up);
        }
    }

    fn send_raw(&mut self) {
        let mut out = [0; PACKET_MAX];
        let octets = self.raw.take(self.sent, &mut out);
        if octets > 0 {
            self.send(&out[..octets]);
        }
    }

    /// Keeps an event and sends it at once.
    pub fn event(&mut self, t_s: f64, event: Event, t: Time) {
        self.record.events.push((t_s, event));
        let mut out = [0; PACKET_MAX];
        let octets = packet::event(event, t, self.sent, &mut out);
        self.send(&out[..octets]);
    }

    /// Sends an answer to a command at once.
    pub fn report(&mut self, report: &Report, t: Time) {
        let mut out = [0; PACKET_MAX];
        let octets = packet::report(report, t, self.sent, &mut out);
        self.send(&out[..octets]);
    }

    /// Adds one cycle's mean thrust.
    pub fn thrust(&mut self, thrust: &Thrust) {
        for (sum, value) in
            self.thrust_sum_N.iter_mut().zip([thrust.main_N, thrust.assist_N, thrust.jets_N])
        {
            *sum += value;
        }
        self.thrust_cycles += 1.0;
    }

    /// Keeps one pulse frame and sends the lists that are due: all at 10 Hz from ignition to cut-off
    /// and in the deorbit burn, once a second otherwise.
    pub fn frame(&mut self, frame: &Frame<'_>) {
        let cycles = self.thrust_cycles.max(1.0);
        let thrust = self.thrust_sum_N.map(|sum| sum / cycles);
        (self.thrust_sum_N, self.thrust_cycles) = ([0.0; 3], 0.0);
        let own = OWN.iter().map(|(_, _, read)| read(frame)).chain(thrust);
        let values = own.chain(tm::parameters().map(|parameter| (parameter.read)(frame.telemetry)));
        for (column, value) in self.record.columns.iter_mut().zip(values) {
            column.values.push(value);
        }
        let phase = frame.telemetry.phase;
        let fast = phase == Phase::Deorbit || (Phase::Ignition..=Phase::CutOff).contains(&phase);
        if fast || frame.sensors.t >= self.next_slow {
            self.next_slow = frame.sensors.t + SLOW;
            self.housekeeping(frame.telemetry);
        }
    }

    fn housekeeping(&mut self, snapshot: &tm::Snapshot) {
        let mut out = [0; PACKET_MAX];
        for list in tm::LISTS {
            let octets = packet::housekeeping(list, snapshot, self.sent, &mut out);
            self.send(&out[..octets]);
        }
    }

    /// Whether the ground receives from now on; what it does not is sent and counted all the same.
    pub fn receive(&mut self, received: bool) {
        self.received = received;
    }

    fn send(&mut self, octets: &[u8]) {
        if self.received {
            self.record.packets.extend_from_slice(octets);
        }
        self.sent = self.sent.wrapping_add(1) & 0x3FFF;
    }

    /// Closes the record with the last instant of truth, where the lander stands or was lost; the
    /// flight software said nothing more, so its last telemetry stays.
    pub fn finish(mut self, t_s: f64, view: &TruthView) -> Record {
        self.send_raw();
        let last_t_s = self.record.column("t_s").and_then(|t| t.last().copied());
        if last_t_s.is_none_or(|last| t_s > last) {
            let sensors = icd::bus::Sensors {
                t: view.t,
                imu: icd::bus::Imu::default(),
                star_tracker: None,
                rangefinder: None,
                velocimeter: None,
                radar_altimeter: None,
                camera: None,
                gauge: None,
                hazard_lidar: None,
                touchdown: [false; icd::bus::LEGS],
                uplink: None,
            };
            let actuators = icd::bus::Actuators::safe(view.t);
            let telemetry = tm::Snapshot::default();
            let (sensors, actuators, telemetry) = (&sensors, &actuators, &telemetry);
            let frame = Frame { t_s, view, sensors, actuators, telemetry, events: &[] };
            let own = OWN.len();
            for (i, column) in self.record.columns.iter_mut().enumerate() {
                let last = column.values.last().copied().unwrap_or(f64::NAN);
                column.values.push(if i < own { OWN[i].2(&frame) } else { last });
            }
        }
        self.record
    }
}
