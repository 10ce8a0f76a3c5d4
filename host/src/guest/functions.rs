//! The functions of an instance, looked up once.

use super::bindings::{CloseInfo, SocketError, State, StateRef};
use super::{Host, check, store::Data};
use wasmtime::component::{ComponentExportIndex, ComponentNamedList, Func, Instance, Lift, Lower, TypedFunc};
use wasmtime::{Error, Result, Store};

type Outcome<T> = (std::result::Result<T, String>,);

/// A socket and why its peer isn't verified, if so.
type Handshake<'a> = (u64, std::result::Result<(), &'a str>);

/// What the host calls. Functions that borrow their arguments can't be kept with their types, because the types
/// name a lifetime; they are given them again at each call, a comparison of a few nanoseconds.
pub(super) struct Functions {
    pub(super) open: TypedFunc<(u64,), ()>,
    pub(super) drain: TypedFunc<(u64,), ()>,
    pub(super) end: TypedFunc<(u64,), ()>,
    pub(super) timeout: TypedFunc<(u64,), ()>,
    pub(super) lifecycle: Option<Lifecycle>,
    pub(super) fired: Option<TypedFunc<(u64,), ()>>,
    data: Func,
    handshake: Func,
    error: Func,
    close: Func,
    connect_error: Func,
}

/// The functions of `lifecycle`.
pub(super) struct Lifecycle {
    pub(super) snapshot: TypedFunc<(), Outcome<Option<State>>>,
    start: Func,
    restore: Func,
}

impl Functions {
    /// The functions that stand at `exports`.
    ///
    /// # Errors
    /// None for exports that were checked; wasmtime looks again.
    pub(super) fn find<H: Host>(store: &mut Store<Data<H>>, instance: &Instance, exports: &check::Exports) -> Result<Self> {
        let mut find = Find { store, instance };
        let lifecycle = exports.lifecycle.as_ref().map(|lifecycle| {
            Ok::<_, Error>(Lifecycle {
                snapshot: find.typed(&lifecycle.snapshot)?,
                start: find.untyped(&lifecycle.start)?,
                restore: find.untyped(&lifecycle.restore)?,
            })
        });
        Ok(Self {
            open: find.typed(&exports.open)?,
            drain: find.typed(&exports.drain)?,
            end: find.typed(&exports.end)?,
            timeout: find.typed(&exports.timeout)?,
            lifecycle: lifecycle.transpose()?,
            fired: exports.fired.as_ref().map(|fired| find.typed(fired)).transpose()?,
            data: find.untyped(&exports.data)?,
            handshake: find.untyped(&exports.handshake)?,
            error: find.untyped(&exports.error)?,
            close: find.untyped(&exports.close)?,
            connect_error: find.untyped(&exports.connect_error)?,
        })
    }

    pub(super) fn data<'a, H: Host>(&self, store: &Store<Data<H>>) -> Result<TypedFunc<(u64, &'a [u8]), ()>> {
        self.data.typed(store)
    }

    pub(super) fn handshake<'a, H: Host>(&self, store: &Store<Data<H>>) -> Result<TypedFunc<Handshake<'a>, ()>> {
        self.handshake.typed(store)
    }

    pub(super) fn error<'a, H: Host>(&self, store: &Store<Data<H>>) -> Result<TypedFunc<(u64, SocketError<'a>), ()>> {
        self.error.typed(store)
    }

    pub(super) fn close<'a, H: Host>(&self, store: &Store<Data<H>>) -> Result<TypedFunc<(u64, CloseInfo<'a>), ()>> {
        self.close.typed(store)
    }

    pub(super) fn connect_error<'a, H: Host>(&self, store: &Store<Data<H>>) -> Result<TypedFunc<(u64, SocketError<'a>), ()>> {
        self.connect_error.typed(store)
    }
}

impl Lifecycle {
    #[allow(clippy::type_complexity, reason = "the signature that the WIT file gives")]
    pub(super) fn start<'a, H: Host>(&self, store: &Store<Data<H>>) -> Result<TypedFunc<(&'a [(String, String)],), Outcome<()>>> {
        self.start.typed(store)
    }

    pub(super) fn restore<'a, H: Host>(&self, store: &Store<Data<H>>) -> Result<TypedFunc<(StateRef<'a>,), Outcome<()>>> {
        self.restore.typed(store)
    }
}

struct Find<'a, H: Host> {
    store: &'a mut Store<Data<H>>,
    instance: &'a Instance,
}

impl<H: Host> Find<'_, H> {
    fn untyped(&mut self, index: &ComponentExportIndex) -> Result<Func> {
        self.instance.get_func(&mut *self.store, index).ok_or_else(|| Error::msg("an export has vanished"))
    }

    fn typed<P, R>(&mut self, index: &ComponentExportIndex) -> Result<TypedFunc<P, R>>
    where
        P: ComponentNamedList + Lower,
        R: ComponentNamedList + Lift,
    {
        self.untyped(index)?.typed(&*self.store)
    }
}
