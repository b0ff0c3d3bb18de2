//! A set of files to the canonical tar.gz and back, with every limit on hostile input.
