//! What the stories share: a host that serves the plugin, and somebody for it to connect to.

use crate::plugins::Plugin;
use sockdock_tests::{DEADLINE, Serve, Subject, Tracer, eventually};
use std::net::{TcpListener, TcpStream};

/// Serves the plugin on TCP and its control socket.
#[track_caller]
pub(crate) fn tracer(plugin: &Plugin) -> Tracer {
    tracer_with(plugin, |serve| serve)
}

/// The same, with more options.
#[track_caller]
pub(crate) fn tracer_with(plugin: &Plugin, options: impl FnOnce(Serve) -> Serve) -> Tracer {
    Tracer::of(&plugin.path, options)
}

/// The endpoint of a subject's peer as the trace has it.
pub(crate) fn from(subject: &Subject) -> String {
    format!("open from 127.0.0.1:{}", subject.peer.port())
}

/// Waits until so many events of this name have come for the subject.
#[track_caller]
pub(crate) fn wait_for(tracer: &Tracer, id: u64, name: &str, times: usize) {
    eventually(&format!("{times} times `{name}` of {id}"), || (count(tracer, id, name) >= times).then_some(()));
}

/// How many events of this name have come for the subject.
#[track_caller]
pub(crate) fn count(tracer: &Tracer, id: u64, name: &str) -> usize {
    tracer.events(id).iter().filter(|event| event.split(' ').next() == Some(name)).count()
}

/// Long enough for something that must not happen to happen; the trace begins anew.
#[track_caller]
pub(crate) fn let_things_happen(tracer: &Tracer) {
    tracer.tell("forget; timer 99 150");
    tracer.wait("fired 99");
}

/// A peer without a name: it waits for its own `open`.
#[track_caller]
pub(crate) fn by_unix(tracer: &Tracer, name: &str) -> Subject {
    let peer = tracer.unix(name);
    let open = tracer.wait_where(|event| event.starts_with("open ") && event.ends_with(" from :0"));
    Subject { peer, id: open.split(' ').nth(1).unwrap().parse().unwrap() }
}

/// Bytes as `data` and `context` tell of them: the first 64, those that aren't printable spelled out.
pub(crate) fn escaped(bytes: &[u8]) -> String {
    bytes[..bytes.len().min(64)].escape_ascii().to_string()
}

/// The bytes that `pattern` writes.
pub(crate) fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at % 251) as u8).collect()
}

/// Somebody to connect to.
pub(crate) struct Upstream {
    pub(crate) listener: TcpListener,
    pub(crate) address: String,
}

impl Upstream {
    pub(crate) fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        Self { listener, address }
    }

    /// A server that takes connections in and never answers, and what keeps it so full.
    pub(crate) fn silent() -> (String, TcpStream) {
        // A full backlog: the kernel drops further attempts.
        let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
        socket.bind(&std::net::SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
        socket.listen(0).unwrap();
        let address = socket.local_addr().unwrap().as_socket().unwrap();
        let fill = TcpStream::connect(address).unwrap();
        // It listens as long as this process lives.
        std::mem::forget(socket);
        (address.to_string(), fill)
    }

    #[track_caller]
    pub(crate) fn accept(&self) -> TcpStream {
        let (stream, _) = self.listener.accept().unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        stream
    }

    /// Serves the plugin, which may connect here.
    #[track_caller]
    pub(crate) fn tracer(&self, plugin: &Plugin) -> Tracer {
        tracer_with(plugin, |serve| serve.args(["--allow-connect", &self.address]))
    }

    /// The same; and a connection that stands: its id and this side of it.
    #[track_caller]
    pub(crate) fn connected(&self, tracer: &Tracer, options: &str) -> (u64, TcpStream) {
        let id: u64 = tracer.value(format!("connect {} {options}", self.address).trim_end()).parse().expect("an id");
        let peer = self.accept();
        tracer.wait(&format!("open {id}"));
        (id, peer)
    }
}
