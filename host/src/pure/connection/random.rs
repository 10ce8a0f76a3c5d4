//! The life cycle at random: whatever happens, in whatever order, the guest hears a sound story.

use super::*;
use proptest::prelude::*;

const FREE: Conditions = Conditions { queued: 0, held: false, high_water: 64 };

fn error(code: ErrorCode) -> SocketError {
    SocketError { code, message: "told by the wire".into() }
}

/// One thing that may happen to a connection.
#[derive(Clone, Debug)]
enum Happening {
    Connects,
    ConnectFails,
    Upgrades,
    UpgradeSucceeds,
    PeerFinishes,
    ReadFails,
    WriteFails,
    Idle,
    GivenUp,
    FallsBehind,
    LingerOver,
    Held(bool),
    Writes(usize),
    Sent(usize),
    Ends,
    ShutsDown,
    Terminates,
    Pauses(bool),
    AutoPauses(bool),
    Traps,
}

fn happening() -> impl Strategy<Value = Happening> {
    use Happening as H;
    prop_oneof![
        3 => Just(H::Connects),
        1 => Just(H::ConnectFails),
        2 => Just(H::Upgrades),
        3 => Just(H::UpgradeSucceeds),
        2 => Just(H::PeerFinishes),
        1 => Just(H::ReadFails),
        1 => Just(H::WriteFails),
        2 => Just(H::Idle),
        1 => Just(H::GivenUp),
        1 => Just(H::FallsBehind),
        1 => Just(H::LingerOver),
        4 => any::<bool>().prop_map(H::Held),
        8 => (0usize..200).prop_map(H::Writes),
        8 => (0usize..200).prop_map(H::Sent),
        1 => Just(H::Ends),
        1 => Just(H::ShutsDown),
        1 => Just(H::Terminates),
        2 => any::<bool>().prop_map(H::Pauses),
        2 => any::<bool>().prop_map(H::AutoPauses),
        1 => Just(H::Traps),
    ]
}

/// A driver without I/O: does what it is told and notes what the guest hears.
struct Simulation {
    connection: Connection,
    conditions: Conditions,
    tls: bool,
    /// It is connected.
    wired: bool,
    heard: Vec<Event>,
    taken: u64,
    sent: u64,
    trapped: bool,
    fin_sent: u32,
    severed: bool,
    released: bool,
}

impl Simulation {
    fn new(connection: Connection, tls: bool) -> Self {
        Self {
            conditions: FREE,
            tls,
            wired: !connection.is_connecting(),
            connection,
            heard: Vec::new(),
            taken: 0,
            sent: 0,
            trapped: false,
            fin_sent: 0,
            severed: false,
            released: false,
        }
    }

    /// What happens, and what at last brings any connection to its end: faults stop, the queue drains, the peer goes.
    fn live(&mut self, happenings: &[Happening]) {
        use Happening as H;
        self.run();
        let finale = [
            H::Held(false),
            H::Connects,
            H::UpgradeSucceeds,
            H::Pauses(false),
            H::Sent(usize::MAX),
            H::PeerFinishes,
            H::Ends,
            H::Sent(usize::MAX),
        ];
        for happening in happenings.iter().chain(&finale) {
            if !self.released {
                self.happen(happening);
                self.run();
            }
        }
        assert!(self.released, "never ends: {:?}", self.connection);
    }

    fn count(&self, which: impl Fn(&Event) -> bool) -> usize {
        self.heard.iter().filter(|event| which(event)).count()
    }

    /// What holds for every connection.
    fn check(&self) {
        let heard = &self.heard;
        for once in [
            |event: &Event| matches!(event, Event::Open),
            |event: &Event| matches!(event, Event::End),
            |event: &Event| matches!(event, Event::Error(_)),
            |event: &Event| matches!(event, Event::Close(_) | Event::ConnectError(_)),
        ] {
            assert!(self.count(once) <= 1, "{heard:?}");
        }
        if !self.trapped {
            assert!(matches!(heard.last(), Some(Event::Close(_) | Event::ConnectError(_))), "{heard:?}");
        }
        if let Some(Event::Close(info)) = heard.last() {
            assert_eq!(info.unsent, self.taken - self.sent, "bytes unaccounted for");
        }
        assert!(self.fin_sent <= 1);
    }

