//! What the operator can set, under the names that Redis gives it.

use sockdock_guest::{Config, Failure};

/// Sizes in bytes. In all, a snapshot included, the defaults fit the 256 MiB that the host gives an instance.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Above it the store takes nothing more.
    pub maxmemory: usize,
    /// All half-read requests and unsent replies together; the client that goes beyond is disconnected.
    pub maxmemory_clients: usize,
    /// The longest key or value.
    pub proto_max_bulk_len: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { maxmemory: 64 << 20, maxmemory_clients: 32 << 20, proto_max_bulk_len: 16 << 20 }
    }
}

impl Settings {
    pub fn from_config(config: &Config) -> Result<Self, Failure> {
        config.only(&["maxmemory", "maxmemory-clients", "proto-max-bulk-len"])?;
        let default = Self::default();
        let size = |key, default| config.get(key).map_or(Ok(default), |text| parse_size(key, text));
        Ok(Self {
            maxmemory: size("maxmemory", default.maxmemory)?,
            maxmemory_clients: size("maxmemory-clients", default.maxmemory_clients)?,
            proto_max_bulk_len: size("proto-max-bulk-len", default.proto_max_bulk_len)?,
        })
    }

    /// For CONFIG GET; with what clients expect to find beside our own.
    pub fn pairs(&self) -> [(&'static str, String); 6] {
        [
            ("appendonly", "no".into()),
            ("databases", "1".into()),
            ("maxmemory", self.maxmemory.to_string()),
            ("maxmemory-clients", self.maxmemory_clients.to_string()),
            ("proto-max-bulk-len", self.proto_max_bulk_len.to_string()),
            ("save", String::new()),
        ]
    }
}

/// `1048576`, `1024kb`, `1mb`: powers of 1024, as in redis.conf.
fn parse_size(key: &str, text: &str) -> Result<usize, Failure> {
    let lower = text.to_ascii_lowercase();
    let units = [("kb", 10), ("mb", 20), ("gb", 30), ("", 0)];
    let size = units.iter().find_map(|(unit, shift)| {
        let number: usize = lower.strip_suffix(unit)?.parse().ok()?;
        number.checked_mul(1 << shift)
    });
    size.ok_or_else(|| format!("`{key}` can't be `{text}`: give a size such as `1048576`, `512kb` or `64mb`").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        for (text, size) in [("0", 0), ("17", 17), ("2kb", 2048), ("3MB", 3 << 20), ("1gb", 1 << 30)] {
            assert_eq!(parse_size("k", text).unwrap(), size);
        }
        for text in ["", "mb", "-1", "1tb", "1 mb", "99999999999gb"] {
            let error = parse_size("maxmemory", text).unwrap_err().to_string();
            assert!(error.starts_with(&format!("`maxmemory` can't be `{text}`")), "{error}");
        }
    }
}
