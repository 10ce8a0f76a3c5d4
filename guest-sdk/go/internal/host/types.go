// Package host is what a plugin calls: the contract's imports in a component, package world's natively.
package host

// Code is one of the contract's error codes, in its order; OK is none.
type Code uint8

// OK says that nothing failed.
const OK Code = 0xff

// The codes that the imitated host answers.
const (
	Closed          Code = 0
	NotAllowed      Code = 7
	InvalidArgument Code = 8
	LimitExceeded   Code = 9
	InProgress      Code = 10
)

// Off is the number of milliseconds that switches a timeout off.
const Off int64 = -1

// Endpoint is one end of a connection.
type Endpoint struct {
	Address string
	Port    uint16
}

// Session is what a TLS handshake agreed on; empty texts for what there isn't.
type Session struct {
	Version, Cipher, ALPN, ServerName string
	Resumed, Verified                 bool
}

// TLS says how to speak it as a client; empty texts for what isn't given.
type TLS struct {
	ServerName  string
	ALPN        []string
	Credentials string
}

// Connect says how to connect. TLS is nil for a plain connection, Timeout in milliseconds or Off.
type Connect struct {
	TLS           *TLS
	Timeout       int64
	AllowHalfOpen bool
	Context       []byte
}
