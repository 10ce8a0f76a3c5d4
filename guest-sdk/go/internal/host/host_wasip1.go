package host

import (
	"bytes"
	"sockdock.dev/guest/internal/wit/gen/sockdock_plugin_logging"
	"sockdock.dev/guest/internal/wit/gen/sockdock_plugin_outbound"
	"sockdock.dev/guest/internal/wit/gen/sockdock_plugin_sockets"
	"sockdock.dev/guest/internal/wit/gen/sockdock_plugin_timers"
	"sockdock.dev/guest/internal/wit/gen/sockdock_plugin_tls"
	"sockdock.dev/guest/internal/wit/gen/sockdock_plugin_topics"
	"sockdock.dev/guest/internal/wit/gen/sockdock_plugin_types"
	"sockdock.dev/guest/internal/wit/runtime"
	"sockdock.dev/guest/internal/wit/types"
	"strings"
	"unsafe"
)

// The one call of nearly every event, by hand: the generated one makes two objects per call.
//
//go:wasmimport sockdock:plugin/sockets@0.1.0 write
//go:noescape
func write(socket uint64, data unsafe.Pointer, length uint32, answer unsafe.Pointer)

// Calls never overlap, and a variable doesn't move as a stack may.
var written struct {
	failed bool
	_      [3]byte
	value  uint32
}

func Write(socket uint64, data []byte) (uint32, Code) {
	write(socket, unsafe.Pointer(unsafe.SliceData(data)), uint32(len(data)), unsafe.Pointer(&written))
	if written.failed {
		// An enum of one byte.
		return 0, Code(written.value & 0xff)
	}
	return written.value, OK
}

func Flush(socket uint64) Code {
	return code(sockdock_plugin_sockets.Flush(socket))
}

func End(socket uint64) Code {
	return code(sockdock_plugin_sockets.End(socket))
}

func Shutdown(socket uint64) Code {
	return code(sockdock_plugin_sockets.Shutdown(socket))
}

func Terminate(socket uint64) Code {
	return code(sockdock_plugin_sockets.Terminate(socket))
}

func Pause(socket uint64) Code {
	return code(sockdock_plugin_sockets.Pause(socket))
}

func Resume(socket uint64) Code {
	return code(sockdock_plugin_sockets.Resume(socket))
}

func SetAutoPause(socket uint64, enabled bool) Code {
	return code(sockdock_plugin_sockets.SetAutoPause(socket, enabled))
}

func Queued(socket uint64) (uint32, Code) {
	return value(sockdock_plugin_sockets.Queued(socket))
}

func SetTimeout(socket uint64, milliseconds int64) Code {
	return code(sockdock_plugin_sockets.SetTimeout(socket, unlessOff(milliseconds)))
}

func SetNoDelay(socket uint64, enabled bool) Code {
	return code(sockdock_plugin_sockets.SetNoDelay(socket, enabled))
}

func SetKeepAlive(socket uint64, milliseconds int64) Code {
	return code(sockdock_plugin_sockets.SetKeepAlive(socket, unlessOff(milliseconds)))
}

func LocalEndpoint(socket uint64) (Endpoint, Code) {
	defer runtime.Rewind(runtime.Mark())
	end, failed := value(sockdock_plugin_sockets.LocalEndpoint(socket))
	return Endpoint{strings.Clone(end.Address), end.Port}, failed
}

func RemoteEndpoint(socket uint64) (Endpoint, Code) {
	defer runtime.Rewind(runtime.Mark())
	end, failed := value(sockdock_plugin_sockets.RemoteEndpoint(socket))
	return Endpoint{strings.Clone(end.Address), end.Port}, failed
}

// Listener is empty for an outbound socket.
func Listener(socket uint64) (string, Code) {
	defer runtime.Rewind(runtime.Mark())
	name, failed := value(sockdock_plugin_sockets.Listener(socket))
	return orEmpty(name), failed
}

func BytesRead(socket uint64) (uint64, Code) {
	return value(sockdock_plugin_sockets.BytesRead(socket))
}

func BytesWritten(socket uint64) (uint64, Code) {
	return value(sockdock_plugin_sockets.BytesWritten(socket))
}

