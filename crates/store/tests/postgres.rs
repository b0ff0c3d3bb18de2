//! Every body of `bodies/` on PostgreSQL, and what only sessions that really run side by side can show.
//!
//! Needs `QUARRY_TEST_POSTGRES_URL`, of a server where databases may be made, and fails without it.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

/// Makes `postgres::name` of each body; `sqlite.rs` makes `sqlite::name` of the same ones.
macro_rules! for_each_database {
    ($($body:ident)*) => {
        mod postgres {
            use crate::bodies::database::Database;
            $(
                #[tokio::test]
                async fn $body() {
                    super::$body(&Database::open(crate::server())).await;
                }
            )*
        }
    };
}

#[expect(clippy::unnecessary_wraps, reason = "what the bodies take where there is a choice")]
fn server() -> Option<String> {
    Some(
        std::env::var("QUARRY_TEST_POSTGRES_URL")
            .expect("QUARRY_TEST_POSTGRES_URL is not set: run `make test`, or `make services` and what it prints"),
    )
}

#[path = "bodies/all.rs"]
mod bodies;

#[path = "bodies/races.rs"]
mod races;

#[path = "bodies/outages.rs"]
mod outages;

#[path = "bodies/proxy.rs"]
mod proxy;
