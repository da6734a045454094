//! text
use super::Study;
/// lines
pub fn lines(_: &Study) -> Vec<String> {
    vec![]
}
