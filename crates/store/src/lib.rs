//! Tables, jobs and audit, on PostgreSQL or SQLite.
