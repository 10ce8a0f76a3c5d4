//! `examples/redis-client` before a real redis-server: many clients by one connection, and the plugin for itself.

use crate::kv_redis::Redis;
use sockdock_tests::{Client, Host, Program, Serve, example_folder};
use std::net::SocketAddr;

fn shared(server: SocketAddr, options: impl FnOnce(Serve) -> Serve) -> Host {
    let server = server.to_string();
    let serve = Serve::plugin(example_folder("redis-client")).tcp().args(["--allow-half-open", "--allow-connect", &server]);
    options(serve.set("server", &server)).start()
}

fn cli(to: SocketAddr) -> Program {
    Program::new("redis-cli").args(["-p", &to.port().to_string()])
}

#[test]
fn redis_cli_and_what_it_has_written() {
    let redis = Redis::start();
    let host = shared(redis.address, |serve| serve);
    let through = host.tcp_address();
    assert_eq!(cli(through).args(["set", "greeting", "hello"]).run().success(), "OK\n");
    assert_eq!(cli(redis.address).args(["get", "greeting"]).run().success(), "hello\n");
    let commands = "rpush list a b c\nlrange list 0 -1\nincr greeting\nget none\nzadd z 1 one\nzrange z 0 -1 withscores\n";
    let said = cli(through).input(commands).run().success();
    assert_eq!(said, "3\na\nb\nc\nERR value is not an integer or out of range\n\n\n1\none\n1\n");
    assert!(cli(through).args(["multi"]).run().success().contains("many share this connection"));
    // All by one connection.
    let clients = cli(redis.address).args(["client", "list"]).run().success();
    assert_eq!(clients.lines().count(), 2, "{clients}");
}

#[test]
fn redis_benchmark_while_it_is_swapped() {
    let redis = Redis::start();
    let host = shared(redis.address, |serve| serve);
    let port = host.tcp_address().port().to_string();
    for pipeline in ["1", "32"] {
        std::thread::scope(|scope| {
            let running = scope.spawn(|| {
                Program::new("redis-benchmark")
                    .args([
                        "-p",
                        &port,
                        "-n",
                        "20000",
                        "-c",
                        "20",
                        "-P",
                        pipeline,
                        "-r",
                        "1000",
                        "-t",
                        "set,get,incr,lpush,lrange_100",
                    ])
                    .arg("--csv")
                    .run()
            });
            while !running.is_finished() {
                host.try_reload(serde_json::json!({})).unwrap();
            }
            let output = running.join().unwrap();
            assert!(output.status.success() && !output.stderr.contains("rror from server"), "{output:?}");
        });
    }
    assert_eq!(host.count("traps"), 0);
}

/// Numbers of its own in, the same numbers out: by many clients at once, with large values among them, and through reloads.
#[test]
fn everybody_gets_what_is_his() {
    let redis = Redis::start();
    let host = shared(redis.address, |serve| serve);
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..16)
            .map(|number| {
                let mut client = host.tcp();
                scope.spawn(move || {
                    for round in 0..60 {
                        let length = if round % 20 == 0 { 300_000 } else { round * 7 };
                        let value = format!("{number}-{round}-{}", "x".repeat(length));
                        let (key, size) = (format!("key-{number}"), value.len());
                        let set = format!("*3\r\n$3\r\nSET\r\n${}\r\n{key}\r\n${size}\r\n{value}\r\n", key.len());
                        client.send(format!("{set}GET {key}\r\nSTRLEN {key}\r\nMULTI\r\nECHO {round}\r\n"));
                        let refusal = "-ERR many share this connection, and 'MULTI' isn't among the commands for that\r\n";
                        let round = round.to_string();
                        client
                            .expect(format!("+OK\r\n${size}\r\n{value}\r\n:{size}\r\n{refusal}${}\r\n{round}\r\n", round.len()));
                    }
                })
            })
            .collect();
        while clients.iter().any(|client| !client.is_finished()) {
            host.try_reload(serde_json::json!({})).unwrap();
        }
    });
    assert_eq!(host.count("traps"), 0);
    // The one to the server is left.
    host.wait_count("connections", 1);
}

#[test]
fn half_closed_clients_get_their_replies() {
    let redis = Redis::start();
    let host = shared(redis.address, |serve| serve);
    let mut client = host.tcp();
    client.send("ECHO a\r\nECHO b\r\n");
    client.finish();
    client.expect("$1\r\na\r\n$1\r\nb\r\n");
    client.expect_end();
}

#[test]
fn a_server_that_goes_and_comes_back() {
    let redis = Redis::start_with(&["--requirepass", "secret"]);
    let host = shared(redis.address, |serve| serve.set("password", "secret"));
    let mut client = host.tcp();
    client.send("ECHO a\r\n");
    client.expect("$1\r\na\r\n");
    let address = redis.address;
    drop(redis);
    host.wait_log(&["no connection to the server"]);
    client.send("ECHO a\r\n");
    client.expect("-ERR there is no connection to the server now\r\n");
    let _redis = Redis::start_at(address, &["--requirepass", "secret"]);
    sockdock_tests::eventually("the connection to come back", || {
        client.send("ECHO a\r\n");
        let mut line = Vec::new();
        while !line.ends_with(b"\n") {
            line.extend(client.receive(1));
        }
        (line == b"$1\r\n").then(|| client.expect("a\r\n"))
    });
}

/// The plugin for itself, on the host's connection.
fn by_itself(redis: &Redis, pairs: &[(&str, &str)]) -> Serve {
    let serve = Serve::connect_plugin(example_folder("redis-client"), redis.address.to_string());
    pairs.iter().fold(serve, |serve, (key, value)| serve.set(key, value))
}

#[test]
fn commands_of_the_operators() {
    let redis = Redis::start();
    let output =
        by_itself(&redis, &[("run", "incr visits"), ("run", "set text \"two words\""), ("run", "mget visits text none")]).run();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    for line in ["incr visits: 1", "set text \"two words\": OK", "mget visits text none: [\"1\", \"two words\", nil]"] {
        assert!(output.stderr.contains(line), "{line}: {}", output.stderr);
    }
}

#[test]
fn a_channel_is_heard_through_a_reload() {
    let redis = Redis::start();
    let host = by_itself(&redis, &[("subscribe", "news")]).start();
    host.wait_log(&["subscribe news: [\"subscribe\", \"news\", 1]"]);
    for word in ["first", "second"] {
        let mut publisher = Client::tcp(redis.address);
        publisher.send(format!("PUBLISH news {word}\r\n"));
        publisher.expect(":1\r\n");
        host.wait_log(&[&format!("[\"message\", \"news\", \"{word}\"]")]);
        host.cli(["reload"]).success();
    }
}
