//! One command line (RFC 5321, 4.1): which it is, and what it names.

/// A command without its line's end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command<'a> {
    Helo(&'a str),
    Ehlo(&'a str),
    Mail {
        from: String,
        size: Option<u64>,
    },
    Rcpt(String),
    Data,
    Rset,
    Noop,
    Quit,
    Vrfy,
    Help,
    StartTls,
    /// Of this server alone: a list of the messages, or one of them.
    Xmail(Option<u64>),
}

/// Why a line is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// There is no such command.
    Unknown,
    /// It is one that this server leaves out.
    NotImplemented,
    /// Its arguments can't be understood.
    Syntax,
    /// A parameter of MAIL or RCPT that isn't offered.
    Parameter,
}

pub fn parse(line: &[u8]) -> Result<Command<'_>, Wrong> {
    let line = std::str::from_utf8(line).map_err(|_| Wrong::Syntax)?;
    let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
    let rest = rest.trim_end_matches(' ');
    let alone = |command| if rest.is_empty() { Ok(command) } else { Err(Wrong::Syntax) };
    match verb.to_ascii_uppercase().as_str() {
        "HELO" => host(rest).map(Command::Helo),
        "EHLO" => host(rest).map(Command::Ehlo),
        "MAIL" => mail(rest),
        "RCPT" => {
            let (to, parameters) = path(rest, "TO:")?;
            match parameters {
                "" if !to.is_empty() => Ok(Command::Rcpt(to)),
                "" => Err(Wrong::Syntax),
                _ => Err(Wrong::Parameter),
            }
        }
        "DATA" => alone(Command::Data),
        "RSET" => alone(Command::Rset),
        "NOOP" => Ok(Command::Noop),
        "QUIT" => alone(Command::Quit),
        "VRFY" if rest.is_empty() => Err(Wrong::Syntax),
        "VRFY" => Ok(Command::Vrfy),
        "HELP" => Ok(Command::Help),
        "STARTTLS" => alone(Command::StartTls),
        "XMAIL" if rest.is_empty() => Ok(Command::Xmail(None)),
        "XMAIL" => rest.parse().map(|id| Command::Xmail(Some(id))).map_err(|_| Wrong::Syntax),
        "EXPN" | "AUTH" | "BDAT" | "ETRN" | "TURN" => Err(Wrong::NotImplemented),
        _ => Err(Wrong::Unknown),
    }
}

/// The client's name for itself, or its address in brackets. It is put into messages, so it is one word of printable characters.
fn host(name: &str) -> Result<&str, Wrong> {
    if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic()) { Ok(name) } else { Err(Wrong::Syntax) }
}

fn mail(rest: &str) -> Result<Command<'_>, Wrong> {
    let (from, parameters) = path(rest, "FROM:")?;
    let mut size = None;
    for parameter in parameters.split(' ').filter(|parameter| !parameter.is_empty()) {
        let (key, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        match key.to_ascii_uppercase().as_str() {
            "SIZE" => size = Some(value.parse().map_err(|_| Wrong::Syntax)?),
            "BODY" if ["7BIT", "8BITMIME"].contains(&value.to_ascii_uppercase().as_str()) => {}
            "BODY" => return Err(Wrong::Syntax),
            _ => return Err(Wrong::Parameter),
        }
    }
    Ok(Command::Mail { from, size })
}

/// `FROM:<ann@example.com>`, or `TO:`: the mailbox, empty for `<>`, and what stands behind it. A route before the mailbox is left out.
fn path<'a>(text: &'a str, word: &str) -> Result<(String, &'a str), Wrong> {
    let (start, rest) = text.split_at_checked(word.len()).ok_or(Wrong::Syntax)?;
    let rest = rest.trim_start_matches(' ');
    if !start.eq_ignore_ascii_case(word) || !rest.starts_with('<') {
        return Err(Wrong::Syntax);
    }
    let end = closing(rest).ok_or(Wrong::Syntax)?;
    let (inside, parameters) = (&rest[1..end], &rest[end + 1..]);
    if !parameters.is_empty() && !parameters.starts_with(' ') {
        return Err(Wrong::Syntax);
    }
    let mailbox = match (inside.starts_with('@'), inside.split_once(':')) {
        (true, Some((_, mailbox))) => mailbox,
        (true, None) => return Err(Wrong::Syntax),
        (false, _) => inside,
    };
    let known = mailbox.is_empty() || mailbox.eq_ignore_ascii_case("postmaster") || is_mailbox(mailbox);
    if known { Ok((mailbox.to_owned(), parameters.trim_start())) } else { Err(Wrong::Syntax) }
}

