//! Topics on command: each line from a peer is a command, carried out in a call of its own, and answered by `= ANSWER`. What is published
//! on `closes` says how connections have ended.

use sockdock_guest::outbound::{ConnectOptions, connect};
use sockdock_guest::{CloseInfo, Config, ErrorCode, Failure, Plugin, Socket, SocketError, State, info, topics};
use std::fmt::Display;
use std::time::{Duration, Instant};

#[derive(Default)]
struct Board {
    /// What `restore` is to do: `TOPIC` or `-TOPIC` for all sockets, `refuse`.
    restore: Vec<String>,
}

impl Plugin for Board {
    fn start(&mut self, config: &Config) -> Result<(), Failure> {
        self.restore = config.get("restore").unwrap_or_default().split_whitespace().map(str::to_owned).collect();
        info!("start: publish {}", answer(topics::publish("started", b"from start\n", None)));
        Ok(())
    }

    fn snapshot(&mut self) -> Result<Option<State>, Failure> {
        let socket = Socket::live().into_iter().next().ok_or("nobody is here")?;
        info!(
            "snapshot: subscribe {} unsubscribe {} publish {}",
            answer(socket.subscribe("t").map(|()| "")),
            answer(socket.unsubscribe("t").map(|()| "")),
            answer(topics::publish("t", b"from snapshot\n", None))
        );
        Ok(Some(State { version: "board".into(), data: Vec::new() }))
    }

    fn restore(&mut self, _: State) -> Result<(), Failure> {
        info!("restore: publish {}", answer(topics::publish("t", b"from restore\n", None)));
        for wish in &self.restore {
            for socket in Socket::live() {
                match wish.strip_prefix('-') {
                    _ if wish == "refuse" => return Err("told to refuse".into()),
                    Some(topic) => socket.unsubscribe(topic)?,
                    None => socket.subscribe(wish)?,
                }
            }
        }
        Ok(())
    }

    fn data(&mut self, socket: Socket, bytes: &[u8]) {
        for line in std::str::from_utf8(bytes).expect("text").lines() {
            let said = command(socket, line);
            socket.write(format!("= {said}\n").as_bytes()).ok();
        }
    }

    fn error(&mut self, _: Socket, error: SocketError) {
        topics::publish("closes", format!("error {}\n", error.code.name()).as_bytes(), None).ok();
    }

    fn close(&mut self, socket: Socket, info: CloseInfo) {
        let why = info.error.map_or("none".to_owned(), |error| error.code.name().to_owned());
        // It is among the subscribers for as long as its handler runs, and can be sent nothing any more.
        topics::publish("closes", format!("close {why} {}\n", info.unsent).as_bytes(), Some(socket)).ok();
    }
}

fn command(socket: Socket, line: &str) -> String {
    let mut words = line.splitn(3, ' ');
    let (name, topic, rest) = (words.next().unwrap_or(""), words.next().unwrap_or(""), words.next().unwrap_or(""));
    let text = format!("{rest}\n");
    match name {
        "sub" => answer(socket.subscribe(topic).map(|()| "ok")),
        "unsub" => answer(socket.unsubscribe(topic).map(|()| "ok")),
        "pub" => answer(topics::publish(topic, text.as_bytes(), None)),
        "count" => answer(topics::publish(topic, b"", None)),
        "others" => answer(topics::publish(topic, text.as_bytes(), Some(socket))),
        "big" => answer(topics::publish(topic, &vec![b'x'; rest.parse().expect("bytes")], None)),
        "many" => {
            let counts =
                (0..rest.parse().expect("a number")).map(|n: u32| topics::publish(topic, format!("{n}\n").as_bytes(), None));
            counts.map(answer).collect::<Vec<_>>().join(" ")
        }
        // What a call writes and publishes stands in the order of the calls.
        "between" => {
            socket.write(b"before\n").ok();
            let count = topics::publish(topic, text.as_bytes(), None);
            socket.write(b"after\n").ok();
            answer(count)
        }
        "trap" => {
            topics::publish(topic, text.as_bytes(), None).ok();
            panic!("told to trap")
        }
        "flush-trap" => {
            topics::publish(topic, text.as_bytes(), None).ok();
            for other in Socket::live() {
                other.flush().ok();
            }
            panic!("told to trap")
        }
        "big-trap" => {
            topics::publish(topic, &vec![b'x'; rest.parse().expect("bytes")], None).ok();
            panic!("told to trap")
        }
        "busy" => {
            socket.write(b"busy\n").ok();
            socket.flush().ok();
            let until = Instant::now() + Duration::from_millis(topic.parse().expect("milliseconds"));
            while Instant::now() < until {}
            "done".to_owned()
        }
        "shutdown" => answer(socket.shutdown().map(|()| "ok")),
        "end" => answer(socket.end().map(|()| "ok")),
        "live" => Socket::live().len().to_string(),
        // Subscribes a connection before it stands, and publishes to it.
        "dial" => answer(connect(rest, &ConnectOptions::default()).and_then(|made| {
            made.subscribe(topic)?;
            topics::publish(topic, b"early\n", None)
        })),
        _ => panic!("no command {line:?}"),
    }
}

fn answer(result: Result<impl Display, ErrorCode>) -> String {
    result.map_or_else(|code| code.name().to_owned(), |value| value.to_string())
}

sockdock_guest::plugin!(Board);
