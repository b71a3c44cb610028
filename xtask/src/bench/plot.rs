//! Draws verifications per second as SVG: a bar for each library, grouped by runtime.

use std::fmt::Write as _;

/// Key size of the plot, in bits.
pub(crate) const BITS: u32 = 2048;

/// Left edge of the bars, in pixels, right of the names.
const LEFT: f64 = 260.0;
/// Length of the longest bar, in pixels.
const LONGEST: f64 = 420.0;
const ROW: f64 = 22.0;
const BAR: f64 = 14.0;
const WIDTH: f64 = 760.0;
/// Top of the first group, below the title.
const TOP: f64 = 24.0;

/// The colours follow the reader's colour scheme.
const STYLE: &str = "text{font:13px system-ui,sans-serif;fill:#24292f}.head{font-weight:600}\
    rect{fill:#8c959f}.ours rect{fill:#0969da}.ours text{font-weight:600}\
    @media(prefers-color-scheme:dark){text{fill:#e6edf3}rect{fill:#6e7681}\
    .ours rect{fill:#4493f8}}";

/// Returns the plot: a group for each runtime, with its libraries and their verifications per
/// second. The bars of all groups have the same scale, which begins at zero.
pub(crate) fn svg(groups: &[(String, Vec<(String, f64)>)]) -> String {
    let rows: usize = groups.iter().map(|(_, rates)| rates.len() + 2).sum();
    let height = TOP + rows as f64 * ROW;
    let all = groups.iter().flat_map(|(_, rates)| rates).map(|(_, rate)| *rate);
    let highest = all.fold(1.0, f64::max);
    let title = format!("Tokens verified per second, RSA of {BITS} bits");
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" \
         aria-label=\"{title}\">\n<style>{STYLE}</style>\n\
         <text class=\"head\" x=\"8\" y=\"20\">{title} (more is better)</text>\n"
    );
    let mut y = TOP;
    for (runtime, rates) in groups {
        y += ROW;
        let _ = writeln!(svg, "<text class=\"head\" x=\"8\" y=\"{y}\">{runtime}</text>");
        for (library, rate) in rates {
            y += ROW;
            let length = rate / highest * LONGEST;
            let ours = if library.contains("verifier") { " class=\"ours\"" } else { "" };
            let _ = writeln!(
                svg,
                "<g{ours}><text x=\"{}\" y=\"{y}\" text-anchor=\"end\">{library}</text>\
                 <rect x=\"{LEFT}\" y=\"{:.1}\" width=\"{length:.1}\" height=\"{BAR}\"/>\
                 <text x=\"{:.1}\" y=\"{y}\">{}</text></g>",
                LEFT - 12.0,
                y - BAR + 2.0,
                LEFT + length + 8.0,
                grouped(*rate),
            );
        }
        y += ROW;
    }
    svg.push_str("</svg>\n");
    svg
}

/// Rounds to three significant digits, and separates thousands.
fn grouped(rate: f64) -> String {
    let unit = 10_f64.powf((rate.max(1.0).log10().floor() - 2.0).max(0.0));
    let rounded = ((rate / unit).round() * unit) as u64;
    match (rounded / 1000, rounded % 1000) {
        (0, rest) => rest.to_string(),
        (thousands, rest) => format!("{thousands},{rest:03}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bars_have_one_scale_and_every_library_is_drawn() {
        let native = vec![("verifier-core".to_owned(), 24_155.0), ("PyJWT".to_owned(), 12_000.0)];
        let node = vec![("jose".to_owned(), 4_990.0)];
        let drawn = svg(&[("native".to_owned(), native), ("node".to_owned(), node)]);
        for part in [
            "<g class=\"ours\">",
            ">24,200<",
            "width=\"420.0\"",
            ">12,000<",
            ">4,990<",
            "width=\"86.8\"",
        ] {
            assert!(drawn.contains(part), "{part} in {drawn}");
        }
    }

    #[test]
    fn rates_have_three_significant_digits() {
        for (rate, expected) in [
            (3.4, "3"),
            (301.6, "302"),
            (1004.9, "1,000"),
            (24_155.0, "24,200"),
            (99_960.0, "100,000"),
        ] {
            assert_eq!(grouped(rate), expected);
        }
    }
}
