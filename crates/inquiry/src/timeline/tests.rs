//! Timelines of flights.
