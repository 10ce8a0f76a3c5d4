//! What the operator sets.

use sockdock_guest::outbound::TlsOptions;
use sockdock_guest::{Config, Failure};
use std::collections::BTreeMap;

#[derive(Debug, Default)]
pub struct Settings {
    /// For clients whose name, if they have one, has no route.
    upstream: Option<String>,
    /// By name, in lower case; `*.DOMAIN` is every name below the domain.
    routes: BTreeMap<String, String>,
    /// How to speak TLS to upstreams; none: not at all.
    pub tls: Option<TlsOptions>,
}

impl Settings {
    pub fn from_config(config: &Config) -> Result<Self, Failure> {
        let (mut settings, mut tls, mut options) = (Self::default(), false, TlsOptions::default());
        for (key, value) in config.iter() {
            match key {
                "upstream" => settings.upstream = Some(value.into()),
                "upstream-tls" => tls = config.parse(key)?.unwrap_or(tls),
                "upstream-name" => options.server_name = Some(value.into()),
                "upstream-credentials" => options.credentials = Some(value.into()),
                _ => match key.strip_prefix("route.") {
                    Some(name) => drop(settings.routes.insert(route(name)?, value.into())),
                    None => {
                        let known = "`upstream`, `route.NAME`, `upstream-tls`, `upstream-name`, `upstream-credentials`";
                        return Err(format!("unknown key `{key}`: this plugin knows {known}").into());
                    }
                },
            }
        }
        if !tls && (options.server_name.is_some() || options.credentials.is_some()) {
            return Err("`upstream-name` and `upstream-credentials` are for TLS to the upstream: set upstream-tls=true".into());
        }
        if settings.upstream.is_none() && settings.routes.is_empty() {
            return Err("no upstream is set: --set upstream=HOST:PORT, or --set route.NAME=HOST:PORT".into());
        }
        settings.tls = tls.then_some(options);
        Ok(settings)
    }

    /// Whether it matters what name a client asks for.
    pub fn routes(&self) -> bool {
        !self.routes.is_empty()
    }

    /// Where a client goes that asks for this name; none: it is turned away.
    pub fn upstream(&self, name: Option<&str>) -> Option<&str> {
        let named = name.and_then(|name| {
            let name = name.to_ascii_lowercase();
            let below = name.match_indices('.').map(|(at, _)| format!("*{}", &name[at..]));
            // The name itself, then the nearest domain above it.
            std::iter::once(name.clone()).chain(below).find_map(|key| self.routes.get(&key))
        });
        named.or(self.upstream.as_ref()).map(String::as_str)
    }
}

fn route(name: &str) -> Result<String, Failure> {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let labels = name.strip_prefix("*.").unwrap_or(name);
    if labels.split('.').all(|label| !label.is_empty() && label.bytes().all(is_part)) {
        Ok(name.to_ascii_lowercase())
    } else {
        Err(format!("`route.{name}`: `{name}` is no name of a server; as in route.www.example.com or route.*.example.com").into())
    }
}

#[cfg(test)]
mod tests {
    use super::Settings;
    use sockdock_guest::Config;

    fn settings(pairs: &[(&str, &str)]) -> Result<Settings, String> {
        let pairs = pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        Settings::from_config(&Config::new(pairs)).map_err(|error| error.to_string())
    }

    #[test]
    fn the_nearest_route_wins() {
        let routes = [("route.a.example", "a:1"), ("route.*.a.example", "b:1"), ("route.*.example", "c:1")];
        let settings = settings(&routes).unwrap();
        for (name, upstream) in [
            ("a.example", Some("a:1")),
            ("A.Example", Some("a:1")),
            ("x.a.example", Some("b:1")),
            ("y.x.a.example", Some("b:1")),
            ("b.example", Some("c:1")),
            ("example", None),
            ("other", None),
            ("", None),
        ] {
            assert_eq!(settings.upstream(Some(name)), upstream, "{name}");
        }
        assert_eq!(settings.upstream(None), None);
    }

    #[test]
    fn without_a_route_there_is_the_upstream() {
        let settings = settings(&[("route.a.example", "a:1"), ("upstream", "d:1")]).unwrap();
        assert_eq!(settings.upstream(Some("a.example")), Some("a:1"));
        assert_eq!(settings.upstream(Some("b.example")), Some("d:1"));
        assert_eq!(settings.upstream(None), Some("d:1"));
    }

    #[test]
    fn mistakes() {
        for (pairs, word) in [
            (&[][..], "no upstream"),
            (&[("upstraem", "a:1")], "`upstraem`"),
            (&[("route.a b", "a:1")], "`route.a b`"),
            (&[("route.", "a:1")], "`route.`"),
            (&[("route.*", "a:1")], "`route.*`"),
            (&[("upstream", "a:1"), ("upstream-tls", "perhaps")], "`perhaps`"),
            (&[("upstream", "a:1"), ("upstream-name", "a")], "upstream-tls=true"),
        ] {
            let why = settings(pairs).expect_err(word);
            assert!(why.contains(word), "{why}");
        }
    }
}
