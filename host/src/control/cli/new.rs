//! `sockdock new`: a plugin's folder to begin with.

use super::output::{Failure, print};
use crate::{
    Error,
    control::new::{Template, check_name, create},
};
use clap::Args;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  sockdock new echo --lang rust
  sockdock new services/echo --lang ts
  cd echo && sockdock dev

The folder is whole: a plugin that echoes, its tests, and, in kit/, the kit of its
language and the contract with the host. Nothing is downloaded; what the language's
own tools need to be there, the folder's README.md says.";

/// Make a folder for a new plugin
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct NewArgs {
    /// The folder to make; its last part is the plugin's name
    #[arg(value_name = "NAME")]
    folder: PathBuf,
    /// What to write it in: rust, js, ts, python, c or go
    #[arg(long, value_name = "LANG", value_parser = Template::meant)]
    lang: Template,
}

pub(super) fn run(args: NewArgs) -> Result<(), Failure> {
    let name = args.folder.file_name().map(|name| name.to_string_lossy()).ok_or_else(|| {
        let error = Error::configuration(format!("{} names no folder that could be made", args.folder.display()));
        Failure::Usage(error.hint("give the new folder a name, as in `sockdock new my-plugin --lang rust`"))
    })?;
    check_name(&name, args.lang.language()).map_err(Failure::Usage)?;
    let created = create(&args.folder, &name, &args.lang)?;
    let kit = created.files.iter().filter(|file| file.starts_with("kit")).count();
    let mut text = format!("{} holds a plugin in {} now:\n", args.folder.display(), args.lang.title());
    for file in created.files.iter().filter(|file| !file.starts_with("kit")) {
        text.push_str(&format!("  {}\n", file.display()));
    }
    text.push_str(&format!("  kit/ ({kit} files)\n\nNext:\n  cd {}\n", args.folder.display()));
    for command in &created.commands {
        text.push_str(&format!("  {command}\n"));
    }
    print(&text)?;
    Ok(())
}
