//! What a key can hold.

use super::{Hash, List, Set, SortedSet};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

/// What a part of a collection costs beside its bytes: its place, and what the allocator adds.
pub const PART: usize = 32;

#[derive(Debug, Serialize, Deserialize)]
pub enum Value {
    Text(ByteBuf),
    List(List),
    Hash(Hash),
    Set(Set),
    SortedSet(SortedSet),
}

/// The key holds another kind of value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrongType;

/// One kind of value: how it is found in, and put into, any value.
pub trait Kind: Default {
    fn of(value: &Value) -> Option<&Self>;
    fn of_mut(value: &mut Value) -> Option<&mut Self>;
    fn into_value(self) -> Value;
    /// Bytes of memory, about.
    fn size(&self) -> usize;
    /// A key that holds this no longer exists.
    fn is_gone(&self) -> bool;
    /// Takes one part out, so that a long value can be freed in portions; false: there was none.
    fn shed(&mut self) -> bool;
}

macro_rules! kinds {
    ($($kind:ident $variant:ident $name:literal)*) => {
        $(impl Kind for $kind {
            fn of(value: &Value) -> Option<&Self> {
                if let Value::$variant(found) = value { Some(found) } else { None }
            }

            fn of_mut(value: &mut Value) -> Option<&mut Self> {
                if let Value::$variant(found) = value { Some(found) } else { None }
            }

            fn into_value(self) -> Value {
                Value::$variant(self)
            }

            fn size(&self) -> usize {
                self.memory()
            }

            fn is_gone(&self) -> bool {
                self.len() == 0
            }

            fn shed(&mut self) -> bool {
                self.take_one()
            }
        })*

        impl Value {
            /// As TYPE names it.
            pub fn kind(&self) -> &'static str {
                match self {
                    Self::Text(_) => "string",
                    $(Self::$variant(_) => $name,)*
                }
            }

            pub fn size(&self) -> usize {
                match self {
                    Self::Text(text) => text.size(),
                    $(Self::$variant(value) => value.size(),)*
                }
            }

            pub fn shed(&mut self) -> bool {
                match self {
                    Self::Text(text) => text.shed(),
                    $(Self::$variant(value) => value.shed(),)*
                }
            }
        }
    };
}

kinds! {
    List List "list"
    Hash Hash "hash"
    Set Set "set"
    SortedSet SortedSet "zset"
}

impl Kind for ByteBuf {
    fn of(value: &Value) -> Option<&Self> {
        if let Value::Text(found) = value { Some(found) } else { None }
    }

    fn of_mut(value: &mut Value) -> Option<&mut Self> {
        if let Value::Text(found) = value { Some(found) } else { None }
    }

    fn into_value(self) -> Value {
        Value::Text(self)
    }

    fn size(&self) -> usize {
        self.len()
    }

    /// An empty text is a value.
    fn is_gone(&self) -> bool {
        false
    }

    fn shed(&mut self) -> bool {
        false
    }
}
