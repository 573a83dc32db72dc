"""Servers for our client, made of python3-websockets.

The argument is a JSON list: for each server null, or the parameters of its permessage-deflate.
Prints the JSON list of their ports, and serves until it is killed.
"""

import asyncio
import contextlib
import http
import json
import sys
from urllib.parse import parse_qs, urlsplit

import websockets
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory

# How connections to /echo ended, by their ids, for the client to ask.
ends = {}


async def serve_echo(websocket):
    async for message in websocket:
        await websocket.send(message)


async def serve_burst(websocket, count):
    for index in range(count):
        await websocket.send(f"message {index}")
    await websocket.wait_closed()


async def serve_fragments(websocket):
    text = "Grüße aus drei Stücken"
    await websocket.send([text[:3], "", text[3:10], text[10:]])
    data = bytes((index * 31 + (index >> 8)) & 0xFF for index in range(70_000))
    await websocket.send([data[:1], data[1:126], data[126:66_000], data[66_000:]])
    await websocket.wait_closed()


async def serve_ping(websocket):
    pong = await websocket.ping(b"are you there?")
    await pong
    await websocket.send("it was answered")
    await websocket.wait_closed()


async def serve(websocket):
    url = urlsplit(websocket.path)
    query = {name: values[0] for name, values in parse_qs(url.query, keep_blank_values=True).items()}
    if url.path == "/echo":
        end = ends.setdefault(query.get("id"), asyncio.Future())
        # The loop over messages raises for every code but 1000 and 1001.
        with contextlib.suppress(websockets.ConnectionClosedError):
            await serve_echo(websocket)
        if not end.done():
            end.set_result([websocket.close_code, websocket.close_reason])
    elif url.path == "/burst":
        await serve_burst(websocket, int(query["count"]))
    elif url.path == "/fragments":
        await serve_fragments(websocket)
    elif url.path == "/ping":
        await serve_ping(websocket)
    elif url.path == "/close":
        await websocket.close(int(query["code"]), query["reason"])
    elif url.path == "/cut":
        await websocket.recv()
        websocket.transport.abort()
    elif url.path == "/end":
        await websocket.send(json.dumps(await ends[query["of"]]))


async def refuse(path, headers):
    if path == "/guarded":
        return http.HTTPStatus.UNAUTHORIZED, {"Content-Type": "application/json"}, b'{"error":"log in"}'


async def main():
    servers = []
    for parameters in json.loads(sys.argv[1]):
        extensions = None if parameters is None else [ServerPerMessageDeflateFactory(**parameters)]
        servers.append(
            await websockets.serve(
                serve,
                "127.0.0.1",
                0,
                compression=None,
                extensions=extensions,
                subprotocols=["chat.v1", "chat.v2"],
                process_request=refuse,
            )
        )
    print(json.dumps([server.sockets[0].getsockname()[1] for server in servers]), flush=True)
    await asyncio.Future()


asyncio.run(main())
