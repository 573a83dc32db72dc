#include "connection.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "fail.h"
#include "http2-stream.h"

/* One source address has about 28,000 ports on Linux as it comes; stay well below. */
enum { CONNECTIONS_PER_ADDRESS = 10000, RESPONSE_MAX = 16384 };

/* The sample of RFC 6455 section 1.3: the bench needs no randomness in its key, only a right answer. */
static const char KEY[] = "dGhlIHNhbXBsZSBub25jZQ==";
static const char ACCEPT[] = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

int connection_upgrade_request(char request[REQUEST_MAX], const struct target *target, const char *path) {
  return snprintf(request, REQUEST_MAX,
                  "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                  "Sec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\n%s\r\n",
                  path, target->port, KEY,
                  target->compressed ? "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n" : "");
}

int connection_page_request(char request[REQUEST_MAX], const struct target *target, const char *path) {
  return snprintf(request, REQUEST_MAX, "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n\r\n", path, target->port);
}

void connection_check_accepted(const struct target *target, const char *path, const char *response) {
  if (strncmp(response, "HTTP/1.1 101 ", 13) != 0 || strstr(response, ACCEPT) == NULL) {
    fail("The server did not accept the handshake on %s:\n%s", path, response);
  }
  if (target->compressed && strstr(response, "permessage-deflate") == NULL) {
    fail("The server did not agree on permessage-deflate on %s:\n%s", path, response);
  }
}

static void handshake(const struct transport *transport, const struct target *target, const char *path, struct verifier *early) {
  char request[REQUEST_MAX];
  ssize_t length = connection_upgrade_request(request, target, path);
  if (transport_send(transport, request, (size_t)length) != length) fail_errno("The server does not take the handshake on %s", path);

  char response[RESPONSE_MAX + 1];
  size_t received = 0;
  char *end = NULL;
  while (end == NULL) {
    if (received == RESPONSE_MAX) fail("The server's answer to the handshake is longer than %d bytes", RESPONSE_MAX);
    transport_wait(transport, false);
    ssize_t got = transport_receive(transport, response + received, RESPONSE_MAX - received);
    if (got < 0) fail_errno("The server closed the connection during the handshake on %s", path);
    received += (size_t)got;
    response[received] = '\0';
    end = strstr(response, "\r\n\r\n");
  }
  connection_check_accepted(target, path, response);
  size_t surplus = (size_t)(response + received - (end + 4));
  if (surplus == 0) return;
  if (early == NULL) fail("The server sent bytes after its handshake that nobody asked for");
  memcpy(verifier_room(early, surplus), end + 4, surplus);
  early->length += surplus;
}

/* A socket whose source address is the `index`th connection's. */
static int open_socket(unsigned index, int flags) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
  if (fd < 0) fail_errno("Cannot open connection %u", index);

  int yes = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  unsigned address = index / CONNECTIONS_PER_ADDRESS;
  if (address > 0) {
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof yes);
    struct sockaddr_in source = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK + address)};
    if (bind(fd, (struct sockaddr *)&source, sizeof source) != 0) fail_errno("Cannot connect from 127.0.0.1 + %u", address);
  }
  return fd;
}

/* `under_way` is what connect() may fail with all the same: EINPROGRESS, or 0 for nothing. */
static void connect_socket(int fd, const struct target *target, unsigned index, int under_way) {
  struct sockaddr_in server = {
      .sin_family = AF_INET, .sin_port = htons(target->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (connect(fd, (struct sockaddr *)&server, sizeof server) != 0 && errno != under_way) {
    fail_errno("Cannot connect to 127.0.0.1:%u (connection %u)", target->port, index);
  }
}

int connection_begin(const struct target *target, unsigned index) {
  int fd = open_socket(index, SOCK_NONBLOCK);
  connect_socket(fd, target, index, EINPROGRESS);
  return fd;
}

struct transport connection_connect(const struct target *target, unsigned index) {
  int fd = open_socket(index, 0);
  connect_socket(fd, target, index, 0);
  int flags = fcntl(fd, F_GETFL);
  if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0) fail_errno("Cannot make a socket non-blocking");
  struct transport transport = transport_over(fd, target->tls);
  bool chooses = target->http2 && target->tls;
  if (chooses) tls_offer_http2(transport.tls);
  while (!transport_ready(&transport)) transport_wait(&transport, false);
  if (chooses) tls_check_http2(transport.tls);
  return transport;
}

struct transport connection_open(const struct target *target, const char *path, unsigned index, struct verifier *early) {
  if (target->http2) return http2_stream_open(target, path, index);
  struct transport transport = connection_connect(target, index);
  handshake(&transport, target, path, early);
  return transport;
}
