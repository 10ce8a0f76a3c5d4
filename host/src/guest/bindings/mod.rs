//! The functions of the WIT package that a guest may import, linked by hand: generated bindings would allocate a `Vec` per
//! `write`.

mod interface;
mod logging;
mod outbound;
mod sockets;
mod timers;
mod tls;
mod topics;
mod types;

pub(super) use types::{CloseInfo, SocketError, State, StateRef};

use super::{Host, contract, store::Data};
use interface::Interface;
use wasmtime::{Result, component::Linker};

/// An interface that this host provides, and its functions.
pub(super) struct Provided {
    /// Its name with the version, as `sockdock:plugin/sockets@0.1.0`.
    pub(super) interface: String,
    /// The names of its functions.
    pub(super) functions: Vec<&'static str>,
}

/// Puts every importable interface of the contract into `linker`; says what there is.
pub(super) fn link<H: Host>(linker: &mut Linker<Data<H>>) -> Result<Vec<Provided>> {
    type Link<H> = for<'a, 'b> fn(&'a mut Interface<'b, H>) -> Result<()>;
    let interfaces: [(&str, Link<H>); 6] = [
        ("sockets", sockets::link),
        ("outbound", outbound::link),
        ("tls", tls::link),
        ("timers", timers::link),
        ("topics", topics::link),
        ("logging", logging::link),
    ];
    // `types` has no functions, but a component that uses its types imports it by name.
    let types = contract::interface("types");
    linker.instance(&types)?;
    let mut provided = vec![Provided { interface: types, functions: Vec::new() }];
    for (name, link) in interfaces {
        let interface = contract::interface(name);
        let mut functions = Interface::new(linker, &interface)?;
        link(&mut functions)?;
        provided.push(Provided { functions: functions.done(), interface });
    }
    Ok(provided)
}
