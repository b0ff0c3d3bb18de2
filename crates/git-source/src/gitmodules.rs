//! What a repository says of the submodules in it: its file `.gitmodules`, in the format of git-config(5), of which nothing
//! but paths and addresses is read. It was written by a stranger, and can name no more than a repository of the same server.

use std::collections::BTreeMap;

use domain::Error;
use url::Url;

use crate::address::{Address, SSH_PORT, without_userinfo};
use crate::failure;

/// More are a mistake, and each may cost a fetch.
const MOST: usize = 1_000;

/// The address of each submodule as it is written, by its path. What cannot be read is left out.
pub fn parse_gitmodules(text: &[u8]) -> BTreeMap<String, String> {
    let text = String::from_utf8_lossy(text).replace("\r\n", "\n").replace("\\\n", "");
    let mut sections: BTreeMap<String, (Option<String>, Option<String>)> = BTreeMap::new();
    let mut section = None;
    for line in text.lines().map(str::trim) {
        if let Some(rest) = line.strip_prefix('[') {
            section = name_of(rest);
            continue;
        }
        let (Some(name), Some((key, value))) = (&section, line.split_once('=')) else { continue };
        if sections.len() >= MOST && !sections.contains_key(name) {
            break;
        }
        let values = sections.entry(name.clone()).or_default();
        match key.trim().to_ascii_lowercase().as_str() {
            "path" => values.0 = Some(value_of(value)),
            "url" => values.1 = Some(value_of(value)),
            _ => {}
        }
    }
    sections.into_values().filter_map(|(path, url)| Some((path?.trim_end_matches('/').to_owned(), url?))).collect()
}

/// Of `submodule "name"]`.
fn name_of(rest: &str) -> Option<String> {
    let quoted = rest.trim_start().strip_prefix("submodule")?.trim_start().strip_prefix('"')?;
    quoted.rsplit_once("\"]").map(|(name, _)| name.to_owned())
}

/// Without quotes, escapes and comments.
fn value_of(text: &str) -> String {
    let (mut value, mut is_quoted) = (String::new(), false);
    let mut characters = text.trim_start().chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => is_quoted = !is_quoted,
            '#' | ';' if !is_quoted => break,
            '\\' => match characters.next() {
                Some('n') => value.push('\n'),
                Some('t') => value.push('\t'),
                Some(other) => value.push(other),
                None => {}
            },
            other => value.push(other),
        }
    }
    value.trim_end().to_owned()
}

/// Where a submodule is fetched from: `written` is what `.gitmodules` of the repository at `parent` says, `base` the
/// address below which its server has repositories. An address for the other protocol (ssh or http) becomes one for that of
/// the parent on the same server, and gets the `.git` that the parent's has. `Refused` for everything that is not below
/// `base`: credentials go nowhere else.
pub fn resolve_submodule(base: &str, parent: &str, written: &str) -> Result<String, Error> {
    let elsewhere = || {
        let shown = without_userinfo(written);
        failure::refused(format!("its address {shown:?} is not on the server of the repository, so it is not fetched"))
    };
    let parent = Url::parse(parent).map_err(|_| elsewhere())?;
    let own = parent.host_str().unwrap_or_default();
    let is_here = |host: Option<&str>| host.is_some_and(|host| host.eq_ignore_ascii_case(own));
    let mut found = parent.clone();
    if written.starts_with("./") || written.starts_with("../") {
        found.set_path(&below(parent.path(), written).ok_or_else(elsewhere)?);
    } else if written.contains("://") {
        let url = Url::parse(written).map_err(|_| elsewhere())?;
        let port = |url: &Url| url.port_or_known_default().unwrap_or(SSH_PORT);
        let is_same_port = port(&url) == port(&parent) || url.port().is_none();
        let is_ssh = |scheme: &str| matches!(scheme, "ssh" | "git+ssh");
        match url.scheme() {
            "https" | "http" | "ssh" | "git+ssh" if !is_here(url.host_str()) => return Err(elsewhere()),
            scheme @ ("https" | "http" | "ssh" | "git+ssh") if is_ssh(scheme) == is_ssh(parent.scheme()) => {
                // Another port is another server.
                if !is_same_port {
                    return Err(elsewhere());
                }
                found.set_path(url.path());
            }
            // Over the other protocol the repositories of a server have another place.
            "https" | "http" | "ssh" | "git+ssh" => found.set_path(&join(base, url.path())),
            _ => return Err(elsewhere()),
        }
    } else {
        // As scp writes it: user@host:path.
        let (host, path) = written.split_once(':').filter(|(host, _)| !host.contains('/')).ok_or_else(elsewhere)?;
        let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
        if !is_here(Some(host)) {
            return Err(elsewhere());
        }
        let is_whole = parent.scheme() == "ssh" && path.starts_with('/');
        found.set_path(&if is_whole { path.to_owned() } else { join(base, path) });
    }
    let path = found.path().trim_end_matches('/').to_owned();
    let is_below = path.strip_prefix(&join(base, "")).is_some_and(|rest| !rest.is_empty());
    if !is_below || path.split('/').any(|part| matches!(part, "." | "..")) {
        return Err(elsewhere());
    }
    let needs_end = parent.path().ends_with(".git") && !path.ends_with(".git");
    found.set_path(&if needs_end { format!("{path}.git") } else { path });
    Address::parse(found.as_str()).map(|address| address.to_string())
}

