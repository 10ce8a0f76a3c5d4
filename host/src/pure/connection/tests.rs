//! The life cycle as stories.

use super::*;
use crate::pure::socket::ErrorCode;

const FREE: Conditions = Conditions { queued: 0, held: false, high_water: 64 };

fn queued(queued: usize) -> Conditions {
    Conditions { queued, ..FREE }
}

fn held() -> Conditions {
    Conditions { held: true, ..FREE }
}

/// An accepted plain connection that has had `open`.
fn opened() -> Connection {
    let mut connection = Connection::accepted(false, false);
    assert_eq!(connection.next(FREE), Step::Tell(Event::Open));
    connection
}

fn reset() -> SocketError {
    SocketError { code: ErrorCode::Reset, message: "reset".into() }
}

fn close(error: Option<SocketError>, unsent: u64) -> Step {
    Step::Tell(Event::Close(CloseInfo { error, unsent }))
}

#[test]
fn tls_tells_the_handshake_before_open() {
    let mut connection = Connection::accepted(true, false);
    assert!(!connection.is_known(), "nothing works before the first event");
    assert_eq!(connection.next(FREE), Step::Tell(Event::Handshake));
    assert!(connection.is_known() && !connection.is_live());
    assert_eq!(connection.next(FREE), Step::Tell(Event::Open));
    assert!(connection.is_live());
    assert_eq!(connection.next(FREE), Step::Read);
}

#[test]
fn the_peer_finishes_and_so_do_we() {
    let mut connection = opened();
    connection.peer_finished();
    assert_eq!(connection.next(FREE), Step::Tell(Event::End));
    assert_eq!(connection.next(queued(5)), Step::Wait, "the queue goes first");
    assert_eq!(connection.next(FREE), Step::Finish);
    connection.finished();
    assert_eq!(connection.next(FREE), close(None, 0));
    assert_eq!(connection.next(FREE), Step::Release);
}

#[test]
fn a_due_drain_comes_before_our_fin_and_may_queue_more() {
    let mut connection = opened();
    connection.peer_finished();
    assert_eq!(connection.next(FREE), Step::Tell(Event::End));
    assert_eq!(connection.write(10, 0, 4), Ok(4));
    assert_eq!(connection.next(queued(4)), Step::Wait);
    assert_eq!(connection.next(FREE), Step::Tell(Event::Drain));
    assert_eq!(connection.write(2, 0, 4), Ok(2), "drain may still write");
    assert_eq!(connection.next(queued(2)), Step::Wait);
    assert_eq!(connection.next(FREE), Step::Finish);
}

#[test]
fn half_open_goes_on_writing() {
    let mut connection = Connection::accepted(false, true);
    assert_eq!(connection.next(FREE), Step::Tell(Event::Open));
    connection.peer_finished();
    assert_eq!(connection.next(FREE), Step::Tell(Event::End));
    assert_eq!(connection.next(FREE), Step::Wait);
    assert_eq!(connection.write(3, 0, 9), Ok(3));
    assert_eq!(connection.end(), Ok(()));
    assert_eq!(connection.next(queued(3)), Step::Wait);
    assert_eq!(connection.next(FREE), Step::Finish);
    connection.finished();
    assert_eq!(connection.next(FREE), close(None, 0));
}

#[test]
fn a_local_end_flushes_discards_and_lingers() {
    let mut connection = opened();
    assert_eq!(connection.end(), Ok(()));
    assert_eq!(connection.write(1, 0, 9), Err(ErrorCode::Closed));
    assert_eq!(connection.end(), Err(ErrorCode::Closed));
    assert_eq!(connection.next(queued(3)), Step::Discard, "a peer that writes before it reads must not block us");
    assert!(connection.is_closing());
    assert_eq!(connection.next(FREE), Step::Finish);
    connection.finished();
    assert!(connection.is_lingering());
    assert_eq!(connection.next(FREE), Step::Discard);
    connection.linger_over();
    assert_eq!(connection.next(FREE), close(None, 0));
}

#[test]
fn after_a_complete_local_end_a_reset_is_no_failure() {
    let mut connection = opened();
    assert_eq!(connection.end(), Ok(()));
    assert_eq!(connection.next(FREE), Step::Finish);
    connection.finished();
    connection.read_failed(reset());
    assert_eq!(connection.next(FREE), close(None, 0));
}

#[test]
fn a_reset_that_loses_bytes_of_a_local_end_is_told_with_close_alone() {
    let mut connection = opened();
    assert_eq!(connection.end(), Ok(()));
    connection.failed(reset());
    assert_eq!(connection.next(queued(7)), close(Some(reset()), 7));
}

