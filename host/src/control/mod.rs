//! Floor 3: the command line, the admin API, telemetry.
//!
//! | module | what |
//! |---|---|
//! | [`admin`] | HTTP with JSON on a unix socket, by which a running host is asked and told; server and client |
//! | `build` | a handler's source folder to a component |
//! | `cli` | the commands, one file each |
//! | `config` | `sockdock.toml` |
//! | `dev` | serving a source folder, and swapping in what is saved |
//! | `embedded` | what the binary carries for `new` and `build`: templates, kits, the contract |
//! | `listening` | where and how to listen, as flags or the file say it |
//! | `new` | a new plugin's folder |
//! | `operations` | reload, stop and status as both the admin API and the signals do them |
//! | `reconfigure` | the configuration file read again |
//! | `source` | where a plugin comes from: a file, or a folder that is built first |
//! | `sources` | what of a project's folder is somebody's source |
//! | `telemetry` | the log on stderr |

pub mod admin;
mod build;
mod cli;
mod config;
mod dev;
mod embedded;
mod listening;
mod new;
mod operations;
mod reconfigure;
mod source;
mod sources;
mod telemetry;

pub use cli::main;
