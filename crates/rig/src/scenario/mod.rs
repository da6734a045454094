//! Scenarios: what was written ([`ScenarioFile`]), what was checked ([`Scenario`]), what was wrong.

pub mod command;
mod dispersion;
mod error;
pub mod fault;
mod feature;
mod file;
mod ground;
mod link;
mod reader;
pub(crate) mod sampling;
#[allow(clippy::module_inception)] // the room's plan names it so
mod scenario;
mod sobol;
mod vehicle;

pub use command::Command;
pub use dispersion::{Dispersed, REFERENCE_RUN};
pub use error::{CorrelationError, LawError, ScenarioError, Spot};
pub use feature::{Feature, Features};
pub use file::{Entry, Node, ScenarioFile, Tree};
pub use ground::Ground;
pub use reader::{Reader, unit_of};
pub use sampling::{CampaignPlan, Correlation, Design, Input, Sampling};
pub(crate) use scenario::hex;
pub use scenario::*;
pub use vehicle::{Believed, VehicleFile};
