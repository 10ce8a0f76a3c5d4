package sockdock

import (
	"time"
	"unicode/utf8"

	"sockdock.dev/guest/internal/host"
)

// ConnectOptions say how to connect; the zero value is a plain connection within the operator's time limit.
type ConnectOptions struct {
	// TLS is nil for a plain connection; &TLSOptions{} asks for TLS with the host's name.
	TLS *TLSOptions
	// Timeout is the time until Open, name resolution and TLS handshake included; 0: the operator's limit (10 s by default).
	Timeout time.Duration
	// AllowHalfOpen: the peer's end doesn't end our side.
	AllowHalfOpen bool
	// Context is the socket's first context.
	Context []byte
}

// TLSOptions say how to speak TLS as a client. The peer's certificate is checked as the operator has configured it.
type TLSOptions struct {
	// ServerName is the name to ask for and to check the certificate against; empty: the host part of the address.
	ServerName string
	// ALPN are the application protocols to offer, the most wanted first, such as `h2`.
	ALPN []string
	// Credentials names a certificate and key that the operator has configured, to be shown to the server; empty: none.
	Credentials string
}

// SessionInfo is what a TLS handshake agreed on.
type SessionInfo struct {
	// Version is `TLSv1.3` or `TLSv1.2`.
	Version string
	// Cipher is the suite's IANA name, such as `TLS_AES_128_GCM_SHA256`.
	Cipher string
	// ALPN is the application protocol; empty for none.
	ALPN string
	// ServerName is the name that the client asked for; empty for none.
	ServerName string
	// Resumed: an earlier session was resumed.
	Resumed bool
	// Verified: the peer showed a certificate, and it was found good.
	Verified bool
}

// Connect begins to connect to `HOST:PORT`, `[ADDRESS]:PORT` or `unix:/path`. Either Open follows or ConnectError; what is written
// until then is queued.
//
// Errors: [NotAllowed] where no rule of the operator's (--allow-connect) permits the address, [InvalidArgument] for what isn't one, or
// can't be asked for in a TLS handshake, [LimitExceeded]. What a look-up or the peer says comes by ConnectError.
func Connect(address string, options ConnectOptions) (Socket, error) {
	plain := host.Connect{Timeout: host.Off, AllowHalfOpen: options.AllowHalfOpen, Context: options.Context}
	if options.Timeout != 0 {
		plain.Timeout = int64(milliseconds(options.Timeout))
	}
	if options.TLS != nil {
		if !options.TLS.isText() {
			return Socket{}, InvalidArgument
		}
		tls := host.TLS(*options.TLS)
		plain.TLS = &tls
	}
	if !utf8.ValidString(address) {
		return Socket{}, InvalidArgument
	}
	id, code := host.Dial(address, plain)
	return Socket{id}, asError(code)
}

// TLSSession is what the handshake agreed on; nil for a plain socket, and before the handshake has finished.
func (s Socket) TLSSession() (*SessionInfo, error) {
	session, code := host.TLSSession(s.id)
	return (*SessionInfo)(session), asError(code)
}

// PeerCertificates are the peer's, in DER, the leaf first; none if it showed none.
func (s Socket) PeerCertificates() ([][]byte, error) {
	certificates, code := host.PeerCertificates(s.id)
	return certificates, asError(code)
}

// UpgradeClient begins TLS as the client on a plain connection (STARTTLS). What was written before goes in the clear; then Handshake
// comes, or Error and Close. Bytes that came in the clear behind the request for TLS aren't to be trusted: drop them.
//
// Errors: [InProgress]; [InvalidArgument] where TLS is spoken already, and for names, protocols and credentials that can't be used.
func (s Socket) UpgradeClient(options TLSOptions) error {
	if !options.isText() {
		return InvalidArgument
	}
	return asError(host.UpgradeClient(s.id, host.TLS(options)))
}

// UpgradeServer begins TLS as the server, with a certificate and key that the operator has configured under this name (--credentials).
// As [Socket.UpgradeClient] otherwise.
func (s Socket) UpgradeServer(credentials string) error {
	if !utf8.ValidString(credentials) {
		return InvalidArgument
	}
	return asError(host.UpgradeServer(s.id, credentials))
}

// isText: what isn't UTF-8 would trap on its way to the host.
func (o *TLSOptions) isText() bool {
	for _, protocol := range o.ALPN {
		if !utf8.ValidString(protocol) {
			return false
		}
	}
	return utf8.ValidString(o.ServerName) && utf8.ValidString(o.Credentials)
}
