//! The Scalr API, as its clients use it: modules and versions, scopes, connections, and what is refused.

#[path = "scalr/bad_input.rs"]
mod bad_input;
#[path = "scalr/lists.rs"]
mod lists;
#[path = "scalr/modules.rs"]
mod modules;
#[path = "scalr/scopes.rs"]
mod scopes;
#[path = "scalr/seed.rs"]
mod seed;
#[path = "scalr/statuses.rs"]
mod statuses;
#[path = "scalr/vcs_providers.rs"]
mod vcs_providers;
#[path = "scalr/versions.rs"]
mod versions;
#[path = "scalr/world.rs"]
mod world;
