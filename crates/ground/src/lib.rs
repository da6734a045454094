//! Mission control: bytes in, bytes out.
#![warn(missing_docs)]
#![allow(non_snake_case)] // monograms such as `p_LB_L`: see NOTATION.md
pub mod export;
