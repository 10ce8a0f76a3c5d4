//! Addresses that aren't the public network's.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// IPv4 in IPv6's clothes (`::ffff:a.b.c.d`) as IPv4.
pub(super) fn embedded(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

/// Whether only a rule that names addresses may reach it.
pub(super) fn is_special(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_special_v4(v4),
        IpAddr::V6(v6) => is_special_v6(v6),
    }
}

fn is_special_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || address.is_broadcast()
        || address.is_documentation()
        || address.is_multicast()
        // This network; carriers' NAT; protocol assignments; benchmarks; reserved.
        || a == 0
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && (18..20).contains(&b))
        || a >= 240
}

fn is_special_v6(address: Ipv6Addr) -> bool {
    let words = address.segments();
    let v4 = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Ipv4Addr::new(a, b, c, d)
    };
    match words {
        // Unspecified, loopback, IPv4-compatible.
        [0, 0, 0, 0, 0, 0, ..] => true,
        // IPv4-mapped, and translated.
        [0, 0, 0, 0, 0, 0xffff, ..] | [0, 0, 0, 0, 0xffff, 0, ..] => true,
        // NAT64 and 6to4 lead to the IPv4 address inside.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => is_special_v4(v4(high, low)),
        // NAT64 with a prefix of the network's own; discard; documentation; benchmarks, ORCHID, Teredo.
        [0x64, 0xff9b, 1, ..] | [0x100, 0, 0, 0, ..] | [0x2001, 0xdb8, ..] => true,
        [0x2001, second, ..] if second < 0x200 => true,
        // Unique local, link-local, site-local, multicast.
        [first, ..] => (first & 0xfe00) == 0xfc00 || (first & 0xff80) == 0xfe80 || (first & 0xff00) == 0xff00,
    }
}
