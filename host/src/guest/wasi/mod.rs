//! WASI 0.2 for plugins: what the `wasi:cli` command world asks for, so that every toolchain's output loads.
//!
//! Clocks and randomness are real; standard output and error go to the log under the plugin's name; there is no
//! input, no argument but the plugin's name, no environment, no directory, no network. Nothing blocks: wasmtime-wasi's
//! own synchronous streams and polls would call `block_on`, which panics inside an async runtime, so `io` and the
//! clocks' subscriptions are our own, and a wait that isn't over at once is the plugin's error.

mod clocks;
mod denied;
mod io;
mod stdio;

use super::log::{PluginLog, Stream};
use super::{Host, store::Data};
use std::sync::Arc;
use wasmtime::Result;
use wasmtime::component::{HasData, Linker, ResourceTable};
use wasmtime_wasi::p2::bindings::{cli, clocks as clock, filesystem, random, sockets, sync};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi::{
    cli::{WasiCli, WasiCliView as _},
    clocks::{WasiClocks, WasiClocksView as _},
    filesystem::{WasiFilesystem, WasiFilesystemView as _},
    random::{WasiRandom, WasiRandomView as _},
    sockets::{WasiSockets, WasiSocketsView as _},
};

/// Streams and subscriptions that one instance may hold; each takes the host's memory.
const RESOURCES: usize = 10_000;

/// Random bytes that one call may ask for; they pass through the host's memory.
const RANDOM: u64 = 1 << 20;

/// What one instance's WASI needs.
pub(super) struct Wasi {
    context: WasiCtx,
    table: ResourceTable,
}

impl Wasi {
    /// WASI for the plugin called `name`.
    pub(super) fn new(name: &str, log: &Arc<PluginLog>) -> Self {
        let mut table = ResourceTable::new();
        table.set_max_capacity(RESOURCES);
        let context = WasiCtx::builder()
            .arg(name)
            .stdout(stdio::Output::new(log, Stream::Stdout))
            .stderr(stdio::Output::new(log, Stream::Stderr))
            .max_random_size(RANDOM)
            .allow_tcp(false)
            .allow_udp(false)
            .allow_ip_name_lookup(false)
            .build();
        Self { context, table }
    }
}

impl<H: Host> WasiView for Data<H> {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi.context, table: &mut self.wasi.table }
    }
}

/// Our own implementations, over the instance's table of resources.
struct Ours<'a>(&'a mut ResourceTable);

impl HasData for Ours<'static> {
    type Data<'a> = Ours<'a>;
}

fn ours<H: Host>(data: &mut Data<H>) -> Ours<'_> {
    Ours(&mut data.wasi.table)
}

/// Puts the interfaces into `linker`; answers their names.
pub(super) fn link<H: Host>(linker: &mut Linker<Data<H>>) -> Result<()> {
    type D<H> = Data<H>;
    type O = Ours<'static>;
    let l = linker;

    sync::io::error::add_to_linker::<D<H>, O>(l, ours)?;
    sync::io::poll::add_to_linker::<D<H>, O>(l, ours)?;
    sync::io::streams::add_to_linker::<D<H>, O>(l, ours)?;
    clock::monotonic_clock::add_to_linker::<D<H>, O>(l, ours)?;
    clock::wall_clock::add_to_linker::<D<H>, WasiClocks>(l, D::clocks)?;
    random::random::add_to_linker::<D<H>, WasiRandom>(l, D::random)?;
    random::insecure::add_to_linker::<D<H>, WasiRandom>(l, D::random)?;
    random::insecure_seed::add_to_linker::<D<H>, WasiRandom>(l, D::random)?;

    cli::exit::add_to_linker::<D<H>, WasiCli>(l, D::cli)?;
    cli::environment::add_to_linker::<D<H>, WasiCli>(l, D::cli)?;
    cli::stdin::add_to_linker::<D<H>, WasiCli>(l, D::cli)?;
    cli::stdout::add_to_linker::<D<H>, WasiCli>(l, D::cli)?;
    cli::stderr::add_to_linker::<D<H>, WasiCli>(l, D::cli)?;
    cli::terminal_input::add_to_linker::<D<H>, WasiCli>(l, D::cli)?;
    cli::terminal_output::add_to_linker::<D<H>, WasiCli>(l, D::cli)?;
    cli::terminal_stdin::add_to_linker::<D<H>, WasiCli>(l, D::cli)?;
    cli::terminal_stdout::add_to_linker::<D<H>, WasiCli>(l, D::cli)?;
    cli::terminal_stderr::add_to_linker::<D<H>, WasiCli>(l, D::cli)?;

    // Without a directory or a socket to begin with, no function of these two can be reached that would block.
    filesystem::preopens::add_to_linker::<D<H>, WasiFilesystem>(l, D::filesystem)?;
    sync::filesystem::types::add_to_linker::<D<H>, WasiFilesystem>(l, D::filesystem)?;
    sync::sockets::tcp::add_to_linker::<D<H>, WasiSockets>(l, D::sockets)?;
    sync::sockets::udp::add_to_linker::<D<H>, WasiSockets>(l, D::sockets)?;
    sockets::network::add_to_linker::<D<H>, O>(l, &sockets::network::LinkOptions::default(), ours)?;
    sockets::instance_network::add_to_linker::<D<H>, WasiSockets>(l, D::sockets)?;
    sockets::tcp_create_socket::add_to_linker::<D<H>, O>(l, ours)?;
    sync::sockets::udp_create_socket::add_to_linker::<D<H>, O>(l, ours)?;
    sockets::ip_name_lookup::add_to_linker::<D<H>, O>(l, ours)?;
    Ok(())
}

/// The interfaces that [`link`] puts in: package and interface, any 0.2.x.
pub(super) const INTERFACES: &[&str] = &[
    "wasi:io/error",
    "wasi:io/poll",
    "wasi:io/streams",
    "wasi:clocks/monotonic-clock",
    "wasi:clocks/wall-clock",
    "wasi:random/random",
    "wasi:random/insecure",
    "wasi:random/insecure-seed",
    "wasi:cli/exit",
    "wasi:cli/environment",
    "wasi:cli/stdin",
    "wasi:cli/stdout",
    "wasi:cli/stderr",
    "wasi:cli/terminal-input",
    "wasi:cli/terminal-output",
    "wasi:cli/terminal-stdin",
    "wasi:cli/terminal-stdout",
    "wasi:cli/terminal-stderr",
    "wasi:filesystem/preopens",
    "wasi:filesystem/types",
    "wasi:sockets/network",
    "wasi:sockets/instance-network",
    "wasi:sockets/tcp",
    "wasi:sockets/tcp-create-socket",
    "wasi:sockets/udp",
    "wasi:sockets/udp-create-socket",
    "wasi:sockets/ip-name-lookup",
];

/// Whether `import` is one of ours: `wasi:io/streams@0.2.3`.
pub(super) fn provides(import: &str) -> bool {
    let Some((interface, version)) = import.split_once('@') else { return false };
    INTERFACES.contains(&interface) && version.strip_prefix("0.2.").is_some_and(|patch| patch.parse::<u32>().is_ok())
}
