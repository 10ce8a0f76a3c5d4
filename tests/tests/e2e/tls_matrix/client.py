"""A TLS client on Python: says hello, prints what it is told, and how it was told. `client.mjs` has the fields."""

import json
import socket
import ssl
import sys

asked = json.loads(sys.argv[1])
context = ssl.create_default_context(cafile=asked["ca"])
version = {"TLSv1.2": ssl.TLSVersion.TLSv1_2, "TLSv1.3": ssl.TLSVersion.TLSv1_3}[asked["version"]]
context.minimum_version = context.maximum_version = version
if asked.get("unchecked"):
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
if asked.get("cert"):
    context.load_cert_chain(asked["cert"], asked["key"])
if asked.get("alpn"):
    context.set_alpn_protocols([asked["alpn"]])


def once(session):
    plain = socket.create_connection(("127.0.0.1", asked["port"]), 20)
    with context.wrap_socket(plain, server_hostname=asked["name"], session=session) as secure:
        secure.sendall(b"hello\n")
        print(secure.version(), secure.selected_alpn_protocol(), secure.session_reused, secure.recv(100))
        return secure.session


session = once(None)
if asked.get("again"):
    once(session)
