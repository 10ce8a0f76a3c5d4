use super::{ask, host, with};
use sockdock_guest::testing::{Harness, Limits};

/// Asks one line after the other, on one connection, and compares the replies.
pub(super) fn conversation(lines: &[(&str, &str)]) {
    let (mut host, socket) = host();
    for (line, reply) in lines {
        assert_eq!(ask(&mut host, socket, line), *reply, "{line}");
    }
}

#[test]
fn keys_and_values() {
    conversation(&[
        ("GET a", "$-1|"),
        ("SET a 1", "+OK|"),
        ("get a", "$1|1|"),
        ("MSET a 2 b 3", "+OK|"),
        ("MGET a b c a", "*4|$1|2|$1|3|$-1|$1|2|"),
        ("EXISTS a b c a", ":3|"),
        ("DBSIZE", ":2|"),
        ("DEL a a c", ":1|"),
        ("DBSIZE", ":1|"),
        ("FLUSHALL", "+OK|"),
        ("DBSIZE", ":0|"),
        ("FLUSHALL async", "+OK|"),
        ("FLUSHALL now", "-ERR syntax error|"),
        ("SET empty \"\"", "+OK|"),
        ("GET empty", "$0||"),
    ]);
}

#[test]
fn conditions_of_set() {
    conversation(&[
        ("SET a 1 XX", "$-1|"),
        ("SET a 1 nx", "+OK|"),
        ("SET a 2 NX", "$-1|"),
        ("SET a 2 XX GET", "$1|1|"),
        ("SET b 1 GET", "$-1|"),
        ("MGET a b", "*2|$1|2|$1|1|"),
        ("SET a 1 NX XX", "-ERR syntax error|"),
        ("SET a 1 what", "-ERR syntax error|"),
        ("SET a 1 EX", "-ERR syntax error|"),
    ]);
}

#[test]
fn counters() {
    conversation(&[
        ("INCR n", ":1|"),
        ("INCR n", ":2|"),
        ("DECR n", ":1|"),
        ("DECR m", ":-1|"),
        ("SET n 9223372036854775807", "+OK|"),
        ("INCR n", "-ERR increment or decrement would overflow|"),
        ("SET n abc", "+OK|"),
        ("INCR n", "-ERR value is not an integer or out of range|"),
    ]);
}

#[test]
fn errors_are_worded_as_redis_words_them() {
    let long = "x".repeat(200);
    conversation(&[
        ("GET", "-ERR wrong number of arguments for 'get' command|"),
        ("GET a b", "-ERR wrong number of arguments for 'get' command|"),
        ("MSET a 1 b", "-ERR wrong number of arguments for 'mset' command|"),
        ("PING a b", "-ERR wrong number of arguments for 'ping' command|"),
        ("nope", "-ERR unknown command 'nope', with args beginning with: |"),
        ("nope a 'b c'", "-ERR unknown command 'nope', with args beginning with: 'a' 'b c' |"),
        (&format!("nope {long} b"), &format!("-ERR unknown command 'nope', with args beginning with: '{}' |", &long[..128])),
        ("config what", "-ERR unknown subcommand 'what'. Try CONFIG HELP.|"),
        ("config get", "-ERR wrong number of arguments for 'config|get' command|"),
        ("client", "-ERR wrong number of arguments for 'client' command|"),
    ]);
}

#[test]
fn a_client_can_shake_hands() {
    conversation(&[
        ("PING", "+PONG|"),
        ("PING x", "$1|x|"),
        ("ECHO \"a b\"", "$3|a b|"),
        ("SELECT 0", "+OK|"),
        ("SELECT 1", "-ERR DB index is out of range|"),
        ("SELECT a", "-ERR value is not an integer or out of range|"),
        ("CLIENT GETNAME", "$-1|"),
        ("CLIENT SETNAME me", "+OK|"),
        ("CLIENT GETNAME", "$2|me|"),
        ("CLIENT SETNAME \"a b\"", "-ERR Client names cannot contain spaces, newlines or special characters.|"),
        ("CLIENT SETINFO LIB-NAME x", "+OK|"),
        ("CLIENT ID", ":1|"),
        ("HELLO 4", "-NOPROTO unsupported protocol version|"),
        ("HELLO x", "-ERR Protocol version is not an integer or out of range|"),
        ("HELLO 2 SETNAME you", &format!("*14|$6|server|$5|redis|$7|version|$5|7.0.0|{HELLO}")),
        ("CLIENT GETNAME", "$3|you|"),
        ("CONFIG GET save", "*2|$4|save|$0||"),
        ("CONFIG GET nothing", "*0|"),
        ("CONFIG GET maxmemory append*", "*4|$10|appendonly|$2|no|$9|maxmemory|$8|67108864|"),
    ]);
}

const HELLO: &str = "$5|proto|:2|$2|id|:1|$4|mode|$10|standalone|$4|role|$6|master|$7|modules|*0|";

