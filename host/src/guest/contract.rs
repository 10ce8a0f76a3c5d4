//! The names and versions of the WIT package that plugins are built against.

/// The package.
pub(super) const PACKAGE: &str = "sockdock:plugin";

/// The version that this host speaks. Compatible are the versions with the same major and minor number (before
/// 1.0 a minor number may break), whatever their patch number.
pub(super) const VERSION: &str = "0.1.0";

/// The full name of an interface of the package.
pub(super) fn interface(name: &str) -> String {
    format!("{PACKAGE}/{name}@{VERSION}")
}

/// A name of the package, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Name<'a> {
    /// The interface, as `sockets`.
    pub(super) interface: &'a str,
    /// The version that stands behind the `@`; empty if there is none.
    pub(super) version: &'a str,
}

impl<'a> Name<'a> {
    /// `name`, if it is of this package.
    pub(super) fn parse(name: &'a str) -> Option<Self> {
        let rest = name.strip_prefix(PACKAGE)?.strip_prefix('/')?;
        let (interface, version) = rest.split_once('@').unwrap_or((rest, ""));
        Some(Self { interface, version })
    }

    /// Whether this host can serve it.
    pub(super) fn is_compatible(&self) -> bool {
        compatible(self.version)
    }
}

fn compatible(version: &str) -> bool {
    let part = |part: &str| part.parse::<u64>().ok();
    let parse = |version: &str| {
        let mut parts = version.split('.').map(part);
        match (parts.next()??, parts.next()??, parts.next()??, parts.next()) {
            (major, minor, patch, None) => Some((major, minor, patch)),
            _ => None,
        }
    };
    // A pre-release or build suffix makes the patch number unparsable: such a version promises nothing.
    match (parse(version), parse(VERSION)) {
        (Some((major, minor, _)), Some(ours)) => (major, minor) == (ours.0, ours.1),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_with_the_same_minor_number_are_compatible() {
        for version in ["0.1.0", "0.1.7"] {
            assert!(compatible(version), "{version}");
        }
        for version in ["", "0.1", "0.2.0", "1.1.0", "0.1.0-rc.1", "0.1.0.0", "x"] {
            assert!(!compatible(version), "{version}");
        }
    }

    #[test]
    fn names_come_apart() {
        let name = Name { interface: "sockets", version: "0.1.3" };
        assert_eq!(Name::parse("sockdock:plugin/sockets@0.1.3"), Some(name));
        assert_eq!(Name::parse("sockdock:plugins/sockets@0.1.3"), None);
        assert_eq!(Name::parse("wasi:io/streams@0.2.0"), None);
    }
}
