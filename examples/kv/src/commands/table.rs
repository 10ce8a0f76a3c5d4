//! Which commands there are.

use super::{Command, connection, counters, docs, expiry, hashes, keys, lists, server, sets, sorted_sets, strings};

/// The rest of the arguments are keys.
const ALL_KEYS: (i64, i64, i64) = (1, -1, 1);
const ONE_KEY: (i64, i64, i64) = (1, 1, 1);
const PAIRS: (i64, i64, i64) = (1, -1, 2);
const NO_KEY: (i64, i64, i64) = (0, 0, 0);

const READ: &[&str] = &["readonly"];
const FAST_READ: &[&str] = &["readonly", "fast"];
const WRITE: &[&str] = &["write"];
const FAST_WRITE: &[&str] = &["write", "fast"];
/// Refused when the memory is full.
const GROW: &[&str] = &["write", "denyoom"];
const FAST_GROW: &[&str] = &["write", "denyoom", "fast"];
const FAST: &[&str] = &["fast"];

macro_rules! commands {
    ($($name:literal $arity:literal $flags:expr, $keys:expr, $group:literal $since:literal $run:expr, $summary:literal;)*) => {
        &[$(Command {
            name: $name, arity: $arity, flags: $flags, keys: $keys, group: $group, since: $since, summary: $summary, run: $run,
        }),*]
    };
}

