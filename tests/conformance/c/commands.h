// The commands of ../README.md.

#ifndef COMMANDS_H
#define COMMANDS_H

#include "sockdock.h"
#include "text.h"

// Carries out the commands of a line, or of a script about `socket` (NULL: about none), and adds their answers. The line is cut up.
void run(struct text *answer, char *script, const sockdock_socket *socket);

// The bytes of the `data` event that is going on.
extern const uint8_t *mirrored;
extern size_t mirrored_length;

#endif
