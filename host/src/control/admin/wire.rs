//! The JSON shapes of the admin API's requests and answers.

use crate::{RebindReport, ReloadFailure, ReloadReport, TlsReport};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// What `POST /reload` is asked. `ReloadRequest::default()` reads the configuration file again; without one, the file or folder of the
/// only listener's plugin.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReloadRequest {
    /// The listener's name; may be left out if there is only one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listener: Option<String>,
    /// Absolute path of a component or of a source folder, which the host then builds. None: the one that it has now, read again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plugin: Option<PathBuf>,
    /// SHA-256 that the component has to have, as `sha256:` and 64 hexadecimal digits. None: it may be any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// Prepare and restore on the side, change nothing.
    pub dry_run: bool,
    /// Start the new generation without the old one's snapshot.
    pub discard_state: bool,
    /// Read certificates, keys, authorities and revocation lists again; the plugin stays as it is.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub tls: bool,
    /// What becomes of live connections, as `new-connections`. None: `migrate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// Milliseconds after which connections that stay with an old generation are reset. None: they stay until they end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drain_after_ms: Option<u64>,
    /// Let two generations live at a time though the plugin has state.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub split_state: bool,
    /// Percent of the new connections that a canary gets. None: 10.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share: Option<u8>,
    /// What decides which: `peer` or `connection`. None: `peer`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share_by: Option<String>,
    /// Milliseconds that a canary is watched. None: a minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub watch_ms: Option<u64>,
    /// Key and value pairs for the plugin's `start`, in order; an object in JSON. None: those that it has now.
    #[serde(skip_serializing_if = "Option::is_none", with = "super::pairs")]
    pub set: Option<Vec<(String, String)>>,
}

/// What `POST /rollback` is asked. `RollbackRequest::default()` is about the only listener.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RollbackRequest {
    /// The listener's name; may be left out if there is only one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listener: Option<String>,
    /// Go back without the state.
    pub discard_state: bool,
}

/// What `POST /promote` is asked. `PromoteRequest::default()` is about the only listener.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PromoteRequest {
    /// The listener's name; may be left out if there is only one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listener: Option<String>,
}

/// What `POST /reload`, `POST /promote` and `POST /rollback` answer: a report or a failure for each listener that was asked for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ReloadReply {
    /// Reloads that were committed, and dry runs that passed.
    pub reports: Vec<ReloadReport>,
    /// Listeners that have other addresses now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rebound: Vec<RebindReport>,
    /// Listeners that have other limits now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub limited: Vec<String>,
    /// Reloads of TLS that were done, and dry runs that passed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tls: Vec<TlsReport>,
    /// Reloads that left everything as it was.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<ReloadFailure>,
}

/// What `POST /stop` is asked. `StopRequest::default()` drains and stops the whole host.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StopRequest {
    /// Stop this listener only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listener: Option<String>,
    /// Close live connections instead of waiting for their end.
    pub force: bool,
}

/// What `POST /stop` answers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StopReply {
    /// Names of the listeners that have stopped.
    pub stopped: Vec<String>,
}

/// What every refused request is answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ErrorReply {
    /// What is wrong, and where.
    pub(crate) error: String,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) hint: Option<String>,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_request_may_be_empty_but_not_unknown() {
        assert_eq!(serde_json::from_str::<ReloadRequest>("{}").unwrap(), ReloadRequest::default());
        let full = r#"{"listener":"kv","plugin":"/x.wasm","dry_run":true,"discard_state":true,"set":{"b":"2","a":"1"}}"#;
        let request: ReloadRequest = serde_json::from_str(full).unwrap();
        assert_eq!(serde_json::to_string(&request).unwrap(), full);
        assert_eq!(request.set.unwrap(), [("b".to_owned(), "2".to_owned()), ("a".to_owned(), "1".to_owned())]);
        assert!(request.dry_run && request.discard_state);
        let wrong = serde_json::from_str::<ReloadRequest>(r#"{"set":{"a":1}}"#).unwrap_err();
        assert!(wrong.to_string().contains("expected a string"), "{wrong}");
        let unknown = serde_json::from_str::<StopRequest>(r#"{"forced":true}"#).unwrap_err();
        assert!(unknown.to_string().contains("unknown field `forced`"), "{unknown}");
    }

    #[test]
    fn a_success_has_no_failures_field() {
        assert_eq!(serde_json::to_string(&ReloadReply::default()).unwrap(), r#"{"reports":[]}"#);
    }
}
