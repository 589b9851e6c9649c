"""Puts musl's libc.so, which is its loader too, into a folder: python3 musl_loader.py amd64|arm64 FOLDER

It comes from Debian's archive, of a release with musl 1.2.4 or newer: older ones do not know all relocations of Node's libraries.
"""
import hashlib
import io
import lzma
import os
import sys
import tarfile
import urllib.request

ARCHIVE = 'http://deb.debian.org/debian'
arch, folder = sys.argv[1:]


def fetch(path):
    with urllib.request.urlopen(f'{ARCHIVE}/{path}', timeout=60) as answer:
        return answer.read()


def member(package, prefix):
    """The file of an ar archive whose name starts so."""
    at = 8
    while at < len(package):
        name, size = package[at:at + 16].decode().strip(' /'), int(package[at + 48:at + 58])
        at += 60
        if name.startswith(prefix):
            return package[at:at + size]
        at += size + size % 2
    raise SystemExit(f'no {prefix} in the package')


index = lzma.decompress(fetch(f'dists/trixie/main/binary-{arch}/Packages.xz')).decode()
entry = next(each for each in index.split('\n\n') if each.startswith('Package: musl\n'))
fields = dict(line.split(': ', 1) for line in entry.split('\n') if ': ' in line and not line.startswith(' '))
package = fetch(fields['Filename'])
if hashlib.sha256(package).hexdigest() != fields['SHA256']:
    raise SystemExit(f'{fields["Filename"]} is damaged')
with tarfile.open(fileobj=io.BytesIO(member(package, 'data.tar')), mode='r:*') as files:
    name = next(each for each in files.getnames() if each.endswith('-linux-musl/libc.so'))
    with open(os.path.join(folder, 'libc.so'), 'wb') as target:
        target.write(files.extractfile(name).read())
os.chmod(os.path.join(folder, 'libc.so'), 0o755)
