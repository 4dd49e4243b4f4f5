// The tutorial's application: POST /messages pushes to an array and emits `message` to all. Nothing is durable.
'use strict';
const express = require('express');
const { createServer } = require('node:http');
const { Server } = require('socket.io');

const app = express();
const server = createServer(app);
const io = new Server(server);
const messages = [];

app.use(express.json());
app.get('/messages', (request, response) => response.json(messages));
app.post('/messages', (request, response) => {
  const message = { seq: messages.length + 1, body: request.body.body };
  messages.push(message);
  io.emit('message', message);
  response.sendStatus(200);
});

server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});
