//! The commands: each call of the SDK by name, and a few of the plugin's own.

use crate::{Conformance, ErrorCode, Socket, escape};
use sockdock_guest::log::{self, Level};
use sockdock_guest::outbound::{self, ConnectOptions, TlsOptions};
use sockdock_guest::{Endpoint, SessionInfo, timers, topics};
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher as _, Hasher as _};
use std::str::FromStr;
use std::time::{Duration, Instant, SystemTime};

/// A command's value, empty for none.
type Answer = Result<String, ErrorCode>;

impl Conformance {
    /// Carries out the commands of a line, or of a script about `socket`; the answers.
    pub(crate) fn run(&mut self, script: &str, socket: Option<Socket>) -> String {
        if let Some((event, script)) = script.strip_prefix("on ").and_then(|rest| rest.split_once(' ')) {
            self.trace.scripts.insert(event.to_owned(), script.to_owned());
            return "ok".to_owned();
        }
        let answers = script.split("; ").map(|command| match self.command(&self.filled_in(command, socket)) {
            Ok(value) if value.is_empty() => "ok".to_owned(),
            Ok(value) => format!("ok {value}"),
            Err(code) => format!("err {}", code.name()),
        });
        answers.collect::<Vec<_>>().join("; ")
    }

    fn filled_in(&self, command: &str, socket: Option<Socket>) -> String {
        let command = socket.map_or(command.to_owned(), |socket| command.replace('$', &socket.to_string()));
        self.made.map_or(command.clone(), |made| command.replace('@', &made.to_string()))
    }

    fn command(&mut self, command: &str) -> Answer {
        let mut words = command.splitn(3, ' ');
        let (name, first, rest) = (words.next().unwrap_or(""), words.next().unwrap_or(""), words.next().unwrap_or(""));
        match name {
            "off" => drop(self.trace.scripts.remove(first)),
            "trace" => return Ok(self.trace.events.join("\t")),
            "forget" => self.trace.events.clear(),
            "trap" => panic!("told to trap"),
            "busy" => {
                let begin = Instant::now();
                while begin.elapsed() < milliseconds(first) {}
            }
            "eat" => self.eaten.push(vec![1; number(first)]),
            "print" => println!("{}", tail(first, rest)),
            "clock" => return Ok(seconds().to_string()),
            "random" => return Ok(RandomState::new().build_hasher().finish().to_string()),
            "log" => log::log(level(first), rest),
            "live" => return Ok(live()),
            "timer" => return nothing(timers::set(number(first), milliseconds(rest))),
            "clear" => timers::clear(number(first)),
            "connect" => {
                let made = outbound::connect(first, &connect_options(rest))?;
                self.made = Some(made);
                return Ok(made.to_string());
            }
            "publish" => return topics::publish(first, rest.as_bytes(), None).map(|count| count.to_string()),
            "mirror" => return taken(Socket::from_id(number(first)).write(&self.bytes)),
            _ => return of_a_socket(name, Socket::from_id(number(first)), rest),
        }
        Ok(String::new())
    }
}

fn of_a_socket(name: &str, socket: Socket, rest: &str) -> Answer {
    match name {
        "write" => taken(socket.write(rest.as_bytes())),
        "line" => taken(socket.write(format!("{rest}\n").as_bytes())),
        "hex" => taken(socket.write(&bytes(rest))),
        "pattern" => taken(socket.write(&(0..number(rest)).map(|at: usize| (at % 251) as u8).collect::<Vec<_>>())),
        "fill" => taken(socket.write(&vec![b'x'; number(rest)])),
        "flood" => flood(socket),
        "flush" => nothing(socket.flush()),
        "end" => nothing(socket.end()),
        "shutdown" => nothing(socket.shutdown()),
        "terminate" => nothing(socket.terminate()),
        "pause" => nothing(socket.pause()),
        "resume" => nothing(socket.resume()),
        "auto-pause" => nothing(socket.set_auto_pause(rest == "on")),
        "no-delay" => nothing(socket.set_no_delay(rest == "on")),
        "timeout" => nothing(socket.set_timeout(optional(rest))),
        "keep-alive" => nothing(socket.set_keep_alive(optional(rest))),
        "queued" => taken(socket.queued()),
        "read" => socket.bytes_read().map(|count| count.to_string()),
        "written" => socket.bytes_written().map(|count| count.to_string()),
        "local" => socket.local_endpoint().map(endpoint),
        "remote" => socket.remote_endpoint().map(endpoint),
        "listener" => socket.listener().map(|name| name.unwrap_or("-".to_owned())),
        "context" => socket.context_bytes().map(|bytes| escape(&bytes)),
        "set-context" => nothing(socket.set_context_bytes(rest.as_bytes())),
        "big-context" => nothing(socket.set_context_bytes(&vec![b'c'; number(rest)])),
        "session" => socket.tls_session().map(|found| found.map_or("-".to_owned(), session)),
        "certificates" => socket.peer_certificates().map(|chain| chain.len().to_string()),
        "upgrade-client" => {
            let (name, credentials) = rest.split_once(' ').expect("a name and credentials");
            let options = TlsOptions { server_name: given(name), credentials: given(credentials), ..Default::default() };
            nothing(socket.upgrade_client(&options))
        }
        "upgrade-server" => nothing(socket.upgrade_server(rest)),
        "subscribe" => nothing(socket.subscribe(rest)),
        "unsubscribe" => nothing(socket.unsubscribe(rest)),
        _ => panic!("no command: {name}"),
    }
}

