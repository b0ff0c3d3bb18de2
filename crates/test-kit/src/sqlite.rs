//! The database file of an embedded registry, through Python, which has SQLite with it: an eye that is not the registry's own.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// Runs one statement; the answer has a line for each row, with `|` between columns.
pub(crate) fn ask_sqlite(file: &Path, statement: &str) -> Result<String> {
    const PROGRAM: &str = "import sqlite3, sys\n\
        rows = sqlite3.connect(sys.argv[1], timeout=30, isolation_level=None).execute(sys.argv[2])\n\
        print('\\n'.join('|'.join('' if it is None else str(it) for it in row) for row in rows))";
    let output = Command::new("python3")
        .args(["-c", PROGRAM])
        .arg(file)
        .arg(statement)
        .output()
        .context("python3 is needed to look into the database: please install it")?;
    ensure!(output.status.success(), "SQLite refused: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?.trim_end().to_owned())
}
