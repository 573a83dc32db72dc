/**
 * Three middlewares as an application has them in front of a WebSocket: a request id, cookies, a user. They cost little,
 * and read nothing but the request, because a server on `ws` has no response to give them.
 */

import type { NextFunction, Request, Response } from 'express';

/** What they leave on a request. */
interface Known {
  requestId?: number;
  parsedCookies?: Record<string, string>;
  caller?: string;
}

let requests = 0;

function identify(request: Request & Known, _response: Response, next: NextFunction): void {
  request.requestId = ++requests;
  next();
}

function parseCookies(request: Request & Known, _response: Response, next: NextFunction): void {
  request.parsedCookies = Object.fromEntries(
    (request.headers.cookie ?? '')
      .split(';')
      .filter((pair) => pair.includes('='))
      .map((pair) => pair.trim().split('=', 2)),
  );
  next();
}

function findCaller(request: Request & Known, _response: Response, next: NextFunction): void {
  request.caller = request.parsedCookies?.user ?? 'guest';
  next();
}

export const middlewares = [identify, parseCookies, findCaller] as const;
