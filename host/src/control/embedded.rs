//! What the binary carries of the repository: templates, kits and the contract. `host/build.rs` gathers it from `guest-sdk`
//! and `wit`.

/// Each file's name, as `template/LANGUAGE/…`, `kit/KIT/…` or `wit/…`, and what is in it; by name.
const FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// The files whose names begin so, by the rest of their names.
pub(crate) fn files(prefix: &str) -> impl Iterator<Item = (&'static str, &'static [u8])> {
    FILES.iter().filter_map(move |(name, bytes)| Some((name.strip_prefix(prefix)?, *bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_embedded_that_tools_have_left() {
        for (name, bytes) in FILES {
            let junk = ["node_modules", "__pycache__", "target/", ".venv", ".wasm"].iter().find(|junk| name.contains(**junk));
            assert_eq!(junk, None, "{name}");
            assert!(bytes.len() < 1 << 20, "{name} has {} bytes", bytes.len());
        }
    }

    #[test]
    fn the_contract_is_there() {
        assert!(
            files("wit/")
                .any(|(name, text)| name == "world.wit" && String::from_utf8_lossy(text).contains("package sockdock:plugin@"))
        );
    }
}
