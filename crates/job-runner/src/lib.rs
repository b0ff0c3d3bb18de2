#![doc = include_str!("../README.md")]

mod dispatcher;
mod frame;
mod job_handle;
mod notices;
mod worker;

pub mod child;
pub mod child_pool;

pub use dispatcher::run_dispatcher;
pub use frame::Frame;
pub use job_handle::JobHandle;
pub use notices::{forward_notices, notice_queue};
pub use worker::{Outcome, Runner, Worker, run_worker};
