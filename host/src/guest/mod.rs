//! Floor 1: components and their instances; nothing here knows of sockets or the network.

mod inspect;

pub use inspect::Inspection;
