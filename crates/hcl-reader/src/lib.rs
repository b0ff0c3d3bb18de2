//! Files of a module to domain::ModuleDocs.
