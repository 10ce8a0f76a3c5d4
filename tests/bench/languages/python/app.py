"""Sends back what comes in."""

import sockdock


class Echo(sockdock.Plugin):
    def data(self, socket, data):
        socket.write(data)


sockdock.plugin(Echo)
