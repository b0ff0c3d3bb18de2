//! A smart-http Git server, hostile servers, and a running quarry for tests.
