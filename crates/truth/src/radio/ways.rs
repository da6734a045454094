//! The ways from the lander to the stations, and how much of the signal comes through.

use super::budget::{self, Antenna};
use super::fault::Device;
use super::geometry::{Earth, Line, Mover, behind_the_sphere, hidden};
use super::ladder::Mode;
use super::multipath::REACH_M;
use super::spec::Link;
use super::view::{Lander, Path, PathView, RadioView, Sender, Sending};
use super::{Radio, Station};
use icd::constants::SPEED_OF_LIGHT_M_S;
use icd::frames::{I, M};
use icd::rotation::Rotation;
use icd::time::Time;
use nalgebra::Vector3;

/// Every way of a link, in order.
pub(super) fn paths(link: &Link) -> Vec<Path> {
    let mut out = Vec::new();
    let to = |sender, relay| {
        link.stations.iter().map(move |station| Path { sender, station: station.number, relay })
    };
    out.extend(to(Sender::Main, None));
    if link.on_board.backup.is_some() {
        out.extend(to(Sender::Backup, None));
    }
    if link.on_board.proximity.is_some() {
        for relay in 0..u8::try_from(link.relays.len()).unwrap_or(u8::MAX) {
            out.extend(to(Sender::Proximity, Some(relay)));
        }
    }
    out
}

/// A way on which nothing comes through.
fn silent(path: Path) -> PathView {
    PathView {
        path,
        visible: false,
        occulted: false,
        elevation_rad: -core::f64::consts::FRAC_PI_2,
        range_m: 0.0,
        light_time_s: 0.0,
        doppler_Hz: 0.0,
        cn0_dBHz: f64::NEG_INFINITY,
        ebn0_dB: f64::NEG_INFINITY,
        carrier_locked: false,
        frame_locked: false,
        bit_rate_bit_s: 0.0,
        bit_rate_bit_s_max: 0.0,
        uplink_cn0_dBHz: f64::NEG_INFINITY,
    }
}

/// A view before the first step.
pub(super) fn nothing(t: Time, paths: &[Path]) -> RadioView {
    let main = Sending {
        frames: false,
        carrier: false,
        bit_rate_bit_s: 0.0,
        rate: 0,
        battery_Wh: f64::NAN,
    };
    RadioView {
        t,
        paths: paths.iter().map(|path| silent(*path)).collect(),
        main,
        backup: None,
        proximity: None,
        mode: Mode::Frames,
        antenna: 0,
        unit: 0,
        uplink_locked: false,
        uplink: None,
        silence_s: 0.0,
        answered_s: 0.0,
        rung: None,
        destroyed: false,
    }
}

/// The lander as its antennas see the world.
struct Mast {
    t: Time,
    /// The antennas' place and motion.
    from: Mover,
    R_IM: Rotation<I, M>,
    R_BI: nalgebra::Matrix3<f64>,
    up_I: Vector3<f64>,
    height_m: f64,
    burning: bool,
}

/// What one antenna and its transmitter are, as the budget sees them.
#[derive(Clone, Copy)]
struct Feed<'a> {
    antenna: &'a Antenna,
    power_W: f64,
    frequency_Hz: f64,
    /// In the line, by faults.
    loss_dB: f64,
    alive: bool,
}

impl Radio {
    /// Looks along every way at the lander's time.
    pub(super) fn look(&mut self, lander: &Lander) {
        let t = lander.now.t;
        let seen = Earth::at(&self.environment, t).zip(self.environment.R_IM(t));
        let mut paths: Vec<PathView> =
            self.view.paths.iter().map(|seen| silent(seen.path)).collect();
        if let Some((earth, R_IM)) = seen {
            let mast = self.mast(lander, R_IM);
            self.look_at_earth(&mast, &earth, &mut paths);
            self.look_at_relays(&mast, &earth, &mut paths);
        }
        self.view.paths = paths;
    }

    fn mast(&self, lander: &Lander, R_IM: Rotation<I, M>) -> Mast {
        let R_IB = lander.q_IB.rotation().si();
        let antenna = self.antenna();
        let place = R_IB * Vector3::from(antenna.p_BA_B);
        let p_m = lander.p_MB_I.si() + place;
        Mast {
            t: lander.now.t,
            from: Mover { p_m, v_m_s: lander.v_MB_I.si() },
            R_IM,
            R_BI: R_IB.transpose(),
            up_I: p_m.normalize(),
            height_m: lander.now.altitude_m + antenna.p_BA_B[2],
            burning: lander.thrust_N > 0.0,
        }
    }

    /// The main radio's antenna in use.
    fn antenna(&self) -> &Antenna {
        let antennas = &self.link.on_board.main.antennas;
        antennas.get(usize::from(self.hand.antenna)).unwrap_or(&antennas[0])
    }

