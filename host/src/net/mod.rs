//! Floor 1: net.
