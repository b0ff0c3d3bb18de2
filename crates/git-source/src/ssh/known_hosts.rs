//! The file of known hosts, in the format of sshd(8).

use domain::Error;
use hmac::{Hmac, KeyInit as _, Mac as _};
use russh::keys::ssh_key::known_hosts::{HostPatterns, KnownHosts, Marker};
use russh::keys::{Algorithm, HashAlg, PublicKey};
use sha1::Sha1;

use crate::address::{Address, SSH_PORT};
use crate::failure::refused;

/// Succeeds for a text whose every line is a key of a host, a comment or empty.
///
/// # Errors
/// [`Error::Invalid`] with the number of the first other line.
pub fn check_known_hosts(text: &str) -> Result<(), Error> {
    for (position, line) in text.lines().enumerate() {
        if !KnownHosts::new(line).all(|entry| entry.is_ok()) {
            let reason =
                "must be the key of a host as OpenSSH writes it, such as `host ssh-ed25519 AAAA…`, or a comment";
            return Err(Error::invalid(format!("line {} of the known hosts", position + 1), reason));
        }
    }
    Ok(())
}

/// What is known of one server.
#[derive(Clone)]
pub(super) struct KnownKeys {
    /// As such a file names the server.
    host: String,
    good: Vec<PublicKey>,
    revoked: Vec<PublicKey>,
}

impl KnownKeys {
    /// Those that a file has of the server of this address.
    pub(super) fn of(address: &Address, text: &str) -> Self {
        let name = address.host().trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
        let host = if address.port() == SSH_PORT { name } else { format!("[{name}]:{}", address.port()) };
        let mut known = Self { host, good: Vec::new(), revoked: Vec::new() };
        // What cannot be read was refused when the process started.
        for entry in KnownHosts::new(text).flatten().filter(|entry| matches(entry.host_patterns(), &known.host)) {
            match entry.marker() {
                None => known.good.push(entry.into()),
                Some(Marker::Revoked) => known.revoked.push(entry.into()),
                // Certificates are not asked for.
                Some(Marker::CertAuthority) => {}
            }
        }
        known
    }

    pub(super) fn has(&self, key: &PublicKey) -> bool {
        let is = |known: &PublicKey| known.key_data() == key.key_data();
        self.good.iter().any(is) && !self.revoked.iter().any(is)
    }

    /// Of the keys that are known, without repetition.
    pub(super) fn algorithms(&self) -> Vec<Algorithm> {
        let mut algorithms: Vec<Algorithm> = Vec::new();
        for algorithm in self.good.iter().map(PublicKey::algorithm) {
            if !algorithms.contains(&algorithm) {
                algorithms.push(algorithm);
            }
        }
        algorithms
    }

    /// Why this key is not taken, and what an administrator can do; nothing if it is.
    pub(super) fn refusal(&self, address: &Address, key: &PublicKey) -> Option<Error> {
        if self.has(key) {
            return None;
        }
        let (host, algorithm, print) = (&self.host, key.algorithm(), key.fingerprint(HashAlg::Sha256));
        let beginning = format!("the SSH server of {address} showed the key {algorithm} {print}, which");
        let is_revoked = self.revoked.iter().any(|known| known.key_data() == key.key_data());
        Some(refused(if self.good.is_empty() && !is_revoked {
            let line = PublicKey::new(key.key_data().clone(), "").to_openssh().unwrap_or_default();
            format!(
                "{beginning} is not known; if its owner confirms that, an administrator can add the line `{host} {}` to the \
                 file that QUARRY_VCS_KNOWN_HOSTS names",
                line.trim_end()
            )
        } else {
            format!(
                "{beginning} is not the one that is known of {host}: either the server has a new one, which its owner can \
                 confirm and an administrator put into the file that QUARRY_VCS_KNOWN_HOSTS names, or somebody else answers"
            )
        }))
    }
}

