//! The chart: a group of bars per scenario, CPU per unit, each group to its own scale; two columns of groups.

use super::Results;
use crate::{scenario::Measure, servers::Kind};
use std::fmt::Write as _;

const MARGIN: f64 = 12.0;
/// From one column of groups to the next.
const COLUMN: f64 = 440.0;
/// Where bars begin, within a column.
const LABELS: f64 = 102.0;
const LONGEST: f64 = 266.0;
const BAR: f64 = 18.0;
/// Above the bars of a group: what it is, and how it was measured.
const HEADING: f64 = 38.0;
const GAP: f64 = 26.0;
/// Above all groups.
const TOP: f64 = 34.0;

const STYLE: &str = "text { font: 12px sans-serif; fill: #333 } .title { font-weight: bold } .unit { fill: #767b82 } \
    .bar { fill: #b8bec6 } .own { fill: #2f6fde }";
const TITLE: &str = "What a unit costs each server: shorter is better. Each group has its own scale.";

/// An SVG of what a unit costs each server.
pub fn chart(results: &[Results]) -> String {
    let heights: Vec<f64> = results.iter().map(|result| HEADING + BAR * kinds(result).len() as f64 + GAP).collect();
    let half = heights.iter().sum::<f64>() / 2.0;
    let (mut body, mut x, mut y, mut lowest) = (String::new(), MARGIN, TOP, TOP);
    for (result, height) in results.iter().zip(heights) {
        // The next column begins where this one would become the longer one by more than it is now the shorter one.
        if x < COLUMN && y + height / 2.0 > TOP + half && y > TOP {
            (x, y) = (MARGIN + COLUMN, TOP);
        }
        group(&mut body, result, x, y);
        y += height;
        lowest = f64::max(lowest, y);
    }
    let (width, height) = (x + COLUMN - MARGIN, lowest - GAP + MARGIN);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" role=\"img\">\n\
         <title>{TITLE}</title>\n<style>{STYLE}</style>\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
         <text x=\"{MARGIN}\" y=\"20\">{TITLE}</text>\n{body}</svg>\n"
    )
}

/// Who took part.
fn kinds(result: &Results) -> Vec<Kind> {
    Kind::ALL.into_iter().filter(|kind| result.cost(*kind).is_finite()).collect()
}

fn group(body: &mut String, result: &Results, x: f64, y: f64) {
    let scenario = &result.scenario;
    let (unit, digits) = match scenario.measure {
        Measure::Memory => ("bytes per connection", 0),
        Measure::Exchanges | Measure::Connections | Measure::Redis { .. } => ("server CPU µs per unit", 1),
    };
    let title = scenario.title.replace('`', "");
    put(body, format_args!("<text class=\"title\" x=\"{x}\" y=\"{:.0}\">{title}</text>", y + 14.0));
    let connections = if scenario.connections == 1 { "connection" } else { "connections" };
    let measured = format!("{} {connections}, {unit}", scenario.connections);
    put(body, format_args!("<text class=\"unit\" x=\"{x}\" y=\"{:.0}\">{measured}</text>", y + 30.0));
    let kinds = kinds(result);
    let most = kinds.iter().map(|kind| result.cost(*kind)).fold(f64::MIN_POSITIVE, f64::max);
    for (n, kind) in kinds.into_iter().enumerate() {
        let cost = result.cost(kind);
        let (top, left, width) = (y + HEADING + BAR * n as f64, x + LABELS, LONGEST * cost / most);
        let (text, height) = (top + BAR - 5.0, BAR - 4.0);
        let class = if kind == Kind::Sockdock { "bar own" } else { "bar" };
        put(body, format_args!("<text x=\"{x}\" y=\"{text:.0}\">{}</text>", kind.name()));
        put(body, format_args!("<rect class=\"{class}\" x=\"{left}\" y=\"{top:.0}\" width=\"{width:.1}\" height=\"{height}\"/>"));
        put(body, format_args!("<text x=\"{:.1}\" y=\"{text:.0}\">{cost:.digits$}</text>", left + width + 6.0));
    }
}

fn put(body: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing to a string doesn't fail.
    let _ = writeln!(body, "{line}");
}
