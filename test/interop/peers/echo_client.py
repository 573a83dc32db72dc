"""Checks our server with the client of python3-websockets.

The arguments are the server's ws: URL, and a JSON list of parameters for permessage-deflate; null is none.
Prints a JSON list with the results of each: the name of a check, and what went wrong, or null.
"""

import asyncio
import json
import random
import sys

import websockets
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory

SIZES = [0, 1, 125, 126, 65_535, 65_536, 1024 * 1024]
REPETITIVE = json.dumps([{"id": index, "name": "somebody", "online": True} for index in range(2_000)])


class Site:
    """Where the checks run: what they connect to, and how."""

    def __init__(self, url, parameters):
        self.url = url
        self.parameters = parameters

    def connect(self, path, **options):
        compressed = self.parameters is not None
        extensions = [ClientPerMessageDeflateFactory(**self.parameters)] if compressed else None
        return websockets.connect(self.url + path, compression=None, extensions=extensions, **options)


async def text_of_every_length(site):
    async with site.connect("/echo") as websocket:
        for size in SIZES:
            await websocket.send("x" * size)
            assert await websocket.recv() == "x" * size, size


async def binary_of_every_length(site):
    async with site.connect("/echo") as websocket:
        for size in SIZES:
            data = random.randbytes(size)
            await websocket.send(data)
            assert await websocket.recv() == data, size


async def unicode_unchanged(site):
    async with site.connect("/echo") as websocket:
        for text in ["Grüße, привет, こんにちは", "😀👩‍👩‍👧‍👦𝄞" * 100, "\0\ufeff\uffff\U0010ffff"]:
            await websocket.send(text)
            assert await websocket.recv() == text, text


async def a_burst_in_order(site):
    async with site.connect("/echo") as websocket:
        await asyncio.gather(*(websocket.send(f"message {index}") for index in range(1_000)))
        for index in range(1_000):
            assert await websocket.recv() == f"message {index}"


async def fragments_sent(site):
    async def pieces():
        for index in range(100):
            yield f"piece {index}, "

    async with site.connect("/echo") as websocket:
        await websocket.send(pieces())
        assert await websocket.recv() == "".join(f"piece {index}, " for index in range(100))
        await websocket.send([b"", b"\0", b"", b"\xff" * 70_000, b""])
        assert await websocket.recv() == b"\0" + b"\xff" * 70_000


async def fragments_received(site):
    async with site.connect("/fragments") as websocket:
        assert await websocket.recv() == "Grüße aus drei Stücken"
        assert len(await websocket.recv()) == 70_000


async def pings_both_ways(site):
    async with site.connect("/ping") as websocket:
        assert float(await websocket.recv()) >= 0
        pong = await websocket.ping(b"x" * 125)
        await asyncio.wait_for(pong, 5)


async def the_client_closes(site):
    for code, reason in [(1000, "done"), (3000, ""), (4999, "ü" * 61)]:
        connection = f"python-{random.getrandbits(64)}"
        async with site.connect(f"/echo?id={connection}") as websocket:
            await websocket.close(code, reason)
        async with site.connect(f"/closure?of={connection}") as websocket:
            closure = json.loads(await websocket.recv())
        assert closure == {"code": code, "reason": reason, "initiator": "remote"}, closure


async def the_server_closes(site):
    for code, reason in [(1000, "done"), (1001, ""), (1011, "x" * 123), (4000, "mine")]:
        async with site.connect(f"/close?code={code}&reason={reason}") as websocket:
            await websocket.wait_closed()
            assert (websocket.close_code, websocket.close_reason) == (code, reason), websocket.close_code


async def the_server_cuts_the_connection(site):
    async with site.connect("/cut") as websocket:
        await websocket.send("cut")
        await websocket.wait_closed()
        assert websocket.close_code == 1006, websocket.close_code


async def a_message_that_is_too_big(site):
    async with site.connect("/small") as websocket:
        await websocket.send("x" * 1_025)
        await websocket.wait_closed()
        assert websocket.close_code == 1009, websocket.close_code


async def subprotocols(site):
    for offer, chosen in [(["chat.v1"], "chat.v1"), (["other", "chat.v2", "chat.v1"], "chat.v2"), (["other"], None)]:
        async with site.connect("/echo", subprotocols=offer) as websocket:
            assert websocket.subprotocol == chosen, websocket.subprotocol


async def a_refused_handshake(site):
    for path, expected in [("/guarded", 401), ("/nowhere", 404)]:
        try:
            async with site.connect(path):
                raise AssertionError(f"{path} was accepted")
        except websockets.InvalidStatusCode as error:
            assert error.status_code == expected, error.status_code


async def compression(site):
    """Agreed as asked, and worth it both ways."""

    async def wire(websocket):
        await websocket.send("wire?")
        return json.loads(await websocket.recv())

    async with site.connect("/wire") as websocket:
        before = await wire(websocket)
        await websocket.send(REPETITIVE)
        assert await websocket.recv() == REPETITIVE
        after = await wire(websocket)
        cost = max(after["read"] - before["read"], after["written"] - before["written"])
        if site.parameters is None:
            assert websocket.extensions == [], websocket.extensions
            assert cost > len(REPETITIVE), cost
            return
        [extension] = websocket.extensions
        assert cost < len(REPETITIVE) / 8, cost
        asked = site.parameters
        if asked.get("server_no_context_takeover"):
            assert extension.remote_no_context_takeover
        if asked.get("client_no_context_takeover"):
            assert extension.local_no_context_takeover
        assert extension.remote_max_window_bits <= (asked.get("server_max_window_bits") or 15)
        limit = asked.get("client_max_window_bits", True)
        if limit is None:
            assert extension.local_max_window_bits == 15, "a limit that the client did not offer"
        elif limit is not True:
            assert extension.local_max_window_bits <= limit


CHECKS = [
    text_of_every_length,
    binary_of_every_length,
    unicode_unchanged,
    a_burst_in_order,
    fragments_sent,
    fragments_received,
    pings_both_ways,
    the_client_closes,
    the_server_closes,
    the_server_cuts_the_connection,
    a_message_that_is_too_big,
    subprotocols,
    a_refused_handshake,
    compression,
]


async def result(check, site):
    name = check.__name__.replace("_", " ")
    try:
        await asyncio.wait_for(check(site), 10)
        return {"name": name, "failure": None}
    except Exception as error:  # Whatever it is, it is a result.
        return {"name": name, "failure": f"{type(error).__name__}: {error}"[:500]}


async def main():
    url, parameters = sys.argv[1:]
    sites = [Site(url, each) for each in json.loads(parameters)]
    print(json.dumps([[await result(check, site) for check in CHECKS] for site in sites]))


asyncio.run(main())
