//! What travels between lander and ground, octet by octet.

pub mod packet;
pub mod raw;