/// Where the bracket closes that opens at the start: not within quotes.
fn closing(text: &str) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'>' if !quoted => return Some(at),
            _ => {}
        }
    }
    None
}

fn is_mailbox(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let local_ok = match local.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(quoted) => quoted.bytes().all(|byte| matches!(byte, b' '..=b'~') || !byte.is_ascii()),
        None => !local.is_empty() && local.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>()[],;:\\\"@".contains(&byte)),
    };
    let part = |byte: u8| byte.is_ascii_alphanumeric() || b"-._[]:".contains(&byte);
    local_ok && local.len() <= 64 && (1..256).contains(&domain.len()) && domain.bytes().all(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands() {
        assert_eq!(parse(b"ehlo [127.0.0.1]"), Ok(Command::Ehlo("[127.0.0.1]")));
        assert_eq!(parse(b"Data"), Ok(Command::Data));
        assert_eq!(parse(b"noop anything"), Ok(Command::Noop));
        assert_eq!(parse(b"XMAIL 3"), Ok(Command::Xmail(Some(3))));
        let mail = |from: &str, size| Ok(Command::Mail { from: from.into(), size });
        assert_eq!(parse(b"MAIL FROM:<ann@example.com>"), mail("ann@example.com", None));
        assert_eq!(parse(b"mail from:<> BODY=8bitmime SIZE=1000 "), mail("", Some(1000)));
        assert_eq!(parse(b"MAIL FROM: <ann@example.com>"), mail("ann@example.com", None));
        let rcpt = |to: &str| Ok(Command::Rcpt(to.into()));
        assert_eq!(parse(b"RCPT TO:<@a.example,@b.example:ann@c.example>"), rcpt("ann@c.example"));
        assert_eq!(parse(b"RCPT TO:<\"a > \\\" b\"@c.example>"), rcpt("\"a > \\\" b\"@c.example"));
        assert_eq!(parse(b"RCPT TO:<PostMaster>"), rcpt("PostMaster"));
        assert_eq!(parse(b"RCPT TO:<a@[127.0.0.1]>"), rcpt("a@[127.0.0.1]"));
    }

    #[test]
    fn what_is_none() {
        for (line, wrong) in [
            (&b""[..], Wrong::Unknown),
            (b"GET / HTTP/1.1", Wrong::Unknown),
            (b"EXPN list", Wrong::NotImplemented),
            (b"EHLO", Wrong::Syntax),
            (b"EHLO a b", Wrong::Syntax),
            (b"EHLO a\rb", Wrong::Syntax),
            (b"DATA now", Wrong::Syntax),
            (b"MAIL ann@example.com", Wrong::Syntax),
            (b"MAIL FROM:ann@example.com", Wrong::Syntax),
            (b"MAIL FROM:<ann@example.com", Wrong::Syntax),
            (b"MAIL FROM:<ann>", Wrong::Syntax),
            (b"MAIL FROM:<a b@c>", Wrong::Syntax),
            (b"MAIL FROM:<a@b>x", Wrong::Syntax),
            (b"MAIL FROM:<a@b> SIZE=x", Wrong::Syntax),
            (b"MAIL FROM:<a@b> BODY=9BIT", Wrong::Syntax),
            (b"MAIL FROM:<a@b> SMTPUTF8", Wrong::Parameter),
            (b"RCPT TO:<>", Wrong::Syntax),
            (b"RCPT TO:<a@b> NOTIFY=NEVER", Wrong::Parameter),
            (b"XMAIL -1", Wrong::Syntax),
            (b"NOOP \xff", Wrong::Syntax),
        ] {
            assert_eq!(parse(line), Err(wrong), "{}", String::from_utf8_lossy(line));
        }
    }
}
