//! People who are on other instances.

use super::{host, hush, named, shown};

#[test]
fn a_room_is_one_over_all_instances() {
    let mut host = host();
    let ann = named(&mut host, "ann");
    hush(&mut host);
    host.subscribed_elsewhere("room/lobby", 3);
    host.send(ann, b"hello\n/who\n/rooms\n");
    assert_eq!(shown(&mut host, ann), "* in lobby: ann and 3 on other instances\n* rooms: lobby (4)\n");
    assert_eq!(host.published(), [("room/lobby".to_owned(), b"ann: hello\n".to_vec())]);
    host.publish_elsewhere("room/lobby", b"zoe: hello ann\n");
    assert_eq!(shown(&mut host, ann), "zoe: hello ann\n");
    host.send(ann, b"/join tea\n");
    host.publish_elsewhere("room/lobby", b"zoe: gone?\n");
    assert_eq!(shown(&mut host, ann), "* you are ann in tea; /help shows what you can do\n");
}

#[test]
fn a_name_is_ones_own_over_all_instances() {
    let mut host = host();
    host.subscribed_elsewhere("nick/zoe", 1);
    host.subscribed_elsewhere("nick/guest1", 1);
    let bob = host.connect();
    assert!(shown(&mut host, bob).starts_with("* you are guest2 in lobby"));
    host.send(bob, b"/nick Zoe\n");
    assert_eq!(shown(&mut host, bob), "* the name Zoe is taken\n");
    // A name that is given up is free.
    host.send(bob, b"/nick bob\n/nick bo\n");
    let eve = named(&mut host, "bob");
    assert!(shown(&mut host, eve).ends_with("is now bob\n"));
    host.finish(eve);
    host.send(bob, b"/nick bob\n");
    assert!(shown(&mut host, bob).ends_with("* bo is now bob\n"));
}

#[test]
fn arrivals_are_told_where_there_is_no_crowd() {
    let mut host = host();
    let ann = named(&mut host, "ann");
    hush(&mut host);
    host.subscribed_elsewhere("room/lobby", 100);
    named(&mut host, "bob");
    assert_eq!(shown(&mut host, ann), "");
    host.subscribed_elsewhere("room/lobby", 50);
    named(&mut host, "carl");
    assert_eq!(shown(&mut host, ann), "* guest3 has come\n* guest3 is now carl\n");
}