    /// Gain of an antenna along a direction with all that is fixed to the vehicle and its ground, dB.
    fn gain_dB(
        &self,
        mast: &Mast,
        antenna: &Antenna,
        d_I: &Vector3<f64>,
        frequency_Hz: f64,
    ) -> f64 {
        let d_B = mast.R_BI * d_I;
        let direct_dB = antenna.gain_dBi(&d_B);
        let jets = libm::cos(self.link.on_board.plume_rad);
        let plume_dB = if mast.burning && -d_B.z > jets { self.plume_dB } else { 0.0 };
        let sin = d_I.dot(&mast.up_I);
        if mast.height_m > REACH_M || sin <= 0.0 {
            return direct_dB - plume_dB;
        }
        let mirrored_B = mast.R_BI * (d_I - mast.up_I * (2.0 * sin));
        let aside_dB = antenna.gain_dBi(&mirrored_B) - direct_dB;
        let wavelength_m = SPEED_OF_LIGHT_M_S / frequency_Hz;
        direct_dB - plume_dB + self.link.mirror.gain_dB(mast.height_m, sin, aside_dB, wavelength_m)
    }

    /// C/N0 of a hop, dBHz.
    fn hop_dBHz(&self, mast: &Mast, feed: &Feed<'_>, line: &Line, merit_dB_K: f64) -> f64 {
        if !feed.alive {
            return f64::NEG_INFINITY;
        }
        let gain_dB = self.gain_dB(mast, feed.antenna, &line.d_I, feed.frequency_Hz);
        let fspl_dB = budget::fspl_dB(feed.frequency_Hz, line.range_m);
        budget::cn0_dBHz(budget::dB(feed.power_W) + gain_dB, fspl_dB, feed.loss_dB, merit_dB_K)
    }

    /// The main and backup ways.
    fn look_at_earth(&self, mast: &Mast, earth: &Earth, paths: &mut [PathView]) {
        let (main, backup) = (self.main_feed(mast.t), self.backup_feed(mast.t));
        for station in &self.link.stations {
            let (line, elevation_rad) = earth.line_to(station, &mast.from);
            let looks = elevation_rad >= self.link.elevation_rad_min;
            let sight = (mast.from.p_m, line.d_I);
            let occulted = hidden(&self.environment, mast.R_IM, sight, line.range_m);
            let own = paths
                .iter_mut()
                .filter(|view| view.path.relay.is_none() && view.path.station == station.number);
            for view in own {
                let (feed, sending) = match view.path.sender {
                    Sender::Backup => (backup.as_ref(), self.view.backup),
                    _ => (Some(&main), Some(self.view.main)),
                };
                let (Some(feed), Some(sending)) = (feed, sending) else { continue };
                (view.visible, view.occulted) = (looks && !occulted, occulted);
                (view.elevation_rad, view.range_m) = (elevation_rad, line.range_m);
                view.light_time_s = line.light_time_s;
                view.doppler_Hz = line.doppler_Hz(feed.frequency_Hz);
                if !view.visible {
                    continue;
                }
                let merit_dB_K = station.merit_dB_K(feed.frequency_Hz);
                view.cn0_dBHz = self.hop_dBHz(mast, feed, &line, merit_dB_K);
                view.bit_rate_bit_s_max = budget::rate_bit_s(view.cn0_dBHz);
                if sending.frames {
                    view.bit_rate_bit_s = sending.bit_rate_bit_s;
                    view.ebn0_dB = budget::ebn0_dB(view.cn0_dBHz, sending.bit_rate_bit_s);
                }
                if view.path.sender == Sender::Main {
                    view.uplink_cn0_dBHz = self.uplink_dBHz(mast, station, &line);
                }
            }
        }
    }

