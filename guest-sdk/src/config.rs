//! The operator's keys and values for a plugin.

use crate::Failure;
use std::fmt::Display;
use std::str::FromStr;

/// What the operator has set for this plugin (`sockdock serve --set KEY=VALUE`), in the order given.
///
/// ```
/// # use sockdock_guest::{Config, Failure};
/// # fn start(config: &Config) -> Result<(), Failure> {
/// config.only(&["greeting", "max-keys"])?;
/// let greeting = config.get("greeting").unwrap_or("hello");
/// let max_keys: usize = config.parse("max-keys")?.unwrap_or(1000);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config(Vec<(String, String)>);

impl Config {
    /// From keys and values, as tests need it.
    pub fn new(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(pairs.into_iter().collect())
    }

    /// The value of a key; of the last, if it was given more than once.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0
            .iter()
            .rev()
            .find(|(name, _)| name == key)
            .map(|(_, value)| value.as_str())
    }

    /// All values of a key that was given more than once, in order.
    pub fn all<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(name, _)| name == key)
            .map(|(_, value)| value.as_str())
    }

    /// The value of a key as a number, an address…; the error names the key, the value and what is wrong with it.
    pub fn parse<T: FromStr<Err: Display>>(&self, key: &str) -> Result<Option<T>, Failure> {
        let Some(value) = self.get(key) else {
            return Ok(None);
        };
        value
            .parse()
            .map(Some)
            .map_err(|error| format!("`{key}` can't be `{value}`: {error}").into())
    }

    /// Fails, naming it, if there is a key other than these: a mistyped key shouldn't go unnoticed.
    pub fn only(&self, known: &[&str]) -> Result<(), Failure> {
        match self
            .0
            .iter()
            .find(|(key, _)| !known.contains(&key.as_str()))
        {
            None => Ok(()),
            Some((key, _)) if known.is_empty() => {
                Err(format!("unknown key `{key}`: this plugin has none to set").into())
            }
            Some((key, _)) => Err(format!(
                "unknown key `{key}`: this plugin knows `{}`",
                known.join("`, `")
            )
            .into()),
        }
    }

    /// Every key with its value.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::Config;

    fn config() -> Config {
        Config::new([("n", "1"), ("word", "x"), ("n", "2")].map(|(k, v)| (k.into(), v.into())))
    }

    #[test]
    fn the_last_of_a_key_counts() {
        assert_eq!(config().get("n"), Some("2"));
        assert_eq!(config().all("n").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(config().get("none"), None);
    }

    #[test]
    fn errors_name_key_and_value() {
        assert_eq!(config().parse::<u32>("n").unwrap(), Some(2));
        assert_eq!(config().parse::<u32>("none").unwrap(), None);
        let error = config().parse::<u32>("word").unwrap_err().to_string();
        assert_eq!(error, "`word` can't be `x`: invalid digit found in string");
        config().only(&["n", "word"]).unwrap();
        assert_eq!(
            config().only(&["n"]).unwrap_err().to_string(),
            "unknown key `word`: this plugin knows `n`"
        );
        assert_eq!(
            config().only(&[]).unwrap_err().to_string(),
            "unknown key `n`: this plugin has none to set"
        );
    }
}
