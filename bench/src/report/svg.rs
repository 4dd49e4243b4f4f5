//! The plot: horizontal bars, one group for each quantity.

use std::fmt::Write as _;

use super::markdown::number;
use super::results::{OURS, Results, Value};

const WIDTH: usize = 960;
const LEFT: usize = 240;
const BAR: usize = 18;
const STEP: usize = 22;
const LONGEST: usize = WIDTH - LEFT - 220;

/// Everything that was measured, as a picture of its own.
pub(crate) fn render(results: &Results) -> String {
    let mut body = String::new();
    let mut y = 16;
    let mut figure = "";
    for (quantity, values) in results.by_quantity() {
        if quantity.figure() != figure {
            figure = quantity.figure();
            y += 26;
            text(&mut body, 16, y, "figure", figure);
            y += 8;
        }
        y += 18;
        let title = format!("{} ({})", quantity.name(), quantity.unit());
        text(&mut body, 16, y, "quantity", &title);
        y += 6;
        let most = values.iter().map(|value| value.value).fold(0.0, f64::max);
        for value in values {
            bar(&mut body, results, value, most, y);
            y += STEP;
        }
    }
    y += 20;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {y}\" width=\"{WIDTH}\" height=\"{y}\" \
         role=\"img\" aria-label=\"What was measured\">\n<style>\n\
         text {{ font: 13px system-ui, sans-serif; fill: #1f2933 }}\n.figure {{ font-weight: 700; font-size: 15px }}\n\
         .quantity {{ fill: #52606d }}\n.who {{ text-anchor: end }}\n.bar {{ fill: #9fb3c8 }}\n.ours {{ fill: #2a7de1 }}\n\
         .no {{ fill: #b42318 }}\n</style>\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n{body}</svg>\n"
    )
}

fn bar(out: &mut String, results: &Results, value: &Value, most: f64, y: usize) {
    let share = if most > 0.0 { value.value / most } else { 0.0 };
    let length = (share * LONGEST as f64).max(1.0);
    let class = if value.who == OURS { "bar ours" } else { "bar" };
    text(out, LEFT - 8, y + 14, "who", &value.who);
    let _ = writeln!(
        out,
        "<rect class=\"{class}\" x=\"{LEFT}\" y=\"{y}\" width=\"{length:.1}\" height=\"{BAR}\" rx=\"2\"/>"
    );
    let mut words = number(value.value);
    if let Some(ratio) = results.ratio(value) {
        let _ = write!(words, " ({ratio:.2} ×)");
    }
    let verdicts = results.verdicts(value);
    let missed = verdicts.iter().any(|verdict| verdict.reached == Some(false));
    for verdict in verdicts {
        let _ = write!(words, " · {}", verdict.target);
    }
    text(out, LEFT + length as usize + 8, y + 14, if missed { "value no" } else { "value" }, &words);
}

fn text(out: &mut String, x: usize, y: usize, class: &str, words: &str) {
    let words = words.replace('&', "&amp;").replace('<', "&lt;");
    let _ = writeln!(out, "<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{words}</text>");
}
