//! The proxies.

use sockdock_tests::{Host, Serve, example_folder};
use std::net::{SocketAddr, TcpListener};

/// `examples/proxy` before this upstream.
pub(crate) fn proxy(upstream: SocketAddr) -> Host {
    let upstream = upstream.to_string();
    let serve = Serve::plugin(example_folder("proxy")).tcp().tls().args(["--allow-half-open", "--allow-connect", &upstream]);
    serve.set("upstream", &upstream).start()
}

/// `examples/socks5` with the way to this server open.
pub(crate) fn socks5(to: SocketAddr) -> Host {
    Serve::plugin(example_folder("socks5")).tcp().args(["--allow-half-open", "--allow-connect", &to.to_string()]).start()
}

/// An address where nobody listens yet.
pub(crate) fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}
