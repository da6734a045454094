//! What must survive a restart so that no command is forged or repeated: the key, and the numbers already used.
//!
//! Owns: [`read_key`] (a file of 64 hexadecimal digits), [`Counter`] (the next numbers, on disk before they are used).
//! As programmed: the file holds numbers that were never used; they are taken in blocks of [`BLOCK`], and the block's
//! end is on disk before its first number goes out. A crash wastes numbers, it never uses one twice.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// Octets of the key.
pub const KEY: usize = 32;
/// Numbers taken at a time.
const BLOCK: u32 = 64;

/// Why there is no commanding.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// A file cannot be read or written.
    #[error("{file}: {reason}")]
    File {
        /// Which.
        file: PathBuf,
        /// What the system says.
        reason: std::io::Error,
    },
    /// The key is not 64 hexadecimal digits.
    #[error("{file}: a key is 64 hexadecimal digits")]
    NotAKey {
        /// Which.
        file: PathBuf,
    },
    /// The numbers cannot be read.
    #[error(
        "{file}: not the numbers of commands sent so far: `{text}`. With a lost file commands would be refused as repeated: write a number beyond the last one used"
    )]
    NotNumbers {
        /// Which.
        file: PathBuf,
        /// What it holds.
        text: String,
    },
    /// All 2³² security sequence numbers are used.
    #[error("{file}: every sequence number of this key is used: a new key is needed on both sides")]
    UsedUp {
        /// Which.
        file: PathBuf,
    },
    /// The system gives no random numbers.
    #[error("no random numbers: {0}")]
    Random(String),
}

fn failed(file: &Path) -> impl Fn(std::io::Error) -> KeyError + '_ {
    move |reason| KeyError::File { file: file.to_owned(), reason }
}

/// 256 random bits as 64 hexadecimal digits.
pub fn random_hex() -> Result<String, KeyError> {
    let mut octets = [0; KEY];
    getrandom::fill(&mut octets).map_err(|e| KeyError::Random(e.to_string()))?;
    Ok(octets.iter().map(|octet| format!("{octet:02x}")).collect())
}

/// Reads the key, or makes one that only its owner can read when there is no file.
pub fn read_key(file: &Path) -> Result<[u8; KEY], KeyError> {
    if !file.exists() {
        write_private(file, &(random_hex()? + "\n")).map_err(failed(file))?;
    }
    let text = std::fs::read_to_string(file).map_err(failed(file))?;
    parse_key(text.trim()).ok_or_else(|| KeyError::NotAKey { file: file.to_owned() })
}

fn parse_key(text: &str) -> Option<[u8; KEY]> {
    if text.len() != 2 * KEY || !text.bytes().all(|c| c.is_ascii_hexdigit()) {
        return None;
    }
    let mut key = [0; KEY];
    for (octet, at) in key.iter_mut().zip((0..).step_by(2)) {
        *octet = u8::from_str_radix(text.get(at..at + 2)?, 16).ok()?;
    }
    Some(key)
}

fn write_private(file: &Path, text: &str) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut made = options.open(file)?;
    made.write_all(text.as_bytes())?;
    made.sync_all()
}

/// Numbers that are never used twice, over restarts and crashes.
#[derive(Debug)]
pub struct Counter {
    file: PathBuf,
    next: u32,
    /// First number that the file does not yet give away.
    reserved: u32,
}

impl Counter {
    /// Goes on after the last number that may have been used; from 1 without a file.
    pub fn open(file: &Path) -> Result<Self, KeyError> {
        let mut text = String::new();
        match File::open(file) {
            Ok(mut opened) => {
                opened.read_to_string(&mut text).map_err(failed(file))?;
            }
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => text.push('1'),
            Err(e) => return Err(failed(file)(e)),
        }
        let next = text.trim().parse();
        let next: u32 =
            next.map_err(|_| KeyError::NotNumbers { file: file.to_owned(), text: text.clone() })?;
        Ok(Self { file: file.to_owned(), next, reserved: next })
    }
    /// The next number; on disk as used when it returns.
    pub fn take(&mut self) -> Result<u32, KeyError> {
        if self.next >= self.reserved {
            let used_up = || KeyError::UsedUp { file: self.file.clone() };
            let reserved = self.next.checked_add(BLOCK).ok_or_else(used_up)?;
            self.store(reserved).map_err(failed(&self.file))?;
            self.reserved = reserved;
        }
        let number = self.next;
        self.next += 1;
        Ok(number)
    }
    fn store(&self, reserved: u32) -> std::io::Result<()> {
        let beside = self.file.with_extension("new");
        let mut file = File::create(&beside)?;
        writeln!(file, "{reserved}")?;
        file.sync_all()?;
        std::fs::rename(&beside, &self.file)?;
        // The new name is in the folder, which is a file of its own.
        match self.file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            Some(folder) => File::open(folder)?.sync_all(),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("frigoris-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[test]
    fn no_number_is_used_twice_over_any_number_of_crashes() {
        let file = folder("counter").join("uplink.number");
        let mut last = 0;
        for crash in 0..20 {
            let mut counter = Counter::open(&file).unwrap();
            for _ in 0..crash * 7 {
                let number = counter.take().unwrap();
                assert!(number > last, "{number} after {last}");
                last = number;
            }
        }
    }

    #[test]
    fn a_damaged_file_of_numbers_is_not_taken_for_a_beginning() {
        let file = folder("damaged").join("uplink.number");
        std::fs::write(&file, "").unwrap();
        assert!(matches!(Counter::open(&file), Err(KeyError::NotNumbers { .. })));
        std::fs::write(&file, u32::MAX.to_string()).unwrap();
        assert!(matches!(Counter::open(&file).unwrap().take(), Err(KeyError::UsedUp { .. })));
    }

    #[test]
    fn a_key_is_made_once_for_its_owner_alone_and_read_again() {
        let file = folder("key").join("uplink.key");
        let key = read_key(&file).unwrap();
        assert_eq!(read_key(&file).unwrap(), key);
        assert_ne!(random_hex().unwrap(), random_hex().unwrap());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o77, 0);
        }
        std::fs::write(&file, "secret").unwrap();
        assert!(matches!(read_key(&file), Err(KeyError::NotAKey { .. })));
    }
}
