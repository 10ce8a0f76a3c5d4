// Sends back what comes in.

#include "sockdock.hpp"

struct Echo : sockdock::Plugin {
    void data(sockdock::Socket socket, std::string_view bytes) override { socket.write(bytes); }
};

SOCKDOCK_PLUGIN(Echo)
