/*
 * TLS on a socket. The certificate is not checked: the bench measures a server that it has started itself, on this machine.
 * Without OpenSSL's headers at compile time there is only tls_open(), which says so.
 */
#ifndef TLS_H
#define TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct tls;

/* The client's end on a socket that is connected, or about to be. */
struct tls *tls_open(int fd);

/* Before the handshake: offers HTTP/2 and nothing else (ALPN, RFC 7301). Behind it: fails unless the server has chosen it. */
void tls_offer_http2(struct tls *tls);
void tls_check_http2(const struct tls *tls);

/* One step of the TLS handshake; false while it has to wait for the socket. Fails when it is refused. */
bool tls_handshake(struct tls *tls);

/* As transport_receive() and transport_send(). */
ssize_t tls_receive(struct tls *tls, void *bytes, size_t length);
ssize_t tls_send(struct tls *tls, const void *bytes, size_t length);

/* Sends close_notify: nothing more will be sent. The socket stays open. */
void tls_shut_down(struct tls *tls);

void tls_free(struct tls *tls);

#endif