#[test]
fn commands_describe_themselves() {
    let get = "*10|$3|get|:2|*2|+readonly|+fast|:1|:1|:1|*0|*0|*0|*0|";
    conversation(&[
        ("COMMAND COUNT", ":64|"),
        ("COMMAND INFO get nope", &format!("*2|{get}$-1|")),
        (
            "COMMAND DOCS get nope",
            "*2|$3|get|*6|$7|summary|$27|Returns the value of a key.|$5|since|$5|1.0.0|$5|group|$6|string|",
        ),
        ("COMMAND what", "-ERR unknown subcommand 'what'. Try COMMAND HELP.|"),
    ]);
    let (mut host, socket) = host();
    assert!(ask(&mut host, socket, "COMMAND").starts_with("*64|*10|$6|append|:3|*3|+write|+denyoom|+fast|:1|:1|:1|"));
    assert!(ask(&mut host, socket, "COMMAND DOCS").starts_with("*128|$6|append|*6|"));
    assert!(ask(&mut host, socket, "COMMAND LIST").starts_with("*64|$6|append|"));
}

#[test]
fn quit_answers_and_closes() {
    let (mut host, socket) = host();
    host.send(socket, b"QUIT\r\nSET a 1\r\n");
    assert_eq!(host.closed(socket).unwrap(), b"+OK\r\n");
    let socket = host.connect();
    assert_eq!(ask(&mut host, socket, "DBSIZE"), ":0|");
}

#[test]
fn memory_has_a_limit() {
    let (mut host, socket) = with(Limits::default(), &[("maxmemory", "1kb")]);
    let long = "x".repeat(1024);
    assert_eq!(ask(&mut host, socket, &format!("SET a {long}")), "+OK|");
    let refused = "-OOM command not allowed when used memory > 'maxmemory'.|";
    assert_eq!(ask(&mut host, socket, "SET b 1"), refused);
    assert_eq!(ask(&mut host, socket, "DEL a"), ":1|");
    assert_eq!(ask(&mut host, socket, "SET b 1"), "+OK|");
}

#[test]
fn settings_are_checked_at_the_start() {
    let start = |pair| Harness::<crate::Kv>::with(Limits::default(), &[pair]).err();
    let known = "this plugin knows `maxmemory`, `maxmemory-clients`, `proto-max-bulk-len`";
    assert_eq!(start(("maxmemroy", "1")).unwrap(), format!("unknown key `maxmemroy`: {known}"));
    assert!(start(("maxmemory", "much")).unwrap().starts_with("`maxmemory` can't be `much`"));
    assert_eq!(start(("maxmemory", "1gb")), None);
}

#[test]
fn texts() {
    conversation(&[
        ("APPEND a xy", ":2|"),
        ("APPEND a z", ":3|"),
        ("STRLEN a", ":3|"),
        ("STRLEN none", ":0|"),
        ("GETDEL a", "$3|xyz|"),
        ("GETDEL a", "$-1|"),
        ("SETNX a 1", ":1|"),
        ("SETNX a 2", ":0|"),
        ("GETSET a 3", "$1|1|"),
        ("INCRBY a 10", ":13|"),
        ("DECRBY a 3", ":10|"),
        ("INCRBY a x", "-ERR value is not an integer or out of range|"),
        ("DECRBY a -9223372036854775808", "-ERR decrement would overflow|"),
        ("INCRBYFLOAT a 0.5", "$4|10.5|"),
        ("INCRBYFLOAT a -0.5", "$2|10|"),
        ("INCRBYFLOAT a x", "-ERR value is not a valid float|"),
        ("INCRBYFLOAT a inf", "-ERR increment would produce NaN or Infinity|"),
        ("MSET ab 1 b 2", "+OK|"),
        ("KEYS a*", "*2|$1|a|$2|ab|"),
        ("KEYS [b]", "*1|$1|b|"),
        ("TYPE a", "+string|"),
        ("UNLINK a ab", ":2|"),
        ("FLUSHDB", "+OK|"),
    ]);
}

#[test]
fn a_text_can_not_grow_beyond_the_longest() {
    let (mut host, socket) = with(Limits::default(), &[("proto-max-bulk-len", "4")]);
    assert_eq!(ask(&mut host, socket, "SET a 123"), "+OK|");
    assert_eq!(ask(&mut host, socket, "APPEND a 4"), ":4|");
    assert_eq!(ask(&mut host, socket, "APPEND a 5"), "-ERR string exceeds maximum allowed size (proto-max-bulk-len)|");
}

#[test]
fn a_short_request_can_not_ask_for_too_much() {
    let (mut host, socket) = with(Limits::default(), &[("maxmemory-clients", "100kb")]);
    let long = "x".repeat(60_000);
    for i in 0..2 {
        ask(&mut host, socket, &format!("RPUSH l {long}"));
        ask(&mut host, socket, &format!("SADD s {i}{long}"));
        ask(&mut host, socket, &format!("HSET h f{i} {long}"));
        ask(&mut host, socket, &format!("SET {i}{long} v"));
    }
    for command in ["LRANGE l 0 -1", "SMEMBERS s", "HGETALL h", "KEYS *"] {
        assert_eq!(ask(&mut host, socket, command), "-ERR reply is larger than maxmemory-clients|", "{command}");
    }
    assert!(ask(&mut host, socket, "LRANGE l 0 0").starts_with("*1|$60000|"));
}