#[test]
fn shutdown_goes_on_reading() {
    let mut connection = opened();
    assert_eq!(connection.shutdown(), Ok(()));
    assert_eq!(connection.shutdown(), Err(ErrorCode::Closed));
    assert_eq!(connection.next(FREE), Step::Finish);
    connection.finished();
    assert_eq!(connection.next(FREE), Step::Read);
    connection.peer_finished();
    assert_eq!(connection.next(FREE), Step::Tell(Event::End));
    assert_eq!(connection.next(FREE), close(None, 0));
}

#[test]
fn a_reset_delivers_what_is_unread_first_also_when_paused() {
    let mut connection = opened();
    assert_eq!(connection.set_paused(true), Ok(()));
    assert_eq!(connection.next(FREE), Step::Wait);
    connection.failed(reset());
    assert_eq!(connection.next(FREE), Step::Read);
    assert!(connection.read_dry());
    assert_eq!(connection.next(FREE), Step::Tell(Event::Error(reset())));
    assert_eq!(connection.next(FREE), close(Some(reset()), 0));
}

#[test]
fn end_waits_behind_unread_bytes_of_a_paused_socket() {
    let mut connection = opened();
    assert_eq!(connection.set_paused(true), Ok(()));
    assert_eq!(connection.next(FREE), Step::Wait, "nothing is read, so no FIN is seen");
    assert_eq!(connection.set_paused(false), Ok(()));
    assert_eq!(connection.next(FREE), Step::Read);
}

#[test]
fn terminate_resets_and_tells() {
    let mut connection = opened();
    assert_eq!(connection.terminate(), Ok(()));
    assert_eq!(connection.next(queued(9)), Step::Reset);
    connection.lost(9);
    assert_eq!(connection.next(FREE), close(None, 9));
    assert_eq!(connection.next(FREE), Step::Release);
}

#[test]
fn a_trapped_event_resets_in_silence() {
    let mut connection = opened();
    connection.condemn();
    assert!(!connection.is_live() && !connection.is_known());
    assert_eq!(connection.next(queued(9)), Step::Reset);
    assert_eq!(connection.next(FREE), Step::Release);
}

#[test]
fn reading_stops_above_the_high_water_mark_unless_told_not_to() {
    let mut connection = opened();
    assert_eq!(connection.next(queued(64)), Step::Read);
    assert_eq!(connection.next(queued(65)), Step::Wait);
    assert_eq!(connection.set_auto_pause(false), Ok(()));
    assert_eq!(connection.next(queued(65)), Step::Read);
}

#[test]
fn drain_fires_once_after_a_short_write_or_a_crossed_mark() {
    let mut connection = opened();
    connection.crossed_high_water();
    assert_eq!(connection.next(queued(65)), Step::Wait);
    assert_eq!(connection.next(queued(1)), Step::Read, "below the mark reading goes on, drain waits for empty");
    assert_eq!(connection.next(FREE), Step::Tell(Event::Drain));
    assert_eq!(connection.next(FREE), Step::Read);
}

#[test]
fn while_held_the_guest_hears_nothing_and_flushing_goes_on() {
    let mut connection = opened();
    assert_eq!(connection.shutdown(), Ok(()));
    assert_eq!(connection.next(held()), Step::Finish);
    connection.finished();
    assert_eq!(connection.next(held()), Step::Wait);
    connection.idle();
    connection.peer_finished();
    assert_eq!(connection.next(held()), Step::Wait);
    assert_eq!(connection.next(FREE), Step::Tell(Event::Timeout));
    assert_eq!(connection.next(FREE), Step::Tell(Event::End));
}

#[test]
fn giving_up_is_a_timed_out_error() {
    let mut idle = opened();
    idle.give_up("idle");
    assert_eq!(idle.next(FREE), Step::Finish, "nothing is lost: a FIN will do");
    idle.finished();
    assert!(matches!(idle.next(FREE), Step::Tell(Event::Error(error)) if error.code == ErrorCode::TimedOut));
    assert!(matches!(idle.next(FREE), Step::Tell(Event::Close(info)) if info.error.is_some()));

    let mut stuck = opened();
    assert_eq!(stuck.end(), Ok(()));
    stuck.give_up("unread");
    assert_eq!(stuck.next(queued(4)), Step::Reset);
    stuck.lost(4);
    assert!(matches!(stuck.next(FREE), Step::Tell(Event::Close(info)) if info.unsent == 4 && info.error.is_some()));
}

