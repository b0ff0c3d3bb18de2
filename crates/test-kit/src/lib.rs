#![doc = include_str!("../README.md")]

mod git_command;
mod git_server;
mod hostile_server;
mod http_backend;
mod listener;
mod request;
mod sample_repository;

pub use git_server::{GitServer, Login, serve};
pub use hostile_server::HostileServer;
pub use sample_repository::SampleRepository;
