//! `frigoris ground`: mission control.
//!
//! Owns: the arguments, the lines on the terminal, the end. Does not own: anything of the mission (`ground`).

use crate::plain::say;
use ::ground::{Ground as Room, Mission, Options, Update, receive, serve};
use miette::{IntoDiagnostic, Report, WrapErr};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::broadcast::error::RecvError;

/// Arguments of `frigoris ground`.
#[derive(clap::Args)]
#[command(
    after_help = "Every octet received is archived before anything else is done with it. A station is told that a \
unit is safe when the disk has confirmed it. Ends with Ctrl-C.\n\n\
Exit code: 0 ended by the user, 2 it could not start."
)]
pub struct Ground {
    /// Mission plan, as `frigoris fly --live` writes it.
    #[arg(long)]
    mission: Option<PathBuf>,
    /// Folder of the archive; goes on where it ends.
    #[arg(long, default_value = "archive")]
    archive: PathBuf,
    /// Where other ground systems get every packet unchanged, over TCP [default: nowhere].
    #[arg(long)]
    packets: Option<SocketAddr>,
    /// Where stations connect over TCP.
    #[arg(long, default_value = "127.0.0.1:4811")]
    frames_tcp: SocketAddr,
    /// Where stations send datagrams.
    #[arg(long, default_value = "127.0.0.1:4811")]
    frames_udp: SocketAddr,
    /// Where browsers connect. Anything but this machine's own address is reachable by others.
    #[arg(long, default_value = "127.0.0.1:4810")]
    listen: SocketAddr,
    /// A further name, with its port, under which browsers reach it: behind a proxy, say.
    #[arg(long, value_name = "NAME:PORT")]
    host: Vec<String>,
    /// Key that commands are signed with, 64 hexadecimal digits; made if absent. Default: uplink.key in the archive.
    #[arg(long)]
    key: Option<PathBuf>,
    /// Folder of the console, whose pages take the place of those in this program. Without it what `frigoris console`
    /// has installed in `console` is used, and no page there.
    #[arg(long)]
    console: Option<PathBuf>,
}

impl Ground {
    /// Runs until the user ends it.
    pub fn run(&self) -> miette::Result<bool> {
        let mission = match &self.mission {
            Some(file) => Mission::read(file).map_err(Report::from_err)?,
            None => Mission::none(),
        };
        let options = Options { archive: self.archive.clone(), mission };
        let room = Room::open(options).map_err(Report::from_err)?;
        for line in beginning(&room) {
            say(&mut std::io::stdout(), &line).into_diagnostic()?;
        }
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
        let runtime = runtime.into_diagnostic()?;
        runtime.block_on(self.receive(&room))?;
        // Sockets are closed with the runtime; then what came last is confirmed.
        runtime.shutdown_timeout(std::time::Duration::from_secs(5));
        room.confirm().map_err(Report::from_err)?;
        say(&mut std::io::stdout(), "archive confirmed by the disk").into_diagnostic()?;
        Ok(true)
    }

    async fn receive(&self, room: &Arc<Room>) -> miette::Result<()> {
        let listening = receive::listen(room, self.frames_tcp, self.frames_udp).await;
        let listening = listening.map_err(Report::from_err)?;
        let line = format!("receiving at TCP {} and UDP {}", listening.tcp, listening.udp);
        say(&mut std::io::stdout(), &line).into_diagnostic()?;
        let options = serve::Options {
            listen: self.listen,
            hosts: self.host.clone(),
            key: self.key.clone(),
            console: self.console.clone(),
        };
        let serving = serve::listen(room, options).await.map_err(Report::from_err)?;
        for line in [
            format!("commands are signed with {}", serving.key.display()),
            format!("serving at http://{}/#token={}", serving.address, serving.token),
        ] {
            say(&mut std::io::stdout(), &line).into_diagnostic()?;
        }
        if let Some(address) = self.packets {
            let bound = ::ground::feed::listen(&self.archive, address);
            let bound =
                bound.into_diagnostic().wrap_err(format!("{address}: cannot be listened at"))?;
            let line = format!("packets for other ground systems at TCP {bound}");
            say(&mut std::io::stdout(), &line).into_diagnostic()?;
        }
        let mut updates = room.subscribe();
        let mut end = Box::pin(ended());
        loop {
            let heard = tokio::select! {
                () = &mut end => break,
                heard = updates.recv() => heard,
            };
            match heard {
                Ok(update) => {
                    for line in news(&update) {
                        say(&mut std::io::stdout(), &line).into_diagnostic()?;
                    }
                }
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => break,
            }
        }
        Ok(())
    }
}

/// Ctrl-C, or the system's wish that the program ends.
pub async fn ended() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut term) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = term.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}

/// What opening the archive found.
fn beginning(room: &Room) -> Vec<String> {
    let (folder, found) = (room.folder().display(), room.recovery());
    let mut out = vec![format!(
        "archive {folder}: {} records, {} octets received",
        found.records, found.octets
    )];
    for damage in &found.damage {
        out.push(format!(
            "{}: {} octets at {} are no record: skipped, none deleted",
            damage.file.display(),
            damage.octets,
            damage.offset
        ));
    }
    out
}

/// The line that an update is worth.
fn news(update: &Update) -> Vec<String> {
    match update {
        Update::Event(seen) => vec![format!(
            "{} event {} ({:?}): {}",
            seen.t,
            seen.event.name(),
            seen.event.severity(),
            seen.event.text()
        )],
        Update::Alarm(alarm) => {
            let what = match (alarm.cleared, &alarm.acknowledged) {
                (_, Some(seen)) => format!("acknowledged by {}", seen.by),
                (None, None) => alarm.level.name().unwrap_or("raised").to_string(),
                (Some(_), None) => "over".to_string(),
            };
            let t = alarm.cleared.unwrap_or(alarm.since);
            vec![format!("{t} alarm {} {what}: {}", alarm.source, alarm.text)]
        }
        _ => Vec::new(),
    }
}
