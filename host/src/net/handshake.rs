//! A TLS handshake, either side: a future that resets its connection if it is dropped half-way.

use super::stream::{Secure, Stream, Transport, reset};
use super::tls::{Tls, Verdict};
use super::trust::{Ask, Trust};
use rustls::pki_types::ServerName;
use rustls::server::Acceptor;
use rustls::{AlertDescription, ClientConfig};
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio_rustls::{Accept, Connect, LazyConfigAcceptor, TlsAcceptor, TlsConnector};

/// Ready with the connection, or with what went wrong; bounded in time by its owner. Nothing of the connection's data is read or
/// written before it is ready.
pub struct Handshake {
    stage: Stage,
}

/// Each leads to one further down.
enum Stage {
    /// As a server, by whose rules the ClientHello will tell.
    Hello { hello: Box<LazyConfigAcceptor<Transport>>, tls: Tls },
    /// As a server under a rule.
    Server { accept: Box<Accept<Transport>>, tls: Tls, rule: usize },
    /// As a client that may have to wait for the system's certificates.
    Trust { loading: Loading, ask: Ask, trust: Trust, transport: Transport },
    /// As a client.
    Client { connect: Box<Connect<Transport>>, trust: Trust, name: ServerName<'static>, alpn: Vec<String> },
    /// Told, or cut off.
    Over,
}

type Loading = Pin<Box<dyn Future<Output = io::Result<()>> + Send>>;

impl Handshake {
    /// The server's side.
    pub fn server(tls: Tls, transport: Transport) -> Self {
        let stage = match tls.only() {
            Some(config) => Stage::Server { accept: Box::new(TlsAcceptor::from(config).accept(transport)), tls, rule: 0 },
            None => Stage::Hello { hello: Box::new(LazyConfigAcceptor::new(Acceptor::default(), transport)), tls },
        };
        Self { stage }
    }

    /// The client's side.
    pub fn client(ask: Ask, trust: &Trust, transport: Transport) -> Self {
        let (trust, own) = (trust.clone(), trust.clone());
        let loading = Box::pin(async move { own.ready().await.map(drop) });
        Self { stage: Stage::Trust { loading, ask, trust, transport } }
    }

    /// One stage; none when it leads to another.
    fn poll_stage(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Option<Stream>>> {
        match &mut self.stage {
            Stage::Hello { hello, tls } => {
                let start = ready!(Pin::new(&mut **hello).poll(cx))?;
                let chosen = tls.chosen(&start.client_hello());
                let Some((rule, config)) = chosen else { return Poll::Ready(Err(io::Error::other("no rule for clients"))) };
                let (accept, tls) = (Box::new(start.into_stream(config)), tls.clone());
                self.stage = Stage::Server { accept, tls, rule };
                Poll::Ready(Ok(None))
            }
            Stage::Server { accept, tls, rule } => {
                let stream = ready!(Pin::new(&mut **accept).poll(cx)).map_err(|error| explained(error, &tls.settings().alpn))?;
                let connection = stream.get_ref().1;
                let server_name = connection.server_name().map(str::to_owned);
                let verdict = tls.judge(*rule, connection)?;
                self.stage = Stage::Over;
                Poll::Ready(Ok(Some(secure(stream.into(), server_name, verdict))))
            }
            Stage::Trust { loading, .. } => {
                ready!(loading.as_mut().poll(cx))?;
                let Stage::Trust { ask, trust, transport, .. } = std::mem::replace(&mut self.stage, Stage::Over) else {
                    return Poll::Ready(Err(io::ErrorKind::NotConnected.into()));
                };
                self.stage = connecting(ask, trust, transport)?;
                Poll::Ready(Ok(None))
            }
            Stage::Client { connect, trust, name, alpn } => {
                let stream = ready!(Pin::new(&mut **connect).poll(cx)).map_err(|error| explained(error, alpn))?;
                let verdict = judged(trust, name, stream.get_ref().1)?;
                let server_name = name.to_str().into_owned();
                if let Some(objection) = &verdict.objection {
                    tracing::warn!(
                        server = server_name,
                        "connected to a server that isn't verified (connect-insecure): {objection}"
                    );
                }
                self.stage = Stage::Over;
                Poll::Ready(Ok(Some(secure(stream.into(), Some(server_name), verdict))))
            }
            Stage::Over => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }
}

impl Drop for Handshake {
    /// One that is given up ends by RST: the peer mustn't take a FIN for the end of a conversation. (One that has failed has sent its
    /// alert, and holds nothing any more.)
    fn drop(&mut self) {
        match &mut self.stage {
            Stage::Hello { hello, .. } => hello.take_io().iter().for_each(reset),
            Stage::Server { accept, .. } => accept.get_ref().into_iter().for_each(reset),
            Stage::Trust { transport, .. } => reset(transport),
            Stage::Client { connect, .. } => connect.get_ref().into_iter().for_each(reset),
            Stage::Over => {}
        }
    }
}

impl Future for Handshake {
    type Output = io::Result<Stream>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            if let Some(stream) = ready!(self.poll_stage(cx))? {
                return Poll::Ready(Ok(stream));
            }
        }
    }
}

fn connecting(ask: Ask, trust: Trust, transport: Transport) -> io::Result<Stage> {
    let config: Arc<ClientConfig> = Arc::new(trust.now()?.config(&ask)?);
    let Ask { name, alpn, .. } = ask;
    let connect = Box::new(TlsConnector::from(config).connect(name.clone(), transport));
    Ok(Stage::Client { connect, trust, name, alpn })
}

fn judged(trust: &Trust, name: &ServerName<'_>, connection: &rustls::ClientConnection) -> io::Result<Verdict> {
    Ok(trust.now()?.judge(name, connection))
}

fn secure(tls: tokio_rustls::TlsStream<Transport>, server_name: Option<String>, verdict: Verdict) -> Stream {
    Stream::Tls(Box::new(Secure { tls, server_name, verdict }))
}

/// What TLS says in its own words, in those of whoever has to mend it.
fn explained(error: io::Error, alpn: &[String]) -> io::Error {
    use AlertDescription as Alert;
    let Some(tls) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) else { return error };
    let told = match tls {
        rustls::Error::NoApplicationProtocol => {
            format!("the client speaks none of the protocols that are offered here ({})", alpn.join(", "))
        }
        rustls::Error::AlertReceived(Alert::NoApplicationProtocol) => {
            format!("the server speaks none of the protocols that were asked for ({})", alpn.join(", "))
        }
        rustls::Error::AlertReceived(Alert::ProtocolVersion) => {
            "the peer speaks no version of TLS that is allowed here".to_owned()
        }
        rustls::Error::NoCertificatesPresented => "the client showed no certificate".to_owned(),
        _ => return error,
    };
    io::Error::new(error.kind(), told)
}
