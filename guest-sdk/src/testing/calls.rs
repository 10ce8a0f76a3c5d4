//! The imported functions, with the signatures of the generated ones.

pub(crate) mod sockets {
    use crate::testing::world::{Phase, with};
    use crate::{Endpoint, ErrorCode};
    use std::time::Duration;

    pub(crate) fn write(socket: u64, data: &[u8]) -> Result<u32, ErrorCode> {
        with(|world| {
            let limits = world.limits.clone();
            let connection = world.affect(socket)?;
            if !connection.takes() {
                return Err(ErrorCode::Closed);
            }
            let taken = data.len().min(limits.write_buffer - connection.queue.len());
            connection.queue.extend_from_slice(&data[..taken]);
            connection.drain_due |= taken < data.len() || connection.queue.len() > limits.high_water;
            Ok(taken as u32)
        })
    }

    pub(crate) fn flush(socket: u64) -> Result<(), ErrorCode> {
        with(|world| world.affect(socket).map(drop))
    }

    pub(crate) fn end(socket: u64) -> Result<(), ErrorCode> {
        with(|world| {
            let connection = world.affect(socket)?;
            if connection.ended || connection.terminated {
                return Err(ErrorCode::Closed);
            }
            (connection.shut, connection.ended) = (true, true);
            Ok(())
        })
    }

    pub(crate) fn shutdown(socket: u64) -> Result<(), ErrorCode> {
        with(|world| {
            let connection = world.affect(socket)?;
            if connection.shut || connection.terminated {
                return Err(ErrorCode::Closed);
            }
            connection.shut = true;
            Ok(())
        })
    }

    pub(crate) fn terminate(socket: u64) -> Result<(), ErrorCode> {
        with(|world| world.affect(socket).map(|connection| connection.terminated = true))
    }

    pub(crate) fn pause(socket: u64) -> Result<(), ErrorCode> {
        with(|world| world.affect(socket).map(|connection| connection.paused = true))
    }

    pub(crate) fn resume(socket: u64) -> Result<(), ErrorCode> {
        with(|world| world.affect(socket).map(|connection| connection.paused = false))
    }

    pub(crate) fn set_auto_pause(socket: u64, enabled: bool) -> Result<(), ErrorCode> {
        with(|world| world.affect(socket).map(|connection| connection.no_auto_pause = !enabled))
    }

    pub(crate) fn queued(socket: u64) -> Result<u32, ErrorCode> {
        with(|world| world.connection(socket).map(|connection| connection.queue.len() as u32))
    }

    pub(crate) fn set_timeout(socket: u64, milliseconds: Option<u32>) -> Result<(), ErrorCode> {
        with(|world| {
            let now = world.now;
            let connection = world.affect(socket)?;
            if milliseconds == Some(0) {
                return Err(ErrorCode::InvalidArgument);
            }
            connection.idle = milliseconds.map(|milliseconds| Duration::from_millis(milliseconds.into()));
            connection.idle_until = connection.idle.map(|idle| now + idle);
            Ok(())
        })
    }

    pub(crate) fn set_no_delay(socket: u64, _: bool) -> Result<(), ErrorCode> {
        with(|world| world.affect(socket).map(drop))
    }

    pub(crate) fn set_keep_alive(socket: u64, delay_milliseconds: Option<u32>) -> Result<(), ErrorCode> {
        with(|world| world.affect(socket).map(drop))?;
        if delay_milliseconds == Some(0) { Err(ErrorCode::InvalidArgument) } else { Ok(()) }
    }

    pub(crate) fn local_endpoint(socket: u64) -> Result<Endpoint, ErrorCode> {
        with(|world| world.connection(socket).map(|_| Endpoint { address: "127.0.0.1".into(), port: 7000 }))
    }

    pub(crate) fn remote_endpoint(socket: u64) -> Result<Endpoint, ErrorCode> {
        let port = 40_000 + (socket % 20_000) as u16;
        with(|world| world.connection(socket).map(|_| Endpoint { address: "127.0.0.1".into(), port }))
    }

