//! Sockets of the plugin's own: denied. Connections are the host's, by `sockdock:plugin/outbound`.

use super::Ours;
use wasmtime::Result;
use wasmtime::component::Resource;
use wasmtime_wasi::p2::bindings::sockets::{
    ip_name_lookup::{self, IpAddress, Network, ResolveAddressStream},
    network::{self, ErrorCode, IpAddressFamily},
    tcp_create_socket, udp,
};
use wasmtime_wasi::p2::bindings::sync::sockets::udp_create_socket;
use wasmtime_wasi::p2::{DynPollable, IoError, SocketError, SocketResult, TcpSocket, UdpSocket};

impl network::Host for Ours<'_> {
    fn convert_error_code(&mut self, error: SocketError) -> Result<ErrorCode> {
        error.downcast()
    }

    fn network_error_code(&mut self, _error: Resource<IoError>) -> Result<Option<ErrorCode>> {
        // No stream is a socket's, so no stream's error is a network's.
        Ok(None)
    }
}

impl network::HostNetwork for Ours<'_> {
    fn drop(&mut self, network: Resource<Network>) -> Result<()> {
        self.0.delete(network)?;
        Ok(())
    }
}

impl tcp_create_socket::Host for Ours<'_> {
    fn create_tcp_socket(&mut self, _family: IpAddressFamily) -> SocketResult<Resource<TcpSocket>> {
        Err(ErrorCode::AccessDenied.into())
    }
}

impl udp_create_socket::Host for Ours<'_> {
    fn create_udp_socket(&mut self, _family: udp::IpAddressFamily) -> SocketResult<Resource<UdpSocket>> {
        Err(ErrorCode::AccessDenied.into())
    }
}

impl ip_name_lookup::Host for Ours<'_> {
    fn resolve_addresses(&mut self, _network: Resource<Network>, _name: String) -> SocketResult<Resource<ResolveAddressStream>> {
        Err(ErrorCode::AccessDenied.into())
    }
}

impl ip_name_lookup::HostResolveAddressStream for Ours<'_> {
    fn resolve_next_address(&mut self, _stream: Resource<ResolveAddressStream>) -> SocketResult<Option<IpAddress>> {
        Err(ErrorCode::AccessDenied.into())
    }

    fn subscribe(&mut self, stream: Resource<ResolveAddressStream>) -> Result<Resource<DynPollable>> {
        wasmtime_wasi::p2::subscribe(self.0, stream)
    }

    fn drop(&mut self, stream: Resource<ResolveAddressStream>) -> Result<()> {
        self.0.delete(stream)?;
        Ok(())
    }
}
