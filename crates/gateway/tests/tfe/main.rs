//! The Terraform Enterprise API, through its outer door, on a real database file.

mod audit;
mod connections;
mod deletes;
mod git_modules;
mod lists;
mod modules;
mod organizations;
mod requests;
mod rights;
mod test_gateway;
mod versions;
