use super::*;
use crate::testing::{Harness, Limits};
use crate::{Failure, First, Plugin, State, Versioned};
use proptest::prelude::*;

/// Answers each line in capitals; `bye` ends the connection. Counts the lines.
#[derive(Default)]
struct Shout {
    saved: Saved,
    lines: usize,
}

#[derive(Default, Serialize, Deserialize)]
struct Saved(Option<Pipeline>);

impl Versioned for Saved {
    const VERSION: &'static str = "1";
    type Previous = First;
}

fn line(rest: &[u8], sink: &mut Sink, lines: &mut usize) -> Progress {
    let Some(end) = rest.iter().position(|byte| *byte == b'\n') else { return Progress::Incomplete(0) };
    *lines += 1;
    sink.write(&rest[..=end].to_ascii_uppercase()).ok();
    if &rest[..end] == b"bye" {
        sink.end().ok();
    }
    Progress::Done(end + 1)
}

impl Plugin for Shout {
    fn open(&mut self, socket: Socket) {
        self.saved.0 = Some(Pipeline::new(socket));
    }
    fn data(&mut self, _: Socket, bytes: &[u8]) {
        self.saved.0.as_mut().unwrap().data(bytes, |rest, sink| line(rest, sink, &mut self.lines));
    }
    fn drain(&mut self, _: Socket) {
        self.saved.0.as_mut().unwrap().drained(|rest, sink| line(rest, sink, &mut self.lines));
    }
    fn snapshot(&mut self) -> Result<Option<State>, Failure> {
        Ok(Some(State::save(&self.saved)?))
    }
    fn restore(&mut self, state: State) -> Result<(), Failure> {
        self.saved = state.load()?;
        Ok(())
    }
}

fn host() -> (Harness<Shout>, Socket) {
    let limits = Limits { write_buffer: 2000, high_water: 1000, ..Limits::default() };
    let mut host = Harness::<Shout>::with(limits, &[]).unwrap();
    let socket = host.connect();
    (host, socket)
}

impl Harness<Shout> {
    fn pipeline(&mut self) -> &mut Pipeline {
        self.plugin().saved.0.as_mut().unwrap()
    }
}

#[test]
fn requests_may_be_cut_anywhere_and_a_reload_may_come_between() {
    let sent = b"one\n\ntwo\n";
    for cut in 0..=sent.len() {
        let (mut host, socket) = host();
        host.send(socket, &sent[..cut]);
        let whole = sent[..cut].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        assert_eq!((host.pipeline().unused(), host.pipeline().is_idle()), (cut - whole, cut == whole));
        let Ok(mut host) = host.reload::<Shout>() else { panic!("the reload failed") };
        host.send(socket, &sent[cut..]);
        assert_eq!(host.received(socket), b"ONE\n\nTWO\n", "cut at {cut}");
        assert!(host.pipeline().is_idle());
    }
}

#[test]
fn who_reads_nothing_is_served_no_more_until_it_does() {
    let (mut host, socket) = host();
    host.read(socket, Some(0));
    let lines: String = (0..200).map(|number| format!("{number} {}\n", "x".repeat(400))).collect();
    lines.as_bytes().chunks(10_000).for_each(|piece| host.send(socket, piece));
    let served = host.plugin().lines;
    assert!((1..100).contains(&served), "{served}");
    assert!(host.pipeline().sink().is_blocked() && host.pipeline().held() < 64 << 10, "{}", host.pipeline().held());
    assert!(host.unread(socket) > 0, "it isn't paused");
    host.read(socket, None);
    assert!(host.received(socket) == lines.to_uppercase().as_bytes());
    assert!(host.pipeline().is_idle() && host.unread(socket) == 0);
}

#[test]
fn what_follows_the_end_is_dropped() {
    let (mut host, socket) = host();
    host.send(socket, b"one\nbye\ntwo\n");
    assert_eq!((host.closed(socket).unwrap(), host.plugin().lines), (b"ONE\nBYE\n".to_vec(), 2));
    assert_eq!(host.pipeline().unused(), 0);
}

#[test]
fn last_words() {
    let (mut host, socket) = host();
    host.send(socket, b"one\ntw");
    host.pipeline().end_with(|sink| sink.write(b"too slow\n").unwrap_or_default());
    host.read(socket, None);
    assert_eq!((host.closed(socket).unwrap(), host.pipeline().unused()), (b"ONE\ntoo slow\n".to_vec(), 0));
}

/// What a step needn't see again is not shown to it again.
#[test]
fn what_was_seen_of_an_incomplete_request_is_not_kept() {
    let (_host, socket) = host();
    let (mut pipeline, mut seen) = (Pipeline::new(socket), Vec::new());
    for piece in [&b"ab"[..], b"c", b"de"] {
        pipeline.data(piece, |rest, _| {
            seen.extend_from_slice(rest);
            Progress::Incomplete(rest.len())
        });
        assert!(pipeline.is_idle());
    }
    assert_eq!(seen, b"abcde");
}

proptest! {
    #[test]
    fn nothing_is_lost_or_reordered(
        lines in prop::collection::vec("[a-z]{0,300}\n", 0..60),
        steps in prop::collection::vec((1usize..2000, 0usize..2000), 0..60),
    ) {
        let (mut host, socket) = host();
        let text = lines.concat();
        let mut rest = text.as_bytes();
        host.read(socket, Some(0));
        for (send, read) in steps {
            let (piece, later) = rest.split_at(send.min(rest.len()));
            host.send(socket, piece);
            host.read(socket, Some(read));
            rest = later;
        }
        host.send(socket, rest);
        host.read(socket, None);
        prop_assert!(host.received(socket) == text.to_uppercase().as_bytes());
        prop_assert!(host.pipeline().is_idle());
    }
}