fn nothing(result: Result<(), ErrorCode>) -> Answer {
    result.map(|()| String::new())
}

fn taken(result: Result<usize, ErrorCode>) -> Answer {
    result.map(|bytes| bytes.to_string())
}

/// Writes until a write is short.
fn flood(socket: Socket) -> Answer {
    let piece = [b'x'; 32 << 10];
    let mut all = 0;
    loop {
        let taken = socket.write(&piece)?;
        all += taken;
        if taken < piece.len() {
            return Ok(all.to_string());
        }
    }
}

fn live() -> String {
    let mut live = Socket::live();
    live.sort_unstable();
    live.iter().map(Socket::to_string).collect::<Vec<_>>().join(" ")
}

fn endpoint(found: Endpoint) -> String {
    format!("{}:{}", found.address, found.port)
}

fn session(found: SessionInfo) -> String {
    let or_none = |text: Option<String>| text.unwrap_or("-".to_owned());
    let SessionInfo { version, cipher, alpn, server_name, resumed, verified } = found;
    format!("{version} {cipher} {} {} {resumed} {verified}", or_none(server_name), or_none(alpn))
}

fn connect_options(words: &str) -> ConnectOptions {
    let mut options = ConnectOptions::default();
    for word in words.split_whitespace() {
        let (key, value) = word.split_once('=').unwrap_or((word, ""));
        match key {
            "timeout" => options.timeout_milliseconds = Some(number(value)),
            "half-open" => options.allow_half_open = true,
            "context" => options.context = value.as_bytes().to_vec(),
            _ => {
                let tls = options.tls.get_or_insert_default();
                match key {
                    "tls" => {}
                    "name" => tls.server_name = Some(value.to_owned()),
                    "alpn" => tls.alpn.push(value.to_owned()),
                    "credentials" => tls.credentials = Some(value.to_owned()),
                    _ => panic!("no option of connect: {word}"),
                }
            }
        }
    }
    options
}

fn level(name: &str) -> Level {
    match name {
        "trace" => Level::Trace,
        "debug" => Level::Debug,
        "info" => Level::Info,
        "warn" => Level::Warn,
        "error" => Level::Error,
        _ => panic!("no level: {name}"),
    }
}

fn seconds() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("a clock after 1970").as_secs()
}

fn number<T: FromStr>(text: &str) -> T {
    text.parse().unwrap_or_else(|_| panic!("no number: {text:?}"))
}

fn milliseconds(text: &str) -> Duration {
    Duration::from_millis(number(text))
}

fn optional(text: &str) -> Option<Duration> {
    (text != "none").then(|| milliseconds(text))
}

fn given(text: &str) -> Option<String> {
    (text != "-").then(|| text.to_owned())
}

fn bytes(digits: &str) -> Vec<u8> {
    let pairs = digits.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).expect("hexadecimal digits"));
    pairs.map(|pair| u8::from_str_radix(pair, 16).expect("hexadecimal digits")).collect()
}

fn tail(first: &str, rest: &str) -> String {
    if rest.is_empty() { first.to_owned() } else { format!("{first} {rest}") }
}
