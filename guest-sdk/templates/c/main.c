// {{name}}: sends back what comes in, and counts it.
//
// The host calls a function per event of a socket. `sockdock dev` puts each save behind the live connections.

#include "sockdock.h"

#include <inttypes.h>
#include <stdio.h>

// What is remembered of a connection. The host keeps it as the socket's context, also while builds are swapped: a build with another struct has to
// know the older one, by its size or by a number in front.
struct session {
    uint64_t bytes;
};

static struct session session_of(sockdock_socket socket) {
    struct session session = {0};
    sockdock_context(socket, &session, sizeof session);
    return session;
}

static void on_open(sockdock_socket socket) {
    struct sockdock_endpoint peer;
    // What is printed goes into the host's log.
    if (sockdock_remote(socket, &peer) == 0) printf("%s:%u has connected\n", peer.address, peer.port);
    sockdock_write_text(socket, "hello from {{name}}\n");
}

// Some bytes of a stream: a line may come in two calls, or two lines in one.
static void on_data(sockdock_socket socket, const uint8_t *bytes, size_t length) {
    struct session session = session_of(socket);
    session.bytes += length;
    sockdock_set_context(socket, &session, sizeof session);
    // Try it: write each byte after `toupper`.
    sockdock_write(socket, bytes, length);
}

static void on_close(sockdock_socket socket, const struct sockdock_close_info *info) {
    printf("a connection has ended after %" PRIu64 " bytes (%s)\n", session_of(socket).bytes, sockdock_error_name(info->error));
}

const struct sockdock_handlers sockdock_plugin = {
    .open = on_open,
    .data = on_data,
    .close = on_close,
};
