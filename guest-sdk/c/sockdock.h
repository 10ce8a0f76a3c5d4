// Write a plugin for the sockdock socket host in C: one callback per event of a socket. README.md is a short lesson.
//
//     #include "sockdock.h"
//
//     static void on_data(sockdock_socket socket, const uint8_t *bytes, size_t length) {
//         sockdock_write(socket, bytes, length);
//     }
//
//     const struct sockdock_handlers sockdock_plugin = {.data = on_data};
//
// Calls that can fail answer 0 or more if they went well, else one of the negative `sockdock_error`s. No call blocks, and none calls back into
// the plugin: what it causes arrives as an event of its own. Text is UTF-8, ends with 0, and is copied where it is kept.

#ifndef SOCKDOCK_H
#define SOCKDOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// A connection: a number that names it for as long as the host runs, and is never used twice. It may stand in a state: the next generation can
// use it. Calls about one that is over, or another instance's, answer SOCKDOCK_CLOSED.
typedef uint64_t sockdock_socket;

// For `skip`: nobody is left out.
#define SOCKDOCK_NOBODY UINT64_MAX

// For a time: switches it off.
#define SOCKDOCK_OFF UINT32_MAX

// Why a call was refused, or why a connection failed.
enum sockdock_error {
    SOCKDOCK_CLOSED = -1,           // not (any longer) a socket of this instance's, or its sending side has ended
    SOCKDOCK_RESET = -2,            // the peer reset the connection
    SOCKDOCK_REFUSED = -3,          // the peer's host refused it
    SOCKDOCK_UNREACHABLE = -4,      // no route to it
    SOCKDOCK_TIMED_OUT = -5,        // a time limit ran out
    SOCKDOCK_NAME_RESOLUTION = -6,  // the peer's name could not be resolved
    SOCKDOCK_TLS = -7,              // the TLS handshake or a record failed
    SOCKDOCK_NOT_ALLOWED = -8,      // not in this handler, or not granted by the operator
    SOCKDOCK_INVALID_ARGUMENT = -9, // malformed, or out of its range
    SOCKDOCK_LIMIT_EXCEEDED = -10,  // a limit of the operator's
    SOCKDOCK_IN_PROGRESS = -11,     // the same is already under way on this socket
    SOCKDOCK_UNSUPPORTED = -12,     // this host, or this kind of socket, doesn't offer it
    SOCKDOCK_IO = -13,              // another error of the operating system
    SOCKDOCK_OTHER = -14,           // none of these
};

// `timed-out`, for example; `none` for what is no error.
const char *sockdock_error_name(int error);

// How a connection ended.
struct sockdock_close_info {
    int error;           // what broke it, 0 for none: a local `end`, or a clean end by both sides
    const char *message; // the error for people, NULL for none
    uint64_t unsent;     // bytes that `sockdock_write` had taken and that were not sent
};

// A plugin's state on its way to the next generation; see `sockdock_state_add`.
struct sockdock_state;

// The plugin's events, each optional: `const struct sockdock_handlers sockdock_plugin = {.data = on_data};`
//
// Calls never overlap. Bytes and text that a handler is given are the kit's, and gone when it returns. Each event has a budget of CPU time (100 ms
// by default). `abort`, a trap or a used-up budget costs the event's connection and the instance: a fresh one takes over the others, which it
// finds by `sockdock_live`, their contexts intact.
struct sockdock_handlers {
    // The first call into an instance, once; see `sockdock_config`. The result of this, `snapshot` and `restore` is NULL if it went well, else the reason
    // for people, which stops the listener's begin or the reload. Sockets can't be written or ended here.
    const char *(*start)(void);

    // A connection stands, its TLS handshake included.
    void (*open)(sockdock_socket socket);

    // Bytes have come in: in order, each once, 1 byte to 64 KiB at a time by default. TCP is a stream: a message may be split, or joined with the
    // next, at any byte.
    void (*data)(sockdock_socket socket, const uint8_t *bytes, size_t length);

    // The outbound queue is empty again after a short write, or after it had crossed its high-water mark (64 KiB).
    void (*drain)(sockdock_socket socket);

    // The peer has ended its side, and all its bytes were delivered. Unless the listener allows half-open connections, the host closes once
    // everything is sent.
    void (*end)(sockdock_socket socket);

    // No byte has moved either way for the time given to `sockdock_set_timeout`; closes nothing by itself.
    void (*timeout)(sockdock_socket socket);

