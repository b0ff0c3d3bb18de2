#![doc = include_str!("../README.md")]

use serde::{Deserialize, Serialize};

/// A job is due. Losing, repeating or reordering it changes nothing but latency: the row in `jobs` decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobDue {
    pub job_id: String,
}

/// Something changed that others may hold a copy of. Goes to every gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "kebab-case")]
pub enum ChangeNotice {
    /// Answers about this module (`namespace/name/provider`) may differ now.
    Module { address: String },
    /// A token was made or revoked.
    Tokens,
    /// An organization was made, renamed or deleted.
    Scopes,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pinned<T: Serialize>(message: T, json: &str) {
        assert_eq!(serde_json::to_string(&message).unwrap(), json);
    }

    #[test]
    fn messages_keep_their_form() {
        pinned(JobDue { job_id: "job-1".to_owned() }, r#"{"job_id":"job-1"}"#);
        pinned(
            ChangeNotice::Module { address: "acme/vpc/aws".to_owned() },
            r#"{"change":"module","address":"acme/vpc/aws"}"#,
        );
        pinned(ChangeNotice::Tokens, r#"{"change":"tokens"}"#);
        pinned(ChangeNotice::Scopes, r#"{"change":"scopes"}"#);
    }
}
