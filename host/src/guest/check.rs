//! Whether a component can be a plugin: what it must export, what it may import. Each refusal says what was found and
//! what to do about it.

use super::bindings::{CloseInfo, Provided, SocketError, State, StateRef};
use super::{contract, signature, wasi};
use contract::Name;
use wasmtime::component::types::{self, ComponentItem};
use wasmtime::component::{Component, ComponentExportIndex, ComponentNamedList, Lift, Lower};

/// Why a component is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    /// What is wrong, as words that may follow the component's name: `is …`, `exports …`.
    pub(super) message: String,
    /// What to do about it.
    pub(super) hint: String,
}

impl Refusal {
    fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { message: message.into(), hint: hint.into() }
    }
}

/// Where the functions stand that the host calls.
pub(super) struct Exports {
    pub(super) open: ComponentExportIndex,
    pub(super) data: ComponentExportIndex,
    pub(super) drain: ComponentExportIndex,
    pub(super) end: ComponentExportIndex,
    pub(super) timeout: ComponentExportIndex,
    pub(super) handshake: ComponentExportIndex,
    pub(super) error: ComponentExportIndex,
    pub(super) close: ComponentExportIndex,
    pub(super) connect_error: ComponentExportIndex,
    pub(super) lifecycle: Option<Lifecycle>,
    pub(super) fired: Option<ComponentExportIndex>,
}

/// Where the functions of `lifecycle` stand.
pub(super) struct Lifecycle {
    pub(super) start: ComponentExportIndex,
    pub(super) snapshot: ComponentExportIndex,
    pub(super) restore: ComponentExportIndex,
}

/// Whether `bytes` begin as a component does.
///
/// # Errors
/// What they are instead.
pub(super) fn header(bytes: &[u8]) -> Result<(), Refusal> {
    let build = "build one with `sockdock build`";
    match bytes {
        [] => Err(Refusal::new("is empty", build)),
        [b'\0', b'a', b's', b'm', 0x0d, 0, 1, 0, ..] => Ok(()),
        [b'\0', b'a', b's', b'm', 1, 0, 0, 0, ..] => Err(Refusal::new(
            "is a core WebAssembly module, not a component",
            "build it for `wasm32-wasip2`, by `sockdock build`, or turn it into a component with `wasm-tools component new`",
        )),
        [b'\0', b'a', b's', b'm', rest @ ..] => Err(Refusal::new(
            format!("is WebAssembly of an unknown version ({:02x?})", &rest[..rest.len().min(4)]),
            "rebuild it with a toolchain for WASI 0.2",
        )),
        [b'(', ..] => {
            Err(Refusal::new("is WebAssembly text (.wat), not a compiled component", "compile it with `wasm-tools parse`"))
        }
        _ => Err(Refusal::new("isn't WebAssembly", build)),
    }
}

