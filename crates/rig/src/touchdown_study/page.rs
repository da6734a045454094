//! page
use super::Study;
/// page
pub fn page(_: &Study) -> String {
    String::new()
}
/// page
pub fn picture(_: &Study) -> String {
    String::new()
}
