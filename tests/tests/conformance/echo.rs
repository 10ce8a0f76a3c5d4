//! The echoes of languages that have no kit of their own.

use crate::bytes::{comes_back, everywhere};
use crate::plugins::Plugin;
use sockdock_tests::Pace;

stories!(a_mebibyte_over_all_that_carries_bytes, byte_by_byte, from_another_language_and_back);

fn a_mebibyte_over_all_that_carries_bytes(plugin: &Plugin) {
    comes_back(&everywhere(plugin, |serve| serve), Pace { write: 9_000, read: 9_000, read_late: false }, 1 << 20);
}

fn byte_by_byte(plugin: &Plugin) {
    comes_back(&everywhere(plugin, |serve| serve), Pace { write: 1, read: 3, read_late: false }, 2_000);
}

fn from_another_language_and_back(plugin: &Plugin) {
    let host = everywhere(plugin, |serve| serve);
    let mut client = host.tcp();
    client.echo("before");
    let mut others = 0;
    for other in plugin.others_like_it() {
        for next in [&other, plugin] {
            host.try_reload(serde_json::json!({ "plugin": next.path })).unwrap();
            client.echo(format!("now in {}", next.name));
        }
        others += 1;
    }
    assert_eq!((host.count("reloads"), host.count("accepted"), host.count("traps")), (2 * others, 1, 0));
}
