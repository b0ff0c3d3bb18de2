//! Every body of `bodies/` on SQLite.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

/// Makes `sqlite::name` of each body; `postgres.rs` makes `postgres::name` of the same ones.
macro_rules! for_each_database {
    ($($body:ident)*) => {
        mod sqlite {
            use crate::bodies::database::Database;
            $(
                #[tokio::test]
                async fn $body() {
                    super::$body(&Database::open(None)).await;
                }
            )*
        }
    };
}

#[path = "bodies/all.rs"]
mod bodies;
