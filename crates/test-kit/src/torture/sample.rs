//! A repository with many tags, made in one go, and as many names for it as are wanted.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::SampleRepository;

/// Like a module of some size: files that stay, and files that each tag changes.
const LASTING_FILES: usize = 40;
const CHANGING_FILES: usize = 6;

/// A bare repository whose tags are `v1.0.0`, `v1.1.0` and so on, each with content of its own.
pub(crate) struct Sample {
    directory: PathBuf,
    file: String,
    tags: usize,
}

impl Sample {
    /// Makes it as `<directory>/<name>.git`. A marker, if given, is in a file of every tag.
    pub(crate) fn create(directory: &Path, name: &str, tags: usize, marker: &str) -> Result<Self> {
        std::fs::create_dir_all(directory)?;
        let file = format!("{name}.git");
        let repository = SampleRepository::create(directory, &file)?;
        repository.git(&["fast-import", "--quiet", "--date-format=raw"], stream(tags, marker).as_bytes())?;
        Ok(Self { directory: directory.to_owned(), file, tags })
    }

    /// The same repository under another name: to a registry it is another one.
    pub(crate) fn copy_to(&self, name: &str) -> Result<()> {
        std::os::unix::fs::symlink(self.directory.join(&self.file), self.directory.join(format!("{name}.git")))?;
        Ok(())
    }

    /// What a registry makes of the tags.
    pub(crate) fn versions(&self) -> Vec<String> {
        (0..self.tags).map(|number| format!("1.{number}.0")).collect()
    }
}

fn stream(tags: usize, marker: &str) -> String {
    let mut stream = String::new();
    for number in 0..tags {
        let message = format!("Release {number}\n");
        stream.push_str(&format!(
            "commit refs/heads/main\ncommitter Sample <sample@example.com> {} +0000\ndata {}\n{message}",
            1_700_000_000 + number * 60,
            message.len()
        ));
        if number == 0 {
            (0..LASTING_FILES).for_each(|file| add(&mut stream, &format!("files/{file}.md"), &lasting(file)));
            add(&mut stream, "modules/part/main.tf", "variable \"size\" {\n  type = number\n}\n");
            if !marker.is_empty() {
                add(&mut stream, "marker.txt", &format!("{marker}\n"));
            }
        }
        add(&mut stream, "main.tf", &main_file(number));
        add(&mut stream, "README.md", &format!("# Release {number}\n\nWhat is new in {number}.\n"));
        for file in 0..CHANGING_FILES {
            add(&mut stream, &format!("part_{file}.tf"), &changing(file, number));
        }
        stream.push_str(&format!("reset refs/tags/v1.{number}.0\nfrom refs/heads/main\n\n"));
    }
    stream
}

fn add(stream: &mut String, path: &str, content: &str) {
    stream.push_str(&format!("M 100644 inline {path}\ndata {}\n{content}\n", content.len()));
}

fn lasting(file: usize) -> String {
    (0..60).map(|line| format!("Line {line} of the file {file}, which all releases share.\n")).collect()
}

fn main_file(number: usize) -> String {
    format!(
        "variable \"release_{number}\" {{\n  type        = string\n  description = \"Of release {number}\"\n}}\n\n\
         output \"release\" {{\n  value = var.release_{number}\n}}\n"
    )
}

fn changing(file: usize, number: usize) -> String {
    let variable = |line: usize| {
        format!("variable \"v_{file}_{line}\" {{\n  type    = number\n  default = {}\n}}\n\n", number * 1000 + line)
    };
    (0..20).map(variable).collect()
}
