//! Where the programs are, and which they are.

use anyhow::{Context as _, Result, ensure};
use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// Where the programs are.
#[derive(Debug, Clone)]
pub struct Programs {
    /// The repository.
    pub root: PathBuf,
    /// sockdock's release build.
    pub sockdock: PathBuf,
    /// Bun, by `scripts/setup-bench`.
    pub bun: PathBuf,
    /// Node.
    pub node: PathBuf,
    /// Envoy, by `scripts/setup-bench`.
    pub envoy: PathBuf,
    /// Its filter, by `scripts/bench`.
    pub envoy_filter: PathBuf,
    /// Redis, by `scripts/setup-redis-server`.
    pub redis: PathBuf,
}

impl Programs {
    /// Those of the repository at `root`; `sockdock` unless another build is given.
    pub fn of(root: &Path, sockdock: Option<&Path>) -> Self {
        let target = root.join("target");
        Self {
            root: root.to_owned(),
            sockdock: sockdock.map_or_else(|| target.join("release/sockdock"), Path::to_owned),
            bun: target.join("clients/bun/node_modules/.bin/bun"),
            node: PathBuf::from("node"),
            envoy: target.join("bench/envoy/envoy/_bin/envoy"),
            envoy_filter: target.join("guests/wasm32-unknown-unknown/release/envoy_filter.wasm"),
            redis: target.join("clients/redis-server/redis-server"),
        }
    }

    /// Fails unless all are there.
    pub fn check(&self) -> Result<()> {
        for program in [&self.sockdock, &self.bun, &self.envoy, &self.envoy_filter, &self.redis] {
            ensure!(program.exists(), "there is no {}: `make bench` makes it", program.display());
        }
        Ok(())
    }

    /// Version of each program, as it says it itself.
    pub fn versions(&self) -> Result<Vec<String>> {
        let ask = |name: &str, program: &Path| -> Result<String> {
            let answer = Command::new(program).arg("--version").output().with_context(|| program.display().to_string())?;
            let answer = String::from_utf8_lossy(&answer.stdout);
            let version =
                version(&answer).with_context(|| format!("{}: a version of unknown shape: {answer}", program.display()))?;
            Ok(format!("{name} {version}"))
        };
        Ok(vec![
            ask("sockdock", &self.sockdock)?,
            ask("Bun", &self.bun)?,
            ask("Node", &self.node)?,
            ask("Envoy", &self.envoy)?,
            ask("Redis", &self.redis)?,
        ])
    }
}

/// The first word that is a number with dots in it: `v20.20.2`, `v=7.0.15`, `BUILD/1.40.0/Clean/RELEASE`.
fn version(answer: &str) -> Option<&str> {
    answer
        .split(|letter: char| letter.is_whitespace() || letter == '/' || letter == '=')
        .map(|word| word.trim_start_matches('v'))
        .find(|word| {
            let numbers =
                word.split('.').take(2).filter(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()));
            numbers.count() == 2
        })
}

#[cfg(test)]
mod tests {
    use super::version;

    #[test]
    fn the_version_is_found_in_whatever_a_program_says() {
        for (answer, expected) in [
            ("sockdock 0.1.0\n", "0.1.0"),
            ("1.4.5\n", "1.4.5"),
            ("v20.20.2\n", "20.20.2"),
            ("\n./envoy  version: 9e55/1.40.0/Clean/RELEASE/BoringSSL\n\n", "1.40.0"),
            ("Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64\n", "7.0.15"),
        ] {
            assert_eq!(version(answer), Some(expected));
        }
        assert_eq!(version("no idea"), None);
    }
}
