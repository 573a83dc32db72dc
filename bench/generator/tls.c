#include "tls.h"

#include "fail.h"

#if __has_include(<openssl/ssl.h>)

#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

/* Several records at a time: without it OpenSSL reads each one's header, then its body. */
enum { READ_AHEAD = 64 * 1024 };

static SSL_CTX *create_context(void) {
  SSL_CTX *context = SSL_CTX_new(TLS_client_method());
  if (context == NULL) fail("OpenSSL cannot be set up");
  SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_default_read_buffer_len(context, READ_AHEAD);
  /* Each connection pays for its own handshake. */
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  return context;
}

struct tls *tls_open(int fd) {
  static SSL_CTX *context;
  if (context == NULL) context = create_context();
  SSL *ssl = SSL_new(context);
  if (ssl == NULL || SSL_set_fd(ssl, fd) != 1) fail("OpenSSL has no memory for a connection");
  SSL_set_connect_state(ssl);
  return (struct tls *)ssl;
}

/* 0 when it only has to wait, -1 when the other end has closed. */
static ssize_t explain(SSL *ssl, int result) {
  int error = SSL_get_error(ssl, result);
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return 0;
  if (error == SSL_ERROR_SYSCALL) return -1;
  unsigned long reason = ERR_get_error();
  if (error == SSL_ERROR_ZERO_RETURN || ERR_GET_REASON(reason) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
    errno = 0;
    return -1;
  }
  fail("TLS to the server broke: %s", ERR_reason_error_string(reason));
}

/* As ALPN has it: the length, then the name. */
static const unsigned char HTTP2[] = {2, 'h', '2'};

void tls_offer_http2(struct tls *tls) {
  if (SSL_set_alpn_protos((SSL *)tls, HTTP2, sizeof HTTP2) != 0) fail("OpenSSL has no memory for ALPN");
}

void tls_check_http2(const struct tls *tls) {
  const unsigned char *chosen;
  unsigned length;
  SSL_get0_alpn_selected((const SSL *)tls, &chosen, &length);
  /* It was the only one to choose from. */
  if (length == 0) fail("The server does not speak HTTP/2: TLS offered it (ALPN), and it was not chosen");
}

bool tls_handshake(struct tls *tls) {
  SSL *ssl = (SSL *)tls;
  ERR_clear_error();
  errno = 0;
  int result = SSL_do_handshake(ssl);
  if (result == 1) return true;
  if (explain(ssl, result) < 0) fail_errno("The server closed the connection during the TLS handshake");
  return false;
}

ssize_t tls_receive(struct tls *tls, void *bytes, size_t length) {
  SSL *ssl = (SSL *)tls;
  size_t received = 0;
  ERR_clear_error();
  errno = 0;
  /* One call gives one record at most; what OpenSSL has read ahead must not be left: nobody would say that it is there. */
  while (received < length) {
    size_t missing = length - received;
    int got = SSL_read(ssl, (char *)bytes + received, missing < INT_MAX ? (int)missing : INT_MAX);
    if (got <= 0) {
      ssize_t end = explain(ssl, got);
      return received > 0 ? (ssize_t)received : end;
    }
    received += (size_t)got;
  }
  return (ssize_t)received;
}

ssize_t tls_send(struct tls *tls, const void *bytes, size_t length) {
  SSL *ssl = (SSL *)tls;
  size_t sent = 0;
  ERR_clear_error();
  errno = 0;
  /* One call takes one record at most. */
  while (sent < length) {
    size_t left = length - sent;
    int took = SSL_write(ssl, (const char *)bytes + sent, left < INT_MAX ? (int)left : INT_MAX);
    if (took <= 0) {
      ssize_t end = explain(ssl, took);
      return sent > 0 ? (ssize_t)sent : end;
    }
    sent += (size_t)took;
  }
  return (ssize_t)sent;
}

void tls_shut_down(struct tls *tls) {
  ERR_clear_error();
  SSL_shutdown((SSL *)tls);
}

void tls_free(struct tls *tls) { SSL_free((SSL *)tls); }

#else

struct tls *tls_open(int fd) {
  (void)fd;
  fail("--tls needs OpenSSL's headers where the generator is compiled: there is no openssl/ssl.h (on Debian: apt-get install libssl-dev)");
}

void tls_offer_http2(struct tls *tls) { (void)tls; }

void tls_check_http2(const struct tls *tls) { (void)tls; }

bool tls_handshake(struct tls *tls) { return tls != NULL; }

ssize_t tls_receive(struct tls *tls, void *bytes, size_t length) {
  (void)tls, (void)bytes, (void)length;
  return -1;
}

ssize_t tls_send(struct tls *tls, const void *bytes, size_t length) {
  (void)tls, (void)bytes, (void)length;
  return -1;
}

void tls_shut_down(struct tls *tls) { (void)tls; }

void tls_free(struct tls *tls) { (void)tls; }

#endif
