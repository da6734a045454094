//! The console's pages as they travel inside the program. What npm brings does not.

/// Name inside the console's folder, and content.
const FILES: &[(&str, &[u8])] = &[];

/// A page of the console.
pub fn file(name: &str) -> Option<&'static [u8]> {
    FILES.iter().find(|(known, _)| *known == name).map(|(_, octets)| *octets)
}
