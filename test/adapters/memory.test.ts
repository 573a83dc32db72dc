import { MemoryBroker, memoryAdapter } from '../../src/rooms/memory-adapter';
import { adapterContract } from './support/adapter-contract';

describe('the memory adapter', () => {
  const broker = new MemoryBroker();
  adapterContract(() => ({ adapter: () => memoryAdapter({ broker }) }));
});
