//! Mission control inside this program, for a flight or a recording that is shown as it happens.
//!
//! Owns: [`Control`]: the room with its sockets, on threads of its own; [`To`], which mission control is meant.
//! Does not own: anything of the room (`ground`), the line to it (`stations`).

use crate::pace::Interrupt;
use crate::plain::say;
use crate::stations::Line;
use ::ground::receive::{self, Listening};
use ::ground::serve::{self, Serving};
use ::ground::{Ground as Room, Mission, Options};
use miette::{IntoDiagnostic, Report};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Runtime;

/// How long what is on its way to mission control is waited for at the end.
const LAST: Duration = Duration::from_secs(20);

/// Where units go.
#[derive(clap::Args, Clone, Debug)]
pub struct To {
    /// Address of the console and the broadcast page.
    #[arg(long, default_value = "127.0.0.1:4810")]
    pub listen: SocketAddr,
    /// Another mission control, HOST:PORT of its TCP port for frames, in place of the one in this program.
    #[arg(long, value_name = "HOST:PORT")]
    pub to: Option<String>,
    /// Folder of the console, whose pages take the place of those in this program. Without it what `frigoris console`
    /// has installed in `console` is used, and no page there.
    #[arg(long)]
    pub console: Option<PathBuf>,
}

/// Mission control within this program.
struct Ours {
    room: Arc<Room>,
    listening: Listening,
    serving: Serving,
}

/// Threads, the end by Ctrl-C, the line, and the room when it is ours.
pub struct Control {
    /// Set by Ctrl-C.
    pub interrupt: Interrupt,
    /// The line to mission control.
    pub line: Line,
    ours: Option<Ours>,
    runtime: Runtime,
}

impl Control {
    /// Opens mission control, or only a line to another one, and says where it is.
    ///
    /// - `plan`: the mission's plan, for a room of ours. `archive`: its folder. `key`: file of the key that commands
    ///   are signed with; in the archive without one.
    pub fn open(
        to: &To,
        plan: Option<&Path>,
        archive: PathBuf,
        key: Option<PathBuf>,
    ) -> miette::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
        let runtime = runtime.into_diagnostic()?;
        let interrupt = Interrupt::watched(&runtime);
        let mut stdout = std::io::stdout();
        if let Some(address) = &to.to {
            say(&mut stdout, &format!("mission control  {address} (another program's)"))
                .into_diagnostic()?;
            let line = Line::to(address);
            return Ok(Self { interrupt, line, ours: None, runtime });
        }
        let mission = match plan {
            Some(file) => Mission::read(file).map_err(Report::from_err)?,
            None => Mission::none(),
        };
        let room = Room::open(Options { archive, mission }).map_err(Report::from_err)?;
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let listening =
            runtime.block_on(receive::listen(&room, any, any)).map_err(Report::from_err)?;
        let options = serve::Options {
            listen: to.listen,
            hosts: Vec::new(),
            key,
            console: to.console.clone(),
        };
        let serving = runtime.block_on(serve::listen(&room, options)).map_err(Report::from_err)?;
        let (address, token) = (serving.address, &serving.token);
        for line in [
            format!("console          http://{address}/console/#token={token}"),
            format!("broadcast        http://{address}/broadcast"),
            format!("stations         TCP {}", listening.tcp),
        ] {
            say(&mut stdout, &line).into_diagnostic()?;
        }
        let line = Line::to(&listening.tcp.to_string());
        Ok(Self { interrupt, line, ours: Some(Ours { room, listening, serving }), runtime })
    }

    /// Waits for what is on its way, closes everything, and says what became of it.
    pub fn close(self) -> miette::Result<Vec<String>> {
        let Self { line, ours, runtime, .. } = self;
        let tally = line.close(LAST);
        let mut out = vec![format!(
            "mission control  {} units given, {} safe on its disk; {} connection{}, {} sent again",
            tally.given,
            tally.acknowledged,
            tally.connections,
            if tally.connections == 1 { "" } else { "s" },
            tally.again
        )];
        if tally.acknowledged < tally.given {
            let left = tally.given - tally.acknowledged;
            out.push(format!(
                "                 {left} units were not acknowledged within {LAST:?}"
            ));
        }
        if let Some(Ours { room, listening, serving }) = ours {
            drop((listening, serving));
            runtime.shutdown_timeout(Duration::from_secs(5));
            room.confirm().map_err(Report::from_err)?;
            out.push(format!("archive          {}", room.folder().display()));
        }
        Ok(out)
    }
}

/// The first of `archive`, `archive-2`, … in a folder that does not exist: no flight is added to another's archive.
pub fn fresh_archive(folder: &Path) -> PathBuf {
    let first = folder.join("archive");
    let later = (2..).map(|n: u32| folder.join(format!("archive-{n}")));
    std::iter::once(first.clone()).chain(later).find(|path| !path.exists()).unwrap_or(first)
}