/// In the order of their names.
pub(super) static COMMANDS: &[Command] = commands! {
    "append" 3 FAST_GROW, ONE_KEY, "string" "2.0.0" strings::append, "Appends to the value of a key.";
    "client" -2 &[], NO_KEY, "connection" "2.4.0" connection::client, "Names the connection, and answers its name and id.";
    "command" -1 &[], NO_KEY, "server" "2.8.13" docs::command, "Describes the commands.";
    "config" -2 &["admin"], NO_KEY, "server" "2.0.0" server::config, "Returns settings.";
    "dbsize" 1 FAST_READ, NO_KEY, "server" "1.0.0" server::dbsize, "Returns the number of keys.";
    "decr" 2 FAST_GROW, ONE_KEY, "string" "1.0.0" counters::decr, "Takes one from the integer value of a key.";
    "decrby" 3 FAST_GROW, ONE_KEY, "string" "1.0.0" counters::decrby, "Takes a number from the integer value of a key.";
    "del" -2 WRITE, ALL_KEYS, "generic" "1.0.0" keys::del, "Deletes keys.";
    "echo" 2 FAST, NO_KEY, "connection" "1.0.0" connection::echo, "Returns its argument.";
    "exists" -2 FAST_READ, ALL_KEYS, "generic" "1.0.0" keys::exists, "Counts which of the keys exist.";
    "expire" -3 FAST_WRITE, ONE_KEY, "generic" "1.0.0" expiry::expire, "Sets the time to live of a key, in seconds.";
    "expireat" -3 FAST_WRITE, ONE_KEY, "generic" "1.2.0" expiry::expireat, "Sets the expiry time of a key, in seconds since 1970.";
    "expiretime" 2 FAST_READ, ONE_KEY, "generic" "7.0.0" expiry::expiretime, "Returns the expiry time of a key, in seconds since 1970.";
    "flushall" -1 WRITE, NO_KEY, "server" "1.0.0" server::flushall, "Removes all keys.";
    "flushdb" -1 WRITE, NO_KEY, "server" "1.0.0" server::flushall, "Removes all keys.";
    "get" 2 FAST_READ, ONE_KEY, "string" "1.0.0" strings::get, "Returns the value of a key.";
    "getdel" 2 FAST_WRITE, ONE_KEY, "string" "6.2.0" strings::getdel, "Returns the value of a key, and deletes it.";
    "getex" -2 FAST_WRITE, ONE_KEY, "string" "6.2.0" strings::getex, "Returns the value of a key, and sets when it expires.";
    "getset" 3 FAST_GROW, ONE_KEY, "string" "1.0.0" strings::getset, "Sets the value of a key, and returns the old one.";
    "hdel" -3 FAST_WRITE, ONE_KEY, "hash" "2.0.0" hashes::hdel, "Deletes fields of a hash.";
    "hello" -1 FAST, NO_KEY, "connection" "6.0.0" connection::hello, "Shakes hands, and chooses the version of the protocol.";
    "hget" 3 FAST_READ, ONE_KEY, "hash" "2.0.0" hashes::hget, "Returns the value of a field of a hash.";
    "hgetall" 2 READ, ONE_KEY, "hash" "2.0.0" hashes::hgetall, "Returns all fields of a hash with their values.";
    "hlen" 2 FAST_READ, ONE_KEY, "hash" "2.0.0" hashes::hlen, "Returns the number of fields of a hash.";
    "hset" -4 FAST_GROW, ONE_KEY, "hash" "2.0.0" hashes::hset, "Sets fields of a hash.";
    "incr" 2 FAST_GROW, ONE_KEY, "string" "1.0.0" counters::incr, "Adds one to the integer value of a key.";
    "incrby" 3 FAST_GROW, ONE_KEY, "string" "1.0.0" counters::incrby, "Adds a number to the integer value of a key.";
    "incrbyfloat" 3 FAST_GROW, ONE_KEY, "string" "2.6.0" counters::incrbyfloat, "Adds a number to the value of a key.";
    "info" -1 &[], NO_KEY, "server" "1.0.0" server::info, "Returns facts about the server.";
    "keys" 2 READ, NO_KEY, "generic" "1.0.0" keys::keys, "Returns the keys that fit a pattern.";
    "llen" 2 FAST_READ, ONE_KEY, "list" "1.0.0" lists::llen, "Returns the length of a list.";
    "lpop" -2 FAST_WRITE, ONE_KEY, "list" "1.0.0" lists::lpop, "Takes items from the front of a list.";
    "lpush" -3 FAST_GROW, ONE_KEY, "list" "1.0.0" lists::lpush, "Puts items in front of a list.";
    "lrange" 4 READ, ONE_KEY, "list" "1.0.0" lists::lrange, "Returns a range of the items of a list.";
    "mget" -2 FAST_READ, ALL_KEYS, "string" "1.0.0" strings::mget, "Returns the values of keys.";
    "mset" -3 GROW, PAIRS, "string" "1.0.1" strings::mset, "Sets the values of keys.";
    "persist" 2 FAST_WRITE, ONE_KEY, "generic" "2.2.0" expiry::persist, "Lets a key live on without an expiry time.";
    "pexpire" -3 FAST_WRITE, ONE_KEY, "generic" "2.6.0" expiry::pexpire, "Sets the time to live of a key, in milliseconds.";
    "pexpireat" -3 FAST_WRITE, ONE_KEY, "generic" "2.6.0" expiry::pexpireat, "Sets the expiry time of a key, in milliseconds since 1970.";
    "pexpiretime" 2 FAST_READ, ONE_KEY, "generic" "7.0.0" expiry::pexpiretime, "Returns the expiry time of a key, in milliseconds since 1970.";
    "ping" -1 FAST, NO_KEY, "connection" "1.0.0" connection::ping, "Returns PONG, or its argument.";
    "psetex" 4 GROW, ONE_KEY, "string" "2.6.0" strings::psetex, "Sets the value of a key, and its time to live in milliseconds.";
    "pttl" 2 FAST_READ, ONE_KEY, "generic" "2.6.0" expiry::pttl, "Returns the time to live of a key, in milliseconds.";
    "quit" -1 FAST, NO_KEY, "connection" "1.0.0" connection::quit, "Closes the connection.";
    "rpop" -2 FAST_WRITE, ONE_KEY, "list" "1.0.0" lists::rpop, "Takes items from the end of a list.";
    "rpush" -3 FAST_GROW, ONE_KEY, "list" "1.0.0" lists::rpush, "Puts items at the end of a list.";
    "sadd" -3 FAST_GROW, ONE_KEY, "set" "1.0.0" sets::sadd, "Adds members to a set.";
    "scard" 2 FAST_READ, ONE_KEY, "set" "1.0.0" sets::scard, "Returns the number of members of a set.";
    "select" 2 FAST, NO_KEY, "connection" "1.0.0" connection::select, "Chooses the database; there is 0 alone.";
    "set" -3 GROW, ONE_KEY, "string" "1.0.0" strings::set, "Sets the value of a key.";
    "setex" 4 GROW, ONE_KEY, "string" "2.0.0" strings::setex, "Sets the value of a key, and its time to live in seconds.";
    "setnx" 3 FAST_GROW, ONE_KEY, "string" "1.0.0" strings::setnx, "Sets the value of a key that doesn't exist.";
    "sismember" 3 FAST_READ, ONE_KEY, "set" "1.0.0" sets::sismember, "Says whether a set has a member.";
    "smembers" 2 READ, ONE_KEY, "set" "1.0.0" sets::smembers, "Returns all members of a set.";
    "spop" -2 FAST_WRITE, ONE_KEY, "set" "1.0.0" sets::spop, "Takes members out of a set, by chance.";
    "srem" -3 FAST_WRITE, ONE_KEY, "set" "1.0.0" sets::srem, "Removes members from a set.";
    "strlen" 2 FAST_READ, ONE_KEY, "string" "2.2.0" strings::strlen, "Returns the length of the value of a key.";
    "ttl" 2 FAST_READ, ONE_KEY, "generic" "1.0.0" expiry::ttl, "Returns the time to live of a key, in seconds.";
    "type" 2 FAST_READ, ONE_KEY, "generic" "1.0.0" keys::kind, "Returns what kind of value a key holds.";
    "unlink" -2 FAST_WRITE, ALL_KEYS, "generic" "4.0.0" keys::del, "Deletes keys.";
    "zadd" -4 FAST_GROW, ONE_KEY, "sorted-set" "1.2.0" sorted_sets::zadd, "Adds members to a sorted set, or changes their scores.";
    "zcard" 2 FAST_READ, ONE_KEY, "sorted-set" "1.2.0" sorted_sets::zcard, "Returns the number of members of a sorted set.";
    "zpopmin" -2 FAST_WRITE, ONE_KEY, "sorted-set" "5.0.0" sorted_sets::zpopmin, "Takes the members of the lowest scores out of a sorted set.";
    "zscore" 3 FAST_READ, ONE_KEY, "sorted-set" "1.2.0" sorted_sets::zscore, "Returns the score of a member of a sorted set.";
};

#[cfg(test)]
mod tests {
    use super::COMMANDS;

    #[test]
    fn they_can_be_searched() {
        assert!(COMMANDS.is_sorted_by(|one, next| one.name < next.name && next.name.len() <= 16));
    }
}
