//! A plugin as its author writes it, through `plugin!` and in the harness.

use serde::{Deserialize, Serialize};
use sockdock_guest::bindings::exports::sockdock::plugin::{lifecycle, socket_handlers, timer_handler};
use sockdock_guest::log::Level;
use sockdock_guest::testing::{self, Harness, Limits};
use sockdock_guest::{
    CloseInfo, Config, ContextError, ErrorCode, Exports, Failure, First, Plugin, Socket, SocketError, State, VersionError,
    Versioned, outbound, timers,
};
use std::time::Duration;

/// Notes every event that it sees.
#[derive(Default, Serialize, Deserialize)]
struct Notes(Vec<String>);

impl Versioned for Notes {
    const VERSION: &'static str = "notes-1";
    type Previous = First;
}

impl Plugin for Notes {
    fn start(&mut self, config: &Config) -> Result<(), Failure> {
        config.only(&["greeting"])?;
        self.0.push(format!("start {:?}", config.get("greeting")));
        Ok(())
    }
    fn open(&mut self, socket: Socket) {
        self.0.push(format!("open {socket}"));
    }
    fn data(&mut self, socket: Socket, bytes: &[u8]) {
        self.0.push(format!("data {socket} {}", bytes.escape_ascii()));
    }
    fn drain(&mut self, socket: Socket) {
        self.0.push(format!("drain {socket}"));
    }
    fn end(&mut self, socket: Socket) {
        self.0.push(format!("end {socket}"));
    }
    fn timeout(&mut self, socket: Socket) {
        self.0.push(format!("timeout {socket}"));
    }
    fn handshake(&mut self, socket: Socket, verified: Result<(), String>) {
        self.0.push(format!("handshake {socket} {verified:?}"));
    }
    fn error(&mut self, socket: Socket, error: SocketError) {
        self.0.push(format!("error {socket} {}", error.message));
    }
    fn close(&mut self, socket: Socket, info: CloseInfo) {
        self.0.push(format!("close {socket} {}", info.unsent));
    }
    fn connect_error(&mut self, socket: Socket, error: SocketError) {
        self.0.push(format!("connect_error {socket} {}", error.message));
    }
    fn fired(&mut self, token: u64) {
        self.0.push(format!("fired {token}"));
    }
    fn snapshot(&mut self) -> Result<Option<State>, Failure> {
        Ok(Some(State::save(self)?))
    }
    fn restore(&mut self, state: State) -> Result<(), Failure> {
        self.0 = state.load::<Self>()?.0;
        Ok(())
    }
}

sockdock_guest::plugin!(Notes);

#[test]
fn each_export_reaches_its_method_of_one_value() {
    use lifecycle::Guest as _;
    use socket_handlers::Guest as _;
    use timer_handler::Guest as _;
    type E = Exports<Notes>;
    let failed = || SocketError { code: ErrorCode::Reset, message: "gone".into() };

    E::start(vec![("greeting".into(), "hi".into())]).unwrap();
    E::handshake(1, Err("unknown issuer".into()));
    E::open(1);
    E::data(1, b"a\n".to_vec());
    E::drain(1);
    E::timeout(1);
    E::end(1);
    E::error(1, failed());
    E::close(1, CloseInfo { error: Some(failed()), unsent: 3 });
    E::connect_error(2, failed());
    E::fired(9);

    let state = E::snapshot().unwrap().unwrap();
    assert_eq!(state.version, "notes-1");
    let notes: Notes = state.clone().load().unwrap();
    let expected = [
        "start Some(\"hi\")",
        "handshake 1 Err(\"unknown issuer\")",
        "open 1",
        "data 1 a\\n",
        "drain 1",
        "timeout 1",
        "end 1",
        "error 1 gone",
        "close 1 3",
        "connect_error 2 gone",
        "fired 9",
    ];
    assert_eq!(notes.0, expected);

    E::open(5);
    E::restore(state).unwrap();
    E::open(6);
    let notes: Notes = E::snapshot().unwrap().unwrap().load().unwrap();
    assert_eq!(notes.0.len(), expected.len() + 1);
}

#[test]
fn failures_leave_as_text() {
    use lifecycle::Guest as _;
    let error = Exports::<Notes>::start(vec![("greting".into(), "hi".into())]).unwrap_err();
    assert_eq!(error, "unknown key `greting`: this plugin knows `greeting`");
    let error = Exports::<Notes>::restore(State { version: "7".into(), data: vec![] }).unwrap_err();
    assert_eq!(error, "version `7` isn't known to this build, which reads `notes-1`");
}

