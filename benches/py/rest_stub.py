"""A server that accepts every order, each answer so many milliseconds late: what calls at once are measured against.

    python -m benches.py.rest_stub --delay-ms 20

Prints its address as one JSON line, ends when its standard input closes. A connection answers one request at a time.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import sys

ORD_IDS = itertools.count(1)


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay_s: float) -> None:
    """Answer the requests of one connection until it closes."""
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            lines = head.decode("latin-1").lower().split("\r\n")
            await reader.readexactly(sum(int(line[15:]) for line in lines if line.startswith("content-length:")))
            await asyncio.sleep(delay_s)
            row = f'{{"ordId":"{next(ORD_IDS)}","clOrdId":"","tag":"","ts":"0","sCode":"0","sMsg":"","subCode":""}}'
            body = f'{{"code":"0","msg":"","data":[{row}],"inTime":"1","outTime":"2"}}'
            kind = "Content-Type: application/json"
            writer.write(f"HTTP/1.1 200 OK\r\n{kind}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def main() -> None:
    """Serve until standard input closes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--delay-ms", type=float, default=20)
    delay_s = parser.parse_args().delay_ms / 1000
    server = await asyncio.start_server(lambda r, w: serve(r, w, delay_s), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    print(json.dumps({"rest": f"http://127.0.0.1:{port}"}), flush=True)
    await asyncio.to_thread(sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(main())
