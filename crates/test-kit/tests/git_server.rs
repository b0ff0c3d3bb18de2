//! The real git client against the server, and each way to send a request body.

use std::io::{Read, Write};
use std::net::TcpStream;

use tempfile::TempDir;
use test_kit::{GitServer, SampleRepository};

#[test]
fn git_clones_with_plain_and_compressed_bodies() {
    let directory = TempDir::new().unwrap();
    let repository = SampleRepository::create(&directory.path().join("root"), "sample").unwrap();
    for number in 0..60 {
        repository.commit(&[("main.tf", &format!("# {number}"))]).unwrap();
        repository.tag(&format!("v1.0.{number}")).unwrap();
    }
    let server = GitServer::start_with_login(&directory.path().join("root"), "reader", "right").unwrap();
    let url = format!("{}/sample", server.url()).replace("http://", "http://reader:right@");

    // More than a kilobyte is compressed.
    let ways: [&[&str]; 2] = [&["--depth=1"], &[]];
    for (number, way) in ways.into_iter().enumerate() {
        let target = directory.path().join(format!("clone-{number}"));
        let mut arguments = vec!["clone", "--quiet", "--bare"];
        arguments.extend(way);
        arguments.extend([url.as_str(), target.to_str().unwrap()]);
        repository.git(&arguments, b"").unwrap();
        assert!(target.join("HEAD").exists());
    }
    assert!(server.requests().iter().any(|line| line == "POST /sample/git-upload-pack"));
}

#[test]
fn a_chunked_body_is_understood() {
    let directory = TempDir::new().unwrap();
    let repository = SampleRepository::create(directory.path(), "sample").unwrap();
    let commit = repository.commit(&[("main.tf", "x")]).unwrap();
    let server = GitServer::start(directory.path()).unwrap();

    let mut stream = TcpStream::connect(server.url().trim_start_matches("http://")).unwrap();
    let head = "POST /sample/git-upload-pack HTTP/1.1\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\
                Content-Type: application/x-git-upload-pack-request\r\n\r\n";
    let want = format!("0032want {commit}\n0000");
    write!(stream, "{head}{:x}\r\n{want}\r\n9\r\n0009done\n\r\n0\r\n\r\n", want.len()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();

    let contains = |part: &[u8]| answer.windows(part.len()).any(|window| window == part);
    assert!(contains(b"200 OK") && contains(b"0008NAK\n") && contains(b"PACK"), "{}", answer.escape_ascii());
}

#[test]
fn a_stranger_is_not_let_in() {
    let directory = TempDir::new().unwrap();
    let repository = SampleRepository::create(&directory.path().join("root"), "sample").unwrap();
    let server = GitServer::start_with_login(&directory.path().join("root"), "reader", "right").unwrap();

    let error = repository.git(&["ls-remote", &format!("{}/sample", server.url())], b"").unwrap_err();

    assert!(error.to_string().contains("could not read Username"), "{error}");
}

#[test]
fn nothing_above_the_root_is_served() {
    let directory = TempDir::new().unwrap();
    let outside = SampleRepository::create(directory.path(), "outside").unwrap();
    std::fs::create_dir(directory.path().join("root")).unwrap();
    let server = GitServer::start(&directory.path().join("root")).unwrap();

    let url = format!("{}/../outside", server.url());

    assert!(outside.git(&["-c", "http.followRedirects=false", "ls-remote", &url], b"").is_err());
}
