//! Lists, hashes, sets and sorted sets.

use super::commands::conversation;
use super::{ask, host};

const WRONG: &str = "-WRONGTYPE Operation against a key holding the wrong kind of value|";

#[test]
fn lists() {
    conversation(&[
        ("RPUSH l b c", ":2|"),
        ("LPUSH l a z", ":4|"),
        ("LRANGE l 0 -1", "*4|$1|z|$1|a|$1|b|$1|c|"),
        ("LRANGE l 1 x", "-ERR value is not an integer or out of range|"),
        ("LLEN l", ":4|"),
        ("LPOP l", "$1|z|"),
        ("RPOP l 2", "*2|$1|c|$1|b|"),
        ("LPOP l 0", "*0|"),
        ("LPOP l -1", "-ERR value is out of range, must be positive|"),
        ("LPOP l 5", "*1|$1|a|"),
        ("EXISTS l", ":0|"),
        ("LPOP l", "$-1|"),
        ("LPOP l 1", "*-1|"),
        ("LPOP l 1 2", "-ERR wrong number of arguments for 'lpop' command|"),
        ("LRANGE l 0 -1", "*0|"),
        ("LLEN l", ":0|"),
    ]);
}

#[test]
fn hashes() {
    conversation(&[
        ("HSET h f 1 g 2", ":2|"),
        ("HSET h f 3 i 4", ":1|"),
        ("HSET h f", "-ERR wrong number of arguments for 'hset' command|"),
        ("HSET h f 1 g", "-ERR wrong number of arguments for 'hset' command|"),
        ("HGET h f", "$1|3|"),
        ("HGET h none", "$-1|"),
        ("HGETALL h", "*6|$1|f|$1|3|$1|g|$1|2|$1|i|$1|4|"),
        ("HLEN h", ":3|"),
        ("HDEL h f g none", ":2|"),
        ("HDEL h i", ":1|"),
        ("EXISTS h", ":0|"),
        ("HGETALL h", "*0|"),
    ]);
}

#[test]
fn sets() {
    conversation(&[
        ("SADD s a b a", ":2|"),
        ("SISMEMBER s a", ":1|"),
        ("SISMEMBER s c", ":0|"),
        ("SCARD s", ":2|"),
        ("SREM s a c", ":1|"),
        ("SMEMBERS s", "*1|$1|b|"),
        ("SPOP s", "$1|b|"),
        ("SPOP s", "$-1|"),
        ("SPOP s 2", "*0|"),
        ("SADD s a", ":1|"),
        ("SPOP s 2", "*1|$1|a|"),
        ("EXISTS s", ":0|"),
        ("SPOP s x", "-ERR value is out of range, must be positive|"),
    ]);
}

#[test]
fn sorted_sets() {
    conversation(&[
        ("ZADD z 2 b 1 a 3.5 c", ":3|"),
        ("ZADD z CH 1 a 4 b 5 d", ":2|"),
        ("ZADD z NX 9 a", ":0|"),
        ("ZADD z XX 9 none", ":0|"),
        ("ZADD z GT CH 3 b", ":0|"),
        ("ZADD z INCR 1.5 a", "$3|2.5|"),
        ("ZADD z NX INCR 1 a", "$-1|"),
        ("ZSCORE z a", "$3|2.5|"),
        ("ZSCORE z none", "$-1|"),
        ("ZCARD z", ":4|"),
        ("ZADD z x a", "-ERR value is not a valid float|"),
        ("ZADD z 1 a 2", "-ERR syntax error|"),
        ("ZADD z NX XX 1 a", "-ERR XX and NX options at the same time are not compatible|"),
        ("ZADD z NX GT 1 a", "-ERR GT, LT, and/or NX options at the same time are not compatible|"),
        ("ZADD z INCR 1 a 2 b", "-ERR INCR option supports a single increment-element pair|"),
        ("ZPOPMIN z", "*2|$1|a|$3|2.5|"),
        ("ZPOPMIN z 9", "*6|$1|c|$3|3.5|$1|b|$1|4|$1|d|$1|5|"),
        ("ZPOPMIN z", "*0|"),
        ("ZADD z inf a", ":1|"),
        ("ZADD z INCR -inf a", "-ERR resulting score is not a number (NaN)|"),
    ]);
}

