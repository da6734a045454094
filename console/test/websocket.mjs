// The few lines of RFC 6455 that the stand-in needs: text frames below 2^31 octets, no extensions.
import { createHash } from 'node:crypto';

const MAGIC = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

function frame(text) {
  const body = Buffer.from(text);
  const n = body.length;
  const head = n < 126 ? Buffer.from([0x81, n]) : n < 65536 ? Buffer.alloc(4) : Buffer.alloc(10);
  if (n >= 126) {
    head[0] = 0x81;
    head[1] = n < 65536 ? 126 : 127;
    if (n < 65536) head.writeUInt16BE(n, 2);
    else head.writeUInt32BE(n, 6);
  }
  return Buffer.concat([head, body]);
}

// Accepts an upgrade; calls `message(text)` for what the browser says and `closed()` at the end.
export function accept(request, socket, message, closed) {
  const key = createHash('sha1').update(request.headers['sec-websocket-key'] + MAGIC).digest('base64');
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${key}\r\n\r\n`);
  let buffer = Buffer.alloc(0);
  socket.on('data', (data) => {
    buffer = Buffer.concat([buffer, data]);
    for (;;) {
      if (buffer.length < 6) return;
      let n = buffer[1] & 127;
      let at = 2;
      if (n === 126) [n, at] = [buffer.readUInt16BE(2), 4];
      if (buffer.length < at + 4 + n) return;
      const body = Buffer.from(buffer.subarray(at + 4, at + 4 + n));
      for (let i = 0; i < n; i += 1) body[i] ^= buffer[at + (i & 3)];
      const operation = buffer[0] & 15;
      buffer = buffer.subarray(at + 4 + n);
      if (operation === 8) return socket.end();
      if (operation === 1) message(body.toString());
    }
  });
  socket.on('close', closed);
  socket.on('error', () => socket.destroy());
  return { send: (object) => socket.writable && socket.write(frame(JSON.stringify(object))), close: () => socket.destroy() };
}
