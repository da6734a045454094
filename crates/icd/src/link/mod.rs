//! What travels between lander and ground, octet by octet.

pub mod checksum;
pub mod cltu;
pub mod command_frame;
pub mod cop;
pub mod delivery;
pub mod frame;
pub mod packet;
pub mod raw;
pub mod reassemble;
pub mod security;