    pub(crate) fn listener(socket: u64) -> Result<Option<String>, ErrorCode> {
        with(|world| world.connection(socket).map(|connection| (!connection.outbound).then(|| "test".into())))
    }

    pub(crate) fn bytes_read(socket: u64) -> Result<u64, ErrorCode> {
        with(|world| world.connection(socket).map(|connection| connection.bytes_read))
    }

    pub(crate) fn bytes_written(socket: u64) -> Result<u64, ErrorCode> {
        with(|world| world.connection(socket).map(|connection| connection.bytes_written))
    }

    pub(crate) fn context(socket: u64) -> Result<Vec<u8>, ErrorCode> {
        with(|world| world.connection(socket).map(|connection| connection.context.clone()))
    }

    pub(crate) fn set_context(socket: u64, context: &[u8]) -> Result<(), ErrorCode> {
        with(|world| {
            if world.phase == Phase::Snapshot {
                return Err(ErrorCode::NotAllowed);
            }
            let limit = world.limits.context;
            let connection = world.connection(socket)?;
            if context.len() > limit {
                return Err(ErrorCode::LimitExceeded);
            }
            connection.context = context.to_vec();
            Ok(())
        })
    }

    pub(crate) fn live() -> Vec<u64> {
        with(|world| world.connections.keys().copied().collect())
    }
}

pub(crate) mod outbound {
    use crate::ErrorCode;
    use crate::outbound::ConnectOptions;
    use crate::testing::world::{Connection, Phase, with};

    pub(crate) fn connect(address: &str, options: &ConnectOptions) -> Result<u64, ErrorCode> {
        with(|world| {
            if world.phase != Phase::Event {
                return Err(ErrorCode::NotAllowed);
            }
            if options.context.len() > world.limits.context {
                return Err(ErrorCode::LimitExceeded);
            }
            let connecting = Some(address.to_owned());
            let made = Connection { outbound: true, connecting, context: options.context.clone(), ..Connection::default() };
            world.last_id += 1;
            world.connections.insert(world.last_id, made);
            Ok(world.last_id)
        })
    }
}

pub(crate) mod tls {
    use crate::outbound::TlsOptions;
    use crate::testing::world::with;
    use crate::{ErrorCode, SessionInfo};

    pub(crate) fn session(socket: u64) -> Result<Option<SessionInfo>, ErrorCode> {
        with(|world| world.connection(socket).map(|connection| connection.tls.clone()))
    }

    pub(crate) fn peer_certificates(socket: u64) -> Result<Vec<Vec<u8>>, ErrorCode> {
        with(|world| world.connection(socket).map(|_| Vec::new()))
    }

    pub(crate) fn upgrade_client(socket: u64, _: &TlsOptions) -> Result<(), ErrorCode> {
        with(|world| world.affect(socket)?.upgrade())
    }

    pub(crate) fn upgrade_server(socket: u64, _: &str) -> Result<(), ErrorCode> {
        with(|world| world.affect(socket)?.upgrade())
    }
}

pub(crate) mod timers {
    use crate::ErrorCode;
    use crate::testing::world::{Phase, with};
    use std::time::Duration;

    pub(crate) fn set_timer(token: u64, delay_milliseconds: u32) -> Result<(), ErrorCode> {
        with(|world| {
            if world.phase == Phase::Snapshot {
                return Err(ErrorCode::NotAllowed);
            }
            world.timers.insert(token, world.now + Duration::from_millis(delay_milliseconds.into()));
            Ok(())
        })
    }

    pub(crate) fn clear_timer(token: u64) {
        with(|world| {
            if world.phase != Phase::Snapshot {
                world.timers.remove(&token);
            }
        });
    }
}

pub(crate) use super::topics;

pub(crate) mod logging {
    use crate::log::Level;
    use crate::testing::world::with;

    pub(crate) fn log(level: Level, message: &str) {
        with(|world| world.log.push((level, message.into())));
    }
}
