use super::*;
use proptest::prelude::*;

const MAX_BULK: usize = 1 << 20;

type Requests = Vec<Vec<Vec<u8>>>;

/// All requests of a stream that arrives in these pieces, each piece behind what the last ones left.
fn requests<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (Requests, Option<ProtocolError>) {
    let (mut parser, mut input, mut found) = (Parser::default(), Vec::new(), Vec::new());
    for piece in pieces {
        input.extend_from_slice(piece);
        loop {
            match parser.parse(&input, MAX_BULK) {
                Ok(None) => break,
                Ok(Some(length)) => {
                    found.push(parser.args(&input).iter().map(<[u8]>::to_vec).collect());
                    input.drain(..length);
                }
                Err(error) => return (found, Some(error)),
            }
        }
    }
    (found, None)
}

fn one(stream: &[u8]) -> Vec<Vec<u8>> {
    let (found, error) = requests([stream]);
    assert_eq!((found.len(), error), (1, None));
    found.into_iter().next().unwrap()
}

fn error(stream: &[u8]) -> String {
    requests([stream]).1.expect("no error").to_string()
}

#[test]
fn arrays_of_bulk_strings() {
    assert_eq!(one(b"*2\r\n$3\r\nGET\r\n$1\r\na\r\n"), [&b"GET"[..], b"a"]);
    assert_eq!(one(b"*1\r\n$0\r\n\r\n"), [b""]);
    assert_eq!(one(b"*1\r\n$4\r\n\r\n\r\n\r\n"), [b"\r\n\r\n"]);
    assert!(one(b"*0\r\n").is_empty());
    assert!(one(b"*-1\r\n").is_empty());
}

#[test]
fn lines_of_words() {
    assert_eq!(one(b"set  a\tb \r\n"), [&b"set"[..], b"a", b"b"]);
    assert_eq!(one(b"ping\n"), [b"ping"]);
    assert!(one(b"\r\n").is_empty());
    assert_eq!(one(b"echo \"a \\\"b\\\" \\x41\\n\\xzz\" 'it\\'s' \"\"\n"), [&b"echo"[..], b"a \"b\" A\nxzz", b"it's", b""]);
}

#[test]
fn errors_are_worded_as_redis_words_them() {
    assert_eq!(error(b"*x\r\n"), "Protocol error: invalid multibulk length");
    assert_eq!(error(b"*2147483648\r\n"), "Protocol error: invalid multibulk length");
    assert_eq!(error(b"*01\r\n"), "Protocol error: invalid multibulk length");
    assert_eq!(error(b"*1\r\n$-1\r\n"), "Protocol error: invalid bulk length");
    assert_eq!(error(b"*1\r\n$1048577\r\n"), "Protocol error: invalid bulk length");
    assert_eq!(error(b"*1\r\n$99999999999999999999\r\n"), "Protocol error: invalid bulk length");
    assert_eq!(error(b"*1\r\n:1\r\n"), "Protocol error: expected '$', got ':'");
    assert_eq!(error(b"*1\r\n\r\n"), "Protocol error: expected '$', got ' '");
    assert_eq!(error(b"echo \"a\n"), "Protocol error: unbalanced quotes in request");
    assert_eq!(error(b"echo 'a'b\n"), "Protocol error: unbalanced quotes in request");
}

#[test]
fn lines_have_a_limit() {
    let long = vec![b'1'; MAX_LINE + 1];
    assert_eq!(error(&long), "Protocol error: too big inline request");
    assert_eq!(error(&[b"*", &long[..]].concat()), "Protocol error: too big mbulk count string");
    assert_eq!(error(&[b"*1\r\n$", &long[..]].concat()), "Protocol error: too big bulk count string");
}

#[test]
fn a_huge_count_reserves_nothing() {
    let mut parser = Parser::default();
    assert_eq!(parser.parse(b"*2147483647\r\n", MAX_BULK), Ok(None));
    assert!(parser.spans.capacity() < 100);
}

#[test]
fn integers() {
    for (text, value) in [("0", 0), ("7", 7), ("-7", -7), ("9223372036854775807", i64::MAX), ("-9223372036854775808", i64::MIN)] {
        assert_eq!(integer(text.as_bytes()), Some(value));
    }
    for text in ["", "-", "-0", "+1", "01", " 1", "1 ", "1.0", "9223372036854775808", "a"] {
        assert_eq!(integer(text.as_bytes()), None, "{text:?}");
    }
}

/// A request in either form, with its arguments.
fn request() -> impl Strategy<Value = (Vec<u8>, Vec<Vec<u8>>)> {
    let bulk = prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 1..5).prop_map(|args| {
        let mut bytes = format!("*{}\r\n", args.len()).into_bytes();
        for arg in &args {
            bytes.extend(format!("${}\r\n", arg.len()).into_bytes());
            bytes.extend(arg);
            bytes.extend(b"\r\n");
        }
        (bytes, args)
    });
    let inline = prop::collection::vec("[a-z]{1,8}", 1..5)
        .prop_map(|words| (format!("{}\r\n", words.join(" ")).into_bytes(), words.into_iter().map(Vec::from).collect()));
    prop_oneof![bulk, inline]
}

proptest! {
    #[test]
    fn a_cut_at_any_byte_changes_nothing(parts in prop::collection::vec(request(), 1..4)) {
        let stream: Vec<u8> = parts.iter().flat_map(|(bytes, _)| bytes.clone()).collect();
        let expected: Requests = parts.into_iter().map(|(_, args)| args).collect();
        for cut in 0..=stream.len() {
            let (found, error) = requests([&stream[..cut], &stream[cut..]]);
            prop_assert_eq!(error, None);
            prop_assert_eq!(&found, &expected);
        }
        prop_assert_eq!(requests(stream.chunks(1)).0, expected);
    }

    #[test]
    fn no_stream_panics_and_cuts_never_matter(stream in "[*$0-9\r\na-c\"' ]{0,60}", size in 1usize..9) {
        let stream = stream.as_bytes();
        prop_assert_eq!(requests([stream]), requests(stream.chunks(size)));
    }
}
