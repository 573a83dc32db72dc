/* What a connection has to say before it takes part in a fan-out: a chat protocol's join, for example. */
#ifndef GREETING_H
#define GREETING_H

#include "ring.h"
#include "verifier.h"

/*
 * Connections `first` to `last` send the greeting, and a ping after it; returns when the server has said something to each of them and
 * answered its ping: then it has read the greeting. Meanwhile all connections that are watched are read, each by the verifier of its
 * number: to them the server may speak of the newcomers.
 */
void greet(struct verifier *verifiers, unsigned first, unsigned last, const struct ring *greeting, int epoll);

#endif
