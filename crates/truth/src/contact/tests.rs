//! Contact as a whole.
