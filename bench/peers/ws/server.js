// The tutorial's application on the bare WebSocket library: POST /messages pushes to an array and sends to all sockets.
'use strict';
const { createServer } = require('node:http');
const { WebSocketServer } = require('ws');

const messages = [];
const server = createServer((request, response) => {
  let text = '';
  request.on('data', (chunk) => { text += chunk; });
  request.on('end', () => {
    const message = { seq: messages.length + 1, body: JSON.parse(text).body };
    messages.push(message);
    const data = Buffer.from(JSON.stringify(message));
    for (const socket of sockets.clients) socket.send(data, { binary: false });
    response.end('OK');
  });
});
const sockets = new WebSocketServer({ server });

server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});
