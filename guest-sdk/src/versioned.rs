//! Types whose values outlive the build that wrote them.

use crate::{Failure, dispatch::reason};
use postcard::ser_flavors::{Flavor, Size};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned};
use std::fmt;

/// A type with a version, and the way to it from the version before: what a newer build of a plugin needs to read what
/// an older one has written, in a [context](crate::Socket::context) or a [`State`](crate::State).
///
/// The bytes are [postcard](https://docs.rs/postcard)'s: compact, and without names, so a change of fields is a new
/// version. Keep the old type, and say how the new one comes from it; a chain of any length is walked.
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use sockdock_guest::{Failure, First, State, Versioned};
///
/// #[derive(Serialize, Deserialize)]
/// struct CountV1 { hits: u32 }
///
/// impl Versioned for CountV1 {
///     const VERSION: &'static str = "1";
///     type Previous = First;
/// }
///
/// #[derive(Serialize, Deserialize)]
/// struct Count { hits: u64, misses: u64 }
///
/// impl Versioned for Count {
///     const VERSION: &'static str = "2";
///     type Previous = CountV1;
///     fn upgrade(old: CountV1) -> Result<Self, Failure> {
///         Ok(Self { hits: old.hits.into(), misses: 0 })
///     }
/// }
///
/// let written_by_the_old_build = State::save(&CountV1 { hits: 7 })?;
/// let count: Count = written_by_the_old_build.load()?;
/// assert_eq!(count.hits, 7);
/// # Ok::<(), Failure>(())
/// ```
pub trait Versioned: Serialize + DeserializeOwned {
    /// Names the shape of the type; unlike those of its predecessors, and short, since each context carries it.
    const VERSION: &'static str;

    /// The version before this one; [`First`] if there is none.
    type Previous: Versioned;

    /// Makes this version of the one before. To be written wherever `Previous` isn't [`First`].
    fn upgrade(previous: Self::Previous) -> Result<Self, Failure> {
        let _ = previous;
        Err("the upgrade isn't written: `Versioned::upgrade` is missing".into())
    }

    /// Reads a version that isn't in the chain, such as a newer build's (a *downgrade*); none: it can't be read, which
    /// is the default. `data` can be given to [`Versioned::decode`] of a type of that version.
    fn decode_other(version: &str, data: &[u8]) -> Option<Result<Self, Failure>> {
        let _ = (version, data);
        None
    }

    /// Reads a value of this version or an older one.
    fn decode(version: &str, data: &[u8]) -> Result<Self, VersionError> {
        if version == Self::VERSION {
            return from_bytes(data).map_err(|reason| VersionError::Malformed {
                version: version.into(),
                reason: reason.to_string(),
            });
        }
        let failed = |failure| VersionError::Conversion {
            from: version.into(),
            to: Self::VERSION,
            reason: reason(failure),
        };
        if let Some(result) = Self::decode_other(version, data) {
            return result.map_err(failed);
        }
        let previous = Self::Previous::decode(version, data)
            .map_err(|error| error.also_read(Self::VERSION))?;
        Self::upgrade(previous).map_err(failed)
    }

    /// The bytes of a value, in one allocation of the right size.
    fn encode(&self) -> Result<Vec<u8>, VersionError> {
        encode_after(&[], self)
    }
}

/// Says that a [`Versioned`] type has no version before it. There are no values of it.
#[derive(Clone, Copy, Debug)]
pub enum First {}

impl Versioned for First {
    const VERSION: &'static str = "";
    type Previous = First;

    fn decode(version: &str, _: &[u8]) -> Result<Self, VersionError> {
        Err(VersionError::Unknown {
            found: version.into(),
            known: Vec::new(),
        })
    }
}

impl Serialize for First {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        match *self {}
    }
}

impl<'de> Deserialize<'de> for First {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Err(serde::de::Error::custom("there are no values of this type"))
    }
}

/// Why a [`Versioned`] value could not be read or written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VersionError {
    /// This build doesn't know the version.
    Unknown {
        /// The version that the bytes carry.
        found: String,
        /// The versions that can be read, the oldest first.
        known: Vec<&'static str>,
    },
    /// The version is known, and the bytes don't have its shape: fields were changed and the version was not.
    Malformed {
        /// The version that the bytes carry.
        version: String,
        /// The decoder's reason.
        reason: String,
    },
    /// `upgrade` or `decode_other` has failed.
    Conversion {
        /// The version that the bytes carry.
        from: String,
        /// The version that was to be made.
        to: &'static str,
        /// The conversion's reason.
        reason: String,
    },
    /// The value can't be written: a sequence whose length isn't known beforehand, for example.
    Unwritable {
        /// The version that was to be written.
        version: &'static str,
        /// The encoder's reason.
        reason: String,
    },
}

impl VersionError {
    fn also_read(mut self, version: &'static str) -> Self {
        if let Self::Unknown { known, .. } = &mut self {
            known.push(version);
        }
        self
    }
}

impl fmt::Display for VersionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { found, known } => {
                write!(
                    f,
                    "version `{found}` isn't known to this build, which reads `{}`",
                    known.join("`, `")
                )
            }
            Self::Malformed { version, reason } => {
                write!(
                    f,
                    "the bytes of version `{version}` don't have its shape ({reason}): a change of fields is a new version"
                )
            }
            Self::Conversion { from, to, reason } => {
                write!(f, "version `{from}` could not be made `{to}`: {reason}")
            }
            Self::Unwritable { version, reason } => {
                write!(f, "version `{version}` could not be written: {reason}")
            }
        }
    }
}

impl std::error::Error for VersionError {}

/// The bytes of a value behind a prefix.
pub(crate) fn encode_after<V: Versioned>(
    prefix: &[u8],
    value: &V,
) -> Result<Vec<u8>, VersionError> {
    let failed = |error: postcard::Error| VersionError::Unwritable {
        version: V::VERSION,
        reason: error.to_string(),
    };
    // Measured first, since a growing buffer would be copied on the way, and be up to twice as large as needed.
    let size = postcard::serialize_with_flavor(value, Size::default()).map_err(failed)?;
    let mut bytes = Vec::with_capacity(prefix.len() + size);
    bytes.extend_from_slice(prefix);
    postcard::serialize_with_flavor(value, Buffer(bytes)).map_err(failed)
}

fn from_bytes<T: DeserializeOwned>(data: &[u8]) -> postcard::Result<T> {
    match postcard::take_from_bytes(data)? {
        (value, []) => Ok(value),
        // More bytes than the type has fields for: another shape that happens to begin alike.
        _ => Err(postcard::Error::DeserializeBadEncoding),
    }
}

struct Buffer(Vec<u8>);

impl Flavor for Buffer {
    type Output = Vec<u8>;

    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.0.push(byte);
        Ok(())
    }

    fn try_extend(&mut self, bytes: &[u8]) -> postcard::Result<()> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }

    fn finalize(self) -> postcard::Result<Vec<u8>> {
        Ok(self.0)
    }
}

#[cfg(test)]
mod tests;
