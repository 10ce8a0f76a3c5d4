#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;

fn rules(rules: &[&str]) -> AllowConnect {
    AllowConnect::new(rules.iter().map(|rule| rule.parse().unwrap()).collect())
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

#[test]
fn nothing_is_allowed_without_rules() {
    let none = AllowConnect::default();
    assert!(!none.may_look_up("example.com", 443));
    assert!(!none.permits(ip("192.0.66.1"), 443));
    assert!(!none.permits_unix(Path::new("/run/x")));
}

#[test]
fn a_name_is_that_name_on_that_port() {
    let allow = rules(&["db.example.com:5432"]);
    assert!(allow.may_look_up("db.example.com", 5432));
    assert!(!allow.may_look_up("db.example.com", 5433));
    assert!(!allow.may_look_up("xdb.example.com", 5432));
    assert!(!allow.may_look_up("example.com", 5432));
}

#[test]
fn a_domain_is_what_stands_below_it() {
    let allow = rules(&["*.Example.com:443-444"]);
    assert!(allow.may_look_up("a.example.com", 443) && allow.may_look_up("a.b.example.com", 444));
    assert!(!allow.may_look_up("example.com", 443), "not the domain itself");
    assert!(!allow.may_look_up("badexample.com", 443));
    assert!(!allow.may_look_up("a.example.com.evil.net", 443));
}

#[test]
fn a_name_reaches_public_addresses_alone() {
    for allow in [rules(&["rebind.net:80"]), rules(&["*:80"]), rules(&["*.net:80", "rebind.net:80"])] {
        assert!(allow.permits_named("rebind.net", ip("8.8.8.8"), 80));
        assert!(allow.permits_named("rebind.net", ip("2606:4700::1"), 80));
        for inside in [
            "127.0.0.1",
            "127.9.9.9",
            "0.0.0.0",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "fe80::1",
            "fd00::1",
            "fec0::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "::ffff:0:127.0.0.1",
            "::127.0.0.1",
            "64:ff9b::127.0.0.1",
            "64:ff9b::10.0.0.1",
            "2002:7f00:1::",
            "2001:db8::1",
        ] {
            assert!(!allow.permits_named("rebind.net", ip(inside), 80), "{inside}");
        }
    }
}

#[test]
fn an_address_rule_opens_the_inside_to_a_permitted_name() {
    let allow = rules(&["db.internal:5432", "10.0.0.0/8:5432"]);
    assert!(allow.permits_named("db.internal", ip("10.1.2.3"), 5432));
    assert!(allow.permits_named("db.internal", ip("::ffff:10.1.2.3"), 5432));
    assert!(!allow.permits_named("db.internal", ip("10.1.2.3"), 22));
    assert!(!allow.permits_named("db.internal", ip("192.168.0.1"), 5432));
    assert!(!allow.may_look_up("other.internal", 5432), "an address rule permits no look-up");
}

#[test]
fn addresses_are_permitted_as_addresses() {
    let allow = rules(&["127.0.0.1:6379", "[fd00::/8]:1-100", "192.168.0.0/16:*"]);
    assert!(allow.permits(ip("127.0.0.1"), 6379) && allow.permits(ip("::ffff:127.0.0.1"), 6379));
    assert!(!allow.permits(ip("127.0.0.2"), 6379) && !allow.permits(ip("127.0.0.1"), 6380));
    assert!(allow.permits(ip("fd12::1"), 100) && !allow.permits(ip("fd12::1"), 101) && !allow.permits(ip("fe12::1"), 100));
    assert!(allow.permits(ip("192.168.3.4"), 65535));
    let names = rules(&["example.com:*", "*.example.com:*"]);
    assert!(!names.permits(ip("8.8.8.8"), 443), "a name rule permits no bare address");
    let all = rules(&["*:443"]);
    assert!(all.permits(ip("8.8.8.8"), 443) && !all.permits(ip("10.0.0.1"), 443) && !all.permits(ip("8.8.8.8"), 80));
}

#[test]
fn localhost_means_this_machine() {
    let allow = rules(&["localhost:8080"]);
    assert!(allow.permits_named("localhost", ip("127.0.0.1"), 8080) && allow.permits_named("localhost", ip("::1"), 8080));
    assert!(!allow.permits_named("localhost", ip("10.0.0.1"), 8080));
    assert!(!allow.permits_named("evil.net", ip("127.0.0.1"), 8080));
    assert!(!rules(&["*:8080"]).permits_named("localhost", ip("127.0.0.1"), 8080));
}

#[test]
fn a_unix_socket_is_its_path() {
    let allow = rules(&["unix:/run/a.sock"]);
    assert!(allow.permits_unix(Path::new("/run/a.sock")) && !allow.permits_unix(Path::new("/run/a.sockx")));
    assert!(!rules(&["*:*"]).permits_unix(Path::new("/run/a.sock")));
    let allow = rules(&["unix:@a"]);
    assert!(allow.permits_unix(Path::new("\0a")) && !allow.permits_unix(Path::new("@a")));
    assert_eq!("unix:@a".parse::<ConnectRule>().unwrap().to_string(), "unix:@a");
}

#[test]
fn names_are_compared_as_names() {
    use super::pattern::host_name;
    assert_eq!(host_name("DB.Example.COM.").as_deref(), Some("db.example.com"));
    assert!(host_name(&"a.".repeat(127)).is_some(), "253 bytes");
    for bad in ["", ".", "a..b", "a b", "é.net", "a/b", "x:y", "[::1]", &"a".repeat(64), &"a.".repeat(128)] {
        assert_eq!(host_name(bad), None, "{bad}");
    }
}

#[test]
fn bad_rules_say_what_is_wrong() {
    for (text, word) in [
        ("example.com", "port is missing"),
        ("example.com:0", "1 to 65535"),
        ("example.com:9-8", "range"),
        ("example.com:http", "1 to 65535"),
        ("10.0.0.1/8:80", "bits beyond"),
        ("10.0.0.0/33:80", "network"),
        ("::1:80", "brackets"),
        ("fd00::/8:80", "brackets"),
        ("[fd00::/8:80", "bracket"),
        ("*x.com:80", "host name"),
        ("unix:x", "begins with /"),
        ("unix:@", "begins with /"),
    ] {
        let message = text.parse::<ConnectRule>().unwrap_err().to_string();
        assert!(message.contains(word) && message.contains(text), "{text}: {message}");
    }
}
