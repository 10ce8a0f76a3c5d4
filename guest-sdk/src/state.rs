//! The plugin's state on its way to the next generation.

use crate::{State, VersionError, Versioned};

/// To and from typed values:
///
/// ```
/// # use serde::{Deserialize, Serialize};
/// # use sockdock_guest::{Failure, First, Plugin, State, Versioned};
/// #[derive(Default, Serialize, Deserialize)]
/// struct Counter { hits: u64 }
///
/// impl Versioned for Counter {
///     const VERSION: &'static str = "1";
///     type Previous = First;
/// }
///
/// impl Plugin for Counter {
///     fn snapshot(&mut self) -> Result<Option<State>, Failure> {
///         Ok(Some(State::save(self)?))
///     }
///     fn restore(&mut self, state: State) -> Result<(), Failure> {
///         *self = state.load()?;
///         Ok(())
///     }
/// }
/// ```
impl State {
    /// The state that holds this value, under its version.
    ///
    /// A large value is measured, then written once. For byte strings use a type that serde knows as bytes (the crate
    /// `serde_bytes`): a `Vec<u8>` counts as a sequence of single numbers, and is much slower.
    ///
    /// Errors: [`VersionError::Unwritable`].
    pub fn save<V: Versioned>(value: &V) -> Result<Self, VersionError> {
        Ok(Self {
            version: V::VERSION.into(),
            data: value.encode()?,
        })
    }

    /// The value, brought from its version to that of `V`.
    ///
    /// Errors: the version is not known to `V`, or the bytes don't fit it.
    pub fn load<V: Versioned>(self) -> Result<V, VersionError> {
        V::decode(&self.version, &self.data)
    }
}
