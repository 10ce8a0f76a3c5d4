//! What the documents tell people to type is understood. (What it does is told by the other stories.)

use sockdock_tests::{Document, Output, Program, repository};

/// What stands for something of the reader's own, and what a reader might put there.
const BLANKS: [(&str, &str); 5] =
    [("HOST:PORT", "127.0.0.1:1"), ("ADDR", "127.0.0.1:0"), ("COMMAND", "status"), ("LANG", "rust"), ("…", "")];

/// Has the command line read, but not carried out: `--help` comes last, so all before it must be right.
fn asked_for_help(command: &str) -> Output {
    let command = BLANKS.iter().fold(command.replace(['[', ']'], ""), |text, (blank, filled)| text.replace(blank, filled));
    Program::sockdock(command.split_whitespace().skip(1)).arg("--help").run()
}

#[test]
fn every_command_is_understood() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for document in Document::all() {
        for (line, command) in document.commands() {
            let program = command.split_whitespace().next().unwrap_or_default();
            let output = match program.rsplit('/').next() {
                Some("sockdock") => asked_for_help(&command),
                Some("make") => {
                    Program::new("make").arg("--dry-run").arg("-C").arg(repository()).args(command.split(' ').skip(1)).run()
                }
                _ => continue,
            };
            count += 1;
            if !output.status.success() {
                wrong.push(format!("{}:{line}: `{command}`: {}", document.name(), output.stderr.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count > 30, "only {count} commands were found in all documents");
}

#[test]
fn a_command_that_is_wrong_would_be_noticed() {
    for command in
        ["sockdock relaod", "sockdock reload --dryrun", "sockdock serve a b --listen 127.0.0.1:0", "sockdock stop --force=maybe"]
    {
        assert_eq!(asked_for_help(command).status.code(), Some(2), "{command}");
    }
}

#[test]
fn every_link_leads_somewhere() {
    let links: Vec<_> = Document::all()
        .into_iter()
        .flat_map(|document| document.links().into_iter().map(move |(line, path)| (format!("{}:{line}", document.name()), path)))
        .collect();
    let broken: Vec<_> = links.iter().filter(|(_, path)| !path.exists()).collect();
    assert!(broken.is_empty(), "{broken:#?}");
    assert!(links.len() > 30, "only {} links were found", links.len());
}

#[test]
fn the_front_page_shows_all_commands() {
    let help = Program::sockdock(["--help"]).run().success();
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let commands: Vec<&str> = listed.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help").collect();
    assert!(commands.contains(&"serve"), "{help}");
    let shown = Document::at("README.md").commands();
    for command in commands {
        let start = format!("sockdock {command}");
        assert!(
            shown.iter().any(|(_, text)| text.starts_with(&start)),
            "README.md says nothing of `{start}`: add it to the table under Commands"
        );
    }
}
