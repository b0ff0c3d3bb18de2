#![doc = include_str!("../README.md")]

mod api;
pub mod cluster;
mod git_command;
mod git_server;
mod hostile_server;
mod http_backend;
mod listener;
mod package;
mod profile;
mod quarry_server;
mod registry;
mod request;
mod sample_repository;
pub mod services;
mod sqlite;
mod ssh_server;
pub mod torture;

pub use api::{Api, answered};
pub use cluster::{Balancer, Cluster};
pub use git_server::{GitServer, Login, serve};
pub use hostile_server::HostileServer;
pub use package::{Package, archive_address};
pub use profile::{TestBlobs, TestDatabase, is_distributed};
pub use quarry_server::{QuarryServer, binary, processes_using, wait_for};
pub use registry::Registry;
pub use sample_repository::SampleRepository;
pub use ssh_server::{SshGitServer, new_ssh_key};