func Context(socket uint64) ([]byte, Code) {
	defer runtime.Rewind(runtime.Mark())
	context, failed := value(sockdock_plugin_sockets.Context(socket))
	return bytes.Clone(context), failed
}

func SetContext(socket uint64, context []byte) Code {
	return code(sockdock_plugin_sockets.SetContext(socket, context))
}

func Live() []uint64 {
	defer runtime.Rewind(runtime.Mark())
	// There may be any number.
	runtime.CollectorOff()
	defer runtime.CollectorOn()
	return sockdock_plugin_sockets.Live()
}

func Dial(address string, options Connect) (uint64, Code) {
	record := sockdock_plugin_outbound.ConnectOptions{
		Tls:                 types.None[sockdock_plugin_outbound.TlsOptions](),
		TimeoutMilliseconds: unlessOff(options.Timeout),
		AllowHalfOpen:       options.AllowHalfOpen,
		Context:             options.Context,
	}
	if options.TLS != nil {
		record.Tls = types.Some(client(*options.TLS))
	}
	return value(sockdock_plugin_outbound.Connect(address, record))
}

// TLSSession is nil for a plain socket.
func TLSSession(socket uint64) (*Session, Code) {
	defer runtime.Rewind(runtime.Mark())
	session, failed := value(sockdock_plugin_tls.Session(socket))
	if failed != OK || session.Tag() == types.OptionNone {
		return nil, failed
	}
	s := session.Some()
	return &Session{strings.Clone(s.Version), strings.Clone(s.Cipher), orEmpty(s.Alpn), orEmpty(s.ServerName), s.Resumed, s.Verified}, OK
}

func PeerCertificates(socket uint64) ([][]byte, Code) {
	defer runtime.Rewind(runtime.Mark())
	certificates, failed := value(sockdock_plugin_tls.PeerCertificates(socket))
	for i, certificate := range certificates {
		certificates[i] = bytes.Clone(certificate)
	}
	return certificates, failed
}

func UpgradeClient(socket uint64, options TLS) Code {
	return code(sockdock_plugin_tls.UpgradeClient(socket, client(options)))
}

func UpgradeServer(socket uint64, credentials string) Code {
	return code(sockdock_plugin_tls.UpgradeServer(socket, credentials))
}

func SetTimer(token uint64, milliseconds uint32) Code {
	return code(sockdock_plugin_timers.SetTimer(token, milliseconds))
}

func ClearTimer(token uint64) {
	sockdock_plugin_timers.ClearTimer(token)
}

func Subscribe(socket uint64, topic string) Code {
	return code(sockdock_plugin_topics.Subscribe(socket, topic))
}

func Unsubscribe(socket uint64, topic string) Code {
	return code(sockdock_plugin_topics.Unsubscribe(socket, topic))
}

// Publish skips no socket if skip is 0, which names none.
func Publish(topic string, data []byte, skip uint64) (uint32, Code) {
	skipped := types.None[uint64]()
	if skip != 0 {
		skipped = types.Some(skip)
	}
	return value(sockdock_plugin_topics.Publish(topic, data, skipped))
}

func Log(level uint8, message string) {
	sockdock_plugin_logging.Log(level, message)
}

func code(result types.Result[types.Unit, sockdock_plugin_types.ErrorCode]) Code {
	if result.Tag() == types.ResultErr {
		return Code(result.Err())
	}
	return OK
}

func value[T any](result types.Result[T, sockdock_plugin_types.ErrorCode]) (T, Code) {
	if result.Tag() == types.ResultErr {
		var none T
		return none, Code(result.Err())
	}
	return result.Ok(), OK
}

func unlessOff(milliseconds int64) types.Option[uint32] {
	if milliseconds == Off {
		return types.None[uint32]()
	}
	return types.Some(uint32(milliseconds))
}

func orEmpty(text types.Option[string]) string {
	if text.Tag() == types.OptionNone {
		return ""
	}
	return strings.Clone(text.Some())
}

func orNone(text string) types.Option[string] {
	if text == "" {
		return types.None[string]()
	}
	return types.Some(text)
}

func client(options TLS) sockdock_plugin_outbound.TlsOptions {
	return sockdock_plugin_outbound.TlsOptions{
		ServerName:  orNone(options.ServerName),
		Alpn:        options.ALPN,
		Credentials: orNone(options.Credentials),
	}
}
