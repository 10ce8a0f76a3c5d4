use super::*;
use proptest::prelude::*;

fn vector(width: usize, bytes: &[u8]) -> Vec<u8> {
    [&(bytes.len() as u32).to_be_bytes()[4 - width..], bytes].concat()
}

fn extension(kind: u16, bytes: &[u8]) -> Vec<u8> {
    [&kind.to_be_bytes()[..], &vector(2, bytes)].concat()
}

pub fn sni(name: &[u8]) -> Vec<u8> {
    extension(0, &vector(2, &[&[0][..], &vector(2, name)].concat()))
}

/// The handshake message with these extensions.
fn message(extensions: &[u8]) -> Vec<u8> {
    let body = [&[3, 3][..], &[7; 32], &vector(1, &[9; 32]), &vector(2, &[0x13, 0x01]), &vector(1, &[0]), &vector(2, extensions)];
    [&[1][..], &vector(3, &body.concat())].concat()
}

/// A message in records of at most this size.
pub fn records(message: &[u8], size: usize) -> Vec<u8> {
    message.chunks(size).flat_map(|part| [&[22, 3, 1][..], &vector(2, part)].concat()).collect()
}

pub fn hello(name: Option<&str>) -> Vec<u8> {
    let others = [extension(0xff01, &[0]), extension(43, &[2, 3, 4])].concat();
    let name = name.map(|name| sni(name.as_bytes())).unwrap_or_default();
    records(&message(&[others, name, extension(16, b"\0\x03\x02h2")].concat()), 1 << 14)
}

fn named(name: &str) -> Result<Option<Hello>, Alert> {
    Ok(Some(Hello { server_name: Some(name.into()) }))
}

/// `openssl s_client -connect 127.0.0.1:9 -servername www.example.org -tls1_2 -cipher ECDHE-RSA-AES128-GCM-SHA256`, the random replaced.
const OPENSSL: &[u8] = include_bytes!("hello.bin");

#[test]
fn a_real_one() {
    for cut in 0..OPENSSL.len() {
        assert_eq!(peek(&OPENSSL[..cut]), Ok(None), "cut at {cut}");
    }
    assert_eq!(peek(OPENSSL), named("www.example.org"));
}

#[test]
fn with_and_without_a_name() {
    assert_eq!(peek(&hello(Some("A.Example"))), named("a.example"));
    assert_eq!(peek(&hello(None)), Ok(Some(Hello { server_name: None })));
    // TLS 1.0 knew of no extensions at all.
    let body = [&[3, 1][..], &[7; 32], &vector(1, &[]), &vector(2, &[0, 1]), &vector(1, &[0])].concat();
    let old = records(&[&[1][..], &vector(3, &body)].concat(), 1 << 14);
    assert_eq!(peek(&old), Ok(Some(Hello { server_name: None })));
}

#[test]
fn more_bytes_behind_it_change_nothing() {
    let early_data = [&hello(Some("a.example"))[..], b"\x17\x03\x03\0\x04data"].concat();
    assert_eq!(peek(&early_data), named("a.example"));
}

#[test]
fn what_is_wrong_is_told_by_an_alert() {
    let doubled = records(&message(&[sni(b"a"), sni(b"b")].concat()), 1 << 14);
    let two_names = extension(0, &vector(2, &[&[0][..], &vector(2, b"a"), &[0], &vector(2, b"b")].concat()));
    let mut trailing = message(&sni(b"a"));
    trailing.push(0);
    trailing[3] += 1;
    let mut long = message(&[]);
    long[1..4].copy_from_slice(&[0, 0x40, 1]);
    for (input, alert) in [
        (b"GET / HTTP/1.1\r\n".to_vec(), Alert::UnexpectedMessage),
        (b"\x16\x02".to_vec(), Alert::UnexpectedMessage),
        (b"\x16\x03\x01\0\0".to_vec(), Alert::UnexpectedMessage),
        (b"\x16\x03\x01\x40\x01".to_vec(), Alert::RecordOverflow),
        (b"\x16\x03\x01\0\x01\x02".to_vec(), Alert::UnexpectedMessage),
        (records(&long, 1 << 14), Alert::IllegalParameter),
        (records(&[1], 1).repeat(MAX_RECORDS), Alert::IllegalParameter),
        (records(&message(&sni(b"a.example")), 1), Alert::IllegalParameter),
        (doubled, Alert::IllegalParameter),
        (records(&message(&two_names), 1 << 14), Alert::DecodeError),
        (records(&message(&sni(b"")), 1 << 14), Alert::IllegalParameter),
        (records(&message(&sni(b"a\r\nb")), 1 << 14), Alert::IllegalParameter),
        (records(&message(&[0, 0, 0]), 1 << 14), Alert::DecodeError),
        (records(&trailing, 1 << 14), Alert::DecodeError),
        (records(&[1, 0, 0, 0], 1 << 14), Alert::DecodeError),
    ] {
        assert_eq!(peek(&input), Err(alert), "{input:x?}");
    }
}

#[test]
fn there_is_an_answer_before_the_input_is_too_long() {
    // Message, its own head, and the heads of its records: so much may be kept of a client.
    const MAX_BYTES: usize = MAX_MESSAGE + 4 + MAX_RECORDS * 5;
    let endless = [&[1, 0, 0x40, 0][..], &vec![0; MAX_MESSAGE + 4]].concat();
    for size in [1, 16, 256, 260, 1 << 14] {
        let input = records(&endless, size);
        let answered = (0..input.len()).find(|cut| peek(&input[..*cut]) != Ok(None)).unwrap();
        assert!(answered <= MAX_BYTES, "{answered} bytes in records of {size}");
    }
}

proptest! {
    #[test]
    fn however_it_is_cut(name in "[a-z0-9]{1,20}(\\.[a-z0-9-]{1,20}){0,5}", size in 8usize..400, padding in 0usize..200) {
        let message = message(&[extension(21, &vec![0; padding]), sni(name.as_bytes())].concat());
        let input = records(&message, size);
        for cut in 0..input.len() {
            prop_assert_eq!(peek(&input[..cut]), Ok(None), "cut at {}", cut);
        }
        prop_assert_eq!(peek(&input), named(&name));
    }

    /// Real messages with bytes changed: no panic, and an answer doesn't change when more comes.
    #[test]
    fn damaged(changes in prop::collection::vec((0usize..200, any::<u8>()), 1..6)) {
        let mut input = hello(Some("a.example"));
        let length = input.len();
        changes.into_iter().for_each(|(at, byte)| input[at % length] = byte);
        for cut in 0..length {
            let answer = peek(&input[..cut]);
            if answer != Ok(None) {
                prop_assert_eq!(&answer, &peek(&input[..cut + 1]));
            }
        }
    }

    #[test]
    fn nonsense(input in prop::collection::vec(any::<u8>(), 0..100)) {
        peek(&[&[22, 3, 1, 0, 90, 1, 0, 0, 80][..], &input].concat()).ok();
        peek(&input).ok();
    }
}
