// What the kit's own files share; plugins include sockdock.h.

#ifndef SOCKDOCK_GLUE_H
#define SOCKDOCK_GLUE_H

#include "bindings/plugin_full.h"
#include "sockdock.h"

// The contract's code as the kit has it: negative.
static inline int sockdock_refusal(wit_types_error_code_t code) { return -1 - (int)code; }

// Memory, or a trap.
void *sockdock_allocate(size_t size);

// After its last event.
void sockdock_forget_data(sockdock_socket socket);

#endif