/// Whether these patterns are about the host. One with `!` before it says that they are not.
fn matches(patterns: &HostPatterns, host: &str) -> bool {
    match patterns {
        HostPatterns::Patterns(patterns) => {
            let is_about = |pattern: &str| is_like(pattern.to_ascii_lowercase().as_bytes(), host.as_bytes());
            let is_not = |pattern: &String| pattern.strip_prefix('!').is_some_and(is_about);
            patterns.iter().any(|pattern| is_about(pattern)) && !patterns.iter().any(is_not)
        }
        HostPatterns::HashedName { salt, hash } => Hmac::<Sha1>::new_from_slice(salt)
            .is_ok_and(|mac| mac.chain_update(host.as_bytes()).verify_slice(hash).is_ok()),
    }
}

/// `*` stands for any number of letters, `?` for one. Goes back to the last `*` only, so it ends soon.
fn is_like(pattern: &[u8], text: &[u8]) -> bool {
    let (mut at, mut position) = (0, 0);
    let mut last_star: Option<(usize, usize)> = None;
    while position < text.len() {
        match pattern.get(at) {
            Some(b'*') => {
                last_star = Some((at, position));
                at += 1;
            }
            Some(letter) if *letter == b'?' || Some(letter) == text.get(position) => {
                at += 1;
                position += 1;
            }
            _ => {
                let Some((star, from)) = last_star else { return false };
                last_star = Some((star, from + 1));
                at = star + 1;
                position = from + 1;
            }
        }
    }
    pattern.iter().skip(at).all(|letter| *letter == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ";
    /// `git.example.com`, as ssh-keygen -H writes it.
    const HASHED: &str = "|1|3RLbch1jxXzSb/htkZ3iiQQR4+A=|sJ3fF7Fuc1KGZh11nMs8EHQyRzY=";

    fn knows(url: &str, text: &str) -> bool {
        let key: PublicKey = KEY.parse().unwrap();
        KnownKeys::of(&Address::parse(url).unwrap(), text).has(&key)
    }

    #[test]
    fn names_are_matched() {
        let cases = [
            ("ssh://git.example.com/x", "git.example.com", true),
            ("ssh://git.example.com:22/x", "GIT.example.com", true),
            ("ssh://git.example.com/x", "*.example.com", true),
            ("ssh://git.example.com/x", "g?t.*.co*,other", true),
            ("ssh://git.example.com/x", "*.example.com,!git.example.com", false),
            ("ssh://git.example.com/x", "!git.example.com", false),
            ("ssh://git.example.com/x", "[git.example.com]:2222", false),
            ("ssh://git.example.com:2222/x", "[git.example.com]:2222", true),
            ("ssh://git.example.com:2222/x", "git.example.com", false),
            ("ssh://[::1]/x", "::1", true),
            ("ssh://git.example.com/x", HASHED, true),
            ("ssh://git.example.org/x", HASHED, false),
        ];
        for (url, name, expected) in cases {
            assert_eq!(knows(url, &format!("# comment\n\n{name} {KEY} its owner\n")), expected, "{url} {name}");
        }
    }

    #[test]
    fn a_revoked_key_is_known_no_more() {
        let line = format!("git.example.com {KEY}\n");
        assert!(knows("ssh://git.example.com/x", &line));
        assert!(!knows("ssh://git.example.com/x", &format!("{line}@revoked * {KEY}\n")));
        assert!(!knows("ssh://git.example.com/x", &format!("@cert-authority * {KEY}\n")));
    }

    #[test]
    fn a_line_that_cannot_be_read_is_named() {
        assert!(check_known_hosts(&format!("# good\n\ngit.example.com {KEY}\n{HASHED} {KEY}\n")).is_ok());
        for bad in ["git.example.com", "git.example.com ssh-ed25519 nonsense", "@other h ssh-ed25519 AAAA"] {
            let error = check_known_hosts(&format!("git.example.com {KEY}\n{bad}\n")).unwrap_err().to_string();
            assert!(error.contains("line 2 of the known hosts"), "{error}");
        }
    }
}
