//! The front door: the command line `frigoris`. Parses, calls, prints; no physics.
//!
//! Exit codes: 0 every verdict is the one its scenario expects, 1 one is not, 2 nothing could be flown.
#![warn(missing_docs)]

mod campaign;
mod card;
mod control;
mod counterfactuals;
mod covariance;
mod decode;
mod dictionary;
mod faults;
mod fly;
mod ground;
mod install;
mod investigate;
mod live;
mod margins;
mod matrix;
mod mission_file;
mod output;
mod overrides;
mod pace;
mod panel;
mod plain;
mod play;
mod points;
mod progress;
mod rangefinder;
mod rare;
mod replay;
mod report;
mod requirements;
mod search;
mod shipped;
mod stations;
mod status;
mod terrain;
mod touchdown;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Fly lunar landings on a test stand: real flight software against an independent model of nature.
#[derive(Parser)]
#[command(name = "frigoris", version, about, long_about = None, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Fly scenarios, side by side when there are several, and judge them.
    Fly(fly::Fly),
    /// Fly one scenario many times with dispersions, and count the outcomes.
    Campaign(campaign::Campaign),
    /// Fly campaigns over sites, approach azimuths, vehicles and configurations, and draw the heat map.
    Matrix(matrix::Matrix),
    /// Predict from one run how far flights scatter, beside the scatter of many.
    Covariance(covariance::Covariance),
    /// Make the report of a campaign again, from its file alone.
    Report(report::Report),
    /// List every requirement with the tests and campaigns that show it.
    Requirements(requirements::Requirements),
    /// Estimate how probable a rare event is: splitting, subset simulation, importance sampling, plain counting.
    Rare(rare::Rare),
    /// Look for the likeliest ways to lose a scenario, and the smallest; against another configuration.
    Search(search::Search),
    /// Run the flight software again on what a flight sent down, and compare it bit by bit.
    Replay(replay::Replay),
    /// Find out from what a lost lander sent down what happened, why, and what would have saved it.
    Investigate(investigate::Investigate),
    /// Write the telemetry and command dictionary for other ground systems: XTCE, F´, ccsdspy, Yamcs.
    Dictionary(dictionary::Dictionary),
    /// Print what is in a file of packets, value by value.
    Decode(decode::Decode),
    /// Show a recorded flight to mission control again, at any speed.
    Play(play::Play),
    /// Show a place on the Moon: relief, slope and sunlight as pictures, statistics as a table.
    Terrain(terrain::Terrain),
    /// Mission control: receive, archive and decode what ground stations deliver.
    Ground(ground::Ground),
    /// Install what the console in the browser needs: Open MCT and three.js, by npm.
    Console(install::Console),
    /// Show every fault monitor on board: signal, threshold, persistence, response, exit.
    Faults(faults::Faults),
    /// Work out how far a vehicle's rangefinder sees, and what it would take to lose that.
    Rangefinder(rangefinder::Rangefinder),
    /// Work out what a vehicle can land on: slope against horizontal speed, by the contact model that flies.
    Touchdown(touchdown::Touchdown),
    /// Work out how far the attitude loop is from instability along a flight.
    Margins(margins::Margins),
}

fn main() -> ExitCode {
    let judged = match Cli::parse().command {
        Command::Fly(fly) => fly.run(),
        Command::Campaign(campaign) => campaign.run(),
        Command::Matrix(matrix) => matrix.run(),
        Command::Covariance(covariance) => covariance.run(),
        Command::Report(report) => report.run(),
        Command::Requirements(requirements) => requirements.run(),
        Command::Rare(rare) => rare.run(),
        Command::Search(search) => search.run(),
        Command::Replay(replay) => replay.run(),
        Command::Investigate(investigate) => investigate.run(),
        Command::Dictionary(dictionary) => dictionary.run(),
        Command::Decode(decode) => decode.run(),
        Command::Play(play) => play.run(),
        Command::Terrain(terrain) => terrain.run(),
        Command::Ground(ground) => ground.run(),
        Command::Console(console) => console.run(),
        Command::Faults(faults) => faults.run(),
        Command::Rangefinder(rangefinder) => rangefinder.run(),
        Command::Touchdown(touchdown) => touchdown.run(),
        Command::Margins(margins) => margins.run(),
    };
    match judged {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(report) => {
            eprintln!("Error: {report:?}");
            ExitCode::from(2)
        }
    }
}
