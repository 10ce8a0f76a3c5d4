use super::*;
use crate::scenario;
use std::time::Duration;

fn sample(cpu: f64, microseconds: u64) -> Sample {
    let mut latency = Histogram::default();
    latency.record(Duration::from_micros(microseconds));
    Sample::Traffic(Traffic { rate: 1e6 / cpu, cpu, busy: 1.0, resident: 10 << 20, latency: Latency::Each(latency) })
}

fn results() -> Results {
    let rounds = [(10.0, 8.0, 20.0), (22.0, 20.0, 40.0), (9.0, 10.0, 10.0)];
    let rounds = rounds.map(|(sockdock, native, bun)| {
        Round::from([(Kind::Sockdock, sample(sockdock, 100)), (Kind::Native, sample(native, 50)), (Kind::Bun, sample(bun, 200))])
    });
    Results { scenario: scenario::ALL[1], rounds: rounds.into() }
}

#[test]
fn ratios_are_taken_within_a_round() {
    let ratio = results().ratio(Kind::Sockdock, Kind::Native);
    // Not 10 ÷ 10, which the medians of the rounds would give.
    assert_eq!(ratio, Spread { median: 1.1, least: 0.9, most: 1.25 });
    assert_eq!(ratio.to_string(), "1.10 (0.90–1.25)");
    assert_eq!(results().ratio(Kind::Native, Kind::Native), Spread { median: 1.0, least: 1.0, most: 1.0 });
}

#[test]
fn the_table_has_a_row_per_server_that_ran() {
    let table = results().table();
    let firsts: Vec<&str> = table.iter().map(|row| row[0].as_str()).collect();
    assert_eq!(firsts, ["", "sockdock", "native tokio", "Bun"]);
    assert!(table.iter().all(|row| row.len() == table[0].len()), "{table:?}");
    assert_eq!(table[1][1], "10.00");
    assert_eq!(table[1][3], "0.55 (0.50–0.90)");
    // 100 µs, to 1/64.
    let p50: f64 = table[1][6].parse().unwrap();
    assert!((100.0..102.0).contains(&p50), "{p50}");
}

fn told(cpu: f64, p50: u64) -> Sample {
    let latency = Latency::Told { p50: Duration::from_micros(p50), p99: Duration::from_micros(10 * p50) };
    Sample::Traffic(Traffic { rate: 1e6 / cpu, cpu, busy: 1.0, resident: 10 << 20, latency })
}

#[test]
fn the_store_is_compared_with_redis_and_has_the_percentiles_that_it_was_told() {
    let scenario = scenario::pick(&["kv-get-p1".to_owned()]).unwrap()[0];
    let rounds = [(3.0, 200), (5.0, 500), (4.0, 300)];
    let rounds = rounds.map(|(cpu, p50)| Round::from([(Kind::Sockdock, told(cpu, p50)), (Kind::Redis, told(2.0, 100))]));
    let table = Results { scenario, rounds: rounds.into() }.table();
    assert_eq!(table[0], ["", "CPU µs/unit", "÷ Redis", "units/s", "core busy", "p50 µs", "p99 µs", "RSS MiB"]);
    assert_eq!(table[1], ["sockdock", "4.00", "2.00 (1.50–2.50)", "250000", "100 %", "300", "3000", "10.0"]);
    assert_eq!(table[2][0], "Redis");
    assert_eq!(table.len(), 3);
}

#[test]
fn columns_line_up() {
    let text = aligned(&results().table());
    let widths: Vec<usize> = text.lines().map(|line| line.chars().count()).collect();
    assert!(widths.windows(2).all(|pair| pair[0] == pair[1]), "{text}");
}

#[test]
fn the_chart_has_a_bar_per_server_as_long_as_its_cost() {
    let svg = chart(&[results()]);
    assert!(svg.starts_with("<svg ") && svg.trim_end().ends_with("</svg>"));
    let bars: Vec<f64> = svg
        .lines()
        .filter(|line| line.contains("class=\"bar"))
        .map(|line| line.split(" width=\"").nth(1).unwrap().split('"').next().unwrap().parse().unwrap())
        .collect();
    assert_eq!(bars.len(), 3);
    // Medians: 10, 10 and 20 µs.
    assert!((bars[0] - bars[1]).abs() < 0.2 && (bars[2] / bars[0] - 2.0).abs() < 0.01, "{bars:?}");
}

#[test]
fn the_chart_has_two_columns_that_overlap_nowhere() {
    let all: Vec<Results> = scenario::ALL.map(|scenario| Results { scenario, ..results() }).into();
    let svg = chart(&all);
    let mut bars: Vec<[f64; 2]> = svg
        .lines()
        .filter(|line| line.contains("class=\"bar"))
        .map(|line| [" x=\"", " y=\""].map(|name| line.split(name).nth(1).unwrap().split('"').next().unwrap().parse().unwrap()))
        .collect();
    let count = bars.len();
    assert_eq!(count, 3 * all.len());
    bars.sort_by(|one, other| one.partial_cmp(other).unwrap());
    assert!(bars.windows(2).all(|pair| pair[0][0] != pair[1][0] || pair[1][1] - pair[0][1] >= 18.0), "{bars:?}");
    let left = bars.iter().filter(|bar| bar[0] == bars[0][0]).count();
    assert!(left.abs_diff(count - left) <= 3, "{left} of {count} bars stand to the left");
}

#[test]
fn the_page_says_which_aims_were_missed() {
    // 1.10 × native, as the rounds above have it.
    let page = document(&[results()], &["a machine".to_owned()], "chart.svg");
    assert!(page.contains("| `echo-64/64`: sockdock ÷ native tokio | 1.10 (0.90–1.25) | ≤ 1.12 | reached |"), "{page}");
    assert!(page.contains("- a machine\n") && page.contains("](chart.svg)") && page.contains("| sockdock | 10.00 |"), "{page}");

    let mut slower = results();
    for round in &mut slower.rounds {
        round.insert(Kind::Sockdock, sample(30.0, 100));
    }
    let page = document(&[slower], &[], "chart.svg");
    assert!(page.contains("| ≤ 1.12 | **missed** |") && page.contains("| ≤ 1 | not reached |"), "{page}");
    // Envoy took no part in these rounds.
    assert!(!page.contains("÷ Envoy + Wasm"), "{page}");
}