/// The path of a repository, under that of the base.
fn join(base: &str, path: &str) -> String {
    let base = Url::parse(base).map(|base| base.path().trim_end_matches('/').to_owned()).unwrap_or_default();
    format!("{base}/{}", path.trim_start_matches('/'))
}

/// As Git does it: each `../` takes a segment of the parent's address away, and none may be missing.
fn below(parent: &str, written: &str) -> Option<String> {
    let mut segments: Vec<&str> = parent.split('/').filter(|part| !part.is_empty()).collect();
    for part in written.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                segments.pop()?;
            }
            name => segments.push(name),
        }
    }
    Some(format!("/{}", segments.join("/")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARENT: &str = "https://git.example.com/base/acme/vpc.git";

    fn resolve(written: &str) -> Option<String> {
        resolve_submodule("https://git.example.com/base", PARENT, written).ok()
    }

    #[test]
    fn paths_and_addresses_are_read() {
        let text = b"# comment\n[core]\n\tpath = no\n[submodule \"lib\"]\r\n\tpath = modules/lib/ ; why\n\tURL = ../lib.git\n\
            [submodule \"a \\\"b\\\"\"]\n path = \"with space\"\n url = https://h/\\\nx # no\n[submodule \"half\"]\n path = half\n";
        let found = parse_gitmodules(text);
        let expected = [("modules/lib", "../lib.git"), ("with space", "https://h/x")];
        assert_eq!(found.into_iter().collect::<Vec<_>>(), expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
    }

    #[test]
    fn nonsense_is_no_submodule() {
        for text in ["", "[submodule", "[submodule \"x\"]\npath\nurl\n", "path = a\nurl = b\n", "\0\u{1}\"\\"] {
            assert!(parse_gitmodules(text.as_bytes()).is_empty(), "{text:?}");
        }
        assert!(parse_gitmodules(b"[submodule \"x\"]\nurl = \xff\xfe\n").is_empty());
    }

    #[test]
    fn addresses_of_the_same_server_are_found() {
        let expected = Some("https://git.example.com/base/acme/lib.git".to_owned());
        for written in [
            "../lib.git",
            "./../lib.git",
            "https://git.example.com/base/acme/lib.git",
            "https://user:secret@git.example.com:443/base/acme/lib.git/",
            "http://git.example.com/base/acme/lib.git",
            "git@git.example.com:acme/lib.git",
            "GIT.example.com:/acme/lib.git",
            "ssh://git@GIT.example.com:7999/acme/lib.git",
            "../lib",
        ] {
            assert_eq!(resolve(written), expected, "{written}");
        }
    }

    #[test]
    fn over_ssh_they_stay_there() {
        let (base, parent) = ("ssh://git.example.com:2222/srv", "ssh://git.example.com:2222/srv/acme/vpc.git");
        let expected = Some("ssh://git.example.com:2222/srv/acme/lib.git".to_owned());
        let usual = resolve_submodule("ssh://h/srv", "ssh://h/srv/acme/vpc", "ssh://git@h:22/srv/acme/lib");
        assert_eq!(usual.ok().as_deref(), Some("ssh://h/srv/acme/lib"));
        for written in [
            "../lib.git",
            "ssh://git@git.example.com:2222/srv/acme/lib.git",
            "ssh://git@git.example.com/srv/acme/lib.git",
            "git@git.example.com:/srv/acme/lib.git",
            "git@git.example.com:acme/lib.git",
            "https://git.example.com/acme/lib",
        ] {
            assert_eq!(resolve_submodule(base, parent, written).ok(), expected, "{written}");
        }
        for written in [
            "../..%2f..%2f..%2fprivate/x",
            "ssh://git.example.com:2222/srv/acme/..%2f..%2f..%2fprivate/x",
            "ssh://git.example.com:2222/srv/acme/a%5c..%5cb",
            "ssh://git.example.com:22/srv/acme/lib.git",
            "ssh://git.example.com/elsewhere",
            "/srv/acme/lib",
        ] {
            assert!(resolve_submodule(base, parent, written).is_err(), "{written}");
        }
    }

    #[test]
    fn everything_else_is_refused() {
        for written in [
            "",
            "/etc",
            "file:///etc",
            "ext::sh -c id",
            "https://other.example.com/acme/lib.git",
            "https://git.example.com:8443/base/acme/lib.git",
            "git@other.example.com:acme/lib.git",
            "git.example.com.evil.test:acme/lib.git",
            "../../../../lib.git",
            "https://git.example.com",
            "https://git.example.com/x?token=1",
            "https://git.example.com/elsewhere/x",
            "https://git.example.com/based/x",
            "../../../elsewhere/x",
            "https://git.example.com/base/%2e%2e/x",
            "-oProxyCommand=id:x",
            "git@git.example.com:../../x",
        ] {
            assert_eq!(resolve(written), None, "{written}");
        }
    }
}