    // A TLS handshake has succeeded; before `open`. `unverified` is NULL, or why the peer's certificate isn't good, where the operator lets such peers in.
    void (*handshake)(sockdock_socket socket, const char *unverified);

    // The connection has failed; `close` follows with the same error.
    void (*error)(sockdock_socket socket, int error, const char *message);

    // The connection is over: free what `sockdock_data` holds. Its id never comes again.
    void (*close)(sockdock_socket socket, const struct sockdock_close_info *info);

    // `sockdock_connect` has failed; the only event of that socket.
    void (*connect_error)(sockdock_socket socket, int error, const char *message);

    // A timer has run out; it is no longer armed.
    void (*fired)(uint64_t token);

    // What the next generation must know, beside contexts, which the host keeps; for each reload and each dry run. Untouched: nothing. This
    // instance may well live on. Only logging and calls that read work.
    const char *(*snapshot)(struct sockdock_state *state);

    // Takes over what the previous generation's `snapshot` gave; after `start`, before any event. Without this handler a state is refused, so
    // that none is lost in silence.
    const char *(*restore)(const char *version, const uint8_t *data, size_t length);
};

// Defined by the plugin.
extern const struct sockdock_handlers sockdock_plugin;

// # Writing

// Queues bytes and answers how many were taken, from the front. Fewer than all only at the listener's write limit (1 MiB by default): keep the
// rest and go on in `drain`. A handler that answers each `data` with no more bytes than came never meets it.
int sockdock_write(sockdock_socket socket, const void *bytes, size_t length);

// Writes a text, without its 0.
int sockdock_write_text(sockdock_socket socket, const char *text);

// Sends what is queued now, not first when the handler returns.
int sockdock_flush(sockdock_socket socket);

// Bytes that were taken and not yet sent.
int sockdock_queued(sockdock_socket socket);

// # Ending

// Sends what is queued, ends the connection in good order, and reads no more; `close` is the only event after it.
int sockdock_end(sockdock_socket socket);

// Sends what is queued and ends our side; `data` goes on until the peer ends as well.
int sockdock_shutdown(sockdock_socket socket);

// Resets the connection and discards what is queued; `close` is the only event after it.
int sockdock_terminate(sockdock_socket socket);

// # Reading

// No `data` until `sockdock_resume`; the peer is slowed down by its own window.
int sockdock_pause(sockdock_socket socket);
int sockdock_resume(sockdock_socket socket);

// Whether the host stops reading while more than 64 KiB (default) are queued for this socket; on by default.
int sockdock_set_auto_pause(sockdock_socket socket, bool enabled);

// # Settings

// `timeout` is called after so long without a byte either way; SOCKDOCK_OFF, the default: never.
int sockdock_set_timeout(sockdock_socket socket, uint32_t milliseconds);

// TCP_NODELAY; on by default. SOCKDOCK_UNSUPPORTED on a unix socket.
int sockdock_set_no_delay(sockdock_socket socket, bool enabled);

// TCP keep-alive, with the first probe after so much silence; SOCKDOCK_OFF is the default. SOCKDOCK_UNSUPPORTED on a unix socket.
int sockdock_set_keep_alive(sockdock_socket socket, uint32_t milliseconds);

// # Facts

// One end of a connection.
struct sockdock_endpoint {
    char address[256]; // a numeric address without brackets; for a unix socket its path, empty if it is unnamed
    uint16_t port;     // 0 for a unix socket
};

int sockdock_local(sockdock_socket socket, struct sockdock_endpoint *endpoint);
int sockdock_remote(sockdock_socket socket, struct sockdock_endpoint *endpoint);

// The name of the listener that accepted it, cut to `size` with its 0. Answers the name's whole length; 0 for an outbound socket.
int sockdock_listener(sockdock_socket socket, char *name, size_t size);

// Bytes delivered by `data`, and handed to the kernel, so far.
int64_t sockdock_bytes_read(sockdock_socket socket);
int64_t sockdock_bytes_written(sockdock_socket socket);

// All sockets of this instance, in no particular order: the first `capacity` of them. Answers how many there are.
size_t sockdock_live(sockdock_socket *sockets, size_t capacity);

// # The plugin's own, per connection

// A pointer of this instance's about the connection, NULL at first. The kit forgets it after `close` and `connect_error`, where you free what it points to.
// It doesn't survive a reload or a trap, as memory doesn't; a context does.
void *sockdock_data(sockdock_socket socket);

// Sets it. Answers SOCKDOCK_LIMIT_EXCEEDED if there is no memory left.
int sockdock_set_data(sockdock_socket socket, void *data);

