use super::*;
use crate::testing::{Harness, Limits};
use crate::{Failure, First, Plugin, State, Versioned};
use proptest::prelude::*;

/// Writes what a test puts into it, by a sink.
#[derive(Default)]
struct Writer {
    sink: Option<Sink>,
}

impl Plugin for Writer {
    fn open(&mut self, socket: Socket) {
        self.sink = Some(Sink::with_high_water(socket, 8));
    }
    fn drain(&mut self, _: Socket) {
        self.sink.as_mut().unwrap().drained().unwrap();
    }
    fn snapshot(&mut self) -> Result<Option<State>, Failure> {
        Ok(self.sink.take().map(|sink| State::save(&Saved(sink))).transpose()?)
    }
    fn restore(&mut self, state: State) -> Result<(), Failure> {
        self.sink = Some(state.load::<Saved>()?.0);
        Ok(())
    }
}

#[derive(Serialize, Deserialize)]
struct Saved(Sink);

impl Versioned for Saved {
    const VERSION: &'static str = "1";
    type Previous = First;
}

fn host() -> (Harness<Writer>, Socket) {
    let limits = Limits { write_buffer: 20, high_water: 10, ..Limits::default() };
    let mut host = Harness::<Writer>::with(limits, &[]).unwrap();
    let socket = host.connect();
    (host, socket)
}

impl Harness<Writer> {
    fn sink(&mut self) -> &mut Sink {
        self.plugin().sink.as_mut().unwrap()
    }
}

#[test]
fn small_writes_are_gathered() {
    let (mut host, socket) = host();
    for byte in [b"a", b"b", b"c"] {
        host.sink().write(byte).unwrap();
    }
    assert_eq!((socket.queued(), host.sink().len()), (Ok(0), 3));
    assert!(host.sink().flush().unwrap());
    assert_eq!((socket.queued(), host.sink().len()), (Ok(3), 0));
    host.read(socket, None);
    assert_eq!(host.received(socket), b"abc");
}

#[test]
fn a_whole_one_waits_to_be_flushed() {
    let (mut host, socket) = host();
    let mut sink = Sink::whole(socket);
    (0..100).for_each(|_| sink.write(b"0123456789").unwrap());
    assert_eq!((socket.queued(), sink.len()), (Ok(0), 1000));
    // What has gathered, with its length in front.
    let body = sink.take();
    assert!(sink.is_empty());
    sink.write(format!("{}:", body.len()).as_bytes()).unwrap();
    sink.write(&body[..5]).unwrap();
    assert!(sink.flush().unwrap());
    sink.write(b"5").unwrap();
    sink.end().unwrap();
    host.read(socket, None);
    assert_eq!(host.closed(socket).unwrap(), b"1000:012345");
}

#[test]
fn what_is_taken_out_is_what_was_not_sent() {
    let (mut host, socket) = host();
    host.read(socket, Some(0));
    host.sink().write(&[7; 15]).unwrap();
    host.sink().write(&[8; 15]).unwrap();
    assert_eq!((socket.queued(), host.sink().take()), (Ok(20), vec![8; 10]));
    host.read(socket, None);
    assert_eq!(host.received(socket).len(), 20);
}

#[test]
fn a_short_write_is_kept_and_goes_on_at_drain() {
    let (mut host, socket) = host();
    host.read(socket, Some(0));
    host.sink().write(&[7; 50]).unwrap();
    assert_eq!((host.sink().len(), host.sink().is_blocked()), (30, true));
    host.sink().write(b"more").unwrap();
    assert!(!host.sink().flush().unwrap());
    host.read(socket, None);
    assert_eq!(host.received(socket), [&[7; 50][..], b"more"].concat());
    assert!(host.sink().is_empty() && !host.sink().is_blocked());
}

#[test]
fn end_waits_for_what_is_held() {
    let (mut host, socket) = host();
    host.read(socket, Some(0));
    host.sink().write(&[7; 50]).unwrap();
    host.sink().end().unwrap();
    assert_eq!(host.sink().write(b"late"), Err(ErrorCode::Closed));
    assert_eq!(host.closed(socket), None);
    host.read(socket, None);
    assert_eq!(host.closed(socket).unwrap(), [7; 50]);
}

#[test]
fn errors_of_the_socket_come_back() {
    let (mut host, socket) = host();
    socket.shutdown().unwrap();
    host.sink().write(b"x").unwrap();
    assert_eq!(host.sink().flush(), Err(ErrorCode::Closed));
    assert_eq!(host.sink().len(), 1);
}

#[test]
fn it_crosses_a_reload() {
    let (mut host, socket) = host();
    host.read(socket, Some(5));
    host.sink().write(&[7; 50]).unwrap();
    let Ok(mut host) = host.reload::<Writer>() else { panic!("the reload failed") };
    host.read(socket, None);
    assert_eq!(host.received(socket), [7; 50]);
}

#[derive(Clone, Debug)]
enum Step {
    Write(Vec<u8>),
    Flush,
    Read(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..40).prop_map(Step::Write),
        Just(Step::Flush),
        (0usize..60).prop_map(Step::Read)
    ]
}

proptest! {
    #[test]
    fn nothing_is_lost_or_reordered(steps in prop::collection::vec(step(), 0..60)) {
        let (mut host, socket) = host();
        host.read(socket, Some(0));
        let mut written = Vec::new();
        for step in steps {
            match step {
                Step::Write(bytes) => {
                    host.sink().write(&bytes).unwrap();
                    written.extend(bytes);
                }
                Step::Flush => drop(host.sink().flush().unwrap()),
                Step::Read(bytes) => host.read(socket, Some(bytes)),
            }
        }
        host.sink().flush().unwrap();
        host.read(socket, None);
        prop_assert_eq!(host.received(socket), written);
        prop_assert!(host.sink().is_empty());
    }
}
