//! Traces as they are compared: an event a line, the arguments as classes.

use serde_json::Value;

/// Where two traces part: what the one has and what the other has in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hunk {
    pub(super) bun: Vec<String>,
    pub(super) ours: Vec<String>,
}

/// The trace that these lines of JSON are: `a data 5`, `a close reset`. Adjacent `data` of one socket are one, with the sum of
/// their bytes, and so are adjacent `drain`: where a stream is cut means nothing. Events of a second generation end in `@2`.
pub(super) fn normal<'a>(lines: impl IntoIterator<Item = &'a Value>) -> Vec<String> {
    let mut trace = Vec::<String>::new();
    let mut sum = 0;
    for line in lines {
        let Some(event) = line["event"].as_str().filter(|event| !["listening", "reloaded"].contains(event)) else { continue };
        let name = line["socket"].as_str().unwrap_or("-");
        let start = format!("{name} {event}");
        let generation = line["generation"].as_u64().filter(|n| *n > 1).map_or(String::new(), |n| format!(" @{n}"));
        let same = |last: &String| last.starts_with(&format!("{start} ")) && last.ends_with(&generation) || *last == start;
        let merges = ["data", "drain"].contains(&event) && trace.last().is_some_and(same);
        if merges {
            trace.pop();
        } else {
            sum = 0;
        }
        sum += line["bytes"].as_u64().unwrap_or(0);
        let argument = match (line["bytes"].is_u64(), line["detail"].as_str()) {
            (true, _) => format!(" {sum}"),
            (_, Some(detail)) => format!(" {}", class(detail)),
            _ => String::new(),
        };
        trace.push(format!("{start}{argument}{generation}"));
    }
    trace
}

/// A reason of Bun's in the contract's words. What isn't known stays as it is, and so differs.
fn class(reason: &str) -> &str {
    match reason {
        // EPIPE: the reset came after the end.
        "ECONNRESET" | "EPIPE" => "reset",
        "ECONNREFUSED" => "refused",
        "ENOENT" | "EHOSTUNREACH" | "ENETUNREACH" => "unreachable",
        "ETIMEDOUT" => "timed-out",
        "ENOTFOUND" | "EAI_AGAIN" | "DNS_ENOTFOUND" => "name-resolution",
        "EPROTO" => "tls",
        _ if reason.starts_with("unverified ") => "unverified",
        _ => reason,
    }
}

/// Every place where they part, in order.
pub(super) fn differences(bun: &[String], ours: &[String]) -> Vec<Hunk> {
    // The longest common subsequence's length from (i, j) on.
    let mut common = vec![vec![0; ours.len() + 1]; bun.len() + 1];
    for i in (0..bun.len()).rev() {
        for j in (0..ours.len()).rev() {
            common[i][j] = if bun[i] == ours[j] { common[i + 1][j + 1] + 1 } else { common[i + 1][j].max(common[i][j + 1]) };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut hunks = Vec::new();
    let mut hunk = Hunk { bun: Vec::new(), ours: Vec::new() };
    while i < bun.len() || j < ours.len() {
        if i < bun.len() && j < ours.len() && bun[i] == ours[j] {
            if !hunk.bun.is_empty() || !hunk.ours.is_empty() {
                hunks.push(std::mem::replace(&mut hunk, Hunk { bun: Vec::new(), ours: Vec::new() }));
            }
            (i, j) = (i + 1, j + 1);
        } else if j == ours.len() || i < bun.len() && common[i + 1][j] >= common[i][j + 1] {
            hunk.bun.push(bun[i].clone());
            i += 1;
        } else {
            hunk.ours.push(ours[j].clone());
            j += 1;
        }
    }
    if !hunk.bun.is_empty() || !hunk.ours.is_empty() {
        hunks.push(hunk);
    }
    hunks
}

#[test]
fn what_is_adjacent_is_merged() {
    let lines: Vec<Value> = [
        r#"{"event":"listening","port":1}"#,
        r#"{"socket":"a","event":"open","generation":1}"#,
        r#"{"socket":"a","event":"data","bytes":2,"generation":1}"#,
        r#"{"socket":"a","event":"data","bytes":3,"generation":1}"#,
        r#"{"socket":"a","event":"data","bytes":3,"generation":2}"#,
        r#"{"socket":"b","event":"data","bytes":3,"generation":2}"#,
        r#"{"socket":"a","event":"drain","generation":2}"#,
        r#"{"socket":"a","event":"drain","generation":2}"#,
        r#"{"socket":"a","event":"close","detail":"ECONNRESET","generation":2}"#,
    ]
    .map(|line| serde_json::from_str(line).unwrap())
    .to_vec();
    assert_eq!(normal(&lines), ["a open", "a data 5", "a data 3 @2", "b data 3 @2", "a drain @2", "a close reset @2"]);
}

#[test]
fn where_traces_part() {
    let lines = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(differences(&lines("a b c"), &lines("a b c")), []);
    let hunk = |bun: &str, ours: &str| {
        let some = |text: &str| if text.is_empty() { Vec::new() } else { lines(text) };
        Hunk { bun: some(bun), ours: some(ours) }
    };
    assert_eq!(differences(&lines("a b c"), &lines("a x c d")), [hunk("b", "x"), hunk("", "d")]);
}