// The connection's context, up to 64 KiB (default) that the host keeps through reloads and traps, cut to `size`. Answers its whole length.
int sockdock_context(sockdock_socket socket, void *buffer, size_t size);
int sockdock_set_context(sockdock_socket socket, const void *bytes, size_t length);

// # TLS

// A finished handshake. Texts are empty for what wasn't agreed on.
struct sockdock_session_info {
    char version[16]; // TLSv1.3 or TLSv1.2
    char cipher[64];  // the suite's IANA name
    char server_name[256];
    char alpn[256];
    bool resumed;
    bool verified; // the peer showed a certificate, and it was found good
};

// Answers 1, or 0 for a plain socket and before the handshake has finished.
int sockdock_session(sockdock_socket socket, struct sockdock_session_info *session);

// How many certificates the peer showed.
int sockdock_certificates(sockdock_socket socket);

// One of them in DER, the leaf being the first, cut to `size`. Answers its whole length; SOCKDOCK_INVALID_ARGUMENT if there is none of this number.
int sockdock_certificate(sockdock_socket socket, size_t index, void *buffer, size_t size);

// How to speak TLS as a client.
struct sockdock_tls {
    const char *server_name;   // the name to ask for and to check; NULL: the host part of the address
    const char *const *alpn;   // protocols to offer, the most wanted first, ended by NULL; NULL: none
    const char *credentials;   // names a certificate of the operator's to show; NULL: none
};

// Begins TLS on a plain connection. What was written before goes in the clear; then `handshake` comes, or `error` and `close`. Bytes that came
// in the clear behind the request for TLS aren't to be trusted: drop them.
int sockdock_upgrade_client(sockdock_socket socket, const struct sockdock_tls *tls);
int sockdock_upgrade_server(sockdock_socket socket, const char *credentials);

// # Connecting

// How to connect; all 0: plainly, with the operator's time limit and no context.
struct sockdock_connect_options {
    const struct sockdock_tls *tls;       // NULL: a plain connection
    const uint32_t *timeout_milliseconds; // `&(uint32_t){500}`; NULL: the operator's limit
    bool allow_half_open;                 // the peer's end doesn't end our side
    const void *context;
    size_t context_length;
};

// Begins to connect to `HOST:PORT`, `[ADDRESS]:PORT` or `unix:/path`; `options` may be NULL. Either `open` follows or `connect_error`; writes until then are
// queued. SOCKDOCK_NOT_ALLOWED where no rule of the operator's (`--allow-connect`) permits it.
int sockdock_connect(const char *address, const struct sockdock_connect_options *options, sockdock_socket *made);

// # Timers

// Arms the timer of this token, once; if it is armed, the new time replaces the old one. It passes to the next generation.
int sockdock_set_timer(uint64_t token, uint32_t milliseconds);
void sockdock_clear_timer(uint64_t token);

// # Topics

// From now on the socket is sent what is published on this topic, by any instance of the listener. It survives a reload and a trap.
int sockdock_subscribe(sockdock_socket socket, const char *topic);
int sockdock_unsubscribe(sockdock_socket socket, const char *topic);

// Writes the bytes to every subscriber but `skip` (or SOCKDOCK_NOBODY). Answers how many took them.
int sockdock_publish(const char *topic, const void *bytes, size_t length, sockdock_socket skip);

// # The log

enum sockdock_level { SOCKDOCK_TRACE, SOCKDOCK_DEBUG, SOCKDOCK_INFO, SOCKDOCK_WARN, SOCKDOCK_ERROR };

// One message, under the plugin's name. What `printf` writes goes there, too, line by line.
void sockdock_log(enum sockdock_level level, const char *message);

// The same, formatted as by `printf`; cut at 1,023 bytes.
__attribute__((format(printf, 2, 3))) void sockdock_logf(enum sockdock_level level, const char *format, ...);

// # Settings of the operator's (`--set KEY=VALUE`)

// The value of a key, the last if it was given more than once; NULL if it wasn't. Good for the instance's life.
const char *sockdock_config(const char *key);

// The setting of this number, in the order given; false behind the last.
bool sockdock_config_at(size_t index, const char **key, const char **value);

// # State

// In `snapshot`: names the shape of what is added.
void sockdock_state_version(struct sockdock_state *state, const char *version);

// In `snapshot`: adds bytes behind those that were added before.
void sockdock_state_add(struct sockdock_state *state, const void *bytes, size_t length);

#ifdef __cplusplus
}
#endif

#endif
