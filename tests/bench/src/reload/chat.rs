//! A room in which many hear what some say, reloaded all the while: each line once, in order, to each.

use super::{Aim, Bench, Host, Section, histogram, in_rhythm, milliseconds, row, state::median};
use anyhow::{Context as _, Result, bail, ensure};
use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::TcpStream,
    thread::JoinHandle,
    time::{Duration, Instant},
};

const MEMBERS: usize = 100;
/// Of them, those who speak.
const SPEAKERS: usize = 20;
/// Between two lines of a speaker; the chat allows 20 a second.
const PACE: Duration = Duration::from_millis(100);
/// How long a member waits for a line.
const PATIENCE: Duration = Duration::from_secs(20);

pub(super) fn measure(bench: &Bench) -> Result<Section> {
    let scratch = tempfile::tempdir()?;
    let plugin = bench.example("chat");
    let host = bench.host(&plugin, scratch.path(), &[])?;
    let members = (0..MEMBERS).map(|number| Member::join(&host, number)).collect::<Result<Vec<_>>>()?;
    let mut speakers = Vec::new();
    for member in members.iter().take(SPEAKERS) {
        speakers.push(member.stream.get_ref().try_clone()?);
    }
    let length = bench.seconds(20, 3);
    let lines = u32::try_from(length.as_millis() / PACE.as_millis())?;
    let hearing: Vec<JoinHandle<Result<Heard>>> =
        members.into_iter().map(|member| std::thread::spawn(move || member.hear(lines))).collect();
    let speaking = std::thread::spawn(move || speak(&mut speakers, lines));
    let mut reports = Vec::new();
    let reloads = in_rhythm(length, |_| {
        reports.push(host.reload(&plugin)?);
        Ok(())
    })?;
    speaking.join().map_err(|_| anyhow::anyhow!("the speakers panicked"))??;
    let mut all = Heard::default();
    for member in hearing {
        let heard = member.join().map_err(|_| anyhow::anyhow!("a member panicked"))??;
        all.lines += heard.lines;
        all.wrong += heard.wrong;
    }
    // Each hears all others.
    let expected = u64::from(lines) * (SPEAKERS * MEMBERS - SPEAKERS) as u64;
    let lost = expected.saturating_sub(all.lines) + all.wrong;
    let part = |of: fn(&super::host::Reloaded) -> &Vec<u64>| reports.iter().flat_map(move |report| of(report).iter().copied());
    let pauses = histogram(part(|report| &report.pause));
    let [snapshot, restore] =
        [median(part(|report| &report.snapshot).collect()), median(part(|report| &report.restore).collect())];
    let bytes = reports.iter().map(|report| report.snapshot_bytes).max().unwrap_or_default();
    let mut table = vec![row([
        "lines heard",
        "reloads",
        "lost, repeated, out of order",
        "snapshot",
        "pause p50",
        "p99",
        "of it snapshot",
        "restore",
    ])];
    table.push(vec![
        all.lines.to_string(),
        reloads.to_string(),
        lost.to_string(),
        format!("{bytes} bytes"),
        milliseconds(pauses.quantile(0.5)),
        milliseconds(pauses.quantile(0.99)),
        milliseconds(Duration::from_micros(snapshot)),
        milliseconds(Duration::from_micros(restore)),
    ]);
    Ok(Section {
        title: "A chat".into(),
        about: format!(
            "`examples/chat`, {MEMBERS} people in one room, of whom {SPEAKERS} say ten numbered lines a second; a reload every 20 ms, each of which \
             hands the room's history over. A line that one of the others doesn't hear, hears twice or out of turn, counts."
        ),
        table,
        aims: vec![Aim::new("lines lost, repeated or out of order", lost.to_string(), "0", lost == 0)],
    })
}

/// Says the lines, all speakers by turns.
fn speak(speakers: &mut [TcpStream], lines: u32) -> Result<()> {
    let start = Instant::now();
    for line in 0..lines {
        super::pass((PACE * line).saturating_sub(start.elapsed()));
        for speaker in &mut *speakers {
            writeln!(speaker, "line {line}").context("a speaker was disconnected")?;
        }
    }
    Ok(())
}

#[derive(Default)]
struct Heard {
    lines: u64,
    /// Lines that were not the next of their speaker's.
    wrong: u64,
}

struct Member {
    stream: BufReader<TcpStream>,
    number: usize,
}

impl Member {
    /// Returns when they are there under their name.
    fn join(host: &Host, number: usize) -> Result<Self> {
        let mut stream = BufReader::new(TcpStream::connect(host.tcp)?);
        stream.get_ref().set_read_timeout(Some(PATIENCE))?;
        writeln!(stream.get_mut(), "/nick s{number}")?;
        let (wanted, mut line) = (format!("is now s{number}"), String::new());
        while !line.trim_end().ends_with(&wanted) && !line.contains(&format!("you are s{number} ")) {
            line.clear();
            ensure!(stream.read_line(&mut line)? > 0, "the chat has no room for {number}");
        }
        Ok(Self { stream, number })
    }

    /// Until all the others' lines are there.
    fn hear(mut self, lines: u32) -> Result<Heard> {
        let (mut next, mut heard, mut line) = ([0; SPEAKERS], Heard::default(), String::new());
        while (0..SPEAKERS).any(|speaker| speaker != self.number && next[speaker] < lines) {
            line.clear();
            match self.stream.read_line(&mut line) {
                Ok(0) => bail!("member {} was disconnected", self.number),
                Ok(_) => {}
                // What hasn't come by now is lost.
                Err(_) => break,
            }
            let Some((speaker, said)) = line.trim_end().split_once(": line ") else { continue };
            let speaker: usize = speaker.strip_prefix('s').and_then(|number| number.parse().ok()).context("a stranger")?;
            let number: u32 = said.parse().context("another line")?;
            if speaker == self.number {
                continue;
            }
            heard.lines += 1;
            let expected = next.get_mut(speaker).context("who doesn't speak")?;
            heard.wrong += u64::from(number != *expected);
            *expected = number + 1;
        }
        Ok(heard)
    }
}
