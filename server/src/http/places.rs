//! Places for what may be there only so often at a time: in all, and for one address.

use super::ClientAddress;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Some places. Clones share them.
#[derive(Clone)]
pub(crate) struct Places(Arc<Inner>);

struct Inner {
    most: usize,
    most_per_address: usize,
    /// Places that only [`Places::take_reserved`] gives.
    reserved: usize,
    taken: Mutex<Taken>,
}

#[derive(Default)]
struct Taken {
    in_all: usize,
    reserved: usize,
    by_address: HashMap<ClientAddress, usize>,
}

/// A place, given back when it is dropped.
pub(crate) struct Place {
    places: Places,
    holder: Holder,
}

#[derive(Clone, Copy)]
enum Holder {
    Address(ClientAddress),
    Anybody,
    Reserved,
}

impl Places {
    /// So many in all, and so many for one address.
    pub fn new(most: usize, most_per_address: usize) -> Places {
        Places::with_reserve(most, most_per_address, 0)
    }

    /// Of which so many are not for everybody.
    pub fn with_reserve(most: usize, most_per_address: usize, reserved: usize) -> Places {
        Places(Arc::new(Inner {
            most,
            most_per_address,
            reserved,
            taken: Mutex::default(),
        }))
    }

    /// Takes a place, if there is one. Without an address only the bound in all counts.
    pub fn take(&self, address: Option<ClientAddress>) -> Option<Place> {
        self.take_as(address.map_or(Holder::Anybody, Holder::Address))
    }

    /// Takes a place, one of those that are not for everybody if there is no other.
    pub fn take_reserved(&self) -> Option<Place> {
        self.take_as(Holder::Reserved)
    }

    fn take_as(&self, holder: Holder) -> Option<Place> {
        let mut taken = self.lock();
        let kept = match holder {
            Holder::Reserved => 0,
            _ => self.0.reserved.saturating_sub(taken.reserved),
        };
        if taken.in_all + kept >= self.0.most {
            return None;
        }
        match holder {
            Holder::Address(address) => {
                let here = taken.by_address.get(&address).copied().unwrap_or_default();
                if here >= self.0.most_per_address {
                    return None;
                }
                taken.by_address.insert(address, here + 1);
            }
            Holder::Reserved => taken.reserved += 1,
            Holder::Anybody => {}
        }
        taken.in_all += 1;
        drop(taken);
        Some(Place {
            places: self.clone(),
            holder,
        })
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        // Nothing in here can be left half done.
        self.0.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.lock();
        taken.in_all -= 1;
        match self.holder {
            Holder::Address(address) => {
                if let Entry::Occupied(mut here) = taken.by_address.entry(address) {
                    *here.get_mut() -= 1;
                    if *here.get() == 0 {
                        here.remove();
                    }
                }
            }
            Holder::Reserved => taken.reserved -= 1,
            Holder::Anybody => {}
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn address(text: &str) -> Option<ClientAddress> {
        Some(ClientAddress::of(text.parse().unwrap()))
    }

    #[test]
    fn one_address_takes_its_share_and_no_more() {
        let places = Places::new(3, 2);
        let (one, other) = (address("10.0.0.1"), address("10.0.0.2"));
        let first = places.take(one).unwrap();
        let _second = places.take(one).unwrap();
        assert!(places.take(one).is_none(), "its share is taken");
        let third = places.take(other).unwrap();
        assert!(places.take(other).is_none(), "all are taken");
        drop((first, third));
        assert!(places.take(one).is_some());
        assert_eq!(
            places.lock().by_address.len(),
            1,
            "the others are forgotten"
        );
    }

    #[test]
    fn reserved_places_are_left_when_all_others_are_taken() {
        let places = Places::with_reserve(2, 2, 1);
        let one = places.take(address("10.0.0.1")).unwrap();
        assert!(places.take(address("10.0.0.2")).is_none());
        let _reserved = places.take_reserved().unwrap();
        assert!(places.take_reserved().is_none());
        drop(one);
        assert!(places.take(address("10.0.0.2")).is_some());
    }
}
