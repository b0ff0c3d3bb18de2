//! Git hosts: clone addresses and credentials.
