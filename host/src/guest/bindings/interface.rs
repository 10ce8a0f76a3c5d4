//! How one imported interface is put into a linker, function by function.

use super::types::ErrorCode;
use crate::guest::{Host, store::Data};
use crate::pure::socket;
use wasmtime::component::{ComponentNamedList, ComponentType, Lift, Linker, LinkerInstance, Lower};
use wasmtime::{AsContext, Result, StoreContext, StoreContextMut};

/// A function that may trap (the outer error) besides answering a value or an error code.
type Borrowing<H, P, R> = fn(&mut H, &Memory<'_, H>, P) -> Result<Result<R, socket::ErrorCode>>;

/// An interface that is being filled; notes the names of its functions, for messages about what is missing.
pub(super) struct Interface<'a, H: Host> {
    linker: LinkerInstance<'a, Data<H>>,
    functions: Vec<&'static str>,
}

impl<'a, H: Host> Interface<'a, H> {
    /// The interface called `name`, empty.
    pub(super) fn new(linker: &'a mut Linker<Data<H>>, name: &str) -> Result<Self> {
        Ok(Self { linker: linker.instance(name)?, functions: Vec::new() })
    }

    /// A function whose arguments are plain values.
    pub(super) fn function<P, R>(&mut self, name: &'static str, call: fn(&mut H, P) -> R) -> Result<()>
    where
        P: ComponentNamedList + Lift + 'static,
        R: ComponentType + Lower + 'static,
    {
        self.functions.push(name);
        self.linker.func_wrap(name, move |mut store: StoreContextMut<'_, Data<H>>, arguments: P| {
            Ok((call(store.data_mut().host()?, arguments),))
        })
    }

    /// A fallible function whose arguments are plain values.
    pub(super) fn fallible<P, R>(&mut self, name: &'static str, call: fn(&mut H, P) -> Result<R, socket::ErrorCode>) -> Result<()>
    where
        P: ComponentNamedList + Lift + 'static,
        R: ComponentType + Lower + 'static,
    {
        self.functions.push(name);
        self.linker.func_wrap(name, move |mut store: StoreContextMut<'_, Data<H>>, arguments: P| {
            Ok((call(store.data_mut().host()?, arguments).map_err(ErrorCode::from),))
        })
    }

    /// A fallible function that reads lists or strings where they are, in the guest's memory: nothing is copied or
    /// allocated on the way. The outer error is a trap.
    pub(super) fn borrowing<P, R>(&mut self, name: &'static str, call: Borrowing<H, P, R>) -> Result<()>
    where
        P: ComponentNamedList + Lift + 'static,
        R: ComponentType + Lower + 'static,
    {
        self.functions.push(name);
        self.linker.func_wrap(name, move |mut store: StoreContextMut<'_, Data<H>>, arguments: P| {
            // The host's side steps out of the store for the length of the call, so that the store can be read.
            let mut host = store.data_mut().take_host()?;
            let answer = call(&mut host, &store.as_context(), arguments);
            store.data_mut().put_host(host);
            Ok((answer?.map_err(ErrorCode::from),))
        })
    }

    /// A function that needs the instance's own data rather than the host's side.
    pub(super) fn own<P>(&mut self, name: &'static str, call: fn(StoreContextMut<'_, Data<H>>, P) -> Result<()>) -> Result<()>
    where
        P: ComponentNamedList + Lift + 'static,
    {
        self.functions.push(name);
        self.linker.func_wrap(name, call)
    }

    /// What was put in.
    pub(super) fn done(self) -> Vec<&'static str> {
        self.functions
    }
}

/// The guest's memory, as `WasmList` and `WasmStr` want it.
pub(super) type Memory<'a, H> = StoreContext<'a, Data<H>>;