#[test]
fn the_wrong_kind_is_refused_and_nothing_changes() {
    let of_lists = ["LPUSH k a", "RPUSH k a", "LPOP k", "RPOP k 1", "LRANGE k 0 1", "LLEN k"];
    let of_hashes = ["HSET k f v", "HGET k f", "HDEL k f", "HGETALL k", "HLEN k"];
    let of_sets = ["SADD k a", "SREM k a", "SPOP k", "SPOP k 1", "SMEMBERS k", "SCARD k", "SISMEMBER k a"];
    let of_sorted_sets = ["ZADD k 1 a", "ZPOPMIN k", "ZSCORE k a", "ZCARD k"];
    let of_texts =
        ["GET k", "INCR k", "INCRBYFLOAT k 1", "APPEND k x", "STRLEN k", "GETDEL k", "GETSET k x", "GETEX k EX 1", "SET k v GET"];
    let kinds = [
        ("SET k x", "+string|", &of_texts[..]),
        ("RPUSH k x", "+list|", &of_lists),
        ("HSET k x y", "+hash|", &of_hashes),
        ("SADD k x", "+set|", &of_sets),
        ("ZADD k 7 x", "+zset|", &of_sorted_sets),
    ];
    for (make, kind, own) in kinds {
        let (mut host, socket) = host();
        ask(&mut host, socket, make);
        let used = host.plugin().saved.store.used();
        for command in kinds.iter().flat_map(|(_, _, commands)| *commands).filter(|command| !own.contains(command)) {
            assert_eq!(ask(&mut host, socket, command), WRONG, "{command} on {kind}");
        }
        assert_eq!(ask(&mut host, socket, "TYPE k"), kind);
        assert_eq!(host.plugin().saved.store.used(), used);
        assert_eq!(ask(&mut host, socket, "MGET none"), "*1|$-1|");
        assert_eq!(ask(&mut host, socket, "SET k new"), "+OK|");
        assert_eq!(ask(&mut host, socket, "GET k"), "$3|new|");
    }
}

#[test]
fn the_third_protocol_has_more_kinds_of_replies() {
    let (mut host, socket) = host();
    let hello =
        "%7|$6|server|$5|redis|$7|version|$5|7.0.0|$5|proto|:3|$2|id|:1|$4|mode|$10|standalone|$4|role|$6|master|$7|modules|*0|";
    assert_eq!(ask(&mut host, socket, "HELLO 3"), hello);
    let talk = |host: &mut _, pairs: &[(&str, &str)]| {
        for (line, reply) in pairs {
            assert_eq!(ask(host, socket, line), *reply, "{line}");
        }
    };
    talk(
        &mut host,
        &[
            ("GET none", "_|"),
            ("LPOP none 1", "_|"),
            ("HSET h f 1", ":1|"),
            ("HGETALL h", "%1|$1|f|$1|1|"),
            ("HGETALL none", "%0|"),
            ("SADD s a", ":1|"),
            ("SMEMBERS s", "~1|$1|a|"),
            ("ZADD z 1.5 a 2 b", ":2|"),
            ("ZSCORE z a", ",1.5|"),
            ("ZPOPMIN z", "*2|$1|a|,1.5|"),
            ("ZPOPMIN z 2", "*1|*2|$1|b|,2|"),
            ("CONFIG GET save", "%1|$4|save|$0||"),
        ],
    );
    let used = host.plugin().saved.store.used();
    let info = format!("txt:# Memory|used_memory:{used}|maxmemory:67108864|");
    let length = info.len() + info.matches('|').count();
    talk(&mut host, &[("INFO memory", &format!("={length}|{info}|"))]);
    // Another connection has its own.
    let other = host.connect();
    assert_eq!(ask(&mut host, other, "GET none"), "$-1|");
    // It is known after a reload and a trap.
    let host = host.reload::<crate::Kv>().unwrap_or_else(|(reason, _)| panic!("{reason}"));
    let mut host = host.crash(other);
    assert_eq!(ask(&mut host, socket, "GET none"), "_|");
    assert!(ask(&mut host, socket, "HELLO 2").starts_with("*14|"));
    assert_eq!(ask(&mut host, socket, "GET none"), "$-1|");
}
