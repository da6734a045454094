//! x
pub mod bench;
pub mod explore;
mod journal;
mod library;
mod minimise;
pub mod score;
pub mod space;
pub mod study;
pub mod subject;
#[cfg(test)]
mod tests;
