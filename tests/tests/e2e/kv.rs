//! The example `kv`, as Redis' own tools see it.

use sockdock_tests::{Host, Program, Serve, example_folder};

fn kv() -> Host {
    // Given a folder, `serve` builds it first.
    Serve::plugin(example_folder("kv")).tcp().start()
}

fn tool(name: &str, host: &Host) -> Program {
    let address = host.tcp_address();
    Program::new(name).args(["-h", &address.ip().to_string(), "-p", &address.port().to_string()])
}

#[track_caller]
fn cli(host: &Host, command: &str) -> String {
    tool("redis-cli", host).args(command.split(' ')).run().success().trim_end().to_owned()
}

#[test]
fn redis_cli() {
    let host = kv();
    for (command, answer) in [
        ("PING", "PONG"),
        ("ECHO hello", "hello"),
        ("SET a 1", "OK"),
        ("GET a", "1"),
        ("GET none", ""),
        ("INCR a", "2"),
        ("DECR a", "1"),
        ("MSET b two c three", "OK"),
        ("MGET a none c", "1\n\nthree"),
        ("EXISTS a b none", "2"),
        ("DBSIZE", "3"),
        ("DEL a none", "1"),
        ("CONFIG GET save", ""),
        ("SET b 1 EX 100", "OK"),
        ("TTL b", "100"),
        ("TYPE b", "string"),
        ("RPUSH l x y", "2"),
        ("LRANGE l 0 -1", "x\ny"),
        ("HSET h f 1", "1"),
        ("HGETALL h", "f\n1"),
        ("SADD s m", "1"),
        ("SPOP s", "m"),
        ("ZADD z 1.5 m", "1"),
        ("ZPOPMIN z", "m\n1.5"),
        ("KEYS [lh]", "h\nl"),
        ("FLUSHALL", "OK"),
        ("DBSIZE", "0"),
    ] {
        let got = cli(&host, command);
        if command.starts_with("CONFIG") {
            assert!(!got.contains("ERR"), "{command}: {got}");
        } else {
            assert_eq!(got, answer, "{command}");
        }
    }
    assert!(cli(&host, "NOSUCH x").contains("ERR unknown command"));
    assert!(cli(&host, "INCR").contains("ERR wrong number of arguments"));
    assert!(cli(&host, "INFO server").contains("redis_version:7"));
    // -3: it speaks the third version of the protocol.
    assert_eq!(cli(&host, "-3 HSET h f 1"), "1");
    assert_eq!(cli(&host, "-3 HGETALL h"), "f 1");
    cli(&host, "SET text abc");
    assert!(cli(&host, "INCR text").contains("not an integer"));
}

#[test]
fn redis_benchmark() {
    let host = kv();
    let tests = [
        "PING_INLINE",
        "PING_MBULK",
        "SET",
        "GET",
        "INCR",
        "LPUSH",
        "RPUSH",
        "LPOP",
        "RPOP",
        "SADD",
        "HSET",
        "SPOP",
        "ZADD",
        "ZPOPMIN",
        "LRANGE_100",
        "LRANGE_300",
        "LRANGE_500",
        "LRANGE_600",
        "MSET",
    ];
    // Without `-t` it runs its whole suite.
    for pipeline in ["1", "16"] {
        let said = tool("redis-benchmark", &host).args(["-q", "-n", "2000", "-c", "20", "-P", pipeline]).run().success();
        for test in tests {
            assert!(said.contains(test), "no {test} in {said}");
        }
        assert!(!said.to_lowercase().contains("error"), "{said}");
    }
    assert_eq!(host.count("traps"), 0);
    host.wait_count("connections", 0);
}

#[test]
fn data_lives_through_a_reload() {
    let host = kv();
    cli(&host, "SET kept value");
    let mut open = host.tcp();
    // A request cut in two by a reload.
    open.send("*3\r\n$3\r\nSET\r\n$4\r\nhalf\r\n$5\r\nwh");
    host.wait_count("connections", 1);
    sockdock_tests::eventually("the half request to be read", || (host.count("bytes_read") > 30).then_some(()));
    let report = host.cli(["reload"]).success();
    assert!(report.contains("kv"), "{report}");
    open.send("ole\r\n");
    open.expect("+OK\r\n");
    assert_eq!(cli(&host, "GET half"), "whole");
    assert_eq!(cli(&host, "GET kept"), "value");
    assert_eq!(host.count("generation"), 2);
}

#[test]
fn keys_expire_by_a_timer_also_after_a_reload() {
    let host = kv();
    cli(&host, "SET stays 1 EX 1000");
    cli(&host, "SET goes 1 PX 300");
    host.cli(["reload"]).success();
    // Asking for the number of keys removes none.
    sockdock_tests::eventually("the key to be removed", || (cli(&host, "DBSIZE") == "1").then_some(()));
    let left: u32 = cli(&host, "TTL stays").parse().unwrap();
    assert!((900..=1000).contains(&left), "{left}");
}

#[test]
fn requests_may_be_cut_anywhere() {
    let host = kv();
    let requests = b"*2\r\n$4\r\nECHO\r\n$4\r\na\r\nb\r\nPING\r\nSET k v\r\n*2\r\n$3\r\nGET\r\n$1\r\nk\r\n";
    let answers = "$4\r\na\r\nb\r\n+PONG\r\n+OK\r\n$1\r\nv\r\n";
    let mut client = host.tcp();
    for size in [1, 2, 3, 5, 7, requests.len()] {
        for piece in requests.chunks(size) {
            client.send(piece);
        }
        client.expect(answers);
    }
    client.send("QUIT\r\n");
    client.expect("+OK\r\n");
    client.expect_end();
}

#[test]
fn nonsense_gets_an_error() {
    let host = kv();
    for nonsense in ["*1\r\n$-5\r\n", "*99999999999\r\n", "*1\r\n:1\r\n", "*1\r\n$99999999999\r\n"] {
        let mut client = host.tcp();
        client.send(nonsense);
        let said = client.rest().unwrap_or_default();
        assert!(said.starts_with(b"-ERR"), "{nonsense:?}: {:?}", String::from_utf8_lossy(&said));
    }
    assert_eq!(host.count("traps"), 0);
}
