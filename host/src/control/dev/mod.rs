//! Following a project's sources while they are worked on.

mod watch;

pub(super) use watch::Watch;
