//! The commands: every function of the host by name, and a few of the tracer's own. An answer is
//! `ok`, `ok VALUE`, or `err CODE`.

use crate::trace::{escape, with};
use bindings::sockdock::plugin::{
    logging::{self, Level},
    outbound::{self, ConnectOptions, TlsOptions},
    sockets, timers, tls, topics,
    types::{Endpoint, ErrorCode},
};
use std::time::{Duration, Instant};

/// Carries out commands separated by `; `; `$` in them names `socket`, `@` the socket that `connect` made last.
pub(crate) fn run(script: &str, socket: Option<u64>) -> String {
    // A script to be kept, not to be carried out now.
    if let Some((event, hook)) = script.strip_prefix("on ").and_then(|rest| rest.split_once(' ')) {
        with(|trace| trace.hooks.insert(event.to_owned(), hook.to_owned()));
        return "ok".to_owned();
    }
    let id = socket.map(|id| id.to_string()).unwrap_or_default();
    let answers: Vec<_> = script.split("; ").map(|command| one(&command.replace('$', &id))).collect();
    answers.join("; ")
}

fn one(command: &str) -> String {
    // What the last `connect` made.
    let command = &command.replace('@', &with(|trace| trace.made).to_string());
    let mut words = command.splitn(3, ' ');
    let (name, first, rest) = (words.next().unwrap_or(""), words.next().unwrap_or(""), words.next().unwrap_or(""));
    let id = || first.parse().expect("a socket's id");
    match name {
        "off" | "trace" | "forget" | "trap" | "busy" | "eat" => own(name, first),
        "timer" | "clear" | "log" | "live" | "connect" | "publish" => plugin_wide(name, first, rest),
        "write" | "line" | "fill" | "flood" | "flush" | "queued" => writing(name, id(), rest),
        "end" | "shutdown" | "terminate" | "pause" | "resume" | "auto-pause" => control(name, id(), rest),
        "timeout" | "no-delay" | "keep-alive" => options(name, id(), rest),
        "local" | "remote" | "listener" | "read" | "written" | "session" | "resumed" | "certificates" => facts(name, id()),
        "context" | "set-context" | "big-context" => context(name, id(), rest),
        "upgrade-client" | "upgrade-server" | "subscribe" | "unsubscribe" => later(name, id(), rest),
        _ => panic!("no command {command:?}"),
    }
}

fn own(name: &str, first: &str) -> String {
    match name {
        "off" => with(|trace| drop(trace.hooks.remove(first))),
        "trace" => return format!("ok {}", with(|trace| trace.events.join("\t"))),
        "forget" => with(|trace| trace.events.clear()),
        "busy" => {
            let until = Instant::now() + Duration::from_millis(first.parse().expect("milliseconds"));
            while Instant::now() < until {}
        }
        "eat" => std::mem::forget(vec![1_u8; first.parse().expect("bytes")]),
        _ => panic!("told to trap"),
    }
    "ok".to_owned()
}

fn plugin_wide(name: &str, first: &str, rest: &str) -> String {
    match name {
        "timer" => done(timers::set_timer(first.parse().expect("a token"), rest.parse().expect("milliseconds"))),
        "clear" => {
            timers::clear_timer(first.parse().expect("a token"));
            done(Ok(()))
        }
        "log" => {
            let level = match first {
                "trace" => Level::Trace,
                "debug" => Level::Debug,
                "info" => Level::Info,
                "warn" => Level::Warn,
                _ => Level::Error,
            };
            logging::log(level, rest);
            done(Ok(()))
        }
        "live" => {
            let mut live = sockets::live();
            live.sort_unstable();
            format!("ok {}", live.iter().map(u64::to_string).collect::<Vec<_>>().join(" "))
        }
        "connect" => {
            let mut options =
                ConnectOptions { tls: None, timeout_milliseconds: None, allow_half_open: false, context: Vec::new() };
            for option in rest.split_whitespace() {
                match option.split_once('=') {
                    Some(("timeout", ms)) => options.timeout_milliseconds = Some(ms.parse().expect("milliseconds")),
                    Some(("context", context)) => options.context = context.as_bytes().to_vec(),
                    Some(("big-context", bytes)) => options.context = vec![b'c'; bytes.parse().expect("bytes")],
                    _ if option == "half-open" => options.allow_half_open = true,
                    Some(("name", name)) => tls(&mut options).server_name = Some(name.to_owned()),
                    Some(("alpn", protocol)) => tls(&mut options).alpn.push(protocol.to_owned()),
                    Some(("credentials", name)) => tls(&mut options).credentials = Some(name.to_owned()),
                    _ if option == "tls" => {
                        tls(&mut options);
                    }
                    _ => panic!("no option {option:?}"),
                }
            }
            let made = outbound::connect(first, &options);
            with(|trace| trace.made = made.unwrap_or(trace.made));
            value(made)
        }
        _ => value(topics::publish(first, rest.as_bytes(), None)),
    }
}

