//! Control: from the wanted thrust direction to valve times.

pub mod allocate;
pub mod attitude;
pub mod settle;
