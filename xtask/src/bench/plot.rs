//! Draws verifications per second as SVG: a dot for each contender on a logarithmic scale.

use std::fmt::Write as _;

/// Key size of the plot, in bits.
pub(crate) const BITS: u32 = 2048;

/// Left edge of the scale, in pixels, right of the names.
const LEFT: f64 = 260.0;
/// Pixels for a factor of ten.
const DECADE: f64 = 140.0;
const ROW: f64 = 22.0;
const WIDTH: f64 = 760.0;
/// Left end of the scale, in verifications per second.
const FROM: f64 = 200.0;

/// The colours follow the reader's colour scheme.
const STYLE: &str = "text{font:13px system-ui,sans-serif;fill:#24292f}.head{font-weight:600}.axis{fill:#57606a;font-size:11px}\
    line{stroke:#d0d7de}circle{fill:#8c959f}.ours circle{fill:#0969da}.ours text{font-weight:600}\
    @media(prefers-color-scheme:dark){text{fill:#e6edf3}.axis{fill:#8d96a0}line{stroke:#30363d}circle{fill:#6e7681}.ours circle{fill:#4493f8}}";

fn x(per_second: f64) -> f64 {
    LEFT + (per_second / FROM).log10().max(0.0) * DECADE
}

/// Returns the plot: a panel for each environment, with its contenders and their medians in
/// microseconds.
pub(crate) fn svg(panels: &[(String, Vec<(String, f64)>)]) -> String {
    let rows: usize = panels.iter().map(|(_, medians)| medians.len() + 2).sum();
    let height = rows as f64 * ROW + 56.0;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" \
         aria-label=\"Verifications per second, RSA of {BITS} bits\">\n<style>{STYLE}</style>\n\
         <text class=\"head\" x=\"8\" y=\"20\">Verifications per second on one core, RSA of {BITS} \
         bits (median; more is better)</text>\n"
    );
    for mark in [200.0, 1000.0, 5000.0, 20_000.0, 100_000.0] {
        let at = x(mark);
        let _ = writeln!(
            svg,
            "<line x1=\"{at:.1}\" x2=\"{at:.1}\" y1=\"46\" y2=\"{height}\"/>\
             <text class=\"axis\" x=\"{at:.1}\" y=\"40\" text-anchor=\"middle\">{mark}</text>"
        );
    }
    let mut y = 46.0;
    for (environment, medians) in panels {
        y += ROW;
        let _ = writeln!(svg, "<text class=\"head\" x=\"8\" y=\"{y}\">{environment}</text>");
        for (contender, median) in medians {
            y += ROW;
            let per_second = 1e6 / median;
            let at = x(per_second);
            let ours = if contender.contains("verifier") || contender.starts_with("limbs") {
                " class=\"ours\""
            } else {
                ""
            };
            let _ = writeln!(
                svg,
                "<g{ours}><text x=\"{}\" y=\"{y}\" text-anchor=\"end\">{contender}</text>\
                 <circle cx=\"{at:.1}\" cy=\"{:.1}\" r=\"5\"/><text x=\"{:.1}\" \
                 y=\"{y}\">{}</text></g>",
                LEFT - 12.0,
                y - 4.5,
                at + 10.0,
                thousands(per_second),
            );
        }
        y += ROW;
    }
    svg.push_str("</svg>\n");
    svg
}

/// Returns a number with two or three significant digits, in groups of three.
fn thousands(number: f64) -> String {
    let step = if number < 1000.0 { 10.0 } else { 100.0 };
    let rounded = ((number / step).round() * step) as u64;
    if rounded < 1000 {
        rounded.to_string()
    } else {
        format!("{},{:03}", rounded / 1000, rounded % 1000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_is_logarithmic_and_every_contender_is_drawn() {
        assert!((x(10_000.0) - x(1000.0) - (x(100_000.0) - x(10_000.0))).abs() < 1e-9);
        let medians =
            vec![("verifier-core".to_owned(), 16.25), ("ring, signature alone".to_owned(), 20.0)];
        let drawn = svg(&[("native".to_owned(), medians)]);
        assert!(
            drawn.contains("<g class=\"ours\">")
                && drawn.contains(">61,500<")
                && drawn.contains(">ring, signature alone<")
        );
    }
}
