//! Every parameter that the ground knows, with its place in memory.

use icd::tm::{Layout, Line, layouts};
use std::collections::BTreeMap;

/// Stations that are expected where no plan names them.
const STATIONS: [u8; 4] = [1, 2, 3, 4];

/// One parameter as the ground names it.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// Key: the dictionary's, for a station with its number (`station.1.cn0_dBHz`).
    pub name: String,
    /// The dictionary's line.
    pub line: &'static Line,
    /// Name of the list that carries it.
    pub list: &'static str,
    /// The station, if it is one's.
    pub station: Option<u8>,
}

/// All of them: a list's parameters lie together, in order of transmission.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    pub all: Vec<Key>,
    by_name: BTreeMap<String, usize>,
    /// First index by list and station.
    lists: BTreeMap<(u8, Option<u8>), usize>,
}

impl Keys {
    /// The dictionary's, those of stations once for each of `stations`.
    pub fn new(stations: &[u8]) -> Self {
        let stations = if stations.is_empty() { &STATIONS[..] } else { stations };
        let mut keys = Self::default();
        for layout in layouts() {
            if matches!(layout, Layout::Station(_)) {
                stations.iter().for_each(|number| keys.add(layout, Some(*number)));
            } else {
                keys.add(layout, None);
            }
        }
        keys
    }

    fn add(&mut self, layout: Layout, station: Option<u8>) {
        if self.lists.contains_key(&(layout.id(), station)) {
            return;
        }
        self.lists.insert((layout.id(), station), self.all.len());
        for line in layout.lines() {
            let name = match (station, line.key.split_once('.')) {
                (Some(number), Some((prefix, rest))) => format!("{prefix}.{number}.{rest}"),
                _ => line.key.to_string(),
            };
            self.by_name.insert(name.clone(), self.all.len());
            self.all.push(Key { name, line, list: layout.name(), station });
        }
    }

    /// Index of a key.
    pub fn find(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// Index of a list's first parameter; `station` counts only for lists of stations.
    pub fn first(&self, list: u8, station: u8) -> Option<usize> {
        self.lists.get(&(list, None)).or_else(|| self.lists.get(&(list, Some(station)))).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_station_has_keys_of_its_own_and_every_key_is_found_where_its_list_has_it() {
        let keys = Keys::new(&[1, 7, 7]);
        for (index, key) in keys.all.iter().enumerate() {
            assert_eq!(keys.find(&key.name), Some(index));
        }
        let first = keys.first(icd::station::LIST.id, 7).unwrap();
        assert_eq!(keys.all[first].name, "station.7.number");
        assert_eq!(keys.first(icd::station::LIST.id, 2), None);
        let nav = keys.first(1, 7).unwrap();
        assert_eq!(keys.all[nav].name, "phase");
        assert_eq!(
            Keys::new(&[]).all.iter().filter(|key| key.name.ends_with("cn0_dBHz")).count(),
            4
        );
    }
}
