#![allow(clippy::unwrap_used)]

use super::*;
use proptest::prelude::*;
use proxy_header::{ProxiedAddress, Tlv};

fn all_at_once(bytes: &[u8]) -> Result<Progress, &'static str> {
    Header::default().advance(bytes)
}

fn announced(source: &str, destination: &str) -> Announced {
    Announced { source: source.parse().unwrap(), destination: destination.parse().unwrap() }
}

fn version_2(tlvs: &[Tlv<'_>]) -> Vec<u8> {
    let ends = ProxiedAddress::stream("192.0.2.1:5000".parse().unwrap(), "192.0.2.2:443".parse().unwrap());
    let mut bytes = Vec::new();
    ProxyHeader::with_tlvs(Some(ends), tlvs.iter().cloned()).encode_v2(&mut bytes).unwrap();
    bytes
}

#[test]
fn version_1() {
    let line = b"PROXY TCP4 192.0.2.1 192.0.2.2 5000 443\r\nGET /";
    let ends = announced("192.0.2.1:5000", "192.0.2.2:443");
    assert_eq!(all_at_once(line), Ok(Progress::Done(line.len() - 5, Some(ends))));
    let line = b"PROXY TCP6 2001:db8::1 2001:db8::2 5000 443\r\n";
    assert_eq!(all_at_once(line), Ok(Progress::Done(line.len(), Some(announced("[2001:db8::1]:5000", "[2001:db8::2]:443")))));
    assert_eq!(all_at_once(b"PROXY UNKNOWN\r\n"), Ok(Progress::Done(15, None)));
    assert_eq!(all_at_once(b"PROXY UNKNOWN ffff::1 x 1 2\r\nhello"), Ok(Progress::Done(29, None)));
}

#[test]
fn version_2_with_extensions_and_without_addresses() {
    let header = version_2(&[Tlv::Authority("example.com".into()), Tlv::UniqueId(b"7".as_slice().into())]);
    let length = header.len();
    let with_data = [&header[..], b"hello"].concat();
    assert_eq!(all_at_once(&with_data), Ok(Progress::Done(length, Some(announced("192.0.2.1:5000", "192.0.2.2:443")))));
    let local = [V2_BEGIN, b"\x20\x00\x00\x00"].concat();
    assert_eq!(all_at_once(&local), Ok(Progress::Done(16, None)));
    let unix = [V2_BEGIN, b"\x21\x31\x00\xd8", &[0; 216]].concat();
    assert_eq!(all_at_once(&unix), Ok(Progress::Done(232, None)));
}

#[test]
fn a_checksum_is_checked() {
    // RFC 3720, B.4.
    assert_eq!(crc32c(&[0; 32]), 0x8a91_36aa);
    assert_eq!(crc32c(b"123456789"), 0xe306_9283);
    let mut header = version_2(&[Tlv::Authority("a".into()), Tlv::Crc32c(0), Tlv::Noop(3)]);
    let sum = crc32c(&header);
    let place = header.len() - 3 - 3 - 4;
    header[place..place + 4].copy_from_slice(&sum.to_be_bytes());
    assert!(matches!(all_at_once(&header), Ok(Progress::Done(_, Some(_)))));
    header[20] ^= 1;
    assert_eq!(all_at_once(&header), Err("its checksum is wrong"));
}

#[test]
fn what_is_no_header_is_refused_as_soon_as_it_shows() {
    for (bytes, word) in [
        (&b"GET / HTTP/1.1\r\n"[..], "doesn't begin"),
        (b"PROXX", "doesn't begin"),
        (b"\r\n\r\nx", "doesn't begin"),
        (b"\x16\x03\x01", "doesn't begin"),
        (b"PROXY TCP4 192.0.2.1 192.0.2.2 5000\r\n", "understood"),
        (b"PROXY TCP4 192.0.2.1 192.0.2.2 5000 70000\r\n", "understood"),
        (b"PROXY TCP4 ::1 ::2 5000 443\r\n", "understood"),
        (b"PROXY UDP4 192.0.2.1 192.0.2.2 5000 443\r\n", "understood"),
        (b"PROXY\nxxxxxxxxxxxxxxxxx", "doesn't begin"),
        (b"PROXY \nxxxxxxxxxxxxxxxxx", "understood"),
        (&[b"PROXY UNKNOWN ".as_slice(), &[b'x'; 93]].concat(), "longer than 107"),
        (&[V2_BEGIN, b"\x31\x00\x00\x00"].concat(), "understood"),
        (&[V2_BEGIN, b"\x21\x11\x00\x04abcd"].concat(), "understood"),
        (&[V2_BEGIN, b"\x21\x12\x00\x0cabcdabcdabab"].concat(), "datagrams"),
        (&[V2_BEGIN, b"\x20\x00\x00\x02\x04\x00"].concat(), "extensions"),
    ] {
        let why = all_at_once(bytes).unwrap_err();
        assert!(why.contains(word), "{}: {why}", bytes.escape_ascii());
    }
}

#[test]
fn networks_that_may_announce() {
    let peer = |text: &str| Some(text.parse().unwrap());
    let some = ProxyProtocol::new().from("10.0.0.0/8").unwrap().from("fd00::1").unwrap();
    assert!(
        some.trusts(peer("10.1.2.3"))
            && some.trusts(peer("::ffff:10.1.2.3"))
            && some.trusts(peer("fd00::1"))
            && some.trusts(None)
    );
    assert!(!some.trusts(peer("11.0.0.1")) && !some.trusts(peer("fd00::2")));
    assert!(ProxyProtocol::new().trusts(peer("11.0.0.1")));
    for bad in ["", "example.com", "10.0.0.1/8", "10.0.0.0/33"] {
        assert!(ProxyProtocol::new().from(bad).unwrap_err().to_string().contains("proxy-from"), "{bad}");
    }
}

proptest! {
    /// Nothing panics, and pieces say what the whole says.
    #[test]
    fn in_pieces(
        kind in 0..4usize, mut tail in proptest::collection::vec(any::<u8>(), 0..64), cuts in proptest::collection::vec(1..20usize, 1..40),
        spoil in proptest::option::of((0..60usize, any::<u8>())),
    ) {
        let mut bytes = match kind {
            0 => b"PROXY TCP4 192.0.2.1 192.0.2.2 5000 443\r\n".to_vec(),
            1 => version_2(&[Tlv::Authority("example.com".into())]),
            2 => [V2_BEGIN, &tail].concat(),
            _ => tail.clone(),
        };
        bytes.append(&mut tail);
        if let Some((place, byte)) = spoil && let Some(there) = bytes.get_mut(place) {
            *there = byte;
        }
        let whole = all_at_once(&bytes);
        let (mut header, mut rest, mut cuts) = (Header::default(), &bytes[..], cuts.into_iter().cycle());
        let mut taken = 0;
        let pieces = loop {
            let (piece, after) = rest.split_at(cuts.next().unwrap().min(rest.len()));
            match header.advance(piece) {
                Ok(Progress::More) if after.is_empty() => break Ok(Progress::More),
                Ok(Progress::More) => taken += piece.len(),
                Ok(Progress::Done(n, ends)) => break Ok(Progress::Done(taken + n, ends)),
                Err(why) => break Err(why),
            }
            rest = after;
        };
        prop_assert_eq!(whole, pieces);
    }
}
