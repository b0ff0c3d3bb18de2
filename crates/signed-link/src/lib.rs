//! Makes and checks archivist links; pure.