/// All defaults.
#[derive(Default)]
struct Silent;
impl Plugin for Silent {}

#[test]
fn state_is_not_lost_in_silence() {
    let Err((reason, mut notes)) = Harness::<Notes>::new().reload::<Silent>() else { panic!("the reload went through") };
    assert_eq!(reason, "this plugin takes over no state, and was given version `notes-1`");
    let socket = notes.connect();
    assert_eq!(notes.plugin().0, ["start None".to_string(), format!("open {socket}")]);
}

#[test]
fn events_come_in_order_and_a_reload_keeps_connections() {
    let mut host = Harness::<Notes>::new();
    let socket = host.connect();
    host.send(socket, b"one");
    socket.pause().unwrap();
    host.send(socket, b"two");
    host.finish(socket);
    assert_eq!(host.unread(socket), 3);
    let Ok(mut host) = host.reload::<Notes>() else { panic!("the reload failed") };
    socket.resume().unwrap();
    host.read(socket, None);
    assert_eq!(host.plugin().0, ["start None", "open 1", "data 1 one", "data 1 two", "end 1", "close 1 0"]);
    assert_eq!(host.closed(socket), Some(vec![]));
    assert_eq!(socket.write(b"late"), Err(ErrorCode::Closed));
}

#[test]
fn timers_and_idle_times() {
    let mut host = Harness::<Notes>::new();
    let socket = host.connect();
    timers::set(1, Duration::from_millis(30)).unwrap();
    timers::set(2, Duration::from_millis(10)).unwrap();
    timers::set(3, Duration::from_millis(20)).unwrap();
    timers::clear(3);
    socket.set_timeout(Some(Duration::from_millis(15))).unwrap();
    assert_eq!(socket.set_timeout(Some(Duration::ZERO)), Err(ErrorCode::InvalidArgument));
    host.advance(Duration::from_millis(100));
    assert_eq!(host.plugin().0[2..], ["fired 2", "timeout 1", "fired 1"]);
}

#[derive(Serialize, Deserialize, Debug, PartialEq)]
struct Session {
    user: String,
}
impl Versioned for Session {
    const VERSION: &'static str = "session-1";
    type Previous = First;
}

#[test]
fn contexts_are_typed_and_survive_a_crash() {
    let mut host = Harness::<Notes>::new();
    let (other, socket) = (host.connect(), host.connect());
    assert_eq!(socket.context::<Session>(), Ok(None));
    socket.set_context(&Session { user: "ada".into() }).unwrap();
    assert_eq!(socket.context_bytes().unwrap(), b"\x09session-1\x03ada");

    let host = host.crash(other);
    assert_eq!(Socket::live(), [socket]);
    assert_eq!(socket.context(), Ok(Some(Session { user: "ada".into() })));
    assert_eq!(other.context::<Session>(), Err(ContextError::Host(ErrorCode::Closed)));

    let shape = socket.context::<Notes>().err();
    let known = vec!["notes-1"];
    assert_eq!(shape, Some(ContextError::Shape(VersionError::Unknown { found: "session-1".into(), known })));
    for foreign in [&b"\xff"[..], b"\x01\xff", b"\x09session-1"] {
        socket.set_context_bytes(foreign).unwrap();
        assert!(matches!(socket.context::<Session>(), Err(ContextError::Shape(VersionError::Malformed { .. }))));
    }
    socket.clear_context().unwrap();
    assert_eq!(socket.context::<Session>(), Ok(None));
    drop(host);
}

#[test]
fn a_context_has_a_limit_and_keeps_the_old_one() {
    let mut host = Harness::<Notes>::with(Limits { context: 20, ..Limits::default() }, &[]).unwrap();
    let socket = host.connect();
    socket.set_context(&Session { user: "ada".into() }).unwrap();
    let error = socket.set_context(&Session { user: "a".repeat(30) }).unwrap_err();
    assert_eq!(error, ContextError::Host(ErrorCode::LimitExceeded));
    assert_eq!(socket.context(), Ok(Some(Session { user: "ada".into() })));
}