/// Finds what the host calls in a component's exports; notes what is missing or of another type in `refusals`.
pub(super) fn exports(component: &Component, refusals: &mut Vec<Refusal>) -> Option<Exports> {
    let ty = component.component_type();
    versions(component, &ty, refusals);
    let before = refusals.len();
    let mut handlers = Search::new(component, &ty, "socket-handlers");
    if handlers.instance.is_none() && !refusals.iter().any(|refusal| refusal.message.contains("socket-handlers")) {
        refusals.push(Refusal::new(
            format!("doesn't export `{}`, so that there is nothing to call", contract::interface("socket-handlers")),
            "implement its handlers (guest-sdk and examples show how); a program with a `main` isn't a plugin",
        ));
        return None;
    }
    let socket = "func(socket: u64)";
    let found = (
        handlers.find::<(u64,), ()>("open", socket),
        handlers.find::<(u64, &[u8]), ()>("data", "func(socket: u64, data: list<u8>)"),
        handlers.find::<(u64,), ()>("drain", socket),
        handlers.find::<(u64,), ()>("end", socket),
        handlers.find::<(u64,), ()>("timeout", socket),
        handlers.find::<(u64, Result<(), &str>), ()>("handshake", "func(socket: u64, verified: result<_, string>)"),
        handlers.find::<(u64, SocketError<'_>), ()>("error", "func(socket: u64, error: socket-error)"),
        handlers.find::<(u64, CloseInfo<'_>), ()>("close", "func(socket: u64, info: close-info)"),
        handlers.find::<(u64, SocketError<'_>), ()>("connect-error", "func(socket: u64, error: socket-error)"),
    );
    handlers.report(refusals);
    let lifecycle = optional(component, &ty, "lifecycle", refusals, |lifecycle| {
        type Outcome<T> = (Result<T, String>,);
        let start = "func(config: list<tuple<string, string>>) -> result<_, string>";
        let start = lifecycle.find::<(&[(String, String)],), Outcome<()>>("start", start);
        let snapshot = "func() -> result<option<state>, string>";
        let snapshot = lifecycle.find::<(), Outcome<Option<State>>>("snapshot", snapshot);
        let restore = "func(state: state) -> result<_, string>";
        let restore = lifecycle.find::<(StateRef<'_>,), Outcome<()>>("restore", restore);
        Some(Lifecycle { start: start?, snapshot: snapshot?, restore: restore? })
    });
    let fired =
        optional(component, &ty, "timer-handler", refusals, |timer| timer.find::<(u64,), ()>("fired", "func(token: u64)"));
    if refusals.len() > before {
        return None;
    }
    let (open, data, drain, end, timeout, handshake, error, close, connect_error) = found;
    Some(Exports {
        open: open?,
        data: data?,
        drain: drain?,
        end: end?,
        timeout: timeout?,
        handshake: handshake?,
        error: error?,
        close: close?,
        connect_error: connect_error?,
        lifecycle,
        fired,
    })
}

/// Notes the imports that nobody provides, all in one refusal.
pub(super) fn imports(component: &Component, provided: &[Provided], refusals: &mut Vec<Refusal>) {
    let ty = component.component_type();
    let mut missing = Vec::new();
    for (name, import) in ty.imports(component.engine()) {
        match (Name::parse(name), import.ty) {
            // `versions` has told.
            (Some(parsed), _) if !parsed.is_compatible() => {}
            (Some(parsed), ComponentItem::ComponentInstance(instance)) => {
                let ours = contract::interface(parsed.interface);
                let functions = provided.iter().find(|provided| provided.interface == ours).map(|provided| &provided.functions);
                let lacking = functions_of(component, &instance)
                    .filter(|function| !functions.is_some_and(|ours| ours.contains(&function.as_str())))
                    .map(|function| format!("`{}.{function}` ({name})", parsed.interface));
                missing.extend(lacking);
            }
            (None, _) if wasi::provides(name) => {}
            (_, ComponentItem::Type(_)) => {}
            // An interface of types alone needs nobody to provide it.
            (_, ComponentItem::ComponentInstance(instance)) if only_types(component, &instance) => {}
            _ => missing.push(format!("`{name}`")),
        }
    }
    if !missing.is_empty() {
        let hint = if missing.iter().any(|name| name.contains("sockdock:plugin/")) {
            "it was built for a newer sockdock: update this host, or build it against this host's `wit` folder"
        } else if missing.iter().any(|name| name.starts_with("`wasi:") && name.contains("@0.3")) {
            "build it for WASI 0.2 (`wasm32-wasip2`)"
        } else {
            "a plugin may import `sockdock:plugin` and what the `wasi:cli` 0.2 command world has; remove the dependency that asks for more, or compose the component with one that provides it"
        };
        refusals.push(Refusal::new(format!("imports what this host doesn't provide: {}", missing.join(", ")), hint));
    }
}

/// Notes interfaces of our package in versions that aren't ours.
fn versions(component: &Component, ty: &types::Component, refusals: &mut Vec<Refusal>) {
    let engine = component.engine();
    let exports = ty.exports(engine).map(|(name, _)| name);
    let mut wrong: Vec<_> = exports
        .chain(ty.imports(engine).map(|(name, _)| name))
        .filter_map(|name| Name::parse(name).map(|parsed| (name, parsed)))
        .filter(|(_, parsed)| !parsed.is_compatible())
        .map(|(name, parsed)| format!("`{name}` (wanted: `{}`)", contract::interface(parsed.interface)))
        .collect();
    wrong.dedup();
    if !wrong.is_empty() {
        refusals.push(Refusal::new(
            format!("was built for another version of the WIT package: {}", wrong.join(", ")),
            format!("build it against `{}@{}`: update the plugin kit, or this host", contract::PACKAGE, contract::VERSION),
        ));
    }
}

/// The functions that an interface asks for or offers.
fn functions_of<'a>(component: &'a Component, instance: &'a types::ComponentInstance) -> impl Iterator<Item = String> + 'a {
    instance
        .exports(component.engine())
        .filter(|(_, item)| !matches!(item.ty, ComponentItem::Type(_)))
        .map(|(name, _)| name.to_owned())
}

fn only_types(component: &Component, instance: &types::ComponentInstance) -> bool {
    functions_of(component, instance).next().is_none()
}

/// Looks an interface up that needn't be there, but if it is must be whole.
fn optional<T>(
    component: &Component,
    ty: &types::Component,
    interface: &'static str,
    refusals: &mut Vec<Refusal>,
    find: impl FnOnce(&mut Search<'_>) -> Option<T>,
) -> Option<T> {
    let mut search = Search::new(component, ty, interface);
    search.instance?;
    let found = find(&mut search);
    search.report(refusals);
    found
}

/// A search for the functions of one exported interface.
struct Search<'a> {
    component: &'a Component,
    ty: &'a types::Component,
    interface: &'static str,
    instance: Option<ComponentExportIndex>,
    missing: Vec<String>,
    mistyped: Vec<String>,
}

impl<'a> Search<'a> {
    fn new(component: &'a Component, ty: &'a types::Component, interface: &'static str) -> Self {
        // Finds compatible versions as well.
        let found = component.get_export(None, contract::interface(interface).as_str());
        let instance = found.and_then(|(item, index)| matches!(item, ComponentItem::ComponentInstance(_)).then_some(index));
        Self { component, ty, interface, instance, missing: Vec::new(), mistyped: Vec::new() }
    }

    fn find<P, R>(&mut self, name: &str, signature: &str) -> Option<ComponentExportIndex>
    where
        P: ComponentNamedList + Lower,
        R: ComponentNamedList + Lift,
    {
        let instance = self.instance.as_ref()?;
        let Some((ComponentItem::ComponentFunc(function), index)) = self.component.get_export(Some(instance), name) else {
            self.missing.push(format!("`{name}`"));
            return None;
        };
        if !function.async_() && function.typecheck::<P, R>(&self.ty.instance_type()).is_ok() {
            return Some(index);
        }
        self.mistyped.push(format!("`{name}` must be `{signature}` and is `{}`", signature::of(&function)));
        None
    }

    fn report(self, refusals: &mut Vec<Refusal>) {
        let hint = format!("build it against the `{}@{}` of this host's `wit` folder", contract::PACKAGE, contract::VERSION);
        let interface = self.interface;
        if !self.missing.is_empty() {
            refusals.push(Refusal::new(format!("exports `{interface}` without {}", self.missing.join(", ")), hint.clone()));
        }
        if !self.mistyped.is_empty() {
            refusals.push(Refusal::new(format!("exports `{interface}` with other types: {}", self.mistyped.join("; ")), hint));
        }
    }
}
