//! Evidence in every state.