/// Tries in each phase what is forbidden there.
#[derive(Default)]
struct Trespasser {
    fired: u32,
}
impl Plugin for Trespasser {
    fn start(&mut self, _: &Config) -> Result<(), Failure> {
        for socket in Socket::live() {
            assert_eq!(socket.write(b"x"), Err(ErrorCode::NotAllowed));
            socket.set_context_bytes(b"staged")?;
        }
        timers::set(1, Duration::from_millis(1))?;
        Ok(())
    }
    fn fired(&mut self, _: u64) {
        self.fired += 1;
    }
    fn snapshot(&mut self) -> Result<Option<State>, Failure> {
        for socket in Socket::live() {
            assert_eq!(socket.end(), Err(ErrorCode::NotAllowed));
            assert_eq!(socket.set_context_bytes(b"x"), Err(ErrorCode::NotAllowed));
            assert!(socket.context_bytes().is_ok());
        }
        assert_eq!(timers::set(2, Duration::ZERO), Err(ErrorCode::NotAllowed));
        Ok(Some(State { version: "?".into(), data: vec![] }))
    }
}

#[test]
fn a_failed_reload_leaves_no_trace() {
    let mut host = Harness::<Trespasser>::new();
    host.advance(Duration::from_millis(1));
    let socket = host.connect();
    let Err((_, mut host)) = host.reload::<Trespasser>() else { panic!("the reload went through") };
    assert_eq!(socket.context_bytes().unwrap(), b"");
    // The timer that the candidate had set is gone with it.
    host.advance(Duration::from_secs(1));
    assert_eq!(host.plugin().fired, 1);
}

#[test]
fn log_macros_format() {
    let name = "x";
    sockdock_guest::info!("plain");
    sockdock_guest::warn!("{name} is {}", 2);
    assert_eq!(testing::log(), [(Level::Info, "plain".to_string()), (Level::Warn, "x is 2".to_string())]);
}

/// Connects for each client, and notes what comes of it.
#[derive(Default)]
struct Dialler(Vec<String>);

impl Plugin for Dialler {
    fn open(&mut self, socket: Socket) {
        match socket.listener().unwrap() {
            Some(_) => {
                let options = outbound::ConnectOptions { context: b"mine".to_vec(), ..Default::default() };
                let made = outbound::connect("upstream:1", &options).unwrap();
                made.write(b"early").unwrap();
            }
            None => self.0.push(format!("open {}", String::from_utf8(socket.context_bytes().unwrap()).unwrap())),
        }
    }

    fn connect_error(&mut self, socket: Socket, error: SocketError) {
        assert_eq!(socket.context_bytes().unwrap(), b"mine", "inside the event the reads still answer");
        self.0.push(format!("connect-error {}", error.code));
    }

    fn close(&mut self, _: Socket, _: CloseInfo) {
        self.0.push("close".into());
    }
}

#[test]
fn outbound_connections_open_or_fail_as_the_test_says() {
    let mut host = Harness::<Dialler>::new();
    for _ in 0..3 {
        host.connect();
    }
    let dialled = host.dialled();
    assert_eq!(dialled.len(), 3);
    assert!(dialled.iter().all(|(_, address)| address == "upstream:1"));
    host.accept(dialled[0].0);
    assert_eq!(host.received(dialled[0].0), b"early");
    host.refuse(dialled[1].0, ErrorCode::Refused);
    dialled[2].0.terminate().unwrap();
    host.send(dialled[0].0, b"x");
    let code = |code: ErrorCode| format!("connect-error {code}");
    assert_eq!(host.plugin().0, ["open mine".to_owned(), code(ErrorCode::Refused), code(ErrorCode::Closed)]);
    assert_eq!(dialled[1].0.write(b"x"), Err(ErrorCode::Closed));
    assert!(host.dialled().is_empty());
}

#[test]
fn tls_that_is_begun_waits_for_the_handshake() {
    let mut host = Harness::<Notes>::new();
    let socket = host.connect();
    assert!(socket.tls_session().unwrap().is_none());
    socket.write(b"clear").unwrap();
    socket.upgrade_server("main").unwrap();
    assert_eq!(socket.upgrade_server("main"), Err(ErrorCode::InProgress));
    socket.write(b"secret").unwrap();
    let before = host.plugin().0.len();
    host.send(socket, b"early");
    assert_eq!(host.received(socket), b"clear");
    assert_eq!(host.plugin().0.len(), before, "nothing is read meanwhile");
    host.secure(socket);
    assert!(socket.tls_session().unwrap().is_some());
    assert_eq!(host.received(socket), b"secret");
    assert!(host.plugin().0.len() > before);
    assert_eq!(socket.upgrade_server("main"), Err(ErrorCode::InvalidArgument));
}
