/** What Express costs for a connection that asks for one thing: the same three middlewares, and an empty answer. */

import express from 'express';
import { middlewares } from './middleware';
import { createServer, serve } from './serve';

const app = express();
app.use(...middlewares);
app.get('/', (_request, response) => {
  response.end();
});

serve(createServer(app));
