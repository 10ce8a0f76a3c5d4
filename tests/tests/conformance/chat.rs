//! The chats of languages that have no kit of their own.

use crate::plugins::Plugin;
use sockdock_tests::{Client, Host, Serve};

stories!(a_conversation, from_another_language_and_back);

fn serve(plugin: &Plugin) -> Host {
    Serve::plugin(&plugin.path).tcp().start()
}

#[track_caller]
fn joins(host: &Host, name: &str, others: usize) -> Client {
    let mut client = host.tcp();
    client.expect("your name?\n");
    client.send(format!("{name}\n"));
    client.expect(format!("hello {name}, {others} are here\n"));
    client
}

fn a_conversation(plugin: &Plugin) {
    let host = serve(plugin);
    let mut ann = joins(&host, "Ann", 0);
    let mut bob = joins(&host, "Jürgen", 1);
    ann.expect("Jürgen is here\n");
    // Several lines at once, and one in pieces.
    ann.send("one\ntwo\nthr");
    ann.expect("line 1\nline 2\n");
    bob.expect("Ann: one\nAnn: two\n");
    ann.send("ee\n");
    ann.expect("line 3\n");
    bob.expect("Ann: three\n");
    drop(ann);
    bob.expect("Ann has left\n");
    assert_eq!(host.count("traps"), 0);
}

fn from_another_language_and_back(plugin: &Plugin) {
    let host = serve(plugin);
    let (mut ann, mut line) = (joins(&host, "Ann", 0), 0);
    let mut bob = joins(&host, "Bob", 1);
    ann.expect("Bob is here\n");
    for other in plugin.others_like_it() {
        for next in [&other, plugin] {
            host.try_reload(serde_json::json!({ "plugin": next.path })).unwrap();
            line += 1;
            ann.send(format!("by {}\n", next.name));
            ann.expect(format!("line {line}\n"));
            bob.expect(format!("Ann: by {}\n", next.name));
        }
    }
    assert_eq!((host.count("reloads"), host.count("accepted"), host.count("traps")), (line, 2, 0));
}
