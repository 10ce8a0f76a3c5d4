use super::*;
use sockdock_guest::testing::log;

#[test]
fn starttls_is_offered_once_and_forgets_what_was_said() {
    let mut host = host(TLS);
    let client = greeted(&mut host);
    host.send(client, b"EHLO me\r\nMAIL FROM:<a@b>\r\n");
    assert!(told(&mut host, client).contains("250-STARTTLS\r\n"));
    assert_eq!(codes(&mut host, client, &["STARTTLS now", "STARTTLS"]), [501, 220]);
    host.send(client, b"EHLO me\r\n");
    assert_eq!(told(&mut host, client), "", "in the handshake");
    host.secure(client);
    let said = told(&mut host, client);
    assert!(said.starts_with("250-mx.example") && !said.contains("STARTTLS"), "{said}");
    assert_eq!(codes(&mut host, client, &["RCPT TO:<a@b>", "STARTTLS"]), [503, 503], "the sender was forgotten");
    assert_eq!(codes(&mut host, client, &["MAIL FROM:<a@b>", "RCPT TO:<a@b>", "DATA", "."]), [250, 250, 354, 250]);
    host.send(client, b"XMAIL 1\r\n");
    assert!(told(&mut host, client).contains("with ESMTPS id 1;"));
}

#[test]
fn what_came_behind_it_in_the_clear_is_dropped() {
    for injected in ["MAIL FROM:<evil@example.com>\r\n", "NOOP\r\nNOOP\r\n", "EHLO ev"] {
        let mut host = host(TLS);
        let client = greeted(&mut host);
        host.send(client, format!("EHLO me\r\nSTARTTLS\r\n{injected}").as_bytes());
        assert!(told(&mut host, client).ends_with("220 2.0.0 Go ahead\r\n"));
        host.secure(client);
        assert_eq!(told(&mut host, client), "");
        assert_eq!(codes(&mut host, client, &["EHLO me", "NOOP"]), [250, 250]);
    }
}

#[test]
fn a_reload_in_the_handshake() {
    let mut host = host(TLS);
    let client = greeted(&mut host);
    assert_eq!(codes(&mut host, client, &["EHLO me", "STARTTLS"]), [250, 220]);
    let mut host = host.reload::<Smtp>().unwrap_or_else(|(why, _)| panic!("{why}"));
    host.secure(client);
    assert_eq!(codes(&mut host, client, &["STARTTLS", "NOOP"]), [503, 250]);
}

#[test]
fn it_can_be_required_and_left_out() {
    let mut strict = host(&[("credentials", "main"), ("require-tls", "true")]);
    let client = greeted(&mut strict);
    assert_eq!(codes(&mut strict, client, &["EHLO me", "MAIL FROM:<a@b>", "NOOP"]), [250, 530, 250]);
    codes(&mut strict, client, &["STARTTLS"]);
    strict.secure(client);
    assert_eq!(codes(&mut strict, client, &["EHLO me", "MAIL FROM:<a@b>"]), [250, 250]);
    let mut plain = host(&[]);
    let client = greeted(&mut plain);
    plain.send(client, b"EHLO me\r\n");
    assert!(!told(&mut plain, client).contains("STARTTLS"));
    assert_eq!(codes(&mut plain, client, &["STARTTLS", "NOOP"]), [502, 250]);
    drop(log());
}

#[test]
fn settings_that_make_no_sense() {
    for (config, word) in [
        (&[("require-tls", "true")][..], "credentials"),
        (&[("max-size", "100000000")], "max-size"),
        (&[("name", "a b")], "name"),
        (&[("nmae", "a")], "nmae"),
    ] {
        let why = Harness::<Smtp>::with(Limits::default(), config).err().unwrap();
        assert!(why.contains(word), "{why}");
    }
}
