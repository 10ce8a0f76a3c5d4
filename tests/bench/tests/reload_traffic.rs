//! The traffic of the reload benchmark, against servers that lose, repeat, swap, change and end.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail loudly, as tests may")]

use sockdock_bench::reload::{
    sequence::{Dialect, Losses},
    traffic::{Group, Rhythm, Traffic},
};
use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::mpsc,
    thread,
    time::Duration,
};

const MESSAGE: usize = 64;

/// An echo; `answer` makes the answer out of the number of a message and its bytes, none ends the connection. Says when a
/// connection has had so many messages that whatever is to happen has happened.
fn server(answer: impl Fn(usize, [u8; MESSAGE]) -> Option<Vec<u8>> + Clone + Send + 'static) -> (SocketAddr, mpsc::Receiver<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (enough, told) = mpsc::channel();
    let serve =
        move |mut stream: TcpStream, answer: &dyn Fn(usize, [u8; MESSAGE]) -> Option<Vec<u8>>, enough: &mpsc::Sender<()>| {
            let mut message = [0; MESSAGE];
            for n in 0.. {
                if stream.read_exact(&mut message).is_err() {
                    // The other side has seen enough.
                    let _ = enough.send(());
                    return;
                }
                let answered = answer(n, message).map(|bytes| stream.write_all(&bytes).is_ok());
                if n == 30 || answered != Some(true) {
                    let _ = enough.send(());
                }
                if answered != Some(true) {
                    return;
                }
            }
        };
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (answer, enough) = (answer.clone(), enough.clone());
            thread::spawn(move || serve(stream.unwrap(), &answer, &enough));
        }
    });
    (address, told)
}

/// One connection's losses.
#[track_caller]
fn losses(rhythm: Rhythm, answer: impl Fn(usize, [u8; MESSAGE]) -> Option<Vec<u8>> + Clone + Send + 'static) -> Losses {
    let (address, enough) = server(answer);
    let group = Group { connections: 1, address, tls: None, dialect: Dialect::Echo, rhythm };
    let traffic = Traffic::start(vec![group], 1).unwrap();
    enough.recv_timeout(Duration::from_secs(20)).unwrap();
    let outcome = traffic.finish().unwrap();
    Losses { messages: 0, ..outcome.losses }
}

const WINDOW: Rhythm = Rhythm::Constant(2);

#[test]
fn an_honest_server_loses_nothing() {
    for rhythm in [WINDOW, Rhythm::Paced(Duration::from_millis(1))] {
        assert_eq!(losses(rhythm, |_, bytes| Some(bytes.into())), Losses::default());
    }
}

#[test]
fn what_a_server_does_wrong_is_noticed() {
    let lost = losses(WINDOW, |n, bytes| Some(if n == 20 { Vec::new() } else { bytes.into() }));
    assert_eq!(lost, Losses { lost: 1, ..Losses::default() });
    let repeated = losses(WINDOW, |n, bytes| Some(if n == 20 { [bytes, bytes].concat() } else { bytes.into() }));
    assert_eq!(repeated, Losses { repeated: 1, ..Losses::default() });
    let changed = losses(WINDOW, |n, mut bytes| {
        bytes[50] ^= u8::from(n == 20);
        Some(bytes.into())
    });
    assert_eq!((changed.corrupted, changed.disconnected), (1, 1));
    let ended = losses(WINDOW, |n, bytes| (n < 20).then(|| bytes.into()));
    assert_eq!((ended.disconnected, ended.lost > 0), (1, true));
}

#[test]
fn two_that_change_places_are_noticed() {
    let held = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let swapped = losses(WINDOW, move |n, bytes| {
        let mut held = held.lock().unwrap();
        match n {
            20 => {
                *held = bytes.to_vec();
                Some(Vec::new())
            }
            21 => Some([bytes.to_vec(), std::mem::take(&mut *held)].concat()),
            _ => Some(bytes.into()),
        }
    });
    assert_eq!(swapped, Losses { reordered: 1, ..Losses::default() });
}

#[test]
fn nobody_there_is_an_error() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let group = Group { connections: 2, address, tls: None, dialect: Dialect::Echo, rhythm: WINDOW };
    assert!(Traffic::start(vec![group], 1).is_err());
}