fn tls(options: &mut ConnectOptions) -> &mut TlsOptions {
    options.tls.get_or_insert(TlsOptions { server_name: None, alpn: Vec::new(), credentials: None })
}

fn writing(name: &str, id: u64, rest: &str) -> String {
    match name {
        "write" => value(sockets::write(id, rest.as_bytes())),
        "line" => value(sockets::write(id, format!("{rest}\n").as_bytes())),
        "fill" => value(sockets::write(id, &vec![b'x'; rest.parse().expect("bytes")])),
        // Until a write is short: how much was taken in all.
        "flood" => {
            let (piece, mut taken) = (vec![b'x'; 32 << 10], 0_u64);
            loop {
                let n = match sockets::write(id, &piece) {
                    Ok(n) => u64::from(n),
                    Err(error) => return value::<u64>(Err(error)),
                };
                taken += n;
                // Also where nothing of the last piece was taken, because what went before had filled everything to the byte.
                if n < piece.len() as u64 || taken >= 1 << 30 {
                    return value(Ok(taken));
                }
            }
        }
        "flush" => done(sockets::flush(id)),
        _ => value(sockets::queued(id)),
    }
}

fn control(name: &str, id: u64, rest: &str) -> String {
    done(match name {
        "end" => sockets::end(id),
        "shutdown" => sockets::shutdown(id),
        "terminate" => sockets::terminate(id),
        "pause" => sockets::pause(id),
        "resume" => sockets::resume(id),
        _ => sockets::set_auto_pause(id, rest == "on"),
    })
}

fn options(name: &str, id: u64, rest: &str) -> String {
    let milliseconds = rest.parse().ok();
    done(match name {
        "timeout" => sockets::set_timeout(id, milliseconds),
        "no-delay" => sockets::set_no_delay(id, rest == "on"),
        _ => sockets::set_keep_alive(id, milliseconds),
    })
}

fn facts(name: &str, id: u64) -> String {
    let endpoint = |found: Result<Endpoint, ErrorCode>| value(found.map(|end| format!("{}:{}", end.address, end.port)));
    match name {
        "local" => endpoint(sockets::local_endpoint(id)),
        "remote" => endpoint(sockets::remote_endpoint(id)),
        "listener" => value(sockets::listener(id).map(|name| name.unwrap_or("-".to_owned()))),
        "read" => value(sockets::bytes_read(id)),
        "written" => value(sockets::bytes_written(id)),
        "session" => value(tls::session(id).map(|session| match session {
            Some(found) => {
                format!("{} {} {:?} {:?} {:?}", found.version, found.cipher, found.server_name, found.verified, found.alpn)
            }
            None => "-".to_owned(),
        })),
        "resumed" => value(tls::session(id).map(|session| session.is_some_and(|found| found.resumed))),
        _ => value(tls::peer_certificates(id).map(|chain| chain.len())),
    }
}

fn context(name: &str, id: u64, rest: &str) -> String {
    match name {
        "context" => value(sockets::context(id).map(|context| escape(&context))),
        "set-context" => done(sockets::set_context(id, rest.as_bytes())),
        _ => done(sockets::set_context(id, &vec![b'c'; rest.parse().expect("bytes")])),
    }
}

/// What this version of the host doesn't do yet.
fn later(name: &str, id: u64, rest: &str) -> String {
    done(match name {
        "upgrade-client" => {
            let (name, credentials) = rest.split_once(' ').unwrap_or((rest, ""));
            let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
            tls::upgrade_client(id, &TlsOptions { server_name: some(name), alpn: Vec::new(), credentials: some(credentials) })
        }
        "upgrade-server" => tls::upgrade_server(id, rest),
        "subscribe" => topics::subscribe(id, rest),
        _ => topics::unsubscribe(id, rest),
    })
}

fn done(result: Result<(), ErrorCode>) -> String {
    result.map_or_else(|code| format!("err {}", code_name(code)), |()| "ok".to_owned())
}

fn value<T: ToString>(result: Result<T, ErrorCode>) -> String {
    result.map_or_else(|code| format!("err {}", code_name(code)), |value| format!("ok {}", value.to_string()))
}

/// `not-allowed`, for example.
pub(crate) fn code_name(code: ErrorCode) -> &'static str {
    code.name()
}
