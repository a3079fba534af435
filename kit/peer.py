# SPDX-License-Identifier: GPL-2.0
"""The other end of the tests' TCP and UDP; for Python 2.7 and 3.

usage: peer.py SECONDS [PORT]

Listens on one port for both, prints it, and ends by itself after so many seconds. UDP: sends
back what comes. TCP, the first line says what for: "SINK N" takes N bytes and answers with
their SHA-256; "SOURCE N" sends a line with it and then N bytes; "ECHO" sends back.
"""
import hashlib
import os
import socket
import sys
import threading


def family():
    """A socket of IPv6 takes IPv4 as well; where there is no IPv6, of IPv4."""
    try:
        socket.socket(socket.AF_INET6, socket.SOCK_STREAM).close()
        return socket.AF_INET6, '::'
    except (socket.error, OSError):
        return socket.AF_INET, '0.0.0.0'


def listen(port):
    kind, any_address = family()
    for _ in range(50):                             # the port of TCP may be taken in UDP
        tcp, udp = socket.socket(kind, socket.SOCK_STREAM), socket.socket(kind, socket.SOCK_DGRAM)
        for each in (tcp, udp):
            each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if kind == socket.AF_INET6:
                each.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        try:
            tcp.bind((any_address, port))
            udp.bind((any_address, tcp.getsockname()[1]))
            tcp.listen(16)
            return tcp, udp
        except (socket.error, OSError):
            if port:
                raise
    raise SystemExit('peer.py: no free port')


def serve(client):
    try:
        stream = client.makefile('rb')
        words = stream.readline().decode('ascii', 'replace').split()
        if words[:1] == ['SINK']:
            left, total = int(words[1]), hashlib.sha256()
            while left:
                data = stream.read(min(left, 65536))
                if not data:
                    return
                total.update(data)
                left -= len(data)
            client.sendall((total.hexdigest() + '\n').encode())
        elif words[:1] == ['SOURCE']:
            data = os.urandom(65536) * (int(words[1]) // 65536 + 1)
            data = data[:int(words[1])]
            client.sendall((hashlib.sha256(data).hexdigest() + '\n').encode())
            client.sendall(data)
        elif words[:1] == ['ECHO']:
            for line in iter(stream.readline, b''):
                client.sendall(line)
    except (socket.error, OSError, ValueError, IndexError):
        pass
    finally:
        client.close()


def echo(udp):
    while True:
        try:
            data, sender = udp.recvfrom(65536)
            udp.sendto(data, sender)
        except (socket.error, OSError):
            pass


def accept(tcp):
    while True:
        thread = threading.Thread(target=serve, args=(tcp.accept()[0],))
        thread.daemon = True
        thread.start()


def main():
    tcp, udp = listen(int(sys.argv[2]) if len(sys.argv) > 2 else 0)
    for work, end in ((echo, udp), (accept, tcp)):
        thread = threading.Thread(target=work, args=(end,))
        thread.daemon = True
        thread.start()
    print(tcp.getsockname()[1])
    sys.stdout.flush()
    threading.Event().wait(float(sys.argv[1]))


main()
