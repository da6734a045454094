//! Scenarios: what was written ([`ScenarioFile`]), what was checked ([`Scenario`]), what was wrong.

mod error;
pub mod fault;
mod feature;
mod file;
mod reader;
#[allow(clippy::module_inception)] // the room's plan names it so
mod scenario;
mod vehicle;

pub use error::{ScenarioError, Spot};
pub use feature::{Feature, Features};
pub use file::{Entry, Node, ScenarioFile, Tree};
pub use reader::{Dispersed, REFERENCE_RUN, Reader, unit_of};
pub(crate) use scenario::hex;
pub use scenario::*;
pub use vehicle::{Believed, VehicleFile};
