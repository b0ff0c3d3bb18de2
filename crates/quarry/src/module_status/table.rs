//! Rows of text in columns as wide as their longest cell.

use std::fmt::Write;

/// What is longest in a column makes it as wide; nothing follows the last cell of a row that says something.
pub(super) fn write(rows: &[Vec<String>]) -> Vec<String> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    rows.iter().map(|row| line(row, &widths)).collect()
}

fn line(row: &[String], widths: &[usize]) -> String {
    let mut line = String::new();
    for (cell, width) in row.iter().zip(widths) {
        // Writing to a string does not fail.
        let _ = write!(line, "{cell:<width$}  ");
    }
    line.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    #[test]
    fn columns_are_as_wide_as_their_longest_cell() {
        let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();

        let lines = super::write(&[row(["a", "bb", "c"]), row(["ääa", "", ""]), row(["", "b", "c"])]);

        assert_eq!(lines, ["a    bb  c", "ääa", "     b   c"]);
    }
}
