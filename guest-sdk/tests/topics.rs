//! Topics in the imitated host.

use sockdock_guest::testing::{Harness, Limits, log};
use sockdock_guest::{CloseInfo, ErrorCode, Failure, Plugin, Socket, State, info, topics};

/// Passes what one says on to the others, and logs how many that were.
#[derive(Default)]
struct Party;

impl Plugin for Party {
    fn snapshot(&mut self) -> Result<Option<State>, Failure> {
        let socket = Socket::live()[0];
        assert_eq!(socket.subscribe("late"), Err(ErrorCode::NotAllowed));
        assert_eq!(socket.unsubscribe("all"), Err(ErrorCode::NotAllowed));
        assert_eq!(topics::publish("all", b"x", None), Err(ErrorCode::NotAllowed));
        Ok(Some(State { version: "1".into(), data: Vec::new() }))
    }
    fn restore(&mut self, _: State) -> Result<(), Failure> {
        assert_eq!(topics::publish("all", b"x", None), Err(ErrorCode::NotAllowed));
        Socket::live().into_iter().try_for_each(|socket| socket.subscribe("restored"))?;
        Ok(())
    }
    fn open(&mut self, socket: Socket) {
        socket.subscribe("all").unwrap();
    }
    fn data(&mut self, speaker: Socket, bytes: &[u8]) {
        info!("{}", topics::publish("all", bytes, Some(speaker)).unwrap());
    }
    fn close(&mut self, _: Socket, info: CloseInfo) {
        let code = info.error.map_or("none", |error| error.code.name());
        info!("close {code} {}", info.unsent);
    }
}

fn logged() -> Vec<String> {
    log().into_iter().map(|(_, line)| line).collect()
}

fn three(limits: Limits) -> (Harness<Party>, [Socket; 3]) {
    let mut host = Harness::<Party>::with(limits, &[]).unwrap();
    let sockets = std::array::from_fn(|_| host.connect());
    (host, sockets)
}

#[test]
fn what_one_says_the_others_get() {
    let (mut host, [a, b, c]) = three(Limits::default());
    host.send(a, b"hello");
    assert_eq!((host.received(a), host.received(b), host.received(c)), (vec![], b"hello".into(), b"hello".into()));
    c.unsubscribe("all").unwrap();
    b.shutdown().unwrap();
    host.send(a, b"anybody?");
    assert_eq!(logged(), ["2", "0"]);
    assert_eq!(b.subscribe("all"), Err(ErrorCode::Closed));
}

#[test]
fn other_instances_are_the_tests_to_say() {
    let (mut host, [a, b, _]) = three(Limits::default());
    host.subscribed_elsewhere("all", 5);
    host.send(a, b"hello");
    assert_eq!(logged(), ["7"]);
    assert_eq!(topics::subscribers("all"), Ok(8));
    assert_eq!(host.published(), [("all".to_owned(), b"hello".to_vec())]);
    host.received(b);
    host.publish_elsewhere("all", b"from afar");
    assert_eq!(host.received(b), b"from afar");
}

#[test]
fn who_has_no_room_is_closed_or_goes_without() {
    let limits = Limits { write_buffer: 10, high_water: 5, ..Limits::default() };
    let (mut host, [a, slow, c]) = three(limits.clone());
    host.read(slow, Some(0));
    host.send(a, b"123456");
    host.send(a, b"789abc");
    assert_eq!(logged(), ["2", "1", "close limit-exceeded 6"]);
    assert_eq!((host.closed(slow), host.received(c)), (Some(vec![]), b"123456789abc".to_vec()));
    let (mut host, [a, slow, _]) = three(Limits { skip_slow_subscribers: true, ..limits });
    host.read(slow, Some(0));
    host.send(a, b"123456");
    host.send(a, b"789abc");
    host.read(slow, None);
    host.send(a, b"next");
    assert_eq!((logged(), host.received(slow)), (vec!["2".into(), "1".into(), "2".into()], b"123456next".to_vec()));
}

#[test]
fn limits_are_kept() {
    let limits = Limits { topics: 2, topic_name: 3, write_buffer: 10, high_water: 5, read_buffer: 5, ..Limits::default() };
    let (_host, [a, ..]) = three(limits);
    assert_eq!((a.subscribe("all"), a.subscribe("two"), a.subscribe("3")), (Ok(()), Ok(()), Err(ErrorCode::LimitExceeded)));
    assert_eq!((a.subscribe("long"), a.subscribe("")), (Err(ErrorCode::LimitExceeded), Err(ErrorCode::InvalidArgument)));
    assert_eq!(topics::publish("two", &[0; 11], None), Err(ErrorCode::LimitExceeded));
}

#[test]
fn subscriptions_cross_reloads_and_traps() {
    let (host, [a, b, c]) = three(Limits::default());
    let Ok(host) = host.reload::<Party>() else { panic!("the reload failed") };
    let mut host = host.crash(c);
    host.send(a, b"hello");
    assert_eq!((host.received(b), topics::subscribers("restored")), (b"hello".to_vec(), Ok(2)));
    // What a candidate stages goes with it.
    #[derive(Default)]
    struct Refuses;
    impl Plugin for Refuses {
        fn restore(&mut self, _: State) -> Result<(), Failure> {
            Socket::live()[0].unsubscribe("all")?;
            Err("no".into())
        }
    }
    let Err((_, _host)) = host.reload::<Refuses>() else { panic!("the reload went through") };
    assert_eq!(topics::subscribers("all"), Ok(2));
}
