package sockdock

// Plugin is what a plugin answers: one method per event. Embed [Base], which has a default for each, and write those that matter:
//
//	type Echo struct{ sockdock.Base }
//
//	func (e *Echo) Data(socket sockdock.Socket, data []byte) { socket.Write(data) }
//
//	func init() { sockdock.Register(&Echo{}) }
//
// Calls never overlap, and nothing that a handler calls comes back into the plugin: the effects of a call arrive as events of their
// own. Each event has a budget of CPU time (100 ms by default). A panic, or a used-up budget, costs the event's connection, and the
// instance: a fresh one takes over the others, which it finds by [Live] with their contexts intact.
//
// Order: Open; then Data, Drain, End, Timeout, Error as they come; then Close, exactly once, and nothing after it.
type Plugin interface {
	// Start is the first call into an instance, once; 5 s of CPU time by default. An error stops the listener's begin or the reload.
	// Sockets can't be written or ended here ([NotAllowed]).
	Start(config Config) error

	// Open: a connection stands, its TLS handshake included.
	Open(socket Socket)

	// Data: bytes have come in, in order, each once, 1 byte to 64 KiB at a time by default. TCP is a stream: a message may be split,
	// or joined with the next, at any byte. The slice is the plugin's to keep.
	Data(socket Socket, data []byte)

	// Drain: the outbound queue is empty again after a short write, or after it had crossed its high-water mark (64 KiB).
	Drain(socket Socket)

	// End: the peer has ended its sending side, and all its bytes were delivered. Unless the listener allows half-open connections,
	// the host closes once everything is sent.
	End(socket Socket)

	// Timeout: no byte has moved either way for the time given to [Socket.SetTimeout]; closes nothing by itself.
	Timeout(socket Socket)

	// Handshake: a TLS handshake has succeeded; before Open, or after [Socket.UpgradeClient] and [Socket.UpgradeServer]. unverified is
	// an error, with the reason, only where the listener lets peers without a good certificate pass.
	Handshake(socket Socket, unverified error)

	// Error: the connection has failed; Close follows with the same error.
	Error(socket Socket, err *SocketError)

	// Close: the connection is over; forget it. Its number never comes again.
	Close(socket Socket, info CloseInfo)

	// ConnectError: [Connect] has failed; the only event of that socket.
	ConnectError(socket Socket, err *SocketError)

	// Fired: a timer armed by [SetTimer] has run out; it is no longer armed.
	Fired(token uint64)

	// Snapshot answers what the next generation must know, beside the contexts of sockets, which the host keeps; nil: nothing.
	//
	// For each reload and each dry run; this instance may well live on afterwards. Only logging and calls that read work. An error
	// stops the reload. See [Save].
	Snapshot() (*State, error)

	// Restore takes over what the previous generation's Snapshot gave; after Start, before any event. Not called if that was nil.
	// See [Load]. An error stops the reload: the previous generation goes on.
	Restore(state State) error
}

// CloseInfo tells how a connection ended.
type CloseInfo struct {
	// Err is what broke it; nil after a local end, or a clean end by both sides.
	Err *SocketError
	// Unsent counts bytes that Write had taken and that were never handed to the kernel.
	Unsent uint64
}

// Base has all of a [Plugin]'s methods; they do nothing, but Restore, which fails, so that no state is lost in silence.
type Base struct{}

func (Base) Start(Config) error                { return nil }
func (Base) Open(Socket)                       {}
func (Base) Data(Socket, []byte)               {}
func (Base) Drain(Socket)                      {}
func (Base) End(Socket)                        {}
func (Base) Timeout(Socket)                    {}
func (Base) Handshake(Socket, error)           {}
func (Base) Error(Socket, *SocketError)        {}
func (Base) Close(Socket, CloseInfo)           {}
func (Base) ConnectError(Socket, *SocketError) {}
func (Base) Fired(uint64)                      {}
func (Base) Snapshot() (*State, error)         { return nil, nil }

func (Base) Restore(state State) error {
	return &VersionError{Found: state.Version}
}
