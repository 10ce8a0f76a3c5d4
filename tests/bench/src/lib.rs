//! Measures sockdock beside other servers: `make bench`. The load generator and the native server are a library so that
//! tests can show that the one notices what it should, and that the other serves.

pub mod credentials;
pub mod histogram;
pub mod languages;
pub mod load;
pub mod machine;
pub mod measure;
pub mod native;
pub mod process;
pub mod redis_benchmark;
pub mod reload;
pub mod report;
pub mod runner;
pub mod scenario;
pub mod servers;
