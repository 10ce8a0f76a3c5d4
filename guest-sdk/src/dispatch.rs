//! From the component's exports to the methods of [`Plugin`].

use crate::bindings::exports::sockdock::plugin::{lifecycle, socket_handlers, timer_handler};
use crate::{CloseInfo, Config, Failure, Plugin, Socket, SocketError, State, log};
use std::cell::Cell;
use std::marker::PhantomData;
use std::thread::LocalKey;

/// Makes a component of a [`Plugin`] type: exports every event. Once per crate.
///
/// ```
/// use sockdock_guest::{Plugin, Socket};
///
/// #[derive(Default)]
/// struct Echo;
///
/// impl Plugin for Echo {
///     fn data(&mut self, socket: Socket, bytes: &[u8]) {
///         socket.write(bytes).ok();
///     }
/// }
///
/// sockdock_guest::plugin!(Echo);
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! plugin {
    ($plugin:ty) => {
        const _: () = {
            ::std::thread_local! {
                static INSTANCE: $crate::Instance<$plugin> = const { $crate::Instance::new() };
            }
            impl $crate::Installed for $plugin {
                /// The instance's one value.
                fn instance() -> &'static ::std::thread::LocalKey<$crate::Instance<Self>> {
                    &INSTANCE
                }
            }
            #[allow(dead_code)]
            type Exports = $crate::Exports<$plugin>;
            #[cfg(target_family = "wasm")]
    $crate::bindings::export!(Exports with_types_in $crate::bindings);
        };
    };
}

/// Where `plugin!` keeps the one value. It is taken out for the length of a call, so there is nothing that a second
/// borrow could panic on, and boxed, so that taking it moves a pointer.
pub struct Instance<P>(Cell<Option<Box<P>>>);

impl<P> Instance<P> {
    /// No value yet: the first call makes it.
    #[allow(clippy::new_without_default)]
    pub const fn new() -> Self {
        Self(Cell::new(None))
    }
}

/// Implemented by `plugin!`.
pub trait Installed: Plugin {
    /// The instance's one value.
    fn instance() -> &'static LocalKey<Instance<Self>>;
}

/// Implements the exported interfaces for the plugin `P`.
pub struct Exports<P>(PhantomData<P>);

fn with<P: Installed, R>(call: impl FnOnce(&mut P) -> R) -> R {
    P::instance().with(|instance| {
        let mut plugin = instance.0.take().unwrap_or_else(|| {
            log::log_panics();
            Box::default()
        });
        let result = call(&mut plugin);
        instance.0.set(Some(plugin));
        result
    })
}

/// The whole chain of causes in one line.
pub(crate) fn reason(failure: Failure) -> String {
    let mut text = failure.to_string();
    let mut cause = failure.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

impl<P: Installed> lifecycle::Guest for Exports<P> {
    fn start(config: Vec<(String, String)>) -> Result<(), String> {
        with(|plugin: &mut P| plugin.start(&Config::new(config))).map_err(reason)
    }

    fn snapshot() -> Result<Option<State>, String> {
        with(|plugin: &mut P| plugin.snapshot()).map_err(reason)
    }

    fn restore(state: State) -> Result<(), String> {
        with(|plugin: &mut P| plugin.restore(state)).map_err(reason)
    }
}

impl<P: Installed> timer_handler::Guest for Exports<P> {
    fn fired(token: u64) {
        with(|plugin: &mut P| plugin.fired(token));
    }
}

impl<P: Installed> socket_handlers::Guest for Exports<P> {
    fn open(socket: u64) {
        with(|plugin: &mut P| plugin.open(Socket::from_id(socket)));
    }

    fn data(socket: u64, data: Vec<u8>) {
        with(|plugin: &mut P| plugin.data(Socket::from_id(socket), &data));
    }

    fn drain(socket: u64) {
        with(|plugin: &mut P| plugin.drain(Socket::from_id(socket)));
    }

    fn end(socket: u64) {
        with(|plugin: &mut P| plugin.end(Socket::from_id(socket)));
    }

    fn timeout(socket: u64) {
        with(|plugin: &mut P| plugin.timeout(Socket::from_id(socket)));
    }

    fn handshake(socket: u64, verified: Result<(), String>) {
        with(|plugin: &mut P| plugin.handshake(Socket::from_id(socket), verified));
    }

    fn error(socket: u64, error: SocketError) {
        with(|plugin: &mut P| plugin.error(Socket::from_id(socket), error));
    }

    fn close(socket: u64, info: CloseInfo) {
        with(|plugin: &mut P| plugin.close(Socket::from_id(socket), info));
    }

    fn connect_error(socket: u64, error: SocketError) {
        with(|plugin: &mut P| plugin.connect_error(Socket::from_id(socket), error));
    }
}
