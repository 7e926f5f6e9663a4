"""A proxy that hands on every byte so many milliseconds later.

    ip netns exec NAMESPACE python3 delay.py LISTEN:PORT TO:PORT MILLISECONDS PID

It listens in the namespace that it is started in, and connects in that of another process.
"""
import ctypes
import os
import queue
import socket
import sys
import threading
import time


def carry(source, sink, delay):
    held = queue.Queue(maxsize=64)

    def hand_on():
        while (one := held.get()) is not None:
            due, data = one
            time.sleep(max(0, due - time.monotonic()))
            try:
                sink.sendall(data)
            except OSError:
                break
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    threading.Thread(target=hand_on, daemon=True).start()
    try:
        while data := source.recv(65536):
            held.put((time.monotonic() + delay, data))
    except OSError:
        pass
    held.put(None)


def main():
    (host, port), (to, to_port) = (end.rsplit(":", 1) for end in sys.argv[1:3])
    delay = float(sys.argv[3]) / 1000
    listener = socket.create_server((host, int(port)))
    outside = os.open(f"/proc/{sys.argv[4]}/ns/net", os.O_RDONLY)
    if ctypes.CDLL(None, use_errno=True).setns(outside, 0) != 0:
        sys.exit("that process's network is out of reach")
    while True:
        client, _ = listener.accept()
        server = socket.create_connection((to, int(to_port)))
        for end in (client, server):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for one, other in ((client, server), (server, client)):
            threading.Thread(target=carry, args=(one, other, delay), daemon=True).start()


main()
