// Sends back what comes in.

#include "sockdock.h"

static void on_data(sockdock_socket socket, const uint8_t *bytes, size_t length) {
    sockdock_write(socket, bytes, length);
}

const struct sockdock_handlers sockdock_plugin = {.data = on_data};
