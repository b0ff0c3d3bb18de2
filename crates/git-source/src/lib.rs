//! Mirror a repository, list its tags, read a tree at a commit.