    fn run(&mut self) {
        for _ in 0..50 {
            let conditions = self.conditions;
            match self.connection.next(conditions) {
                Step::Tell(event) => {
                    assert!(!conditions.held, "{event:?} while held");
                    self.heard.push(event);
                }
                Step::Read => {
                    assert!(!conditions.held, "read while held");
                    if !self.connection.read_dry() {
                        return;
                    }
                }
                Step::Discard | Step::Upgrade | Step::Wait => return,
                Step::Finish => {
                    assert_eq!(conditions.queued, 0, "FIN before the queue");
                    self.fin_sent += 1;
                    self.connection.finished();
                }
                Step::Reset => {
                    assert!(!self.severed, "reset twice");
                    self.severed = true;
                    self.connection.lost(conditions.queued as u64);
                    self.conditions.queued = 0;
                }
                Step::Release => {
                    self.released = true;
                    return;
                }
            }
        }
        panic!("never comes to rest: {:?}", self.connection);
    }

    fn happen(&mut self, happening: &Happening) {
        use Happening as H;
        let connection = &mut self.connection;
        if connection.is_upgrading()
            && matches!(happening, H::PeerFinishes | H::ReadFails | H::WriteFails | H::LingerOver | H::Sent(_))
        {
            // The handshake has the wire.
            return;
        }
        if !self.wired && matches!(happening, H::PeerFinishes | H::ReadFails | H::WriteFails | H::LingerOver | H::Sent(_)) {
            // Nothing of that without a wire.
            return;
        }
        match happening {
            Happening::Connects => {
                self.wired |= connection.is_connecting();
                connection.connected(self.tls);
            }
            Happening::ConnectFails if connection.is_connecting() => connection.unconnected(error(ErrorCode::Refused)),
            Happening::ConnectFails => {}
            Happening::Upgrades if connection.may_upgrade().is_ok() => connection.upgrade(),
            Happening::Upgrades => {}
            Happening::UpgradeSucceeds => connection.upgraded(),
            Happening::PeerFinishes => connection.peer_finished(),
            Happening::ReadFails => connection.read_failed(error(ErrorCode::Reset)),
            Happening::WriteFails => connection.failed(error(ErrorCode::Reset)),
            Happening::Idle => connection.idle(),
            Happening::GivenUp => connection.give_up("given up"),
            Happening::FallsBehind => connection.fall_behind("slow"),
            Happening::LingerOver => connection.linger_over(),
            Happening::Held(held) => self.conditions.held = *held,
            Happening::Writes(n) => {
                if let Ok(taken) = connection.write(*n, self.conditions.queued, 256) {
                    self.conditions.queued += taken;
                    self.taken += taken as u64;
                    if self.conditions.queued > 64 {
                        connection.crossed_high_water();
                    }
                }
            }
            Happening::Sent(n) => {
                let n = (*n).min(self.conditions.queued);
                self.conditions.queued -= n;
                self.sent += n as u64;
            }
            Happening::Ends => drop(connection.end()),
            Happening::ShutsDown => drop(connection.shutdown()),
            Happening::Terminates => drop(connection.terminate()),
            Happening::Pauses(paused) => drop(connection.set_paused(*paused)),
            Happening::AutoPauses(enabled) => drop(connection.set_auto_pause(*enabled)),
            Happening::Traps => {
                self.trapped = true;
                connection.condemn();
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn whatever_happens_the_guest_hears_a_sound_story(
        tls in any::<bool>(),
        half_open in any::<bool>(),
        happenings in proptest::collection::vec(happening(), 0..40),
    ) {
        let mut simulation = Simulation::new(Connection::accepted(tls, half_open), tls);
        simulation.live(&happenings);
        simulation.check();
        let greeting: &[Event] = if tls { &[Event::Handshake, Event::Open] } else { &[Event::Open] };
        prop_assert!(simulation.heard.starts_with(greeting), "{:?}", simulation.heard);
        prop_assert_eq!(simulation.count(|event| matches!(event, Event::ConnectError(_))), 0);
    }

    #[test]
    fn an_outbound_connection_opens_and_closes_or_gives_its_error_alone(
        tls in any::<bool>(),
        half_open in any::<bool>(),
        happenings in proptest::collection::vec(happening(), 0..40),
    ) {
        let mut simulation = Simulation::new(Connection::connecting(half_open), tls);
        simulation.live(&happenings);
        simulation.check();
        let heard = &simulation.heard;
        if simulation.count(|event| matches!(event, Event::ConnectError(_))) > 0 {
            let before = heard.len() - 1;
            // With TLS the handshake may have been told before a forced stop.
            prop_assert!(before == 0 || (tls && heard[..before] == [Event::Handshake]), "{heard:?}");
        } else if let Some(at) = heard.iter().position(|event| !matches!(event, Event::Handshake)) {
            prop_assert!(heard[at] == Event::Open || matches!(heard[at], Event::Close(_)), "{heard:?}");
        }
    }
}
