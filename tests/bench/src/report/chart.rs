//! The chart: a group of bars per scenario, CPU per unit, each group to its own scale.

use super::Results;
use crate::{scenario::Measure, servers::Kind};
use std::fmt::Write as _;

const LABELS: f64 = 110.0;
const LONGEST: f64 = 420.0;
const BAR: f64 = 18.0;
const GAP: f64 = 44.0;

/// An SVG of what a unit costs each server.
pub fn chart(results: &[Results]) -> String {
    let mut body = String::new();
    let mut y = 26.0;
    for result in results {
        let scenario = &result.scenario;
        let unit = match scenario.measure {
            Measure::Memory => "bytes per connection",
            Measure::Exchanges | Measure::Connections | Measure::Redis { .. } => "server CPU µs per unit",
        };
        let title = scenario.title.replace('`', "");
        put(
            &mut body,
            format!("<text class=\"title\" x=\"10\" y=\"{y:.0}\">{title}, {} connections ({unit})</text>", scenario.connections),
        );
        y += 10.0;
        let kinds: Vec<Kind> = Kind::ALL.into_iter().filter(|kind| result.cost(*kind).is_finite()).collect();
        let most = kinds.iter().map(|kind| result.cost(*kind)).fold(f64::MIN_POSITIVE, f64::max);
        for kind in kinds {
            let cost = result.cost(kind);
            let (width, middle) = (LONGEST * cost / most, y + BAR - 5.0);
            let class = if kind == Kind::Sockdock { "bar own" } else { "bar" };
            put(&mut body, format!("<text x=\"10\" y=\"{middle:.0}\">{}</text>", kind.name()));
            put(
                &mut body,
                format!("<rect class=\"{class}\" x=\"{LABELS}\" y=\"{y:.0}\" width=\"{width:.1}\" height=\"{:.0}\"/>", BAR - 4.0),
            );
            let figure = if scenario.measure == Measure::Memory { format!("{cost:.0}") } else { format!("{cost:.1}") };
            put(&mut body, format!("<text x=\"{:.1}\" y=\"{middle:.0}\">{figure}</text>", LABELS + width + 6.0));
            y += BAR;
        }
        y += GAP - 10.0;
    }
    let (width, height) = (LABELS + LONGEST + 70.0, y - 14.0);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" role=\"img\">\n\
         <title>What a unit costs each server; shorter is better</title>\n\
         <style>text {{ font: 12px sans-serif; fill: #333 }} .title {{ font-weight: bold }} .bar {{ fill: #b8bec6 }} .own {{ fill: #2f6fde }}</style>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n{body}</svg>\n"
    )
}

fn put(body: &mut String, line: String) {
    // Writing to a string doesn't fail.
    let _ = writeln!(body, "{line}");
}
