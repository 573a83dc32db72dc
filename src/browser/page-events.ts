/** What a page tells about its network. In Node it tells nothing. */

interface Target {
  addEventListener?: (type: string, listener: () => void) => void;
  removeEventListener?: (type: string, listener: () => void) => void;
  visibilityState?: string;
}

export interface PageListener {
  /** The network is back, or somebody looks at the page again: a computer that slept looks so, too. */
  awake(): void;
  /** The network is gone, says the browser. */
  offline(): void;
}

/** Listens to the page; returns a function that ends it. */
export function listenToPage({ awake, offline }: PageListener): () => void {
  const page = globalThis as Target;
  const { document } = globalThis as { document?: Target };
  const visible = () => {
    if (document?.visibilityState === 'visible') awake();
  };
  const all: [Target | undefined, string, () => void][] = [
    [page, 'online', awake],
    [page, 'offline', offline],
    [document, 'visibilitychange', visible],
  ];
  for (const [target, type, listener] of all) target?.addEventListener?.(type, listener);
  return () => {
    for (const [target, type, listener] of all) target?.removeEventListener?.(type, listener);
  };
}
