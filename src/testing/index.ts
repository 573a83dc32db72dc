/** `switchboard/testing`: connections to an app without a port, expectations, a clock that tests turn, and faults. */

export { type ConnectToOptions, connectTo } from './connect-to';
export type { Cookies } from './cookies';
export { expectClose } from './expect-close';
export { type ExpectMessageOptions, expectMessage } from './expect-message';
export { expectNoMessage } from './expect-no-message';
export type { ExpectOptions } from './expectation';
export { type FakeClock, useFakeClock } from './fake-clock';
export type { Direction, Faults } from './faults';
export type { MessageTest } from './message-test';
export { closeAll } from './open-links';
export type { TestClient } from './test-client';
export { type UpgradableRequest, upgradable } from './upgradable';
