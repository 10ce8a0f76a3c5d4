//! Who may use the proxy.

use crate::wire::User;
use sockdock_guest::{Config, Failure};

/// Names and passwords; with none set, everybody may.
#[derive(Default)]
pub struct Users(Vec<(String, String)>);

impl Users {
    pub fn from_config(config: &Config) -> Result<Self, Failure> {
        config.only(&["user"])?;
        let users = config.all("user").map(|user| match user.split_once(':') {
            Some((name, password)) if (1..256).contains(&name.len()) && (1..256).contains(&password.len()) => {
                Ok((name.to_owned(), password.to_owned()))
            }
            // Not the value: it may hold a password.
            _ => Err(Failure::from("`user` must be NAME:PASSWORD, each of 1 to 255 bytes")),
        });
        Ok(Self(users.collect::<Result<_, _>>()?))
    }

    pub fn everybody(&self) -> bool {
        self.0.is_empty()
    }

    pub fn knows(&self, user: User<'_>) -> bool {
        // All are compared, and to the end: how long it takes tells nothing of how much was right.
        self.0.iter().fold(false, |found, (name, password)| {
            found | (same(name.as_bytes(), user.name) & same(password.as_bytes(), user.password))
        })
    }
}

fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |difference, (a, b)| difference | (a ^ b)) == 0
}
