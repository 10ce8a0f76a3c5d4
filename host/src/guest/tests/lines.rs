//! What plugins say and print, as it arrives in the log.

use super::*;
use crate::guest::log::{PluginLog, Stream, presentable};
use crate::pure::socket::{LogLevel, SocketId};
use std::fmt::{Debug, Write as _};
use std::sync::{Arc, Mutex};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Collects what is logged for plugins, as `LEVEL plugin: message`.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

impl Lines {
    /// What is logged while `work` runs on this thread.
    fn of(work: impl FnOnce()) -> Vec<String> {
        let lines = Self::default();
        tracing::subscriber::with_default(lines.clone(), work);
        lines.0.lock().unwrap().clone()
    }
}

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "plugin"
    }

    fn event(&self, event: &Event<'_>) {
        struct Line(String, String);
        impl Visit for Line {
            fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
                let text = if field.name() == "message" { &mut self.1 } else { &mut self.0 };
                write!(text, "{value:?}").unwrap();
            }

            fn record_str(&mut self, _plugin: &Field, value: &str) {
                self.0.push_str(value);
            }
        }
        let mut line = Line(String::new(), String::new());
        event.record(&mut line);
        self.0.lock().unwrap().push(format!("{} {}: {}", event.metadata().level(), line.0, line.1));
    }

    fn new_span(&self, _span: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _span: &Id, _values: &Record<'_>) {}
    fn record_follows_from(&self, _span: &Id, _follows: &Id) {}
    fn enter(&self, _span: &Id) {}
    fn exit(&self, _span: &Id) {}
}

fn log(settings: &Settings) -> PluginLog {
    PluginLog::new(settings)
}

#[test]
fn a_guest_logs_under_its_name_at_its_level() {
    let signature = "(type $l (enum \"trace\" \"debug\" \"info\" \"warn\" \"error\"))
         (export \"level\" (type $level (eq $l)))
         (export \"log\" (func (param \"level\" $level) (param \"message\" string)))";
    let wat = Wat::plugin()
        .import("sockdock:plugin/logging@0.1.0", "log", signature, "(param i32 i32 i32)")
        .put("data", "(call $log (local.get $length) (local.get $at) (local.get $length))");
    let mut instance = instance(&wat);
    let slot = &mut Recorder::slot();
    let lines = Lines::of(|| {
        for message in ["", "x", "xy", "xyz", "x\nyz"] {
            instance.data(slot, SocketId(1), message.as_bytes()).unwrap();
        }
    });
    assert_eq!(lines, ["TRACE test: ", "DEBUG test: x", "INFO test: xy", "WARN test: xyz", "ERROR test: x\\nyz"]);
}

#[test]
fn printed_lines_are_logged_one_by_one() {
    let log = log(&settings());
    let lines = Lines::of(|| {
        log.print(Stream::Stdout, b"one\ntwo\r\n\nthr");
        log.print(Stream::Stderr, b"oh");
        log.print(Stream::Stdout, b"ee\nand a ");
        log.settle();
        log.print(Stream::Stdout, b"rest\n");
    });
    let expected =
        ["INFO test: one", "INFO test: two", "INFO test: three", "INFO test: and a ", "WARN test: oh", "INFO test: rest"];
    assert_eq!(lines, expected);
}

#[test]
fn a_line_without_end_is_cut_into_pieces() {
    let log = log(&Settings { log_message: 4, ..settings() });
    let lines = Lines::of(|| {
        log.print(Stream::Stdout, b"1234567890");
        log.print(Stream::Stdout, b"12\nabcd\n");
    });
    assert_eq!(lines, ["INFO test: 1234", "INFO test: 5678", "INFO test: 9012", "INFO test: abcd"]);
}

#[test]
fn above_the_rate_lines_are_counted_and_summed_up() {
    let lines = Lines::of(|| {
        let log = log(&Settings { log_rate: 2, ..settings() });
        (0..5).for_each(|_| log.say(LogLevel::Info, "again"));
    });
    assert_eq!(lines[..2], ["INFO test: again", "INFO test: again"]);
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(lines[2].starts_with("WARN test: 3 log messages") && lines[2].contains("log-rate"), "{}", lines[2]);
}

#[test]
fn nothing_can_pass_for_another_line() {
    assert_eq!(presentable("a\nb\r\u{1b}[31m\u{7}\u{202e}ü\u{2028}", 100), "a\\nb\\r\\u{1b}[31m\\u{7}\\u{202e}ü\\u{2028}");
    assert_eq!(presentable("äöü", 3), "ä… (cut; 6 bytes in all)");
}

/// The streams of `wasi:cli`, as a C or Rust program uses them.
const STREAMS: &str = r#"
    (import "wasi:io/error@0.2.0" (instance $io-error (export "error" (type (sub resource)))))
    (alias export $io-error "error" (type $io-error-type))
    (import "wasi:io/streams@0.2.0" (instance $streams
      (export "output-stream" (type $out (sub resource)))
      (alias outer 1 $io-error-type (type $err)) (export "error" (type $e (eq $err)))
      (type $se (variant (case "last-operation-failed" (own $e)) (case "closed")))
      (export "stream-error" (type $stream-error (eq $se)))
      (export "[method]output-stream.blocking-write-and-flush"
        (func (param "self" (borrow $out)) (param "contents" (list u8)) (result (result (error $stream-error)))))))
    (alias export $streams "output-stream" (type $output-stream))
    (import "wasi:cli/stdout@0.2.0" (instance $stdout
      (alias outer 1 $output-stream (type $o)) (export "output-stream" (type $out (eq $o)))
      (export "get-stdout" (func (result (own $out))))))"#;

#[test]
fn standard_output_goes_to_the_log() {
    let wat = Wat::plugin()
        .put("imports", STREAMS)
        .put("lower", "(core func $get-stdout (canon lower (func $stdout \"get-stdout\")))")
        .put(
            "lower",
            "(core func $print (canon lower (func $streams \"[method]output-stream.blocking-write-and-flush\") (memory $memory)))",
        )
        .put("core-imports", "(import \"host\" \"get-stdout\" (func $get-stdout (result i32)))")
        .put("core-imports", "(import \"host\" \"print\" (func $print (param i32 i32 i32 i32)))")
        .replace("(;host;)", "(export \"get-stdout\" (func $get-stdout)) (export \"print\" (func $print)) (;host;)")
        .put("data", "(call $print (call $get-stdout) (local.get $at) (local.get $length) (i32.const 640))");
    let mut instance = instance(&wat);
    let slot = &mut Recorder::slot();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let lines = Lines::of(|| {
        instance.data(slot, SocketId(1), b"outside\nunfinished").unwrap();
        runtime.block_on(async { instance.data(slot, SocketId(1), b"inside\n").unwrap() });
    });
    assert_eq!(lines, ["INFO test: outside", "INFO test: unfinished", "INFO test: inside"]);
}
