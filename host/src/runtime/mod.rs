//! Floor 2: workers, connections, reload.

mod api;
mod report;

pub use api::{Bind, Host, HostConfig, Instances, Listen, Plugin, ReloadOptions, Server, Stop, Tls};
pub use report::{HostStatus, ListenerStatus, ReloadFailure, ReloadReport};