    fn main_feed(&self, t: Time) -> Feed<'_> {
        let (transmitter, unit) = (&self.link.on_board.main.transmitter, self.hand.unit);
        let antenna = Device::Antenna(self.hand.antenna);
        Feed {
            antenna: self.antenna(),
            power_W: transmitter.power_W,
            frequency_Hz: transmitter.frequency_Hz,
            loss_dB: transmitter.line_loss_dB
                + self.faults.loss_dB(Device::Transmitter(unit), t)
                + self.faults.loss_dB(antenna, t),
            alive: self.view.main.carrier && self.faults.works(antenna, t),
        }
    }

    fn backup_feed(&self, t: Time) -> Option<Feed<'_>> {
        let backup = self.link.on_board.backup.as_ref()?;
        let sends = self.view.backup.is_some_and(|sending| sending.carrier);
        Some(Feed {
            antenna: &backup.antenna,
            power_W: backup.transmitter.power_W,
            frequency_Hz: backup.transmitter.frequency_Hz,
            loss_dB: backup.transmitter.line_loss_dB
                + self.faults.loss_dB(Device::BackupTransmitter, t)
                + self.faults.loss_dB(Device::BackupAntenna, t),
            alive: sends && self.faults.works(Device::BackupAntenna, t),
        })
    }

    /// A station's commands as the lander receives them, dBHz.
    fn uplink_dBHz(&self, mast: &Mast, station: &Station, line: &Line) -> f64 {
        let (main, t) = (&self.link.on_board.main, mast.t);
        let device = Device::Antenna(self.hand.antenna);
        if !self.faults.works(device, t) {
            return f64::NEG_INFINITY;
        }
        let frequency_Hz = main.receiver.frequency_Hz;
        let gain_dB = self.gain_dB(mast, self.antenna(), &line.d_I, frequency_Hz);
        let merit_dB_K = gain_dB - budget::dB(main.receiver.noise_K);
        let loss_dB = main.transmitter.line_loss_dB + self.faults.loss_dB(device, t);
        let fspl_dB = budget::fspl_dB(frequency_Hz, line.range_m);
        budget::cn0_dBHz(station.eirp_dBW(frequency_Hz), fspl_dB, loss_dB, merit_dB_K)
    }

    /// The ways through relays.
    fn look_at_relays(&mut self, mast: &Mast, earth: &Earth, paths: &mut [PathView]) {
        let Some(proximity) = self.link.on_board.proximity.as_ref() else { return };
        let sends = self.view.proximity.is_some_and(|sending| sending.carrier);
        let transmitter = &proximity.transmitter;
        let feed = Feed {
            antenna: &proximity.antenna,
            power_W: transmitter.power_W,
            frequency_Hz: transmitter.frequency_Hz,
            loss_dB: transmitter.line_loss_dB
                + self.faults.loss_dB(Device::RelayTransmitter, mast.t),
            alive: sends,
        };
        // The other way is as good (assumed), whatever the transmitter on board does.
        let back = Feed { loss_dB: transmitter.line_loss_dB, alive: true, ..feed };
        let mut best_dBHz = f64::NEG_INFINITY;
        for (n, (relay, axes)) in self.link.relays.iter().zip(&self.relay_axes).enumerate() {
            let here = relay.at(*axes, mast.t);
            let first =
                Line::between(&mast.from, |tau_s| (here.p_m + here.v_m_s * tau_s, here.v_m_s));
            let high = first.d_I.dot(&mast.up_I) >= libm::sin(relay.elevation_rad_min)
                || mast.height_m > REACH_M;
            let sight = (mast.from.p_m, first.d_I);
            let seen = high && !hidden(&self.environment, mast.R_IM, sight, first.range_m);
            let hop_dBHz = |feed| match seen {
                true => self.hop_dBHz(mast, feed, &first, relay.merit_dB_K),
                false => f64::NEG_INFINITY,
            };
            let (first_dBHz, back_dBHz) = (hop_dBHz(&feed), hop_dBHz(&back));
            for view in paths.iter_mut().filter(|view| view.path.relay.map(usize::from) == Some(n))
            {
                let station = self.link.stations.iter().find(|s| s.number == view.path.station);
                let Some(station) = station else { continue };
                let (second, elevation_rad) = earth.line_to(station, &here);
                let clear = !behind_the_sphere(here.p_m, second.d_I, second.range_m)
                    && elevation_rad >= self.link.elevation_rad_min;
                (view.visible, view.occulted) = (seen && clear, !seen);
                view.elevation_rad = elevation_rad;
                view.range_m = first.range_m + second.range_m;
                view.light_time_s = first.light_time_s + second.light_time_s;
                view.doppler_Hz = second.doppler_Hz(relay.frequency_Hz);
                if !view.visible {
                    continue;
                }
                let fspl_dB = budget::fspl_dB(relay.frequency_Hz, second.range_m);
                let eirp_dBW = budget::dB(relay.power_W) + relay.gain_dBi;
                let merit_dB_K = station.merit_dB_K(relay.frequency_Hz);
                let second_dBHz = budget::cn0_dBHz(eirp_dBW, fspl_dB, RELAY_LINE_DB, merit_dB_K);
                view.cn0_dBHz = first_dBHz.min(second_dBHz);
                view.bit_rate_bit_s_max = budget::rate_bit_s(first_dBHz).min(relay.rate_bit_s);
                view.ebn0_dB = budget::ebn0_dB(second_dBHz, relay.rate_bit_s);
                view.uplink_cn0_dBHz = back_dBHz.min(second_dBHz);
                best_dBHz = best_dBHz.max(first_dBHz);
            }
        }
        self.take_rate(best_dBHz, paths);
    }

    /// The radio towards relays takes the highest of its rates that closes with the best of them.
    fn take_rate(&mut self, best_dBHz: f64, paths: &mut [PathView]) {
        let (Some(proximity), Some(sending)) =
            (&self.link.on_board.proximity, &mut self.view.proximity)
        else {
            return;
        };
        let rates = &proximity.transmitter.rates_bit_s;
        let closes = budget::rate_bit_s(best_dBHz);
        let rate = rates.iter().position(|rate| *rate <= closes);
        sending.rate = rate.unwrap_or(rates.len() - 1);
        sending.bit_rate_bit_s = rates[sending.rate];
        let own = paths.iter_mut().filter(|view| view.path.sender == Sender::Proximity);
        for view in own.filter(|view| view.cn0_dBHz.is_finite() && sending.frames) {
            view.bit_rate_bit_s = sending.bit_rate_bit_s;
            let first_dB = budget::ebn0_dB(view.cn0_dBHz, sending.bit_rate_bit_s);
            view.ebn0_dB = view.ebn0_dB.min(first_dB);
        }
    }
}

/// Loss between a relay's transmitter and its antenna, dB. Assumed, as the lander's.
const RELAY_LINE_DB: f64 = 1.0;
