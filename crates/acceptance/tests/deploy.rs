//! `deploy/`: what `deploy/check` rendered and validated is looked at here for our own rules, and each container is started
//! as a process of this machine. `make test` runs the check first.

#[path = "deploy/autoscaling.rs"]
mod autoscaling;
#[path = "deploy/compose.rs"]
mod compose;
#[path = "deploy/container.rs"]
mod container;
#[path = "deploy/image.rs"]
mod image;
#[path = "deploy/network.rs"]
mod network;
#[path = "deploy/pods.rs"]
mod pods;
#[path = "deploy/processes.rs"]
mod processes;
#[path = "deploy/references.rs"]
mod references;
#[path = "deploy/rendered.rs"]
mod rendered;
#[path = "deploy/secrets.rs"]
mod secrets;
