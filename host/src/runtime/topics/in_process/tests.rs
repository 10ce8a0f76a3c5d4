use super::*;
use bytes::Bytes;

fn three() -> (InProcess, Vec<Arc<Mailbox>>, Arc<AtomicUsize>) {
    let (topics, woken) = (InProcess::new(5), Arc::new(AtomicUsize::new(0)));
    let mailbox = |member| {
        let woken = woken.clone();
        let wake = move || {
            woken.fetch_add(1, Relaxed);
        };
        let mailbox = Arc::new(Mailbox::new(2_000, wake));
        assert_eq!(topics.join(&mailbox), member);
        mailbox
    };
    let mailboxes = (0..3).map(mailbox).collect();
    (topics, mailboxes, woken)
}

#[test]
fn members_come_and_go() {
    let (topics, mailboxes, _) = three();
    assert!(topics.subscribe(0, "tea") && topics.subscribe(1, "tea"));
    topics.leave(0);
    topics.unsubscribe(0, "tea");
    let late = Arc::new(Mailbox::new(2_000, || ()));
    assert_eq!(topics.join(&late), 3);
    assert_eq!(topics.reach(3, "tea", 10), Ok(1));
    topics.publish(3, message("tea", "hello"));
    assert_eq!((all(&mailboxes[0]), all(&mailboxes[1])), (vec![], vec!["hello".to_owned()]));
    assert!(topics.subscribe(3, "tea"));
    assert_eq!(topics.reach(1, "tea", 10), Ok(1));
}

fn message(topic: &str, text: &str) -> Message {
    Message { topic: topic.into(), data: Bytes::copy_from_slice(text.as_bytes()) }
}

fn all(mailbox: &Mailbox) -> Vec<String> {
    std::iter::from_fn(|| mailbox.take()).map(|message| String::from_utf8(message.data.to_vec()).unwrap()).collect()
}

#[test]
fn messages_reach_the_other_members_that_have_subscribers() {
    let (topics, mailboxes, woken) = three();
    for member in [0, 1, 1] {
        assert!(topics.subscribe(member, "tea"));
    }
    assert_eq!((topics.reach(0, "tea", 10), topics.reach(2, "tea", 10), topics.reach(0, "milk", 10)), (Ok(2), Ok(3), Ok(0)));
    topics.publish(0, message("tea", "one"));
    topics.publish(0, message("tea", "two"));
    topics.publish(0, message("milk", "three"));
    assert_eq!(woken.load(Relaxed), 1, "once for both");
    assert_eq!((all(&mailboxes[0]), all(&mailboxes[2])), (vec![], vec![]));
    assert_eq!(all(&mailboxes[1]), ["one", "two"]);
    topics.publish(0, message("tea", "three"));
    assert_eq!(woken.load(Relaxed), 2);
    topics.unsubscribe(1, "tea");
    assert_eq!(topics.reach(0, "tea", 10), Ok(1));
    topics.unsubscribe(1, "tea");
    assert_eq!(topics.reach(0, "tea", 10), Ok(0));
}

#[test]
fn its_bytes_are_there_once() {
    let (topics, mailboxes, _) = three();
    assert!(topics.subscribe(1, "tea") && topics.subscribe(2, "tea"));
    let sent = message("tea", "shared");
    topics.publish(0, sent.clone());
    for mailbox in &mailboxes[1..] {
        assert_eq!(mailbox.take().unwrap().data.as_ptr(), sent.data.as_ptr());
    }
}

#[test]
fn a_backlog_is_bounded() {
    let (topics, mailboxes, _) = three();
    assert!(topics.subscribe(1, "tea"));
    assert_eq!(topics.reach(0, "tea", 2_001), Err(ErrorCode::LimitExceeded));
    topics.publish(0, message("tea", &"x".repeat(1_000)));
    assert_eq!(topics.reach(0, "tea", 1_000), Err(ErrorCode::LimitExceeded));
    assert_eq!(topics.reach(1, "tea", 1_000), Ok(0), "its own is no matter");
    all(&mailboxes[1]);
    assert_eq!(topics.reach(0, "tea", 1_000), Ok(1));
}

#[test]
fn subscriptions_are_limited_over_all_members() {
    let (topics, ..) = three();
    assert!((0..5).all(|n| topics.subscribe(n % 3, "tea")));
    assert!(!topics.subscribe(0, "milk"));
    topics.unsubscribe(2, "tea");
    assert!(topics.subscribe(0, "milk"));
    assert!(topics.stripes.iter().map(|stripe| lock(stripe).len()).sum::<usize>() == 2);
}

#[test]
fn a_closed_mailbox_keeps_nothing() {
    let (topics, mailboxes, _) = three();
    assert!(topics.subscribe(1, "tea"));
    topics.publish(0, message("tea", "one"));
    mailboxes[1].close();
    topics.publish(0, message("tea", "two"));
    assert!(mailboxes[1].take().is_none());
}
