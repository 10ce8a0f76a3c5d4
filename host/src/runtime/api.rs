//! STUB (the runtime's author replaces this file): the embedder's API.
#![allow(missing_docs, unused_variables, clippy::todo)]

use crate::pure::{error::Result, limits::Limits};
use super::report::*;
use std::{net::SocketAddr, num::NonZeroUsize, path::{Path, PathBuf}};

#[derive(Clone, Debug, Default)]
pub struct HostConfig { pub workers: Option<NonZeroUsize>, pub cache_dir: Option<PathBuf>, pub max_instances: Option<u32> }
#[derive(Clone)]
pub struct Host;
#[derive(Clone)]
pub struct Server;
/// A component's bytes and where they came from.
#[derive(Clone)]
pub struct Plugin;
/// Where to listen: parsed from `HOST:PORT`, `[::1]:PORT`, `unix:/path`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bind { Tcp { host: String, port: u16 }, Unix(PathBuf) }
impl std::str::FromStr for Bind { type Err = crate::Error; fn from_str(s: &str) -> Result<Self> { todo!() } }
#[derive(Clone, Debug)]
pub struct Listen;
/// Certificates and keys, read and checked.
#[derive(Clone, Debug)]
pub struct Tls;
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Instances { #[default] Shared, PerCore, Count(NonZeroUsize) }
impl std::str::FromStr for Instances { type Err = crate::Error; fn from_str(s: &str) -> Result<Self> { todo!() } }
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop { Graceful, Force }
#[derive(Clone, Debug, Default)]
pub struct ReloadOptions { pub dry_run: bool, pub discard_state: bool }

impl Tls {
    /// Certificate chain (PEM, leaf first) and key (PEM: PKCS#8, PKCS#1 or SEC1).
    pub fn from_pem_files(cert: impl AsRef<Path>, key: impl AsRef<Path>) -> Result<Self> { todo!() }
    /// A further pair, chosen by SNI.
    pub fn and_pem_files(self, cert: impl AsRef<Path>, key: impl AsRef<Path>) -> Result<Self> { todo!() }
}
impl Plugin {
    /// Reads a component; nothing is compiled yet.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self> { todo!() }
    pub fn from_bytes(name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self { todo!() }
    pub fn path(&self) -> Option<&Path> { todo!() }
    /// Passed to `lifecycle.start`, in order.
    pub fn config(self, key: impl Into<String>, value: impl Into<String>) -> Self { todo!() }
}
impl Listen {
    pub fn tcp(address: &str) -> Self { todo!() }
    pub fn unix(path: impl AsRef<Path>) -> Self { todo!() }
    pub fn bind(bind: Bind) -> Self { todo!() }
    /// The address given last speaks TLS.
    pub fn tls(self, tls: Tls) -> Self { todo!() }
    /// One more address of the same listener: same plugin, same instances.
    pub fn and(self, bind: Bind) -> Self { todo!() }
    pub fn name(self, name: impl Into<String>) -> Self { todo!() }
    pub fn instances(self, instances: Instances) -> Self { todo!() }
    pub fn limits(self, limits: Limits) -> Self { todo!() }
    pub fn allow_half_open(self, yes: bool) -> Self { todo!() }
}
impl Host {
    pub fn new(config: HostConfig) -> Result<Self> { todo!() }
    pub async fn listen(&self, listen: Listen, plugin: Plugin) -> Result<Server> { todo!() }
    pub fn servers(&self) -> Vec<Server> { todo!() }
    pub fn server(&self, name: &str) -> Option<Server> { todo!() }
    pub async fn status(&self) -> HostStatus { todo!() }
    /// Until nothing referenced is left.
    pub async fn run(&self) { todo!() }
    pub async fn stop(&self, how: Stop) -> Result<()> { todo!() }
    /// What a component offers and asks for, without running it.
    pub fn inspect(&self, plugin: &Plugin) -> Result<crate::guest::Inspection> { todo!() }
}
impl Server {
    pub fn name(&self) -> &str { todo!() }
    /// The first address, if it is TCP.
    pub fn local_addr(&self) -> Option<SocketAddr> { todo!() }
    pub fn addresses(&self) -> Vec<String> { todo!() }
    pub fn plugin(&self) -> Plugin { todo!() }
    pub async fn reload(&self, plugin: Plugin) -> Result<ReloadReport, ReloadFailure> { todo!() }
    pub async fn reload_with(&self, plugin: Plugin, options: ReloadOptions) -> Result<ReloadReport, ReloadFailure> { todo!() }
    pub async fn stop(&self, how: Stop) -> Result<()> { todo!() }
    pub async fn status(&self) -> ListenerStatus { todo!() }
    pub fn unref(&self) { todo!() }
    pub fn reref(&self) { todo!() }
}
