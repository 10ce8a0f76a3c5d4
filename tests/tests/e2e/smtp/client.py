"""Sends mail in the ways that smtplib knows; prints what can be read afterwards."""
import smtplib, ssl, sys

port, certificate, implicit = int(sys.argv[1]), sys.argv[2], sys.argv[3] == "implicit"
context = ssl.create_default_context(cafile=certificate)
if implicit:
    server = smtplib.SMTP_SSL("localhost", port, context=context, timeout=20)
else:
    server = smtplib.SMTP("localhost", port, timeout=20)
    server.ehlo()
    assert server.has_extn("starttls") and server.has_extn("pipelining") and server.has_extn("8bitmime"), server.esmtp_features
    assert int(server.esmtp_features["size"]) > 1_000_000
    code, said = server.starttls(context=context)
    assert code == 220, said
    assert server.ehlo_resp is None
server.ehlo()
assert not server.has_extn("starttls")
lines = ["Subject: dots", "", ".", "..", ".hidden", "caf\u00e9", ""]
text = "\r\n".join(lines).encode()
refused = server.sendmail("ann@example.com", ["ben@example.org", "eve@elsewhere.example"], text, mail_options=["BODY=8BITMIME"])
assert list(refused) == ["eve@elsewhere.example"] and refused["eve@elsewhere.example"][0] == 550, refused
big = b"Subject: big\r\n\r\n" + b"x" * 70 + b"\r\n" + (b"y" * 76 + b"\r\n") * 20_000
server.sendmail("ann@example.com", ["ben@example.org"], big)
try:
    server.sendmail("ann@example.com", ["ben@example.org"], b"z" * 12_000_000)
    raise SystemExit("12 MB were taken")
except smtplib.SMTPSenderRefused as refusal:
    assert refusal.smtp_code == 552, refusal
# A list of two; then both, whole.
code, listed = server.docmd("XMAIL")
ids = [line.split()[0].decode() for line in listed.splitlines() if b"<ann@" in line]
assert code == 250 and len(ids) == 2, listed
for number, sent in zip(ids, [text, big]):
    code, kept = server.docmd("XMAIL", number)
    kept = kept.replace(b"\n", b"\r\n")
    assert b" with ESMTPS id " + number.encode() in kept, kept[:300]
    # smtplib strips what stands around a line: compare without.
    wanted = b"\r\n".join(line.strip() for line in sent.splitlines())
    assert wanted in kept, (wanted[:200], kept[:500])
server.quit()
print("exact")
