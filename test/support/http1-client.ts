import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import { Exchange, type HttpClient, type RequestHead, Response } from './http-client';

/** node:http, or node:https when an authority is given. Connections are kept and used again. */
export class Http1Client implements HttpClient {
  private readonly agent: http.Agent;

  constructor(
    private readonly port: number,
    private readonly authority?: string,
  ) {
    this.agent = authority === undefined ? new http.Agent({ keepAlive: true }) : new https.Agent({ keepAlive: true });
  }

  open(head: RequestHead, ended = false): Exchange {
    const { method = 'GET', path = '/', headers = {}, trailers } = head;
    const { port, agent, authority } = this;
    const options = { host: '127.0.0.1', port, agent, method, path, headers };
    const request =
      authority === undefined
        ? http.request(options)
        : https.request({ ...options, ca: authority, servername: 'localhost' });
    if (trailers !== undefined) request.addTrailers(trailers);
    const exchange = new Exchange(request, () => request.destroy());
    let response: Response | undefined;
    request.on('information', ({ statusCode, headers }) => {
      exchange.receivedInterim({ status: statusCode, headers });
    });
    request.on('response', (message) => {
      response = responseOf(message);
      exchange.receivedResponse(response);
    });
    request.on('error', (error) => {
      exchange.failed(error);
      response?.ended(error);
    });
    if (ended) request.end();
    return exchange;
  }

  close(): void {
    this.agent.destroy();
  }
}

function responseOf(message: IncomingMessage): Response {
  const response = new Response(
    message.statusCode!,
    message.headers,
    message,
    () => message.trailers as Record<string, string>,
  );
  message.on('error', (error) => response.ended(error));
  message.on('end', () => response.ended(message.complete ? undefined : new Error('The response was cut')));
  message.on('close', () => response.ended(new Error('The connection was closed within the response')));
  return response;
}