/// A connection that the plugin has asked for.
fn asked() -> Connection {
    let mut connection = Connection::connecting(false);
    assert_eq!(connection.next(FREE), Step::Wait);
    assert!(connection.is_live() && connection.is_known() && !connection.is_sending());
    connection
}

fn refused() -> SocketError {
    SocketError { code: ErrorCode::Refused, message: "refused".into() }
}

#[test]
fn an_outbound_connection_opens_as_an_accepted_one_does() {
    let mut connection = asked();
    assert_eq!(connection.write(9, 0, 100), Ok(9), "writes wait for the connection");
    assert_eq!(connection.next(queued(9)), Step::Wait);
    connection.connected(true);
    assert!(connection.is_sending());
    assert_eq!(connection.next(queued(9)), Step::Tell(Event::Handshake));
    assert_eq!(connection.next(FREE), Step::Tell(Event::Open));
    assert_eq!(connection.next(FREE), Step::Read);
}

#[test]
fn connect_error_comes_alone() {
    let mut connection = asked();
    assert_eq!(connection.write(9, 0, 100), Ok(9));
    connection.unconnected(refused());
    assert_eq!(connection.next(held()), Step::Wait);
    assert_eq!(connection.next(queued(9)), Step::Tell(Event::ConnectError(refused())));
    assert!(!connection.is_live());
    assert_eq!(connection.next(queued(9)), Step::Release);
}

#[test]
fn given_up_before_it_stands() {
    let mut connection = asked();
    assert_eq!(connection.terminate(), Ok(()));
    assert!(!connection.is_connecting());
    assert_eq!(connection.next(FREE), Step::Reset);
    assert!(matches!(connection.next(FREE), Step::Tell(Event::ConnectError(error)) if error.code == ErrorCode::Closed));
    assert_eq!(connection.next(FREE), Step::Release);
}

#[test]
fn ended_before_it_stands_it_still_sends_what_was_taken() {
    let mut connection = asked();
    assert_eq!(connection.write(9, 0, 100), Ok(9));
    assert_eq!(connection.end(), Ok(()));
    assert_eq!(connection.next(queued(9)), Step::Wait);
    assert!(!connection.is_closing(), "the connect timeout bounds it");
    connection.connected(false);
    assert_eq!(connection.next(queued(9)), Step::Discard);
    assert_eq!(connection.next(FREE), Step::Finish);
    connection.finished();
    connection.peer_finished();
    assert_eq!(connection.next(FREE), close(None, 0));
}

#[test]
fn tls_begins_on_a_plain_connection() {
    let mut connection = opened();
    assert_eq!(connection.may_upgrade(), Ok(()));
    connection.upgrade();
    assert_eq!(connection.may_upgrade(), Err(ErrorCode::InProgress));
    assert_eq!(connection.write(9, 0, 100), Ok(9), "writes wait");
    connection.idle();
    assert_eq!(connection.next(queued(9)), Step::Upgrade);
    connection.upgraded();
    assert_eq!(connection.next(held()), Step::Wait);
    assert_eq!(connection.next(queued(9)), Step::Tell(Event::Handshake));
    assert_eq!(connection.next(queued(9)), Step::Tell(Event::Timeout));
    assert_eq!(connection.next(FREE), Step::Read);

    let mut failing = opened();
    failing.upgrade();
    failing.read_failed(reset());
    assert_eq!(failing.next(queued(9)), Step::Tell(Event::Error(reset())));
    assert_eq!(failing.next(queued(9)), close(Some(reset()), 9));

    let mut ended = opened();
    ended.upgrade();
    assert_eq!(ended.end(), Ok(()));
    assert_eq!(ended.next(FREE), Step::Upgrade, "not before the handshake is over");
    ended.upgraded();
    assert_eq!(ended.next(FREE), Step::Finish);
    assert_eq!(ended.may_upgrade(), Err(ErrorCode::Closed));
}

#[test]
fn what_was_asked_for_is_heard_of_even_if_it_goes_at_once() {
    let mut connection = asked();
    connection.connected(false);
    assert_eq!(connection.next(held()), Step::Wait);
    connection.read_failed(reset());
    assert_eq!(connection.next(held()), Step::Wait);
    assert_eq!(connection.next(FREE), Step::Tell(Event::Open));
    assert_eq!(connection.next(FREE), Step::Tell(Event::Error(reset())));
    assert_eq!(connection.next(FREE), close(Some(reset()), 0));
}
