//! The one table, as Markdown: good to read on a terminal too.

use std::fmt::Write as _;

use super::results::{Results, Value};

/// Everything that was measured.
pub(crate) fn render(results: &Results) -> String {
    let mut rows = vec![["figure", "quantity", "who", "value", "ratio", "target", ""].map(str::to_owned)];
    for (quantity, values) in results.by_quantity() {
        for (index, value) in values.iter().enumerate() {
            let first = |text: &str| if index == 0 { text.to_owned() } else { String::new() };
            let mut verdicts = results.verdicts(value).into_iter();
            let mut row = [
                first(quantity.figure()),
                first(quantity.name()),
                value.who.clone(),
                format!("{} {}", number(value.value), quantity.unit()),
                results.ratio(value).map_or_else(String::new, |ratio| format!("{ratio:.2} ×")),
                String::new(),
                String::new(),
            ];
            loop {
                let verdict = verdicts.next();
                if let Some(verdict) = &verdict {
                    row[5].clone_from(&verdict.target);
                    row[6] =
                        verdict.reached.map_or("not compared", |reached| if reached { "yes" } else { "NO" }).into();
                }
                rows.push(row.clone());
                if verdicts.len() == 0 {
                    break;
                }
                row = std::array::from_fn(|_| String::new());
            }
        }
    }
    let mut out = String::from("# Measured\n\n");
    for fact in &results.facts {
        let _ = writeln!(out, "- {fact}");
    }
    out.push('\n');
    table(&mut out, &rows);
    if !results.missing.is_empty() {
        out.push_str("\nNot measured:\n\n");
        for missing in &results.missing {
            let _ = writeln!(out, "- {missing}");
        }
    }
    out
}

fn table(out: &mut String, rows: &[[String; 7]]) {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; 7] = std::array::from_fn(width);
    for (index, row) in rows.iter().enumerate() {
        for (column, (cell, width)) in row.iter().zip(widths).enumerate() {
            let _ = if matches!(column, 3 | 4) {
                write!(out, "| {cell:>width$} ")
            } else {
                write!(out, "| {cell:<width$} ")
            };
        }
        out.push_str("|\n");
        if index == 0 {
            for (column, width) in widths.into_iter().enumerate() {
                let right = if matches!(column, 3 | 4) { ":" } else { "-" };
                let _ = write!(out, "|-{}{right}", "-".repeat(width));
            }
            out.push_str("|\n");
        }
    }
}

/// A number with as many digits as mean something.
pub(crate) fn number(value: f64) -> String {
    if value >= 10_000.0 {
        let digits = format!("{value:.0}");
        let mut grouped = String::new();
        for (index, digit) in digits.chars().enumerate() {
            if index > 0 && (digits.len() - index) % 3 == 0 {
                grouped.push(',');
            }
            grouped.push(digit);
        }
        grouped
    } else if value >= 100.0 {
        format!("{value:.0}")
    } else if value >= 10.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.2}")
    }
}

/// Targets that were missed, one line each.
pub(crate) fn misses(results: &Results) -> Vec<String> {
    let missed = |value: &Value| -> Vec<String> {
        let verdicts = results.verdicts(value).into_iter().filter(|verdict| verdict.reached == Some(false));
        let name = value.quantity.name();
        verdicts
            .map(|verdict| format!("{name} ({}): {} is not {}", value.who, number(value.value), verdict.target))
            .collect()
    };
    results.values.iter().flat_map(missed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::results::{OURS, Quantity};

    #[test]
    fn numbers_are_readable() {
        assert_eq!(
            [number(1_234_567.8), number(999.9), number(42.26), number(0.456)],
            ["1,234,568", "1000", "42.3", "0.46"]
        );
    }

    #[test]
    fn all_rows_of_the_table_have_the_same_columns() {
        let mut results = Results::default();
        results.add(Quantity::FanoutCpu, "floor", 4.0);
        results.add(Quantity::FanoutCpu, OURS, 8.0);
        let text = render(&results);
        let rows: Vec<_> = text.lines().filter(|line| line.starts_with('|')).collect();
        assert_eq!(rows.len(), 5, "{text}");
        assert!(rows.iter().all(|row| row.matches('|').count() == 8), "{text}");
        assert_eq!(misses(&results).len(), 1);
    }
}
