//! Requests that two servers may understand in two ways: refused, and nothing that follows is read.

use super::{CHUNKED, refused};

#[test]
fn where_the_body_ends_is_said_once() {
    for fields in [
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 5",
        "Content-Length: 5\r\nContent-Length: 6",
        "Content-Length: 5\r\nContent-Length: 5",
        "Content-Length: 5, 5",
        "Content-Length: +5",
        "Content-Length: -5",
        "Content-Length: 0x5",
        "Content-Length: 5 5",
        "Content-Length: ",
        "Content-Length: 5a",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked, chunked",
        "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding: \x0bchunked",
        "Transfer-Encoding: ",
    ] {
        refused(format!("POST /echo HTTP/1.1\r\nHost: x\r\n{fields}\r\n\r\n0\r\n\r\n"), 400);
    }
    refused("POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400);
    refused("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501);
}

#[test]
fn a_line_has_one_kind_of_end_and_a_field_one_shape() {
    for head in [
        "GET / HTTP/1.1\nHost: x\n\n",
        "GET / HTTP/1.1\r\nHost: x\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\n\n",
        "GET / HTTP/1.1\r\nHost: x\rA: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\n\tfolded: y\r\n\r\n",
        "GET / HTTP/1.1\r\n Host: x\r\n\r\n",
        "GET / HTTP/1.1\r\nHost : x\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nContent-Length : 5\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\n: y\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nA: b\0c\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nA\u{e4}: b\r\n\r\n",
        "\nGET / HTTP/1.1\r\nHost: x\r\n\r\n",
    ] {
        refused(head, 400);
    }
}

#[test]
fn the_first_line_has_three_words() {
    for line in [
        "GET  / HTTP/1.1",
        "GET / HTTP/1.1 ",
        "GET /a b HTTP/1.1",
        "GET\t/ HTTP/1.1",
        " GET / HTTP/1.1",
        "GET / http/1.1",
        "GET / HTTP/1.1x",
        "GET /",
        "GET a HTTP/1.1",
        "GET /#a HTTP/1.1",
        "GET /\u{e4} HTTP/1.1",
        "GET * HTTP/1.1",
        "GET https://x/ HTTP/1.1",
        "G(T / HTTP/1.1",
    ] {
        refused(format!("{line}\r\nHost: x\r\n\r\n"), 400);
    }
    for version in ["HTTP/2.0", "HTTP/1.2", "HTTP/0.9"] {
        refused(format!("GET / {version}\r\nHost: x\r\n\r\n"), 505);
    }
    refused("CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n", 501);
}

#[test]
fn there_is_one_host() {
    refused("GET / HTTP/1.1\r\n\r\n", 400);
    refused("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400);
    refused("GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n", 400);
    refused("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400);
    refused("GET / HTTP/1.0\r\nHost: a/b\r\n\r\n", 400);
}

#[test]
fn chunks_have_one_shape() {
    for chunks in [
        "g\r\n",
        "\r\n",
        ";a\r\n",
        "+5\r\n[1,2]\r\n0\r\n\r\n",
        "-5\r\n",
        "0x5\r\n[1,2]\r\n0\r\n\r\n",
        " 5\r\n[1,2]\r\n0\r\n\r\n",
        "5 \r\n[1,2]\r\n0\r\n\r\n",
        "5_\r\n[1,2]\r\n0\r\n\r\n",
        "5\n[1,2]\r\n0\r\n\r\n",
        "5\r[1,2]\r\n0\r\n\r\n",
        "5;a\rb\r\n[1,2]\r\n0\r\n\r\n",
        "5\r\n[1,2]\n0\r\n\r\n",
        "5\r\n[1,2]x\r\n0\r\n\r\n",
        "5\r\n[1,2]0\r\n\r\n",
        "5\r\n[1,2]\r\n0\r\n\n",
        "5\r\n[1,2]\r\n0\r\nA: b\n\r\n",
        "5\r\n[1,2]\r\n0\r\nA : b\r\n\r\n",
        "5\r\n[1,2]\r\n0\r\n folded\r\n\r\n",
        "5\r\n[1,2]\r\n0\r\nno colon\r\n\r\n",
    ] {
        refused(format!("{CHUNKED}{chunks}"), 400);
    }
    for size in ["10000000000000000", "ffffffffffffffff", "7fffffffffffffff", "100000000"] {
        refused(format!("{CHUNKED}{size}\r\nx"), 413);
    }
}
