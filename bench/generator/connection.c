#include "connection.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "fail.h"
#include "frame.h"

/* One source address has about 28,000 ports on Linux as it comes; stay well below. */
enum { CONNECTIONS_PER_ADDRESS = 10000, PATIENCE_SECONDS = 10, RESPONSE_MAX = 16384 };

/* The sample of RFC 6455 section 1.3: the bench needs no randomness in its key, only a right answer. */
static const char KEY[] = "dGhlIHNhbXBsZSBub25jZQ==";
static const char ACCEPT[] = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

static void send_all(int fd, const uint8_t *bytes, size_t length) {
  while (length > 0) {
    ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL);
    if (sent < 0) fail_errno("The server does not take what is sent to it");
    bytes += sent;
    length -= (size_t)sent;
  }
}

static void receive_all(int fd, uint8_t *bytes, size_t length) {
  while (length > 0) {
    ssize_t received = recv(fd, bytes, length, 0);
    if (received == 0) fail("The server closed the connection before it had answered");
    if (received < 0) fail_errno("The server does not answer (%zu bytes are missing)", length);
    bytes += received;
    length -= (size_t)received;
  }
}

static void handshake(int fd, uint16_t port, const char *path, bool compressed) {
  char request[512];
  int length = snprintf(request, sizeof request,
                        "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                        "Sec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\n%s\r\n",
                        path, port, KEY,
                        compressed ? "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n" : "");
  send_all(fd, (const uint8_t *)request, (size_t)length);

  char response[RESPONSE_MAX + 1];
  size_t received = 0;
  char *end = NULL;
  while (end == NULL) {
    if (received == RESPONSE_MAX) fail("The server's answer to the handshake is longer than %d bytes", RESPONSE_MAX);
    ssize_t got = recv(fd, response + received, RESPONSE_MAX - received, 0);
    if (got == 0) fail("The server closed the connection during the handshake on %s", path);
    if (got < 0) fail_errno("The server does not answer the handshake on %s", path);
    received += (size_t)got;
    response[received] = '\0';
    end = strstr(response, "\r\n\r\n");
  }
  if (strncmp(response, "HTTP/1.1 101 ", 13) != 0 || strstr(response, ACCEPT) == NULL) {
    fail("The server did not accept the handshake on %s:\n%s", path, response);
  }
  if (compressed && strstr(response, "permessage-deflate") == NULL) {
    fail("The server did not agree on permessage-deflate on %s:\n%s", path, response);
  }
  if (end + 4 != response + received) fail("The server sent bytes after its handshake that nobody asked for");
}

int connection_open(const struct target *target, const char *path, unsigned index) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) fail_errno("Cannot open connection %u", index);

  int yes = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  struct timeval patience = {.tv_sec = PATIENCE_SECONDS};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);

  unsigned address = index / CONNECTIONS_PER_ADDRESS;
  if (address > 0) {
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof yes);
    struct sockaddr_in source = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK + address)};
    if (bind(fd, (struct sockaddr *)&source, sizeof source) != 0) fail_errno("Cannot connect from 127.0.0.%u", 1 + address);
  }
  struct sockaddr_in server = {
      .sin_family = AF_INET, .sin_port = htons(target->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (connect(fd, (struct sockaddr *)&server, sizeof server) != 0) {
    fail_errno("Cannot connect to 127.0.0.1:%u (connection %u)", target->port, index);
  }
  handshake(fd, target->port, path, target->compressed);
  return fd;
}

void connection_send_turn(int fd, const struct ring *ring) { send_all(fd, ring->bytes, ring->length); }

void connection_check_turn(int fd, const struct ring *ring) {
  for (unsigned i = 0; i < ring->count; i++) {
    const struct ring_slot *slot = &ring->slots[i];
    uint8_t header_bytes[FRAME_HEADER_MAX];
    struct frame_header header;
    /* Never more than the header: read its first two bytes, then grow by what they say. */
    size_t have = 2;
    receive_all(fd, header_bytes, have);
    while (!frame_header_read(header_bytes, have, &header)) {
      receive_all(fd, header_bytes + have, header.length - have);
      have = header.length;
    }
    if (!ring_is_answer(ring, slot, &header)) {
      fail("The server answered message %u with a frame of opcode %u, %llu bytes; expected opcode %u, %llu bytes", i + 1,
           header.opcode, (unsigned long long)header.payload_length, slot->opcode, (unsigned long long)slot->payload_length);
    }
    uint8_t *payload = malloc(header.payload_length + 1);
    if (payload == NULL) fail("No memory for an answer of %llu bytes", (unsigned long long)header.payload_length);
    receive_all(fd, payload, header.payload_length);
    const uint8_t *expected = header.masked ? slot->masked_payload : slot->payload;
    if (!ring->compressed && memcmp(payload, expected, slot->payload_length) != 0) fail("The server answered message %u with other bytes", i + 1);
    free(payload);
  }
}

void connection_set_nonblocking(int fd) {
  int flags = fcntl(fd, F_GETFL);
  if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0) fail_errno("Cannot make a socket non-blocking");
}
